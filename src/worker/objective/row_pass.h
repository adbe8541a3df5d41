/*
 * One pass over the rows of a client for any loss of a.x: blocks of rows that stay in cache between
 * their dot products and their part of the gradient. The result depends on the rows alone.
 */
#ifndef LAC_WORKER_OBJECTIVE_ROW_PASS_H
#define LAC_WORKER_OBJECTIVE_ROW_PASS_H

#include <stdbool.h>
#include <stddef.h>

#include "compressor/compressor.h"
#include "data/rows.h"

enum { LAC_BLOCK_ROWS = 64 };

/* For 1 to LAC_BLOCK_ROWS rows with z_r = a_r.x: slope_r = d loss_r / d z_r, which may be written
   over z; returns the sum of loss_r. */
typedef double lac_row_loss(const double *z, const double *label, size_t count, double *slope);

size_t lac_rows_work(const struct lac_rows *rows); /* doubles of scratch */

/* *loss = 1/m sum of loss_r, gradient = scale/m sum of slope_r a_r, each with its weight; zeros where
   there are no rows. */
void lac_rows_pass(const struct lac_rows *rows, lac_row_loss *loss_of, double scale,
                   const double *x, double *work, double *loss, double *gradient);

/* The same at some entries, to the bit, zeros elsewhere: the products with x in full, then |entries| of d columns.
   false where that is no shorter: sparse rows that are stored row by row, many entries. */
bool lac_rows_entries(const struct lac_rows *rows, lac_row_loss *loss_of, double scale,
                      const struct lac_entries *only, const double *x, double *work,
                      double *gradient);
/* How many rows have the sign of a.x for their label. */
double lac_rows_correct(const struct lac_rows *rows, const double *x, double *work,
                        double *scratch);

/* hv = scale/m A^T(A v) */
void lac_rows_curvature(const struct lac_rows *rows, double scale, const double *v, double *work,
                        double *hv);

/* Row by row, for what the blocks of a pass do not know: |a_r|^2; a_r.v; y += scale a_r. */
double lac_row_norm_sq(const struct lac_rows *rows, size_t r);
double lac_row_dot(const struct lac_rows *rows, size_t r, const double *v);
void lac_row_add(const struct lac_rows *rows, size_t r, double scale, double *y);

/* L_r = scale |a_r|^2 */
void lac_rows_smoothness(const struct lac_rows *rows, double scale, double *L);
/* hv = scale^2/m sum of weight_r |a_r|^2 a_r (a_r.v) */
void lac_rows_curvature_squared(const struct lac_rows *rows, double scale, const double *weight,
                                const double *v, double *hv);
/* mark_j = 1 where a row has feature j, else 0 */
void lac_rows_support(const struct lac_rows *rows, double *mark);

#endif
