/* The rows of one client: labels and a dense or a sparse matrix. Read-only after loading. */
#ifndef LAC_DATA_ROWS_H
#define LAC_DATA_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct lac_rows {
    size_t m, d;          /* rows, features */
    size_t classes;       /* K where labels are numbers of classes, else 0 */
    const double *label;  /* (m) +1 or -1 for two classes, 0 .. K-1 for K, else a target */
    const double *weight; /* (m) factor of each row's loss; NULL: 1 */
    const double
        *dense;    /* (m, stride) row-major, rows 64-byte aligned, zero-padded; NULL: sparse */
    size_t stride; /* doubles from one dense row to the next: d rounded up to 8 */
    const uint64_t *start; /* (m + 1) sparse: where row r begins in index and value */
    const uint32_t *index; /* (start[m]) 0-based features, ascending in each row */
    const double *value;   /* (start[m]); NULL where every stored value is 1 */

    /*
     * The same sparse matrix by blocks of LAC_COLUMN_BLOCK rows and, in each, by feature, as
     * lac_rows_prepare makes it; NULL where that does not pay. In block b, feature j has the entries
     * column_start[b (d + 1) + j] .. [b (d + 1) + j + 1] - 1, counted from start[LAC_COLUMN_BLOCK b].
     */
    const uint32_t *column_start; /* (blocks, d + 1) */
    const uint16_t *column_row;   /* (start[m]) row in the block, ascending in each feature */
    const double *column_value;   /* (start[m]); NULL where value is */
};

/* Of the model: one vector of features, or one for each of K classes, one behind the other. */
static inline size_t lac_dimension(size_t features, size_t classes)
{
    return classes > 0 ? features * classes : features;
}

static inline size_t lac_rows_dimension(const struct lac_rows *rows)
{
    return lac_dimension(rows->d, rows->classes);
}

enum { LAC_COLUMN_BLOCK = 4096 }; /* rows; one double for each fits the level 1 cache */

/* Adds the columns to sparse rows, in the arena: once after loading, before the first evaluation. The
   bits of an evaluation depend on whether this was called: call it for every client's rows. */
lac_status lac_rows_prepare(struct lac_rows *rows, struct lac_arena *arena) LAC_MUST_CHECK;

#endif
