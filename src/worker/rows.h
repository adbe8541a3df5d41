/* The rows of one client: labels and a dense or a sparse matrix. Read-only after loading. */
#ifndef LAC_WORKER_ROWS_H
#define LAC_WORKER_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct lac_rows {
    size_t m, d;           /* rows, features */
    const double *label;   /* (m) +1 or -1 for two classes, the target for regression */
    const double *dense;   /* (m, stride) row-major, rows 64-byte aligned, zero-padded; NULL: sparse */
    size_t stride;         /* doubles from one dense row to the next: d rounded up to 8 */
    const uint64_t *start; /* (m + 1) sparse: where row r begins in index and value */
    const uint32_t *index; /* (start[m]) 0-based features, ascending in each row */
    const double *value;   /* (start[m]); NULL where every stored value is 1 */
};

#endif
