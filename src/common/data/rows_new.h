/* Memory for the rows of a client, for those who fill them: everything zero. */
#ifndef LAC_WORKER_DATA_ROWS_NEW_H
#define LAC_WORKER_DATA_ROWS_NEW_H

#include <stdbool.h>

#include "base/arena.h"
#include "data/rows.h"

/* Dense where at least 2 of 5 values are stored. */
bool lac_rows_are_dense(size_t m, size_t d, size_t stored);
lac_status lac_rows_new_dense(struct lac_arena *a, size_t m, size_t d, struct lac_rows *rows,
                              double **label, double **dense) LAC_MUST_CHECK;
/* The caller sets rows->value, or leaves it NULL where every stored value is 1. */
lac_status lac_rows_new_sparse(struct lac_arena *a, size_t m, size_t d, size_t stored,
                               struct lac_rows *rows, double **label, uint64_t **start,
                               uint32_t **index) LAC_MUST_CHECK;

#endif
