/* Dithering: probabilities of levels, the same bits on every instruction set, entropy, hostile tables. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "compressor/dither.h"
#include "tap.h"

enum { SIZE = 100003 };

static double v[SIZE], out[SIZE];
static unsigned char bytes[8 * SIZE], other[8 * SIZE];

static double declared_omega; /* of the last */

static size_t encode(const char *text, size_t d, uint64_t round, unsigned char *to, double *decoded)
{
    struct lac_arena arena = {0};
    struct lac_channel_compressor c;
    struct lac_draw draw = {.seed = 3, .round = round, .cohort = 1};
    struct lac_writer w;
    struct lac_reader r;
    LAC_ASSERT(lac_compressor_open(&c, text, &(struct lac_compressor_size){.d = d, .n = 1},
                                   &arena) == LAC_OK);
    declared_omega = c.info.omega;
    lac_writer_init(&w, to, c.info.max_bytes);
    LAC_ASSERT(c.info.max_bytes <= sizeof bytes && lac_encode(&c, &draw, v, &w) == LAC_OK);
    lac_reader_init(&r, to, w.bytes);
    vec_zero(decoded, d);
    LAC_ASSERT(lac_decode_add(&c, &draw, &r, 1.0, 1.0, decoded) == LAC_OK);
    lac_arena_free(&arena);
    return w.bytes;
}

static void draw_vector(size_t d, bool heavy)
{
    struct lac_stream stream = {.seed = 8, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng rng;
    lac_rng_init(&rng, &stream);
    for (size_t j = 0; j < d; j++) {
        double x = lac_rng_normal(&rng);
        v[j] = heavy ? x * x * x : x;
    }
}

/* Of the decoded numbers, which are the levels times a unit. */
static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double entropy_bits(double *x, size_t d)
{
    double bits = 0.0;
    qsort(x, d, sizeof *x, compare);
    for (size_t i = 0, j = 0; i < d; i = j) {
        while (j < d && !(x[j] > x[i])) {
            j++;
        }
        bits -= (double)(j - i) * log2((double)(j - i) / (double)d);
    }
    return bits;
}

static void check_entropy(void)
{
    static const char *const texts[] = {"terngrad",
                                        "dithering:levels=4,norm=inf",
                                        "dithering:levels=7,norm=inf",
                                        "dithering:levels=15,norm=inf",
                                        "dithering:levels=127,norm=inf",
                                        "dithering:levels=1023,norm=inf",
                                        "qsgd:levels=1",
                                        "qsgd:levels=4",
                                        "qsgd:levels=7",
                                        "qsgd:levels=15",
                                        "qsgd:levels=127",
                                        "qsgd:levels=1023",
                                        "natural-dithering:levels=8"};
    for (int heavy = 0; heavy < 2; heavy++) {
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            draw_vector(SIZE, heavy);
            double took = 8.0 * (double)encode(texts[i], SIZE, 1, bytes, out) - 64.0;
            double least = entropy_bits(out, SIZE);
            double most = i == 0 && !heavy ? 1.02 : 1.10;
            tap_ok(took <= most * least, "%s, %s: %.0f bits are at most %.2f of the entropy, %.4f",
                   texts[i], heavy ? "heavy tails" : "Gaussian", took, most, took / least);
        }
    }
}

static void check_instruction_sets(void)
{
    static const char *const texts[] = {"terngrad:coding=fixed",
                                        "dithering:levels=7,norm=inf,coding=fixed",
                                        "qsgd:levels=8",
                                        "qsgd:levels=300,coding=fixed",
                                        "natural-dithering:levels=9,norm=3",
                                        "terngrad",
                                        "dithering:levels=7,norm=inf",
                                        "dithering:levels=15,norm=inf,coding=entropy",
                                        "dithering:levels=16,norm=inf",
                                        "dithering:levels=3000,norm=inf,coding=entropy"};
    static const char *const sets[] = {"avx2", "avx512"};
    static const size_t sizes[] = {1, 31, 33, 319, 321, 1023, 4097, 32800, 66001, 98051};
    static double again[SIZE];
    draw_vector(SIZE, false);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t k = 0; k < 2; k++) {
            bool same = true, there = true;
            for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
                LAC_ASSERT(lac_kernels_select("portable") == LAC_OK);
                size_t length = encode(texts[i], sizes[n], 7, bytes, out);
                there = lac_kernels_select(sets[k]) == LAC_OK;
                same = same && encode(texts[i], sizes[n], 7, other, again) == length &&
                       memcmp(bytes, other, length) == 0 &&
                       memcmp(out, again, sizes[n] * sizeof *out) == 0;
            }
            if (there) {
                tap_ok(same, "%s: %s gives the bits of portable", texts[i], sets[k]);
            } else {
                tap_skip("not on this processor", "%s with %s", texts[i], sets[k]);
            }
            LAC_ASSERT(lac_kernels_select(NULL) == LAC_OK);
        }
    }
}

/* v_0 is the norm, the others lie at a fraction between two levels. */
static void check_probabilities(void)
{
    static const double places[] = {0.0, 1.0, 0.5, 0.25, 1.0 / 3.0, 1.0 - 0x1p-20};
    size_t d = SIZE;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        for (size_t j = 0; j < d; j++) {
            v[j] = (2.0 + places[i]) / 4.0;
        }
        v[0] = 1.0;
        encode("dithering:levels=4,norm=inf", d, 5, bytes, out);
        double up = 0.0;
        bool between = true;
        for (size_t j = 1; j < d; j++) {
            up += out[j] > 0.5;
            between = between && fabs(out[j] - 0.625) <= 0.125;
        }
        double n = (double)(d - 1), p = places[i];
        tap_ok(between && fabs(up - n * p) <= 5.0 * sqrt(n * p * (1.0 - p)) + 1e-9,
               "at the fraction %g of two levels %.0f of %.0f go up", p, up, n);
    }
}

/* terngrad's omega is reached where one entry is the norm, the others norm / (1 + sqrt d). */
static void check_worst_case(void)
{
    enum { D = 64, DRAWS = 4000 };
    double sum = 0.0, squares = 0.0;
    for (size_t j = 0; j < D; j++) {
        v[j] = j == 0 ? -2.0 : 2.0 / (1.0 + sqrt(D));
    }
    for (uint64_t round = 1; round <= DRAWS; round++) {
        encode("terngrad:coding=fixed", D, round, bytes, out);
        double error = 0.0;
        for (size_t j = 0; j < D; j++) {
            error += (out[j] - v[j]) * (out[j] - v[j]);
        }
        error /= vec_norm_sq(v, D);
        sum += error;
        squares += error * error;
    }
    double mean = sum / DRAWS, deviation = sqrt((squares / DRAWS - mean * mean) / DRAWS);
    tap_ok(fabs(mean - declared_omega) <= 5.0 * deviation && fabs(declared_omega - 3.5) < 1e-12,
           "terngrad reaches omega = (sqrt(d) - 1) / 2: %.4f", mean);
}

static void check_norms(void)
{
    static const double sizes[] = {0x1p-1074, 0x1p-1050, 0x1p-600, 0x1p600, 0x1p1000};
    bool good = true;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t j = 0; j < 9; j++) {
            v[j] = j % 3 ? sizes[i] : 0.0;
        }
        encode("qsgd:levels=1", 9, 1, bytes, out);
        for (size_t j = 0; j < 9; j++) {
            good = good && isfinite(out[j]) && fabs(out[j]) <= 3.0 * sizes[i] &&
                   (v[j] > 0.0 || out[j] == 0.0);
        }
    }
    tap_ok(good, "norms near the ends of the doubles are no trouble");
}

static bool refused(const unsigned char *body, size_t length, double *acc)
{
    struct lac_arena arena = {0};
    struct lac_channel_compressor c;
    struct lac_draw draw = {.cohort = 1};
    struct lac_reader r;
    LAC_ASSERT(lac_compressor_open(&c, "dithering:levels=2,coding=entropy",
                                   &(struct lac_compressor_size){.d = 100, .n = 1},
                                   &arena) == LAC_OK);
    lac_reader_init(&r, body, length);
    lac_status status = lac_decode_add(&c, &draw, &r, 1.0, 1.0, acc);
    lac_arena_free(&arena);
    return status == LAC_E_PROTOCOL;
}

static void check_hostile_tables(void)
{
    struct { /* frequencies of 0, 1, -1, 2, -2 as lengths; all powers of two */
        unsigned length[5];
        uint32_t state;
        bool good;
        const char *what;
    } cases[] = {
        {{13, 0, 0, 0, 0}, 1u << 13, true, "one symbol alone is accepted"},
        {{12, 12, 0, 0, 0}, 1u << 13, false, "a state that leads nowhere is refused"},
        {{12, 0, 0, 0, 0}, 1u << 13, false, "a sum below 4096 is refused"},
        {{13, 1, 0, 0, 0}, 1u << 13, false, "a sum above 4096 is refused"},
        {{14, 0, 0, 0, 0}, 1u << 13, false, "a frequency above 4096 is refused"},
        {{13, 0, 0, 0, 0}, (1u << 13) - 1, false, "a state below 2^13 is refused"},
        {{13, 0, 0, 0, 0}, 1u << 28, false, "a state that does not come back is refused"},
        {{0, 0, 0, 0, 0}, 1u << 13, false, "an empty table is refused"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double norm = 1.0, acc[100] = {0};
        struct lac_writer w;
        lac_writer_init(&w, bytes, sizeof bytes);
        lac_write_doubles(&w, LAC_BITS_VALUE, &norm, 1);
        lac_write_bits(&w, LAC_BITS_VALUE, 1, 8);
        for (size_t k = 0; k < 5; k++) {
            unsigned length = cases[i].length[k];
            lac_write_bits(&w, LAC_BITS_VALUE, length, 4);
            lac_write_bits(&w, LAC_BITS_VALUE, 0, length > 0 ? length - 1 : 0);
        }
        lac_write_align(&w);
        lac_write_bits(&w, LAC_BITS_VALUE, cases[i].state, 29);
        lac_write_align(&w);
        memset(lac_write_room(&w, LAC_BITS_VALUE, 200), 0, 200); /* words enough for any */
        tap_ok(refused(bytes, w.bytes, acc) != cases[i].good, "%s", cases[i].what);
    }
}

/* Long blocks, cut short or with a byte changed: no set reads past their end, all agree on each. */
static void check_hostile_lanes(void)
{
    enum { D = 40003, CASES = 64 }; /* odd ones are changed */
    static const char *const sets[] = {"portable", "avx2", "avx512"};
    struct lac_arena arena = {0};
    struct lac_channel_compressor c;
    struct lac_draw draw = {.cohort = 1};
    struct lac_compressor_size size = {.d = D, .n = 1};
    lac_status first[CASES];
    draw_vector(D, false);
    size_t length = encode("dithering:levels=7,norm=inf", D, 1, bytes, out);
    LAC_ASSERT(lac_compressor_open(&c, "dithering:levels=7,norm=inf", &size, &arena) == LAC_OK);
    for (size_t k = 0; k < 3; k++) {
        bool good = true, there = lac_kernels_select(sets[k]) == LAC_OK;
        for (size_t i = 0; there && i < CASES; i++) {
            size_t cut = i % 2 ? length : i < 32 ? length - 1 - i : length * (i - 31) / 32;
            unsigned char *body = malloc(cut); /* its end is known to sanitizers */
            struct lac_reader r;
            LAC_ASSERT(body);
            memcpy(body, bytes, cut);
            if (i % 2) {
                body[cut - 1 - i * i] ^= 1;
            }
            lac_reader_init(&r, body, cut);
            lac_status status = lac_decode_add(&c, &draw, &r, 1.0, 1.0, out);
            first[i] = k == 0 ? status : first[i]; /* a change may be another message */
            good = good && status == first[i] && (i % 2 || status == LAC_E_PROTOCOL);
            free(body);
        }
        tap_ok(good, "%s: long blocks cut short are refused, changed ones as by portable", sets[k]);
        LAC_ASSERT(lac_kernels_select(NULL) == LAC_OK);
    }
    lac_arena_free(&arena);
}

int main(void)
{
    check_probabilities();
    check_worst_case();
    check_norms();
    check_instruction_sets();
    check_entropy();
    check_hostile_tables();
    check_hostile_lanes();
    return tap_done();
}
