/* Numbers of fewer bits: each rounding probability, the edges of the formats, and the same bits from
   every instruction set at counts that fill no vector. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "compressor/narrow.h"
#include "tap.h"

enum { ROUNDS = 400 };

struct entry {
    const char *format;
    double value, low, high, share; /* up in magnitude with this probability */
};

static const struct entry entries[] = {
    {"fp32", 1.0 + 0x1p-25, 1.0, 1.0 + 0x1p-23, 0.25},
    {"fp32", -1.0 - 0x1.8p-24, -1.0, -1.0 - 0x1p-23, 0.75},
    {"fp32", 0x1p-149, 0x1p-149, 0x1p-148, 0.0},
    {"fp32", 0x1.8p-150, 0.0, 0x1p-149, 0.75},
    {"fp32", -0x1p-152, -0.0, -0x1p-149, 0.125},
    {"fp32", 0x1p-127 + 0x1p-151, 0x1p-127, 0x1p-127 + 0x1p-149, 0.25},
    {"fp32", 0x1.fffffep127, 0x1.fffffep127, 0x1.fffffep127, 0.0},
    {"fp32", 0x1.ffffffp-127, 0x1.fffffcp-127, 0x1p-126, 0.75},
    {"bf16", 1.0 + 0x1p-9, 1.0, 1.0 + 0x1p-7, 0.25},
    {"bf16", -0x1.ffp3, -0x1.fep3, -0x1p4, 0.5},
    {"bf16", 0x1p-136, 0.0, 0x1p-133, 0.125},
    {"fp16", 1.0 + 0x1.8p-11, 1.0, 1.0 + 0x1p-10, 0.75},
    {"fp16", 65503.0, 65472.0, 65504.0, 0.96875},
    {"fp16", 0x1.4p-24, 0x1p-24, 0x1p-23, 0.25},
    {"fp16", 0x1p-26, 0.0, 0x1p-24, 0.25},
    {"fp16", -0x1.fffp-15, -0x1.ff8p-15, -0x1p-14, 0.875},
    {"fp16", 0x1p-1074, 0.0, 0.0, 0.0},
    {"natural:bits=9", 1.75, 1.0, 2.0, 0.75},
    {"natural:bits=9", -0x1p-127, -0.0, -0x1p-126, 0.5},
    {"natural:bits=9", 0x1p127, 0x1p127, 0x1p127, 0.0},
    {"fp16:round=nearest", 1.0 + 0x1p-11, 1.0, 1.0, 0.0},
    {"fp16:round=nearest", 1.0 + 0x1.8p-10, 1.0 + 0x1p-9, 1.0 + 0x1p-9, 0.0},
    {"fp16:round=nearest", -0x1p-25, -0.0, -0.0, 0.0},
    {"fp16:round=nearest", 0x1.001p-25, 0x1p-24, 0x1p-24, 0.0},
    {"fp16:round=nearest", 0x1.8p-24, 0x1p-23, 0x1p-23, 0.0},
    {"fp32:round=nearest", 0x1.000001p0, 1.0, 1.0, 0.0},
    {"fp32:round=nearest", 0x1.0000010001p0, 0x1.000002p0, 0x1.000002p0, 0.0},
    {"bf16:round=nearest", 0x1.ffp0, 2.0, 2.0, 0.0},
    {"bf16:round=nearest", 0x1.8p-134, 0x1p-133, 0x1p-133, 0.0},
};

static lac_status round_trip(const char *text, const double *v, size_t d, uint64_t round,
                             unsigned char *bytes, size_t *length, double *out)
{
    struct lac_arena arena = {0};
    struct lac_channel_compressor c;
    struct lac_draw draw = {.seed = 8, .round = round, .cohort = 1};
    struct lac_compressor_size size = {.d = d, .n = 1};
    struct lac_writer w;
    struct lac_reader r;
    lac_status status = lac_compressor_open(&c, text, &size, &arena);
    LAC_ASSERT(status == LAC_OK);
    lac_writer_init(&w, bytes, c.info.max_bytes);
    status = lac_encode(&c, &draw, v, &w);
    *length = w.bytes;
    lac_reader_init(&r, bytes, w.bytes);
    vec_zero(out, d);
    if (status == LAC_OK) {
        status = lac_decode_add(&c, &draw, &r, 1.0, 1.0, out);
    }
    lac_arena_free(&arena);
    return status;
}

enum { MOST = 1100 };
static double v[MOST], out[MOST];
static unsigned char bytes[3][8 * MOST + 8];

static void check_entry(const struct entry *e)
{
    double up = 0.0, count = (double)MOST * ROUNDS;
    bool neighbours = true;
    size_t length;
    for (size_t j = 0; j < MOST; j++) {
        v[j] = e->value;
    }
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        neighbours =
            round_trip(e->format, v, MOST, round, bytes[0], &length, out) == LAC_OK && neighbours;
        for (size_t j = 0; j < MOST; j++) {
            neighbours = neighbours && (out[j] == e->low || out[j] == e->high);
            up += out[j] == e->high && e->high != e->low;
        }
    }
    double share = up / count, sigma = sqrt(e->share * (1.0 - e->share) / count);
    tap_ok(neighbours && fabs(share - e->share) <= 5.0 * sigma + 1e-9,
           "%s: %a goes up with probability %.4f (%.4f)", e->format, e->value, e->share, share);
}

/* The rule word by word, on entries whose F is 2^63 + 2^47: a tie goes up in half of the cases. */
static void check_rule(void)
{
    const double value = 1.0 + 0x1p-24 + 0x1p-40;
    size_t length, ties = 0;
    bool same = true;
    for (size_t j = 0; j < MOST; j++) {
        v[j] = value;
    }
    for (uint64_t round = 1; round <= 4 * ROUNDS; round++) {
        struct lac_stream stream = {.seed = 8, .round = round, .purpose = LAC_PURPOSE_ROUNDING};
        struct lac_rng first, second;
        uint32_t word = 0;
        lac_rng_init(&first, &stream);
        stream.step = 1;
        lac_rng_init(&second, &stream);
        same = round_trip("fp32", v, MOST, round, bytes[0], &length, out) == LAC_OK && same;
        for (size_t j = 0; j < MOST; j++) {
            word = j % 2 ? word >> 16 : lac_rng_word(&first);
            bool up = (word & 0xFFFF) < 0x8000;
            if ((word & 0xFFFF) == 0x8000) {
                up = lac_rng_word64(&second) % (UINT64_C(1) << 48) < UINT64_C(1) << 47;
                ties++;
            }
            same = same && out[j] == (up ? 1.0 + 0x1p-23 : 1.0);
        }
    }
    tap_ok(same && ties > 5, "each entry takes its number, each of %zu ties the next word", ties);
}

static void check_excess(const char *text, double value, const char *words)
{
    size_t length;
    for (size_t j = 0; j < MOST; j++) {
        v[j] = 1.0;
    }
    v[MOST - 3] = value;
    tap_ok(round_trip(text, v, MOST, 1, bytes[0], &length, out) == LAC_E_NUMERIC &&
               strstr(lac_failure(), words),
           "%s: %g is refused: %s", text, value, lac_failure());
}

static void draw_entries(size_t count, double spread)
{
    struct lac_stream stream = {.seed = 3, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng rng;
    lac_rng_init(&rng, &stream);
    for (size_t j = 0; j < count; j++) {
        double exponent = floor(spread * (2.0 * lac_rng_uniform(&rng) - 1.0));
        v[j] = j % 7 == 3 ? 0.0 : ldexp(lac_rng_normal(&rng), (int)exponent);
    }
}

/* Whether all levels make the same section and decode it to the same bits. */
static bool same_levels(const char *text, size_t d, uint64_t round)
{
    static const char *const levels[] = {"portable", "avx2", "avx512"};
    static double first[MOST];
    size_t length[3], compared = 0;
    bool same = true;
    for (size_t i = 0; i < 3; i++) {
        if (lac_kernels_select(levels[i]) != LAC_OK) {
            continue;
        }
        same =
            round_trip(text, v, d, round, bytes[i], &length[i], i == 0 ? first : out) == LAC_OK &&
            same;
        if (i > 0) {
            same = same && length[i] == length[0] && memcmp(bytes[i], bytes[0], length[0]) == 0 &&
                   memcmp(out, first, d * sizeof *out) == 0;
        }
        compared++;
    }
    return lac_kernels_select(NULL) == LAC_OK && same && compared > 0;
}

static void check_levels(const char *text, double spread)
{
    static const size_t counts[] = {1,  2,  3,  7,   8,   9,   15,   16,  17,
                                    23, 24, 31, 511, 512, 513, 1025, 1099};
    bool same = true;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (uint64_t round = 1; round <= 100; round++) { /* ties: one in 2^16 entries */
            draw_entries(counts[i], spread);
            same = same_levels(text, counts[i], round) && same;
        }
    }
    tap_ok(same, "%s: the same bits on all instruction sets, exponents up to %g", text, spread);
}

int main(void)
{
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        check_entry(&entries[i]);
    }
    check_rule();
    check_excess("fp16", 65505.0,
                 "fp16: an entry of magnitude 65505 is above 65504, the largest; use --wire bf16");
    check_excess("fp16:round=nearest", -1e5, "of magnitude 100000 is above 65504");
    check_excess("bf16", 3.4e38, "use --wire fp64");
    check_excess("fp32", 1e39, "use --wire fp64");
    check_excess("natural:bits=9", 0x1.8p127, "use natural:bits=12");
    check_levels("fp32", 155.0 - 30.0);
    check_levels("fp32", 12.0);
    check_levels("fp32:round=nearest", 120.0);
    check_levels("bf16", 120.0);
    check_levels("fp16", 12.0);
    check_levels("fp16:round=nearest", 12.0);
    check_levels("natural", 1000.0);
    check_levels("natural:bits=9", 120.0);
    check_levels("sign", 20.0);
    return tap_done();
}
