/*
 * The rows of a client by feature, for gradients whose products with x come part by part (--overlap): z += A_S x_S for
 * some features S, and in the end some entries of the gradient from z alone. Each in the order in which it is asked, so
 * that the bits depend on that order alone.
 */
#ifndef LAC_WORKER_OBJECTIVE_BY_COLUMN_H
#define LAC_WORKER_OBJECTIVE_BY_COLUMN_H

#include "worker/objective/objective.h"

struct lac_by_column {
    const double *dense;   /* (d, m); NULL: sparse */
    const uint64_t *start; /* (d + 1) sparse: where feature j begins in row and value */
    const uint32_t *row;   /* (start[d]) ascending in each feature */
    const double *value;   /* (start[d]) */
};

/* Bytes that lac_by_column_open takes. */
double lac_by_column_bytes(const struct lac_rows *rows);
lac_status lac_by_column_open(struct lac_by_column *c, const struct lac_rows *rows,
                              struct lac_arena *a) LAC_MUST_CHECK;
/* z (m) += sum over the entries of x_j A_j */
void lac_by_column_add(const struct lac_by_column *c, const struct lac_rows *rows,
                       const struct lac_entries *only, const double *x, double *z);
/* These entries of grad f_i where A x = z, zeros elsewhere; slope (m) is work. f's objective has a row_loss. */
void lac_by_column_gradient(const struct lac_by_column *c, const struct lac_local *f,
                            const struct lac_entries *only, const double *x, const double *z,
                            double *slope, double *gradient);

#endif
