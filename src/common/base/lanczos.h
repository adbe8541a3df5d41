/*
 * The largest |eigenvalue| of a symmetric matrix that is known by its products with vectors alone, as
 * a safe upper bound.
 *
 * Lanczos without reorthogonalisation (Paige 1972: ghosts do not move the extreme Ritz value). The
 * residual of a Ritz pair is beta_k |last component of its eigenvector| and is added. Of the two ends
 * of the spectrum that one counts which can still be the larger; of semidefinite matrices the upper.
 */
#ifndef LAC_BASE_LANCZOS_H
#define LAC_BASE_LANCZOS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/rng.h"

/* hv <- H v, both (d) */
typedef lac_status (*lac_product)(void *matrix, const double *v, double *hv);

enum { LAC_LANCZOS_STEPS = 512 };

struct lac_lanczos { /* room for one dimension, used again and again */
    size_t d;
    double *v, *previous, *hv;     /* (d) */
    double *alpha, *beta;          /* (LAC_LANCZOS_STEPS) the tridiagonal matrix */
    double *diagonal, *off, *last; /* (LAC_LANCZOS_STEPS) work of its eigenvalues */
};

lac_status lac_lanczos_open(struct lac_lanczos *l, size_t d, struct lac_arena *a) LAC_MUST_CHECK;
/* The start vector is drawn from the stream. Stops at a relative residual of 1e-10. */
lac_status lac_largest_eigenvalue(struct lac_lanczos *l, const struct lac_stream *stream,
                                  lac_product product, void *matrix, double *value) LAC_MUST_CHECK;

#endif
