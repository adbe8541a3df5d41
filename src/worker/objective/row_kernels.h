/*
 * Kernels over a block of dense rows, one table for each instruction set (row_kernels.c is compiled
 * once for each, base/simd.h). Their results do not depend on how rows are cut into blocks:
 *
 *   dots   z_r = a_r.x in the 8 lanes and the tree of base/vec.h
 *   add    g <- g + slope_r a_r, one row after the other
 *
 * a is (rows, stride), x and g have stride doubles; stride is a multiple of 8.
 */
#ifndef LAC_WORKER_OBJECTIVE_ROW_KERNELS_H
#define LAC_WORKER_OBJECTIVE_ROW_KERNELS_H

#include <stddef.h>

struct lac_row_kernels {
    void (*dots)(const double *a, size_t stride, size_t rows, const double *x, double *z);
    /* next: as many rows that are wanted soon; a itself where there are none */
    void (*add)(const double *a, size_t stride, size_t rows, const double *slope,
                const double *next, double *g);
};

extern const struct lac_row_kernels lac_row_kernels_portable;
#ifdef __x86_64__
extern const struct lac_row_kernels lac_row_kernels_avx2, lac_row_kernels_avx512;
#endif

#endif
