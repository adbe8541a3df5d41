#include "data/rows_new.h"

bool lac_rows_are_dense(size_t m, size_t d, size_t stored)
{
    return (double)stored * 5.0 >= (double)m * (double)d * 2.0;
}

lac_status lac_rows_new_dense(struct lac_arena *a, size_t m, size_t d, struct lac_rows *rows,
                              double **label, double **dense)
{
    size_t stride = (d + 7) / 8 * 8;
    size_t row_bytes = stride * sizeof **dense; /* d < 2^32 */
    LAC_TRY(LAC_NEW(a, m, label));
    LAC_TRY(lac_arena_array(a, m, row_bytes, dense));
    *rows = (struct lac_rows){.m = m, .d = d, .label = *label, .dense = *dense, .stride = stride};
    return LAC_OK;
}

lac_status lac_rows_new_sparse(struct lac_arena *a, size_t m, size_t d, size_t stored,
                               struct lac_rows *rows, double **label, uint64_t **start,
                               uint32_t **index)
{
    LAC_TRY(LAC_NEW(a, m, label));
    LAC_TRY(LAC_NEW(a, m + 1, start));
    LAC_TRY(LAC_NEW(a, stored, index));
    *rows = (struct lac_rows){.m = m, .d = d, .label = *label, .start = *start, .index = *index};
    return LAC_OK;
}
