#include "worker/objective/row_kernels.h"

#include "base/simd.h"

enum { DOTS_AT_ONCE = 4, ADDS_AT_ONCE = 8 };

static double dot(const double *row, const double *x, size_t stride)
{
    struct v8 total = {0};
    double lane[8];
    for (size_t j = 0; j < stride; j += 8) {
        for (size_t p = 0; p < PARTS; p++) {
            total.part[p] += vn_load(row + j + p * LANES) * vn_load(x + j + p * LANES);
        }
    }
    v8_store(lane, &total);
    return lanes_sum(lane);
}

/* Rows share the loads of x and hide each other's latency; each keeps its own lanes. */
static inline void dots_at_once(const double *row, size_t stride, const double *x, double *z)
{
    struct v8 total[DOTS_AT_ONCE] = {0};
    for (size_t j = 0; j < stride; j += 8) {
        for (size_t p = 0; p < PARTS; p++) {
            vn v = vn_load(x + j + p * LANES);
            for (size_t k = 0; k < DOTS_AT_ONCE; k++) {
                total[k].part[p] += vn_load(row + k * stride + j + p * LANES) * v;
            }
        }
    }
    for (size_t k = 0; k < DOTS_AT_ONCE; k++) {
        double lane[8];
        v8_store(lane, &total[k]);
        z[k] = lanes_sum(lane);
    }
}

static void dots(const double *a, size_t stride, size_t rows, const double *x, double *z)
{
    size_t r = 0;
    for (; r + DOTS_AT_ONCE <= rows; r += DOTS_AT_ONCE) {
        dots_at_once(a + r * stride, stride, x, z + r);
    }
    for (; r < rows; r++) {
        z[r] = dot(a + r * stride, x, stride);
    }
}

/* While these rows come from the cache, memory would idle: it fetches the ones wanted soon. */
static inline void adds_at_once(const double *row, size_t stride, const double *slope,
                                const double *soon, double *g)
{
    for (size_t j = 0; j < stride; j += 8) {
        for (size_t p = 0; p < PARTS; p++) {
            vn v = vn_load(g + j + p * LANES);
            for (size_t k = 0; k < ADDS_AT_ONCE; k++) {
                v += slope[k] * vn_load(row + k * stride + j + p * LANES);
            }
            vn_store(g + j + p * LANES, v);
        }
        for (size_t k = 0; k < ADDS_AT_ONCE; k++) {
            __builtin_prefetch(soon + k * stride + j, 0, 2);
        }
    }
}

static void add(const double *a, size_t stride, size_t rows, const double *slope,
                const double *next, double *g)
{
    size_t r = 0;
    for (; r + ADDS_AT_ONCE <= rows; r += ADDS_AT_ONCE) {
        adds_at_once(a + r * stride, stride, slope + r, next + r * stride, g);
    }
    for (; r < rows; r++) {
        const double *row = a + r * stride;
        for (size_t j = 0; j < stride; j += LANES) {
            vn_store(g + j, vn_load(g + j) + slope[r] * vn_load(row + j));
        }
    }
}

const struct lac_row_kernels LAC_SUFFIXED(lac_row_kernels, LAC_LEVEL) = {
    .dots = dots,
    .add = add,
};
