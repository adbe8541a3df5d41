/* The coding of index sets: exact, shortest, near the bound of information, and strict. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "compressor/index_set.h"
#include "tap.h"

enum { LARGEST_D = 200000, BUFFER = 1 << 20 };

static unsigned char bytes[BUFFER];
static uint32_t index_in[LARGEST_D], index_out[LARGEST_D];
static struct lac_rng rng;

/* A uniformly random set, or one whose members stand in runs. */
static void draw_set(size_t k, size_t d, bool clustered)
{
    struct lac_permutation pi;
    struct lac_stream stream = {.seed = lac_rng_word64(&rng), .purpose = LAC_PURPOSE_TEST};
    static unsigned char member[LARGEST_D];
    memset(member, 0, d);
    lac_permutation_init(&pi, &stream, d);
    for (size_t i = 0, count = 0; count < k; i++) {
        size_t j = (size_t)lac_permutation_at(&pi, i);
        for (size_t run = clustered ? 8 : 1; run > 0 && j < d && count < k; run--, j++) {
            count += !member[j];
            member[j] = 1;
        }
    }
    for (size_t j = 0, i = 0; j < d; j++) {
        index_in[i] = (uint32_t)j;
        i += member[j];
        if (i == k) {
            break;
        }
    }
}

static uint64_t write_set(size_t k, size_t d, struct lac_writer *w)
{
    lac_writer_init(w, bytes, (size_t)(lac_index_set_max_bits(k, d) + 7) / 8);
    lac_index_set_write(w, index_in, k, d);
    return w->bits.of[LAC_BITS_INDEX];
}

static bool same_back(size_t k, size_t d, const struct lac_writer *w)
{
    struct lac_reader r;
    lac_reader_init(&r, bytes, w->bytes);
    memset(index_out, 0xff, k * sizeof *index_out);
    return lac_index_set_read(&r, index_out, k, d) == LAC_OK && lac_reader_done(&r) == LAC_OK &&
           r.bits.of[LAC_BITS_INDEX] == w->bits.of[LAC_BITS_INDEX] &&
           memcmp(index_in, index_out, k * sizeof *index_in) == 0;
}

/* By trying everything, from the definitions in proto/README.md. */
static uint64_t shortest(size_t k, size_t d)
{
    unsigned width = 0;
    while ((UINT64_C(1) << width) < d) {
        width++;
    }
    uint64_t best = (uint64_t)k * width < d ? (uint64_t)k * width : d;
    for (unsigned r = 0; r < 32; r++) {
        uint64_t bits = 0, next = 0;
        for (size_t i = 0; i < k; i++) {
            bits += ((index_in[i] - next) >> r) + 1 + r;
            next = (uint64_t)index_in[i] + 1;
        }
        best = bits < best ? bits : best;
    }
    return k == d ? 0 : 8 + best;
}

static void check_all_small_sets(void)
{
    bool back = true, least = true;
    unsigned used = 0;
    for (size_t d = 1; d <= 12; d++) {
        for (uint32_t set = 1; set < 1u << d; set++) {
            size_t k = 0;
            for (size_t j = 0; j < d; j++) {
                index_in[k] = (uint32_t)j;
                k += set >> j & 1;
            }
            struct lac_writer w;
            least = write_set(k, d, &w) == shortest(k, d) && least;
            back = same_back(k, d, &w) && back;
            used |= k == d ? 0 : 1u << (bytes[0] & 3);
        }
    }
    tap_ok(back, "every set of every d up to 12 is read back");
    tap_ok(least, "every one of them takes the least bits of all codings and parameters");
    tap_ok(used == 7, "each of the three codings is the shortest for some of them");
}

static void check_random_sets(void)
{
    bool back = true, least = true, bounded = true;
    for (int trial = 0; trial < 400; trial++) {
        size_t d = 1 + (size_t)lac_rng_below(&rng, trial % 10 ? 3000 : LARGEST_D);
        size_t k = 1 + (size_t)lac_rng_below(&rng, trial % 3 ? d : (d + 19) / 20);
        draw_set(k, d, trial % 2);
        struct lac_writer w;
        uint64_t bits = write_set(k, d, &w);
        least = bits == shortest(k, d) && least;
        bounded = bits <= lac_index_set_max_bits(k, d) && bounded;
        back = same_back(k, d, &w) && back;
    }
    tap_ok(back, "random and clustered sets are read back");
    tap_ok(least, "they take the least bits of all codings and parameters");
    tap_ok(bounded, "they stay below the bound");
}

/* log2 of C(d, k) */
static double information(size_t k, size_t d)
{
    return (lgamma((double)d + 1) - lgamma((double)k + 1) - lgamma((double)(d - k) + 1)) / log(2.0);
}

static void check_near_information(void)
{
    static const double densities[] = {1e-4, 1e-3, 1e-2, 0.05, 0.1, 0.2, 0.3, 0.5};
    for (size_t i = 0; i < sizeof densities / sizeof *densities; i++) {
        size_t d = LARGEST_D, k = (size_t)(densities[i] * LARGEST_D);
        struct lac_writer w;
        draw_set(k, d, false);
        uint64_t bits = write_set(k, d, &w);
        double expected = lac_index_set_expected_bits(k, d), bound = information(k, d);
        tap_ok((double)bits <= 1.03 * bound + 8, "k/d = %g: %.4f of log2 C(d, k)", densities[i],
               (double)bits / bound);
        tap_ok(fabs((double)bits - expected) <= 0.02 * expected,
               "k/d = %g: the expected %.0f bits, taken %llu", densities[i], expected,
               (unsigned long long)bits);
    }
}

/* Mean over all sets of the best coding in the mean, against the formula. */
static void check_expected(void)
{
    bool close = true;
    for (size_t d = 2; d <= 12; d++) {
        double sum[13] = {0}, count[13] = {0};
        for (uint32_t set = 1; set < 1u << d; set++) {
            size_t k = 0;
            for (size_t j = 0; j < d; j++) {
                index_in[k] = (uint32_t)j;
                k += set >> j & 1;
            }
            sum[k] += (double)shortest(k, d);
            count[k] += 1.0;
        }
        for (size_t k = 1; k <= d; k++) {
            double expected = lac_index_set_expected_bits(k, d), mean = sum[k] / count[k];
            close = close && mean <= expected + 1e-9 && mean >= expected - 3.0;
        }
    }
    tap_ok(close, "over all sets of every d up to 12 the mean is the expected less at most 3 bits");
}

static lac_status read_bits_of(uint64_t value, unsigned count, size_t k, size_t d)
{
    struct lac_writer w;
    struct lac_reader r;
    lac_writer_init(&w, bytes, BUFFER);
    lac_write_bits(&w, LAC_BITS_INDEX, value, count);
    lac_reader_init(&r, bytes, w.bytes);
    return lac_index_set_read(&r, index_out, k, d);
}

static void check_refusals(void)
{
    tap_ok(read_bits_of(0 | 3u << 8 | 5u << 12, 16, 2, 10) == LAC_OK, "packed 3, 5 of 10 is read");
    tap_ok(read_bits_of(0 | 5u << 8 | 3u << 12, 16, 2, 10) != LAC_OK, "packed 5, 3 is refused");
    tap_ok(read_bits_of(0 | 5u << 8 | 5u << 12, 16, 2, 10) != LAC_OK, "packed 5, 5 is refused");
    tap_ok(read_bits_of(0 | 3u << 8 | 10u << 12, 16, 2, 10) != LAC_OK,
           "packed 10 of 10 is refused");
    tap_ok(read_bits_of(1 | 3u << 8, 18, 2, 10) == LAC_OK, "a bitmap of two is read");
    tap_ok(read_bits_of(1 | 1u << 8, 18, 2, 10) != LAC_OK, "a bitmap of one for two is refused");
    tap_ok(read_bits_of(1 | 7u << 8, 18, 2, 10) != LAC_OK, "a bitmap of three for two is refused");
    tap_ok(read_bits_of(2 | 3u << 8, 16, 2, 10) == LAC_OK, "Rice of 0, 1 is read");
    tap_ok(read_bits_of(2 | 1u << 18, 24, 1, 10) != LAC_OK, "Rice of 10 of 10 is refused");
    tap_ok(read_bits_of(2 | 31u << 2 | UINT64_C(0xffffffffff) << 8, 48, 1, 10) != LAC_OK,
           "Rice of a huge index is refused");
    tap_ok(read_bits_of(2, 60, 1, 10) != LAC_OK, "Rice without an end is refused");
    tap_ok(read_bits_of(3 | 3u << 8, 32, 2, 10) != LAC_OK, "the reserved coding is refused");
    tap_ok(read_bits_of(4 | 3u << 8 | 5u << 12, 32, 2, 10) != LAC_OK,
           "packed with a parameter is refused");
    tap_ok(read_bits_of(2 | 32u << 2 | UINT64_C(0xffffffffff) << 8, 64, 1, 10) != LAC_OK,
           "a Rice parameter of 32 is refused");
}

int main(void)
{
    lac_rng_init(&rng, &(struct lac_stream){.seed = 3, .purpose = LAC_PURPOSE_TEST});
    check_all_small_sets();
    check_random_sets();
    check_near_information();
    check_expected();
    check_refusals();
    return tap_done();
}
