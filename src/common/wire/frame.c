#include <stdio.h>
#include <xxhash.h>

#include "wire/bytes.h"
#include "wire/wire.h"

enum {
    AT_MAGIC = 0,
    AT_VERSION = 3,
    AT_MESSAGE = 4,
    AT_FLAGS = 6,
    AT_CLIENT = 8,
    AT_CHECKSUM = 12,
    AT_ROUND = 16,
    AT_LENGTH = 24,
};

static const unsigned char magic[3] = {'L', 'A', 'C'};

const char *lac_message_name(uint16_t message)
{
    switch (message) {
#define LAC_MESSAGE(number, name, direction, text) \
    case number:                                   \
        return #name;
#include "messages.def"
#undef LAC_MESSAGE
    default:
        return NULL;
    }
}

/* Of the body, seeded by the header: two calls of one shot cost a fraction of a stream's state. */
static uint32_t frame_checksum(const unsigned char *frame, size_t count)
{
    unsigned char header[LAC_FRAME_HEADER];
    memcpy(header, frame, sizeof header);
    lac_store32(header + AT_CHECKSUM, 0);
    uint64_t seed = XXH3_64bits(header, sizeof header);
    return (uint32_t)XXH3_64bits_withSeed(frame + LAC_FRAME_HEADER, count - LAC_FRAME_HEADER, seed);
}

void lac_frame_begin(struct lac_writer *w, unsigned char *buffer, size_t capacity)
{
    lac_writer_init(w, buffer, capacity);
    lac_write_room(w, LAC_BITS_HEADER, LAC_FRAME_HEADER);
}

void lac_frame_end(struct lac_writer *w, uint16_t message, uint16_t flags, uint32_t client,
                   uint64_t round)
{
    LAC_ASSERT(w->bytes >= LAC_FRAME_HEADER && lac_message_name(message));
    lac_write_align(w);
    unsigned char *h = w->start;
    memcpy(h + AT_MAGIC, magic, sizeof magic);
    h[AT_VERSION] = LAC_WIRE_VERSION;
    lac_store16(h + AT_MESSAGE, message);
    lac_store16(h + AT_FLAGS, flags);
    lac_store32(h + AT_CLIENT, client);
    lac_store64(h + AT_ROUND, round);
    lac_store64(h + AT_LENGTH, w->bytes - LAC_FRAME_HEADER);
    lac_store32(h + AT_CHECKSUM, frame_checksum(h, w->bytes));
}

lac_status lac_frame_length(const unsigned char *header, uint64_t *length)
{
    if (memcmp(header + AT_MAGIC, magic, sizeof magic) != 0) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a peer sent what is no Laconic frame");
    }
    if (header[AT_VERSION] != LAC_WIRE_VERSION) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "a peer speaks wire version %d, this program version %d: "
                        "run the same version on all ranks",
                        header[AT_VERSION], LAC_WIRE_VERSION);
    }
    *length = lac_load64(header + AT_LENGTH);
    return LAC_OK;
}

static lac_status announces(uint64_t length, size_t count)
{
    return LAC_FAIL(LAC_E_PROTOCOL, "a frame announces %llu bytes of body and has %zu",
                    (unsigned long long)length, count - LAC_FRAME_HEADER);
}

lac_status lac_frame_peek(const unsigned char *bytes, size_t count, struct lac_frame *out)
{
    uint64_t length = 0;
    if (count < LAC_FRAME_HEADER) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a frame of %zu bytes is shorter than a header", count);
    }
    LAC_TRY(lac_frame_length(bytes, &length));
    if (length < count - LAC_FRAME_HEADER) {
        return announces(length, count);
    }
    uint16_t message = lac_load16(bytes + AT_MESSAGE);
    if (!lac_message_name(message)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a frame has the unknown message number %u", message);
    }
    *out = (struct lac_frame){
        .message = message,
        .flags = lac_load16(bytes + AT_FLAGS),
        .client = lac_load32(bytes + AT_CLIENT),
        .round = lac_load64(bytes + AT_ROUND),
        .body = bytes + LAC_FRAME_HEADER,
        .length = length,
    };
    return LAC_OK;
}

lac_status lac_frame_header(const unsigned char *bytes, size_t count, struct lac_frame *out)
{
    LAC_TRY(lac_frame_peek(bytes, count, out));
    return out->length == count - LAC_FRAME_HEADER ? LAC_OK : announces(out->length, count);
}

lac_status lac_frame_parse(const unsigned char *bytes, size_t count, struct lac_frame *out)
{
    LAC_TRY(lac_frame_header(bytes, count, out));
    if (lac_load32(bytes + AT_CHECKSUM) != frame_checksum(bytes, count)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a frame of %zu bytes was damaged on its way", count);
    }
    return LAC_OK;
}

lac_status lac_blame(uint32_t rank, lac_status status)
{
    static const char named[] = "[rank "; /* by whoever found it, who knows better */
    char name[32];
    if (status != LAC_E_PROTOCOL || strncmp(lac_failure(), named, sizeof named - 1) == 0) {
        return status;
    }
    snprintf(name, sizeof name, "%s%u] ", named, rank);
    return LAC_FAIL(status, "%s%s", name, lac_failure());
}
