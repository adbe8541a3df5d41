/* The selection of the k largest against sorting, on ordinary vectors and on the worst ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "compressor/largest.h"
#include "tap.h"

enum { LARGEST_D = 20000 };

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

static bool agrees(size_t d, size_t k, struct lac_largest *work)
{
    for (size_t j = 0; j < d; j++) {
        order[j] = (uint32_t)j;
    }
    qsort(order, d, sizeof *order, by_magnitude);
    qsort(order, k, sizeof *order, by_index);
    memset(found, 0xff, sizeof found);
    lac_largest(work, v, d, k, found);
    return memcmp(found, order, k * sizeof *found) == 0 &&
           (k == LARGEST_D || found[k] == UINT32_MAX);
}

int main(void)
{
    static const size_t dimensions[] = {1, 2, 3, 5, 8, 63, 300, 1000, 4096, LARGEST_D};
    struct lac_arena arena = {0};
    struct lac_largest work;
    lac_rng_init(&rng, &(struct lac_stream){.seed = 8, .purpose = LAC_PURPOSE_TEST});
    TAP_OK(lac_largest_init(&work, LARGEST_D, &arena));
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        bool good = true;
        for (size_t i = 0; i < sizeof dimensions / sizeof *dimensions; i++) {
            size_t d = dimensions[i];
            for (size_t j = 0; j < d; j++) {
                v[j] = families[f].entry(j, d);
            }
            size_t ks[] = {1, (d + 9) / 10, (d + 1) / 2, d > 1 ? d - 1 : 1, d};
            for (size_t t = 0; t < sizeof ks / sizeof *ks; t++) {
                good = agrees(d, ks[t], &work) && good;
            }
        }
        tap_ok(
            good,
            "the k largest of vectors that are %s are those of sorting, ties to the lowest index",
            families[f].name);
    }
    lac_arena_free(&arena);
    return tap_done();
}
