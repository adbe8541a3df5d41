#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
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

enum { KEYS = 40000 };

/* Over the keys: where each point goes, and where pairs of points go. */
static void test_over_keys(size_t size)
{
    uint32_t *single = calloc(size * size, sizeof *single),
             *first = calloc(size * size, sizeof *first);
    uint32_t *ends = calloc(size * size, sizeof *ends), *pairs = calloc(size * size, sizeof *pairs);
    double worst = -9.0;
    size_t cells = 0;
    for (size_t t = 0; t < KEYS; t++) {
        struct lac_stream s = stream(t);
        struct lac_permutation pi;
        lac_permutation_init(&pi, &s, size);
        uint64_t zero = lac_permutation_at(&pi, 0);
        for (size_t i = 0; i < size; i++) {
            single[i * size + lac_permutation_at(&pi, i)]++;
        }
        first[zero * size + lac_permutation_at(&pi, 1)]++;
        ends[zero * size + lac_permutation_at(&pi, size - 1)]++;
    }
    for (size_t i = 0; i < size; i++) {
        double e = excess(single + i * size, size, (double)KEYS / (double)size);
        worst = e > worst ? e : worst;
    }
    tap_ok(worst < 5.0, "size %zu: every point goes everywhere alike (%.2f)", size, worst);
    for (int which = 0; which < 2 && size > 2; which++) {
        cells = 0;
        for (size_t i = 0; i < size * size; i++) {
            if (i / size != i % size) { /* two points never meet */
                pairs[cells++] = which ? ends[i] : first[i];
            }
        }
        double e = excess(pairs, cells, (double)KEYS / (double)cells);
        tap_ok(e < 5.0, "size %zu: the pair (0, %s) goes everywhere alike (%.2f)", size,
               which ? "last" : "1", e);
    }
    free(single);
    free(first);
    free(ends);
    free(pairs);
}

/* All 120 permutations of 5 come alike. */
static void test_all_of_five(void)
{
    uint32_t count[120] = {0};
    for (size_t t = 0; t < KEYS; t++) {
        struct lac_stream s = stream(t);
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
    double e = excess(count, 120, KEYS / 120.0);
    tap_ok(e < 5.0, "all 120 permutations of 5 points come alike (%.2f)", e);
}

/* Within one permutation: steps from one value to the next, and the first tenth of the values. */
static void test_within(uint64_t size)
{
    enum { BINS = 100 };
    uint32_t step[BINS] = {0}, start[BINS] = {0};
    struct lac_stream s = stream(size);
    struct lac_permutation pi;
    lac_permutation_init(&pi, &s, size);
    uint64_t last = lac_permutation_at(&pi, size - 1), tenth = size / 10;
    for (uint64_t i = 0; i < size; i++) {
        uint64_t j = lac_permutation_at(&pi, i);
        step[(j + size - last) % size * BINS / size]++;
        start[j * BINS / size] += i < tenth;
        last = j;
    }
    double e = excess(step, BINS, (double)size / BINS);
    tap_ok(e < 5.0, "size %llu: steps from value to value are uniform (%.2f)",
           (unsigned long long)size, e);
    e = excess(start, BINS, (double)tenth / BINS);
    tap_ok(e < 5.0, "size %llu: the first tenth of the values is spread evenly (%.2f)",
           (unsigned long long)size, e);
}

int main(void)
{
    static const size_t sizes[] = {2, 3, 5, 8, 10, 16, 33, 64, 65, 66, 80, 100, 128};
    test_bijection();
    test_huge();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        test_over_keys(sizes[i]);
    }
    test_all_of_five();
    test_within(10000);
    test_within(65536);
    test_within(100003);
    return tap_done();
}
