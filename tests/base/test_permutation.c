#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/vec.h"
#include "tap.h"

static struct lac_stream stream(uint64_t round)
{
    return (struct lac_stream){
        .seed = 11, .round = round, .client = LAC_SHARED, .purpose = LAC_PURPOSE_TEST};
}

static bool is_bijection(uint64_t size)
{
    static unsigned char seen[70000];
    struct lac_stream s = stream(size);
    struct lac_permutation pi;
    bool good = true;
    lac_permutation_init(&pi, &s, size);
    memset(seen, 0, size);
    for (uint64_t i = 0; i < size && good; i++) {
        uint64_t j = lac_permutation_at(&pi, i);
        good = j < size && !seen[j] && lac_permutation_inverse(&pi, j) == i;
        seen[j % size] = 1;
    }
    return good;
}

static void test_bijection(void)
{
    static const uint64_t large[] = {4095, 4096, 4097, 10000, 65535, 65536, 65537, 69999};
    bool good = true;
    for (uint64_t size = 1; size <= 600 && good; size++) {
        good = is_bijection(size);
    }
    tap_ok(good, "each size from 1 to 600 gives a bijection, and the inverse inverts it");
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        tap_ok(is_bijection(large[i]), "size %llu gives a bijection, and the inverse inverts it",
               (unsigned long long)large[i]);
    }
}

/* Sizes whose roots round in double. */
static void test_huge(void)
{
    static const uint64_t sizes[] = {
        UINT64_C(1) << 62,
        (UINT64_C(1) << 62) - 1,
        (UINT64_C(1) << 61) + 1,
        UINT64_C(2147483647) * 2147483647,
        UINT64_C(2147483646) * 2147483646 + 1,
        UINT64_C(1000000007) * 1000000007 - 1,
    };
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        struct lac_stream s = stream(k);
        struct lac_permutation pi;
        uint64_t size = sizes[k];
        bool good = true;
        lac_permutation_init(&pi, &s, size);
        for (uint64_t i = 0; i < 1000 && good; i++) {
            uint64_t first = lac_permutation_at(&pi, i),
                     last = lac_permutation_at(&pi, size - 1 - i);
            good = first < size && last < size && lac_permutation_inverse(&pi, first) == i &&
                   lac_permutation_inverse(&pi, last) == size - 1 - i;
        }
        tap_ok(good, "size %llu: the inverse inverts", (unsigned long long)size);
    }
}

/* How many standard deviations chi-square is above its mean. */
static double excess(const uint32_t *count, size_t cells, double expected)
{
    double chi_square = 0.0, freedom = (double)cells - 1.0;
    for (size_t i = 0; i < cells; i++) {
        double rest = (double)count[i] - expected;
        chi_square += rest * rest / expected;
    }
    return (chi_square - freedom) / sqrt(2.0 * freedom);
}

static int keys; /* how many are tried */

struct counts { /* (size x size) each */
    uint32_t *single, *first, *ends, *sets;
};

/* Of the permutation that a key gives: where each point goes, where the first two and the first and
   last go together, which pairs are among the first k. */
static void count_one(struct counts *c, const uint32_t *image, size_t size, size_t k)
{
    for (size_t i = 0; i < size; i++) {
        c->single[i * size + image[i]]++;
    }
    c->first[image[0] * size + image[1]]++;
    c->ends[image[0] * size + image[size - 1]]++;
    for (size_t a = 0; a < k; a++) {
        for (size_t b = 0; b < a; b++) {
            size_t x = image[a] < image[b] ? image[a] : image[b];
            c->sets[x * size + (image[a] + image[b] - x)]++;
        }
    }
}

static void check_single(const struct counts *c, size_t size)
{
    double worst = -9.0;
    for (size_t i = 0; i < size; i++) {
        double e = excess(c->single + i * size, size, (double)keys / (double)size);
        worst = e > worst ? e : worst;
    }
    double all = excess(c->single, size * size, (double)keys / (double)size);
    tap_ok(worst < 5.0 && all < 5.0, "size %zu: every point goes everywhere alike (%.2f, %.2f)",
           size, worst, all);
}

/* Cells (x, y) that two different points can go to: x != y; of sets x < y, where the pairs of one key
   hang together and the sum of squares spreads wider. */
static void check_pairs(uint32_t *count, size_t size, size_t of_each, bool ordered, double limit,
                        const char *name)
{
    size_t cells = 0;
    for (size_t i = 0; i < size * size; i++) {
        if (ordered ? i / size != i % size : i / size < i % size) {
            count[cells++] = count[i];
        }
    }
    double expected = (double)keys * (double)of_each / (double)cells;
    double e = cells > 1 ? excess(count, cells, expected) : 0.0;
    tap_ok(e < limit, "size %zu: %s alike (%.2f)", size, name, e);
}

static void test_over_keys(size_t size)
{
    struct counts c;
    size_t cells = size * size, k = (size + 7) / 8;
    uint32_t *image = calloc(size, sizeof *image), *all = calloc(4 * cells, sizeof *all);
    c = (struct counts){all, all + cells, all + 2 * cells, all + 3 * cells};
    for (int t = 0; t < keys; t++) {
        struct lac_stream s = stream((uint64_t)t);
        struct lac_permutation pi;
        lac_permutation_init(&pi, &s, size);
        lac_permutation_fill(&pi, 0, size, image);
        count_one(&c, image, size, k);
    }
    check_single(&c, size);
    check_pairs(c.first, size, 1, true, 5.0, "the pair (0, 1) goes everywhere");
    check_pairs(c.ends, size, 1, true, 5.0, "the pair (0, last) goes everywhere");
    if (k > 1) {
        check_pairs(c.sets, size, k * (k - 1) / 2, false, 8.0, "pairs are among the first eighth");
    }
    free(image);
    free(all);
}

/* Permutations have 0, 1, 2, ... fixed points as Poisson's law with mean 1 says. */
static void test_fixed_points(size_t size, int tried)
{
    static const double law[] = {0.36787944117144233, 0.36787944117144233,  0.18393972058572117,
                                 0.06131324019524039, 0.015328310048810098, 0.003659846827343769};
    static uint32_t image[70000];
    double seen[6] = {0.0}, chi_square = 0.0;
    for (int t = 0; t < tried; t++) {
        struct lac_stream s = stream((uint64_t)t + 1000000);
        struct lac_permutation pi;
        size_t fixed = 0;
        lac_permutation_init(&pi, &s, size);
        lac_permutation_fill(&pi, 0, size, image);
        for (size_t i = 0; i < size; i++) {
            fixed += image[i] == i;
        }
        seen[fixed < 5 ? fixed : 5]++;
    }
    for (size_t i = 0; i < 6; i++) {
        double rest = seen[i] - law[i] * (double)tried;
        chi_square += rest * rest / (law[i] * (double)tried);
    }
    tap_ok(chi_square < 30.0, "size %zu: as many fixed points as there should be (%.2f)", size,
           chi_square);
}

/* All 120 permutations of 5 come alike. */
static void test_all_of_five(void)
{
    uint32_t count[120] = {0};
    for (int t = 0; t < keys; t++) {
        struct lac_stream s = stream((uint64_t)t);
        struct lac_permutation pi;
        size_t code = 0;
        lac_permutation_init(&pi, &s, 5);
        for (uint64_t i = 0; i < 5; i++) {
            size_t smaller = 0;
            for (uint64_t k = i + 1; k < 5; k++) {
                smaller += lac_permutation_at(&pi, k) < lac_permutation_at(&pi, i);
            }
            code = code * (5 - i) + smaller;
        }
        count[code]++;
    }
    double e = excess(count, 120, (double)keys / 120.0);
    tap_ok(e < 5.0, "all 120 permutations of 5 points come alike (%.2f)", e);
}

enum { BINS = 32, CELLS = BINS * BINS };

static size_t bin(uint64_t value, uint64_t size)
{
    return value * BINS / size;
}

/* Points a lag apart: where the two go together, and how far apart. */
static void count_lag(uint32_t *together, uint32_t *distance, const uint32_t *image, size_t size,
                      size_t lag)
{
    for (size_t i = 0; i < size; i++) {
        size_t j = i + lag < size ? i + lag : i + lag - size;
        together[bin(image[i], size) * BINS + bin(image[j], size)]++;
        distance[((uint64_t)image[i] + size - image[j]) % size * CELLS / size]++;
    }
}

/* Second differences: a round's function that is nearly linear shows here. */
static void count_bends(uint32_t *bend, const uint32_t *image, size_t size)
{
    for (size_t i = 0; i + 2 < size; i++) {
        uint64_t b = (uint64_t)image[i] + image[i + 2] + 2 * (size - image[i + 1]);
        bend[b % size * CELLS / size]++;
    }
}

static void check_alike(const uint32_t *count, double total, size_t size, const char *what,
                        size_t lag)
{
    double e = excess(count, CELLS, total / CELLS);
    tap_ok(e < 5.0, "size %zu: %s %zu apart are uniform (%.2f)", size, what, lag, e);
}

/* Within permutations of several keys. lag: neighbours; the same low half and the next high one. */
static void test_within(size_t size, int tried)
{
    static uint32_t image[1 << 20], together[3][CELLS], distance[3][CELLS], bend[CELLS];
    static const char *const pairs = "places of points", *const steps = "steps between points";
    size_t lag[3] = {0};
    memset(together, 0, sizeof together);
    memset(distance, 0, sizeof distance);
    memset(bend, 0, sizeof bend);
    for (int t = 0; t < tried; t++) {
        struct lac_stream s = stream((uint64_t)t + 2000000);
        struct lac_permutation pi;
        lac_permutation_init(&pi, &s, size);
        lac_permutation_fill(&pi, 0, size, image);
        lag[0] = 1, lag[1] = pi.columns, lag[2] = 16;
        for (size_t k = 0; k < 3; k++) {
            count_lag(together[k], distance[k], image, size, lag[k]);
        }
        count_bends(bend, image, size);
    }
    for (size_t k = 0; k < 3; k++) {
        check_alike(together[k], (double)tried * (double)size, size, pairs, lag[k]);
        check_alike(distance[k], (double)tried * (double)size, size, steps, lag[k]);
    }
    check_alike(bend, (double)tried * (double)(size - 2), size, "second differences of points", 1);
}

/* Any stretch, on every instruction set, is what single points give. */
static void test_fill(void)
{
    static const uint64_t sizes[] = {
        1, 64, 65, 66, 72, 1000, 10000000, UINT32_MAX, UINT64_C(1) << 32};
    static const char *const levels[] = {"portable", "avx2", "avx512"};
    static uint32_t out[400];
    for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
        if (lac_kernels_select(levels[l]) != LAC_OK) {
            tap_skip("not this processor", "%s: stretches are as single points", levels[l]);
            continue;
        }
        bool good = true;
        for (size_t k = 0; k < 200; k++) {
            struct lac_stream s = stream(k);
            struct lac_permutation pi;
            uint64_t size = sizes[k % (sizeof sizes / sizeof *sizes)];
            uint64_t count = (k * 7) % 399 < size ? (k * 7) % 399 : size;
            uint64_t first = k % 2 ? size - count : (size - count) / 3;
            lac_permutation_init(&pi, &s, size);
            out[count] = 77;
            lac_permutation_fill(&pi, first, count, out);
            for (uint64_t i = 0; i < count; i++) {
                good = good && out[i] == lac_permutation_at(&pi, first + i);
            }
            good = good && out[count] == 77;
        }
        tap_ok(good, "%s: stretches are as single points", levels[l]);
    }
    TAP_OK(lac_kernels_select(NULL));
}

int main(void)
{
    static const size_t sizes[] = {2, 3, 5, 8, 10, 16, 33, 64, 65, 66, 80, 100, 128};
    keys = tap_cases(100000);
    test_bijection();
    test_huge();
    test_fill();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        test_over_keys(sizes[i]);
    }
    test_fixed_points(64, keys);
    test_fixed_points(65, keys);
    test_fixed_points(128, keys);
    test_fixed_points(4099, tap_cases(10000));
    test_all_of_five();
    test_within(65536, tap_cases(80));
    test_within(102400, tap_cases(40));
    test_within(1000003, tap_cases(4));
    return tap_done();
}
