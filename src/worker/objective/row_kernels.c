#include "worker/objective/row_kernels.h"

#include "base/simd.h"

enum { DOTS_AT_ONCE = 4, ADDS_AT_ONCE = 8 };

static double dot(const double *row, const double *x, size_t stride)
{
    struct v8 total = {0};
    double lane[8];
    for (size_t j = 0; j < stride; j += 8) {
        for (int p = 0; p < PARTS; p++) {
            total.part[p] += vn_load(row + j + p * LANES) * vn_load(x + j + p * LANES);
        }
    }
    v8_store(lane, &total);
    return lanes_sum(lane);
}

/* Rows share the loads of x and hide each other's latency; each keeps its own lanes. */
static void dots(const double *a, size_t stride, size_t rows, const double *x, double *z)
{
    size_t r = 0;
    for (; r + DOTS_AT_ONCE <= rows; r += DOTS_AT_ONCE) {
        const double *row = a + r * stride;
        struct v8 total[DOTS_AT_ONCE] = {0};
        for (size_t j = 0; j < stride; j += 8) {
            for (int p = 0; p < PARTS; p++) {
                vn v = vn_load(x + j + p * LANES);
                for (size_t k = 0; k < DOTS_AT_ONCE; k++) {
                    total[k].part[p] += vn_load(row + k * stride + j + p * LANES) * v;
                }
            }
        }
        for (size_t k = 0; k < DOTS_AT_ONCE; k++) {
            double lane[8];
            v8_store(lane, &total[k]);
            z[r + k] = lanes_sum(lane);
        }
    }
    for (; r < rows; r++) {
        z[r] = dot(a + r * stride, x, stride);
    }
}

/* While these rows come from the cache, memory would idle: it fetches the next ones. */
static void add(const double *a, size_t stride, size_t rows, const double *slope, const double *next,
                double *g)
{
    size_t r = 0;
    for (; r + ADDS_AT_ONCE <= rows; r += ADDS_AT_ONCE) {
        const double *row = a + r * stride, *soon = next + r * stride;
        for (size_t j = 0; j < stride; j += 8) {
            for (int p = 0; p < PARTS; p++) {
                vn v = vn_load(g + j + p * LANES);
                for (size_t k = 0; k < ADDS_AT_ONCE; k++) {
                    v += slope[r + k] * vn_load(row + k * stride + j + p * LANES);
                }
                vn_store(g + j + p * LANES, v);
            }
            for (size_t k = 0; k < ADDS_AT_ONCE; k++) {
                __builtin_prefetch(soon + k * stride + j, 0, 2);
            }
        }
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
