#include "worker/objective/row_kernels.h"

#include "base/simd.h"

enum { DOTS_AT_ONCE = 4, ADDS_AT_ONCE = 8 };

/* Four rows share the loads of x; each keeps its own lanes. */
static void dense_dots(const double *a, size_t stride, size_t rows, const double *x, double *z)
{
    double lane[8];
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
        for (int k = 0; k < DOTS_AT_ONCE; k++) {
            v8_store(lane, &total[k]);
            z[r + (size_t)k] = lanes_sum(lane);
        }
    }
    for (; r < rows; r++) {
        const double *row = a + r * stride;
        struct v8 total = {0};
        for (size_t j = 0; j < stride; j += 8) {
            for (int p = 0; p < PARTS; p++) {
                total.part[p] += vn_load(row + j + p * LANES) * vn_load(x + j + p * LANES);
            }
        }
        v8_store(lane, &total);
        z[r] = lanes_sum(lane);
    }
}

static void dense_add(const double *a, size_t stride, size_t rows, const double *slope, double *g)
{
    size_t r = 0;
    for (; r + ADDS_AT_ONCE <= rows; r += ADDS_AT_ONCE) {
        const double *row = a + r * stride;
        for (size_t j = 0; j < stride; j += LANES) {
            vn v = vn_load(g + j);
            for (size_t k = 0; k < ADDS_AT_ONCE; k++) {
                v += slope[r + k] * vn_load(row + k * stride + j);
            }
            vn_store(g + j, v);
        }
    }
    for (; r < rows; r++) {
        const double *row = a + r * stride;
        for (size_t j = 0; j < stride; j += LANES) {
            vn_store(g + j, vn_load(g + j) + slope[r] * vn_load(row + j));
        }
    }
}

/* v where lane first + j of the row is before its end, 0 behind. */
static inline void add_masked(struct v8 *total, const double *p, int64_t left)
{
    for (int part = 0; part < PARTS; part++) {
        vn_mask lane;
        for (int j = 0; j < LANES; j++) {
            lane[j] = part * LANES + j;
        }
        vn v = vn_load(p + part * LANES);
        total->part[part] += (vn)((vn_mask)v & (lane < left));
    }
}

/*
 * Rows are short and of all lengths: a loop over each would mispredict its end each time. So all
 * products are made first, then each row sums its stretch, 16 places always, more only where needed.
 */
static void sparse_dots(const uint64_t *start, const uint32_t *index, const double *value, size_t rows,
                        const double *x, double *spread, double *z)
{
    size_t stored = start[rows] - start[0];
    for (size_t k = 0; k < stored; k++) {
        spread[k] = value ? value[k] * x[index[k]] : x[index[k]];
    }
    memset(spread + stored, 0, LAC_ROW_SLACK * sizeof *spread);
    for (size_t r = 0; r < rows; r++) {
        const double *p = spread + (start[r] - start[0]);
        int64_t length = (int64_t)(start[r + 1] - start[r]);
        struct v8 total = {0};
        double lane[8];
        add_masked(&total, p, length);
        add_masked(&total, p + 8, length - 8);
        for (int64_t k = 16; k < length; k += 8) {
            add_masked(&total, p + k, length - k);
        }
        v8_store(lane, &total);
        z[r] = lanes_sum(lane);
    }
}

/* Likewise: each row's slope is written to 16 places, of which the next row overwrites its own. */
static void sparse_add(const uint64_t *start, const uint32_t *index, const double *value, size_t rows,
                       const double *slope, double *spread, double *g)
{
    size_t stored = start[rows] - start[0];
    for (size_t r = 0; r < rows; r++) {
        double *p = spread + (start[r] - start[0]);
        size_t length = start[r + 1] - start[r];
        vn s = vn_all(slope[r]);
        for (size_t k = 0; k < 16 || k < length; k += LANES) {
            vn_store(p + k, s);
        }
    }
    for (size_t k = 0; k < stored; k++) {
        g[index[k]] += value ? value[k] * spread[k] : spread[k];
    }
}

const struct lac_row_kernels LAC_SUFFIXED(lac_row_kernels, LAC_LEVEL) = {
    .dense_dots = dense_dots,
    .dense_add = dense_add,
    .sparse_dots = sparse_dots,
    .sparse_add = sparse_add,
};
