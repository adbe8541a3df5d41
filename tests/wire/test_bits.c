/* Bits in and out: what was written is read, counted alike on both sides, and nothing past the end. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "tap.h"
#include "wire/bit_run.h"

enum { FIELDS = 3000, BUFFER = FIELDS * 9 };

static unsigned char buffer[BUFFER];
static struct {
    uint64_t value;
    unsigned count;
    enum lac_bit_class class;
} fields[FIELDS];
static struct lac_rng rng;

static void draw_fields(unsigned longest)
{
    for (size_t i = 0; i < FIELDS; i++) {
        unsigned count = (unsigned)lac_rng_below(&rng, longest + 1);
        uint64_t word = lac_rng_word64(&rng);
        fields[i].count = count;
        fields[i].value = count == 64 ? word : word & ((UINT64_C(1) << count) - 1);
        fields[i].class = (enum lac_bit_class)lac_rng_below(&rng, LAC_BITS_PADDING);
    }
}

/* Bit by bit, from the definition: the low bit first, from the low bit of each byte up. */
static bool bit_at(size_t position)
{
    return buffer[position / 8] >> position % 8 & 1;
}

static void check_fields(unsigned longest)
{
    struct lac_writer w;
    struct lac_reader r;
    draw_fields(longest);
    lac_writer_init(&w, buffer, BUFFER);
    memset(buffer, 0xff, sizeof buffer);
    for (size_t i = 0; i < FIELDS; i++) {
        lac_write_bits(&w, fields[i].class, fields[i].value, fields[i].count);
    }
    lac_write_align(&w);
    bool placed = true, back = true;
    size_t position = 0;
    lac_reader_init(&r, buffer, w.bytes);
    for (size_t i = 0; i < FIELDS; i++) {
        for (unsigned b = 0; b < fields[i].count; b++) {
            placed = placed && bit_at(position++) == (fields[i].value >> b & 1);
        }
        back = lac_read_bits(&r, fields[i].class, fields[i].count) == fields[i].value && back;
    }
    lac_read_align(&r);
    tap_ok(placed, "fields of up to %u bits lie one after the other, low bit first", longest);
    tap_ok(back && lac_reader_done(&r) == LAC_OK, "fields of up to %u bits are read back", longest);
    tap_ok(lac_bits_total(&w.bits) == 8 * (uint64_t)w.bytes,
           "up to %u bits: each written bit is counted once", longest);
    tap_ok(memcmp(&w.bits, &r.bits, sizeof w.bits) == 0, "up to %u bits: both sides count the same",
           longest);
}

/* The same fields through runs of random lengths. */
static void check_runs(void)
{
    static unsigned char single[BUFFER];
    struct lac_writer w;
    struct lac_reader r;
    draw_fields(56);
    lac_writer_init(&w, single, BUFFER);
    for (size_t i = 0; i < FIELDS; i++) {
        lac_write_bits(&w, LAC_BITS_INDEX, fields[i].value, fields[i].count);
    }
    uint64_t bits = lac_bits_total(&w.bits);
    lac_writer_init(&w, buffer, w.bytes); /* no byte more than needed */
    for (size_t i = 0; i < FIELDS;) {
        size_t last = i + 1 + (size_t)lac_rng_below(&rng, 20);
        uint64_t run_bits = 0;
        last = last > FIELDS ? FIELDS : last;
        for (size_t f = i; f < last; f++) {
            run_bits += fields[f].count;
        }
        struct lac_bit_out out = lac_bit_out_begin(&w, run_bits);
        for (; i < last; i++) {
            lac_bit_out_put(&out, fields[i].value, fields[i].count);
        }
        lac_bit_out_end(out, &w, LAC_BITS_INDEX);
    }
    bool same = lac_bits_total(&w.bits) == bits && memcmp(single, buffer, w.bytes) == 0;
    tap_ok(same, "runs of fields give the bytes and the count of single fields");
    bool back = true;
    lac_reader_init(&r, buffer, w.bytes);
    for (size_t i = 0; i < FIELDS;) {
        size_t last = i + 1 + (size_t)lac_rng_below(&rng, 20);
        struct lac_bit_in in = lac_bit_in_begin(&r);
        for (; i < last && i < FIELDS; i++) {
            back = lac_bit_in_get(&in, fields[i].count) == fields[i].value && back;
        }
        lac_bit_in_end(in, &r, LAC_BITS_INDEX);
    }
    tap_ok(back && lac_bits_total(&r.bits) == bits && lac_reader_done(&r) == LAC_OK,
           "runs read them back and count the same");
}

static void check_zeros(void)
{
    static const unsigned lengths[] = {0, 1, 5, 55, 56, 57, 63, 64, 65, 500, 0, 7, 1000, 0, 0};
    enum { COUNT = sizeof lengths / sizeof *lengths };
    struct lac_writer w;
    struct lac_reader r;
    lac_writer_init(&w, buffer, BUFFER);
    for (size_t i = 0; i < COUNT; i++) {
        for (unsigned z = 0; z < lengths[i]; z++) {
            lac_write_bits(&w, LAC_BITS_INDEX, 0, 1);
        }
        lac_write_bits(&w, LAC_BITS_INDEX, 1, 1);
    }
    bool good = true;
    lac_reader_init(&r, buffer, w.bytes);
    struct lac_bit_in in = lac_bit_in_begin(&r);
    for (size_t i = 0; i < COUNT; i++) {
        good = lac_bit_in_zeros(&in) == lengths[i] && good;
    }
    good = good && !in.bad;
    lac_bit_in_zeros(&in);
    tap_ok(good, "zeros before a one are counted over any length");
    tap_ok(in.bad, "zeros without a one are bad");
    lac_bit_in_end(in, &r, LAC_BITS_INDEX);
    tap_ok(r.bad && lac_reader_done(&r) == LAC_E_PROTOCOL, "and so is the reader then");
}

static void check_bytes(void)
{
    static const double x[] = {1.0, -0.0, 0x1p-1074, 0x1.fffffffffffffp1023, -0.1};
    struct lac_writer w;
    struct lac_reader r;
    lac_writer_init(&w, buffer, 4 + 8 + sizeof x + 1);
    lac_write_u32(&w, LAC_BITS_HEADER, 0x01020304);
    lac_write_u64(&w, LAC_BITS_SEAL, UINT64_C(0x1122334455667788));
    lac_write_doubles(&w, LAC_BITS_VALUE, x, 5);
    lac_write_bits(&w, LAC_BITS_INDEX, 5, 3);
    lac_write_align(&w);
    static const unsigned char start[] = {4,    3,    2, 1, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33,
                                          0x22, 0x11, 0, 0, 0,    0,    0,    0,    0xf0, 0x3f};
    tap_ok(memcmp(buffer, start, sizeof start) == 0, "numbers are little-endian");
    tap_ok(w.bits.of[LAC_BITS_HEADER] == 32 && w.bits.of[LAC_BITS_SEAL] == 64 &&
               w.bits.of[LAC_BITS_VALUE] == 320 && w.bits.of[LAC_BITS_INDEX] == 3 &&
               w.bits.of[LAC_BITS_PADDING] == 5,
           "each bit is counted under its class");
    lac_reader_init(&r, buffer, w.bytes);
    bool good = lac_read_u32(&r, LAC_BITS_HEADER) == 0x01020304;
    good = lac_read_u64(&r, LAC_BITS_SEAL) == UINT64_C(0x1122334455667788) && good;
    for (size_t i = 0; i < 5; i++) {
        double value = lac_read_double(&r, LAC_BITS_VALUE);
        good = value == x[i] && signbit(value) == signbit(x[i]) && good;
    }
    good = lac_read_bits(&r, LAC_BITS_INDEX, 3) == 5 && good;
    lac_read_align(&r);
    tap_ok(good && lac_reader_done(&r) == LAC_OK && memcmp(&r.bits, &w.bits, sizeof r.bits) == 0,
           "they are read back and counted alike");
}

static void check_end(void)
{
    static const unsigned char three[] = {0xff, 0xff, 0x01};
    struct lac_reader r;
    lac_reader_init(&r, three, 3);
    bool good = lac_read_bits(&r, LAC_BITS_VALUE, 25) == 0 && r.bad;
    good =
        lac_read_u32(&r, LAC_BITS_VALUE) == 0 && lac_read_bits(&r, LAC_BITS_VALUE, 1) == 0 && good;
    good = lac_read_bytes(&r, LAC_BITS_VALUE, 0) == NULL && lac_bits_total(&r.bits) == 0 && good;
    tap_ok(good && lac_reader_done(&r) == LAC_E_PROTOCOL,
           "past the end all reads are zero and bad for good");
    lac_reader_init(&r, three, 3);
    lac_read_bytes(&r, LAC_BITS_VALUE, 2);
    tap_ok(!r.bad && lac_reader_done(&r) == LAC_E_PROTOCOL, "bytes left over are refused");
    lac_reader_init(&r, three, 3);
    lac_read_bits(&r, LAC_BITS_VALUE, 17);
    tap_ok(lac_reader_done(&r) == LAC_OK, "unread zero bits of the last byte are padding");
    lac_reader_init(&r, three, 3);
    lac_read_bits(&r, LAC_BITS_VALUE, 15);
    lac_read_align(&r);
    tap_ok(r.bad, "padding with ones is refused");
    lac_reader_init(&r, three, 0);
    tap_ok(lac_reader_done(&r) == LAC_OK && lac_read_bytes(&r, LAC_BITS_VALUE, 1) == NULL,
           "nothing is read from nothing");
    lac_reader_init(&r, three, 3);
    tap_ok(lac_read_bytes(&r, LAC_BITS_VALUE, SIZE_MAX) == NULL && r.bad,
           "a length near 2^64 is refused");
}

static void check_sum(void)
{
    struct lac_bits a = {.of = {1, 2, 3, 4, 5}, .paper = 6},
                    b = {.of = {10, 20, 30, 40, 50}, .paper = 60};
    lac_bits_add(&a, &b);
    tap_ok(lac_bits_total(&a) == 165 && a.paper == 66 && a.of[LAC_BITS_SEAL] == 44,
           "ledgers add by class, and the papers' bits stand apart");
}

int main(void)
{
    static const unsigned longest[] = {1, 3, 8, 13, 32, 63, 64};
    lac_rng_init(&rng, &(struct lac_stream){.seed = 2, .purpose = LAC_PURPOSE_TEST});
    for (size_t i = 0; i < sizeof longest / sizeof *longest; i++) {
        check_fields(longest[i]);
    }
    check_runs();
    check_zeros();
    check_bytes();
    check_end();
    check_sum();
    return tap_done();
}
