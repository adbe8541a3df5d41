/* Frames: read back as written; no damage, truncation or foreign bytes get through. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "tap.h"
#include "wire/bytes.h"
#include "wire/wire.h"

enum { LARGEST = 4096 };

static unsigned char buffer[LAC_FRAME_HEADER + LARGEST];

static size_t make_frame(size_t body, uint16_t message)
{
    struct lac_writer w;
    lac_frame_begin(&w, buffer, LAC_FRAME_HEADER + body);
    unsigned char *p = lac_write_room(&w, LAC_BITS_VALUE, body);
    for (size_t i = 0; i < body; i++) {
        p[i] = (unsigned char)(i * 37 + 11);
    }
    lac_frame_end(&w, message, 0x8001, 77, (UINT64_C(1) << 40) - 1);
    tap_ok(w.bits.of[LAC_BITS_HEADER] == UINT64_C(8) * LAC_FRAME_HEADER &&
               w.bytes == LAC_FRAME_HEADER + body &&
               lac_bits_total(&w.bits) == 8 * (uint64_t)w.bytes,
           "a frame with %zu bytes of body counts its header and all of its bits", body);
    return w.bytes;
}

/* In memory that ends with the bytes. */
static lac_status parse_copy(size_t count)
{
    struct lac_frame frame;
    unsigned char *copy = malloc(count > 0 ? count : 1);
    LAC_ASSERT(copy);
    memcpy(copy, buffer, count);
    lac_status status = lac_frame_parse(copy, count, &frame);
    free(copy);
    return status;
}

static void check_size(size_t body)
{
    struct lac_frame frame;
    uint64_t length = 0;
    size_t count = make_frame(body, LAC_MESSAGE_UPDATE);
    tap_ok(lac_frame_parse(buffer, count, &frame) == LAC_OK &&
               frame.message == LAC_MESSAGE_UPDATE && frame.flags == 0x8001 && frame.client == 77 &&
               frame.round == (UINT64_C(1) << 40) - 1 && frame.length == body &&
               frame.body == buffer + LAC_FRAME_HEADER,
           "a frame with %zu bytes of body is read back", body);
    tap_ok(lac_frame_length(buffer, &length) == LAC_OK && length == body,
           "its length by the header alone: %zu", body);
    bool refused = true;
    for (size_t bit = 0; bit < 8 * count; bit++) {
        buffer[bit / 8] ^= (unsigned char)(1u << bit % 8);
        refused = parse_copy(count) == LAC_E_PROTOCOL && refused;
        buffer[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    tap_ok(refused, "every flipped bit of it is refused (%zu)", body);
    refused = true;
    for (size_t shorter = 0; shorter < count; shorter++) {
        refused = parse_copy(shorter) == LAC_E_PROTOCOL && refused;
    }
    tap_ok(refused, "every truncation of it is refused (%zu)", body);
    tap_ok(lac_frame_parse(buffer, count + 1, &frame) == LAC_E_PROTOCOL,
           "a byte more is refused (%zu)", body);
}

static void check_sentences(void)
{
    uint64_t length;
    make_frame(3, LAC_MESSAGE_HELLO);
    buffer[3] = LAC_WIRE_VERSION + 1;
    tap_ok(lac_frame_length(buffer, &length) == LAC_E_PROTOCOL &&
               strstr(lac_failure(), "same version"),
           "another wire version is named: %s", lac_failure());
    memcpy(buffer, "GET / HTTP/1.1\r\nHost: localhost\r\n", 32);
    tap_ok(lac_frame_length(buffer, &length) == LAC_E_PROTOCOL, "foreign bytes are refused: %s",
           lac_failure());
}

/* The checksum by its definition: of the body, seeded by the header with zeros in its place. */
static void check_checksum(void)
{
    size_t count = make_frame(50, LAC_MESSAGE_STOP);
    struct lac_frame frame;
    for (uint16_t message = LAC_MESSAGE_STOP; message <= 200; message += 189) {
        lac_store16(buffer + 4, message);
        lac_store32(buffer + 12, 0);
        uint64_t seed = XXH3_64bits(buffer, LAC_FRAME_HEADER);
        const unsigned char *body = buffer + LAC_FRAME_HEADER;
        uint64_t hash = XXH3_64bits_withSeed(body, count - LAC_FRAME_HEADER, seed);
        lac_store32(buffer + 12, (uint32_t)hash);
        bool known = message == LAC_MESSAGE_STOP;
        tap_ok((lac_frame_parse(buffer, count, &frame) == LAC_OK) == known,
               "a frame with the right checksum and message number %d is %s", message,
               known ? "read" : "refused");
    }
}

static void check_names(void)
{
    tap_ok(strcmp(lac_message_name(LAC_MESSAGE_UPDATE), "UPDATE") == 0, "messages have names");
    tap_ok(!lac_message_name(0) && !lac_message_name(UINT16_MAX),
           "numbers that are no message have none");
}

int main(void)
{
    static const size_t bodies[] = {0, 1, 7, 100, 240, 241, 1000};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        check_size(bodies[i]);
    }
    check_sentences();
    check_checksum();
    check_names();
    return tap_done();
}
