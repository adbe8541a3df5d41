/* The selection of the k largest against sorting, on ordinary vectors and on the worst ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/vec.h"
#include "compressor/largest.h"
#include "tap.h"

enum { LARGEST_D = 70000 };

static double v[LARGEST_D];
static uint32_t order[LARGEST_D], found[LARGEST_D];
static struct lac_rng rng;

static int by_magnitude(const void *a, const void *b) /* larger first, then lower index */
{
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    double x = fabs(v[i]), y = fabs(v[j]);
    return x != y ? (x < y) - (x > y) : (i > j) - (i < j);
}

static int by_index(const void *a, const void *b)
{
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    return (i > j) - (i < j);
}

static double ordinary(size_t j, size_t d)
{
    (void)j, (void)d;
    return lac_rng_normal(&rng);
}

static double all_equal(size_t j, size_t d)
{
    (void)d;
    return j % 2 ? 1.25 : -1.25;
}

static double all_zero(size_t j, size_t d)
{
    (void)d;
    return j % 2 ? 0.0 : -0.0;
}

static double ascending(size_t j, size_t d)
{
    return (double)j - (double)d / 3.0;
}

static double few_values(size_t j, size_t d)
{
    (void)j, (void)d;
    return (double)lac_rng_below(&rng, 5) - 2.0;
}

static double subnormal(size_t j, size_t d)
{
    (void)j, (void)d;
    return (double)lac_rng_below(&rng, 50) * 0x1p-1074;
}

static double any_exponent(size_t j, size_t d)
{
    (void)j, (void)d;
    return ldexp(lac_rng_uniform(&rng), (int)lac_rng_below(&rng, 2040) - 1070);
}

static double mostly_zero(size_t j, size_t d)
{
    (void)d;
    return j % 17 ? 0.0 : lac_rng_normal(&rng);
}

static double one_giant(size_t j, size_t d)
{
    return j == d / 2 ? 1e300 : lac_rng_normal(&rng);
}

static double last_bit_only(size_t j, size_t d)
{
    (void)j, (void)d;
    return 1.0 + (double)lac_rng_below(&rng, 100) * 0x1p-52;
}

static double geometric(size_t j, size_t d)
{
    (void)d;
    return ldexp(1.0, 1000 - (int)(j * 7919 % 2000));
}

static double infinite(size_t j, size_t d) /* never reaches encode, must not break the selection */
{
    (void)d;
    return j % 5 ? lac_rng_normal(&rng) : (double)INFINITY;
}

static const struct {
    const char *name;
    double (*entry)(size_t j, size_t d);
} families[] = {
    {"normal", ordinary},           {"all equal", all_equal},     {"all zero", all_zero},
    {"sorted", ascending},          {"five values", few_values},  {"subnormal", subnormal},
    {"any exponent", any_exponent}, {"mostly zero", mostly_zero}, {"one giant", one_giant},
    {"last bit", last_bit_only},    {"geometric", geometric},     {"infinite", infinite},
};

static void sort_all(size_t d)
{
    for (size_t j = 0; j < d; j++) {
        order[j] = (uint32_t)j;
    }
    qsort(order, d, sizeof *order, by_magnitude);
}

/* With the work of just this size. */
static bool agrees(size_t d, size_t k)
{
    static uint32_t expected[LARGEST_D];
    struct lac_arena arena = {0};
    struct lac_largest work;
    LAC_ASSERT(lac_largest_init(&work, d, k, &arena) == LAC_OK);
    memcpy(expected, order, k * sizeof *order);
    qsort(expected, k, sizeof *expected, by_index);
    memset(found, 0xff, sizeof found);
    lac_largest(&work, v, d, k, found);
    lac_arena_free(&arena);
    return memcmp(found, expected, k * sizeof *found) == 0 &&
           (k == LARGEST_D || found[k] == UINT32_MAX);
}

static bool all_agree(double (*entry)(size_t j, size_t d))
{
    static const size_t dimensions[] = {1, 2, 3, 5, 8, 63, 64, 300, 1000, 4096, 32768, LARGEST_D};
    bool good = true;
    for (size_t i = 0; i < sizeof dimensions / sizeof *dimensions; i++) {
        size_t d = dimensions[i];
        for (size_t j = 0; j < d; j++) {
            v[j] = entry(j, d);
        }
        sort_all(d);
        size_t ks[] = {
            1, (d + 999) / 1000, (d + 99) / 100, (d + 9) / 10, (d + 1) / 2, d > 1 ? d - 1 : 1, d};
        for (size_t t = 0; t < sizeof ks / sizeof *ks; t++) {
            good = agrees(d, ks[t]) && good;
        }
    }
    return good;
}

/* One entry in `period` large, at every offset: some offset is met by the sample more often than it
   should, or never. */
static void check_periods(void)
{
    bool good = true;
    for (size_t period = 16; period <= 128; period *= 2) {
        for (size_t offset = 0; offset < period; offset += period / 16) {
            for (size_t j = 0; j < LARGEST_D; j++) {
                v[j] = (double)(j % 97 + 1) * (j % period == offset ? 1e3 : 1e-3);
            }
            sort_all(LARGEST_D);
            good = agrees(LARGEST_D, LARGEST_D / period) && good;
            good = agrees(LARGEST_D, LARGEST_D / period + 5) && good;
        }
    }
    tap_ok(good, "periodic vectors do not mislead it");
}

/* All that the sample sees is large, or small: of d = 65536, one entry in each 64, from the same hash. */
static void check_fooled_sample(void)
{
    const size_t d = 65536;
    bool good = true;
    for (int sign = 0; sign < 2; sign++) {
        for (size_t j = 0; j < d; j++) {
            v[j] = 1.0 + (double)(j * 7919 % 1000);
        }
        for (size_t i = 0; i < d / 64; i++) {
            uint64_t hash = (i + 1) * UINT64_C(0x9E3779B97F4A7C15) >> 32;
            v[64 * i + (hash * 64 >> 32)] *= sign ? 1e6 : 1e-6;
        }
        sort_all(d);
        good = agrees(d, d / 1000) && agrees(d, d / 100) && agrees(d, d / 10) && agrees(d, d / 3) &&
               good;
    }
    tap_ok(good, "a sample that is not like the rest costs time, not truth");
}

int main(void)
{
    static const char *const levels[] = {"portable", "avx2", "avx512"};
    lac_rng_init(&rng, &(struct lac_stream){.seed = 8, .purpose = LAC_PURPOSE_TEST});
    for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
        if (lac_kernels_select(levels[l]) != LAC_OK) {
            tap_skip("this processor has them not", "the k largest, kernels %s", levels[l]);
            continue;
        }
        for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
            tap_ok(all_agree(families[f].entry),
                   "%s: the k largest of vectors that are %s are those of sorting, ties to the "
                   "lowest index",
                   levels[l], families[f].name);
        }
    }
    TAP_OK(lac_kernels_select(NULL));
    check_periods();
    check_fooled_sample();
    return tap_done();
}
