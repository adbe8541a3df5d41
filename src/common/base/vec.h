/*
 * Vectors of doubles, output first. Reductions have one fixed order, the same bits on every
 * instruction set and for every alignment: 8 lanes, lane j adds elements j, j+8, j+16, ...
 * (the tail too: element i goes to lane i mod 8), then the tree
 * ((l0+l4)+(l2+l6)) + ((l1+l5)+(l3+l7)). No fused multiply-add.
 *
 * The output may be one of the inputs, the same start; it may not overlap one otherwise.
 * The same source is compiled for each instruction set; one table of pointers is
 * chosen at run time.
 */
#ifndef LAC_BASE_VEC_H
#define LAC_BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* "portable", "avx2" or "avx512"; NULL picks the best that this processor has (the start value). */
lac_status lac_kernels_select(const char *name) LAC_MUST_CHECK;
const char *lac_kernels_name(void);

void vec_zero(double *y, size_t d);
void vec_copy(double *y, const double *x, size_t d);
/* y <- a x;  z <- x + y;  z <- x - y;  y <- y + a x;  z <- a x - y */
void vec_scale(double *y, double a, const double *x, size_t d);
void vec_add(double *z, const double *x, const double *y, size_t d);
void vec_sub(double *z, const double *x, const double *y, size_t d);
void vec_axpy(double *y, double a, const double *x, size_t d);
void vec_scale_sub(double *z, double a, const double *x, const double *y, size_t d);
double vec_dot(const double *x, const double *y, size_t d);
double vec_norm_sq(const double *x, size_t d);
double vec_sum(const double *x, size_t d);
bool vec_finite(const double *x, size_t d);         /* no NaN, no infinity */
void vec_exp(double *y, const double *x, size_t d); /* y_i = lac_exp(x_i) */
/* value_i = log(1 + e^t_i), within 2 ulp, for any t_i; slope_i = 1 / (1 + e^-t_i), its derivative */
void vec_softplus(double *value, double *slope, const double *t, size_t d);

#endif
