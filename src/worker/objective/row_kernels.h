/*
 * Kernels over a block of rows, one table for each instruction set (row_kernels.c is compiled once
 * for each, base/simd.h). Their results do not depend on how rows are cut into blocks:
 *
 *   dots   z_r = a_r.x in the 8 lanes and the tree of base/vec.h, position in the row for index
 *   add    g <- g + slope_r a_r, one row after the other
 */
#ifndef LAC_WORKER_OBJECTIVE_ROW_KERNELS_H
#define LAC_WORKER_OBJECTIVE_ROW_KERNELS_H

#include <stddef.h>
#include <stdint.h>

struct lac_row_kernels {
    /* a (rows, stride), x and g (stride): stride is a multiple of 8 */
    void (*dense_dots)(const double *a, size_t stride, size_t rows, const double *x, double *z);
    void (*dense_add)(const double *a, size_t stride, size_t rows, const double *slope, double *g);
    /* start (rows + 1) counts from start[0]; index and value (NULL: ones) point to the block's first
       stored value; spread holds start[rows] - start[0] + LAC_ROW_SLACK doubles */
    void (*sparse_dots)(const uint64_t *start, const uint32_t *index, const double *value, size_t rows,
                        const double *x, double *spread, double *z);
    void (*sparse_add)(const uint64_t *start, const uint32_t *index, const double *value, size_t rows,
                       const double *slope, double *spread, double *g);
};

enum { LAC_ROW_SLACK = 16 };

extern const struct lac_row_kernels lac_row_kernels_portable;
#ifdef __x86_64__
extern const struct lac_row_kernels lac_row_kernels_avx2, lac_row_kernels_avx512;
#endif

#endif
