/* Orthogonal maps for generated problems, from the project's own arithmetic alone. */
#ifndef LAC_WORKER_DATA_ORTHOGONAL_H
#define LAC_WORKER_DATA_ORTHOGONAL_H

#include <stddef.h>

#include "base/rng.h"
#include "base/status.h"

/*
 * v (size) <- T v, where T is orthogonal and drawn from the stream: two times, random signs and then
 * the butterflies of the Walsh-Hadamard transform, (a, b) -> (a + b, a - b)/sqrt 2 at distance 1, 2,
 * 4, ...; an entry whose partner lies beyond the end stays. Every step is orthogonal, so T is, for
 * every size; it costs O(size log size), and a unit vector becomes one whose entries look random.
 */
void lac_mix(double *v, size_t size, const struct lac_stream *stream);

/*
 * Singular values by one-sided Jacobi rotations (Hestenes, 1958). Column t of w is w[t * rows ..].
 * On return w = W J with orthogonal columns in descending order of norm: column t of w is
 * sigma_t u_t, and column t of J (at j[t * columns ..]) is v_t, where W = sum sigma_t u_t v_t^T.
 * rows >= columns >= 1. Values below 1e-15 of the largest are rounding. The failure is LAC_E_NUMERIC: no convergence (infinite entries).
 */
lac_status lac_jacobi_columns(double *w, size_t rows, size_t columns, double *j) LAC_MUST_CHECK;

#endif
