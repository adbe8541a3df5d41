/* The coding of index sets: exact, shortest, near the bound of information, and strict. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "compressor/index_set.h"
#include "tap.h"

enum { LARGEST_D = 1000000, BUFFER = 1 << 20 };

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

static uint64_t golomb(uint64_t value, unsigned r)
{
    return (value >> r) + 1 + r;
}

/* Rice but for the first index (0), gaps between runs (1), lengths of runs (2): the bits of all values. */
static uint64_t values_bits(int which, unsigned r, size_t k)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < k; i++) {
        uint64_t gap = i == 0 ? index_in[0] : index_in[i] - index_in[i - 1] - 1;
        bool begins = i == 0 || gap > 0, ends = i + 1 == k || index_in[i + 1] - index_in[i] > 1;
        static uint64_t length;
        length = begins ? 1 : length + 1;
        if (which == 0) {
            bits += i > 0 ? golomb(gap, r) : 0;
        } else if (which == 1) {
            bits += begins && i > 0 ? golomb(gap - 1, r) : 0;
        } else {
            bits += ends ? golomb(length - 1, r) : 0;
        }
    }
    return bits;
}

static uint64_t least_of(int which, size_t k)
{
    uint64_t best = UINT64_MAX;
    for (unsigned r = 0; r < 32; r++) {
        uint64_t bits = values_bits(which, r, k);
        best = bits < best ? bits : best;
    }
    return best;
}

/* ceil(log2 C(n, k)), n <= 64 */
static unsigned rank_width(size_t n, size_t k)
{
    uint64_t row[65] = {1};
    unsigned width = 0;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = i; j > 0; j--) {
            row[j] += row[j - 1];
        }
    }
    while (width < 63 && (UINT64_C(1) << width) < row[k]) {
        width++;
    }
    return width;
}

/* Where count c stands among 0..64 by distance from the mean, the larger first. */
static unsigned place_of(long c, long middle)
{
    unsigned place = 0;
    for (long other = 0; other <= 64; other++) {
        long far = labs(other - middle), mine = labs(c - middle);
        place += far < mine || (far == mine && other > c);
    }
    return place;
}

/* With the best parameter in begin..end-1. */
static uint64_t blocks_bits(size_t k, size_t d, unsigned begin, unsigned end)
{
    static unsigned char width[65][65];
    uint64_t bits[7] = {0}, best = UINT64_MAX;
    long middle = (long)((64 * k + d / 2) / d);
    for (size_t n = 0; n <= 64 && width[64][1] == 0; n++) {
        for (size_t c = 0; c <= n; c++) {
            width[n][c] = (unsigned char)rank_width(n, c);
        }
    }
    for (size_t first = 0, i = 0; first < d; first += 64) {
        size_t n = d - first < 64 ? d - first : 64, count = 0;
        for (; i < k && index_in[i] < first + n; i++) {
            count++;
        }
        for (unsigned r = 0; r < 7; r++) {
            bits[r] += width[n][count];
            bits[r] += d - first > 64 ? golomb(place_of((long)count, middle), r) : 0;
        }
    }
    for (unsigned r = begin; r < end; r++) {
        best = bits[r] < best ? bits[r] : best;
    }
    return best;
}

static uint64_t elias_fano_bits(size_t k)
{
    uint64_t best = UINT64_MAX;
    for (unsigned r = 0; r < 32; r++) {
        uint64_t bits = k * (r + 1) + (index_in[k - 1] >> r);
        best = bits < best ? bits : best;
    }
    return best;
}

/* By trying everything, from the definitions in proto/README.md. */
static uint64_t shortest(size_t k, size_t d)
{
    unsigned width = 0;
    while ((UINT64_C(1) << width) < d) {
        width++;
    }
    unsigned usual = 0;
    while (usual < 31 && (2 * d - k) * 6 / (k * 25) >= UINT64_C(1) << usual) {
        usual++;
    }
    bool ranked = d <= 64 || k >= d / 5;
    uint64_t rice = golomb(index_in[0], usual) + values_bits(0, usual, k);
    uint64_t bits[] = {1 + (ranked ? blocks_bits(k, d, 2, 3) : rice),
                       4 + k * width,
                       4 + d,
                       9 + elias_fano_bits(k),
                       9 + width + least_of(0, k),
                       9 + blocks_bits(k, d, 0, 7),
                       14 + width + least_of(1, k) + least_of(2, k)};
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        best = bits[i] < best ? bits[i] : best;
    }
    return k == d ? 0 : best;
}

static void check_all_small_sets(void)
{
    bool back = true, least = true;
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
        }
    }
    tap_ok(back, "every set of every d up to 12 is read back");
    tap_ok(least, "every one of them takes the least bits of all codings and parameters");
}

static void check_random_sets(void)
{
    bool back = true, least = true, bounded = true;
    unsigned used = 0;
    for (int trial = 0; trial < 400; trial++) {
        size_t d = 1 + (size_t)lac_rng_below(&rng, trial % 10 ? 3000 : LARGEST_D / 5);
        size_t k = 1 + (size_t)lac_rng_below(&rng, trial % 3 ? d : (d + 19) / 20);
        k = trial % 40 ? k : 1 + k % 8;
        size_t part = trial % 5 ? d : d / 16; /* of the space */
        draw_set(k, k < part ? part : d, trial % 2);
        struct lac_writer w;
        uint64_t bits = write_set(k, d, &w);
        least = bits == shortest(k, d) && least;
        bounded = bits <= lac_index_set_max_bits(k, d) && bounded;
        back = same_back(k, d, &w) && back;
        used |= k == d ? 0 : bytes[0] & 1 ? 64 : 1u << (bytes[0] >> 1 & 7);
    }
    tap_ok(used == 0x7e, "each coding but packed, which Rice is near, is chosen for some (%#x)",
           used);
    tap_ok(back, "random and clustered sets are read back");
    tap_ok(least, "they take the least bits of all codings and parameters");
    tap_ok(bounded, "they stay below the bound");
}

/* The same where d bits or a bit for each block are too many to count. */
static uint64_t shortest_sparse(size_t k, size_t d)
{
    unsigned usual = 0, width = 32;
    while (usual < 31 && (2 * d - k) * 6 / (k * 25) >= UINT64_C(1) << usual) {
        usual++;
    }
    uint64_t bits[] = {1 + golomb(index_in[0], usual) + values_bits(0, usual, k), 4 + width * k,
                       9 + elias_fano_bits(k), 9 + width + least_of(0, k),
                       14 + width + least_of(1, k) + least_of(2, k)};
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        best = bits[i] < best ? bits[i] : best;
    }
    return best;
}

/* log2 of C(d, k) */
static double information(size_t k, size_t d)
{
    return (lgamma((double)d + 1) - lgamma((double)k + 1) - lgamma((double)(d - k) + 1)) / log(2.0);
}

/* 61 densities from 1e-4 to 1/2, the same distance apart in their logarithm; the mean of draws. */
static void check_near_information(size_t d, int draws)
{
    double worst = 0.0, worst_at = 0.0, worst_expected = 0.0;
    for (int step = 0; step <= 60; step++) {
        double density = 1e-4 * exp(step * log(5000.0) / 60.0), sum = 0.0;
        size_t k = (size_t)(density * (double)d + 0.5);
        int here = k < 1000 ? 100 * draws : draws;
        for (int i = 0; i < here; i++) {
            struct lac_writer w;
            draw_set(k, d, false);
            sum += (double)write_set(k, d, &w) / here;
        }
        double ratio = sum / information(k, d), expected = lac_index_set_expected_bits(k, d);
        worst_at = ratio > worst ? density : worst_at;
        worst = fmax(worst, ratio);
        worst_expected = fmax(worst_expected, fabs(sum - expected) / expected);
    }
    tap_ok(worst <= 1.03, "d = %zu: at most %.4f of log2 C(d, k), at k/d = %.5f", d, worst,
           worst_at);
    tap_ok(worst_expected <= 0.01, "d = %zu: within %.4f of the expected bits", d, worst_expected);
}

/* Clusters take fewer bits than the bound of random sets. */
static void check_clusters(void)
{
    static const double densities[] = {1e-4, 1e-3, 1e-2, 0.1, 0.3, 0.45};
    const size_t d = 100000;
    for (size_t i = 0; i < sizeof densities / sizeof *densities; i++) {
        size_t k = (size_t)(densities[i] * (double)d);
        struct lac_writer w;
        draw_set(k, d, true);
        double runs = (double)write_set(k, d, &w) / information(k, d);
        draw_set(k, d / 2, false);
        double half = (double)write_set(k, d, &w) / information(k, d);
        for (size_t j = 0; j < k; j++) {
            index_in[j] += (uint32_t)(d / 2);
        }
        double upper = (double)write_set(k, d, &w) / information(k, d);
        tap_ok(runs < 0.5 && (half < 0.95 || k < 100) && (upper < 0.95 || k < 100),
               "k/d = %g: runs take %.3f, half of the space %.3f and %.3f of log2 C(d, k)",
               densities[i], runs, half, upper);
    }
}

/* k ascending indices below d, of which the last are near d; d - 1 among them. */
static void check_huge(void)
{
    const size_t d = ((size_t)1 << 31) + 5;
    bool back = true, least = true;
    for (int trial = 0; trial < 200; trial++) {
        size_t k = 1 + (size_t)lac_rng_below(&rng, 50);
        uint64_t next = trial % 2 ? 0 : d - 100;
        for (size_t i = 0; i < k; i++) {
            uint64_t room = d - next - (k - i);
            index_in[i] = (uint32_t)(next + lac_rng_below(&rng, room / (trial % 3 ? 1 : 20) + 1));
            next = (uint64_t)index_in[i] + 1;
        }
        index_in[k - 1] = trial % 4 == 3 ? (uint32_t)(d - 1) : index_in[k - 1];
        struct lac_writer w;
        uint64_t bits = write_set(k, d, &w);
        least = bits == shortest_sparse(k, d) && least;
        back = same_back(k, d, &w) && back;
    }
    tap_ok(back, "sets of d = 2^31 + 5 are read back");
    tap_ok(least, "they take the least bits of all codings");
    double bits = lac_index_set_expected_bits(20, d), bound = lac_index_set_information(20, d);
    tap_ok(bits <= 1.03 * bound, "20 of 2^31 + 5: %.1f bits are expected, %.4f of the bound", bits,
           bits / bound);
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
    static const struct {
        uint64_t value;
        unsigned count;
        size_t k, d;
        bool good;
        const char *what;
    } cases[] = {
        {0 | 3u << 4 | 5u << 8, 12, 2, 10, true, "packed 3, 5 of 10"},
        {0 | 5u << 4 | 3u << 8, 12, 2, 10, false, "packed 5, 3"},
        {0 | 5u << 4 | 5u << 8, 12, 2, 10, false, "packed 5, 5"},
        {0 | 3u << 4 | 10u << 8, 12, 2, 10, false, "packed 10 of 10"},
        {2 | 3u << 4, 14, 2, 10, true, "a bitmap of two"},
        {2 | 1u << 4, 14, 2, 10, false, "a bitmap of one for two"},
        {2 | 7u << 4, 14, 2, 10, false, "a bitmap of three for two"},
        {1 | 44u << 1, 7, 2, 10, true, "usual 8, 9 of 10 (rank 44)"},
        {1 | 45u << 1, 7, 2, 10, false, "a rank of 45 of 45"},
        {1 | 1u << 1 | 1u << 7, 13, 2, 66, true, "usual 0, 1 of 66 (r = 4)"},
        {4 | 1u << 4 | 1u << 9 | 3u << 11, 16, 2, 10, false, "Elias-Fano of 1, 0"},
        {4 | 1u << 4 | 2u << 9 | 3u << 11, 16, 2, 10, true, "Elias-Fano of 0, 1"},
        {6 | 1u << 13, 14, 2, 10, true, "Rice of 0, 1"},
        {6 | 9u << 9 | 1u << 13, 14, 2, 10, false, "Rice of 9, 10 of 10"},
        {6 | 31u << 4 | UINT64_C(0xfffffffff) << 13, 49, 2, 10, false, "Rice of a huge index"},
        {6, 60, 2, 10, false, "Rice without an end"},
        {8 | 6u << 4 | 1u << 9, 27, 2, 65, true, "blocks of as many as the mean"},
        {8 | 6u << 4 | 1u << 9 | 1u << 10, 27, 2, 65, false, "blocks of more than k"},
        {8 | 7u << 4 | UINT64_C(0xffffffffff) << 9, 60, 2, 65, false,
         "blocks with the parameter 7"},
        {10 | 1u << 18, 19, 2, 10, false, "runs without the second"},
        {10 | 2u << 18, 20, 2, 10, true, "a run of two"},
        {10 | 4u << 18, 21, 2, 10, false, "a run of three for two"},
        {10 | 9u << 14 | 2u << 18, 20, 2, 10, false, "a run behind the last place"},
        {10 | 8u << 14 | 7u << 18, 21, 2, 10, false, "a second run behind it"},
        {12, 60, 2, 10, false, "coding 6"},
        {14, 60, 2, 10, false, "coding 7"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lac_status status = read_bits_of(cases[i].value, cases[i].count, cases[i].k, cases[i].d);
        tap_ok(status == (cases[i].good ? LAC_OK : LAC_E_PROTOCOL), "%s is %s", cases[i].what,
               cases[i].good ? "read" : "refused");
    }
}

int main(void)
{
    lac_rng_init(&rng, &(struct lac_stream){.seed = 3, .purpose = LAC_PURPOSE_TEST});
    check_all_small_sets();
    check_random_sets();
    check_near_information(100000, 4);
    check_near_information(1000000, 1);
    check_clusters();
    check_huge();
    check_expected();
    check_refusals();
    return tap_done();
}
