/*
 * Sparse rows of few features: short rows of all lengths would mispredict a branch at the end of
 * each, and adding to the gradient entry by entry waits for itself. By feature, in blocks of rows
 * whose products stay in the level 1 cache, the loops are long and nothing waits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "worker/objective/row_forms.h"

/* Fewer in a block: the ends of the columns would cost more than they save. */
enum { ENTRIES_PER_FEATURE = 8 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* z_r += v a_r for the rows of one column: no row occurs twice. */
static void add_column(const uint16_t *row, const double *value, size_t count, double v, double *z)
{
    if (value) {
        for (size_t k = 0; k < count; k++) {
            z[row[k]] += value[k] * v;
        }
        return;
    }
    size_t k = 0;
    for (; k + 4 <= count; k += 4) { /* all loads before the first store */
        double z0 = z[row[k]] + v, z1 = z[row[k + 1]] + v;
        double z2 = z[row[k + 2]] + v, z3 = z[row[k + 3]] + v;
        z[row[k]] = z0;
        z[row[k + 1]] = z1;
        z[row[k + 2]] = z2;
        z[row[k + 3]] = z3;
    }
    for (; k < count; k++) {
        z[row[k]] += v;
    }
}

/* sum of slope_r a_r over one column: entry k goes to lane k mod 8, then the tree of base/vec.h. */
static double sum_column(const uint16_t *row, const double *value, size_t count,
                         const double *slope)
{
    double lane[8] = {0};
    size_t k = 0;
    for (; k + 8 <= count; k += 8) {
        for (size_t j = 0; j < 8; j++) {
            lane[j] += value ? value[k + j] * slope[row[k + j]] : slope[row[k + j]];
        }
    }
    for (size_t j = 0; k < count; k++, j++) {
        lane[j] += value ? value[k] * slope[row[k]] : slope[row[k]];
    }
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* The columns of one block of rows: the entries of column j are start[j] .. start[j + 1]. */
struct columns {
    const uint32_t *start;
    const uint16_t *row;
    const double *value; /* NULL: ones */
    size_t first, count; /* rows */
};

static struct columns block_of(const struct lac_rows *rows, size_t number)
{
    size_t first = number * LAC_COLUMN_BLOCK;
    return (struct columns){.start = rows->column_start + number * (rows->d + 1),
                            .row = rows->column_row + rows->start[first],
                            .value =
                                rows->column_value ? rows->column_value + rows->start[first] : NULL,
                            .first = first,
                            .count = least(rows->m - first, LAC_COLUMN_BLOCK)};
}

/* z gets the slopes of the block's rows; returns the sum of their losses. */
static double block_slopes(const struct lac_rows *rows, const struct columns *b,
                           lac_row_loss *loss_of, const double *x, double *z)
{
    double loss = 0.0;
    vec_zero(z, b->count);
    for (size_t j = 0; j < rows->d; j++) {
        size_t at = b->start[j];
        add_column(b->row + at, b->value ? b->value + at : NULL, b->start[j + 1] - at, x[j], z);
    }
    for (size_t r = 0; r < b->count; r += LAC_BLOCK_ROWS) {
        size_t part = least(b->count - r, LAC_BLOCK_ROWS);
        loss += lac_block_losses(rows, loss_of, b->first + r, part, z + r);
    }
    return loss;
}

static double column_sum(const struct columns *b, size_t j, const double *z)
{
    size_t at = b->start[j];
    return sum_column(b->row + at, b->value ? b->value + at : NULL, b->start[j + 1] - at, z);
}

double lac_columns_pass(const struct lac_rows *rows, lac_row_loss *loss_of, const double *x,
                        double *work, double *gradient)
{
    double loss = 0.0;
    for (size_t number = 0; number * LAC_COLUMN_BLOCK < rows->m; number++) {
        struct columns b = block_of(rows, number);
        loss += block_slopes(rows, &b, loss_of, x, work);
        for (size_t j = 0; j < rows->d; j++) {
            gradient[j] += column_sum(&b, j, work);
        }
    }
    return loss;
}

void lac_columns_entries(const struct lac_rows *rows, lac_row_loss *loss_of,
                         const struct lac_entries *only, const double *x, double *work,
                         double *gradient)
{
    for (size_t number = 0; number * LAC_COLUMN_BLOCK < rows->m; number++) {
        struct columns b = block_of(rows, number);
        (void)block_slopes(rows, &b, loss_of, x, work);
        for (size_t k = 0; k < only->count; k++) {
            size_t j = lac_entry(only, k);
            gradient[j] += column_sum(&b, j, work);
        }
    }
}

/* start (d + 1) and the rows of one block of count rows that begins at row first. */
static void sort_block(const struct lac_rows *rows, size_t first, size_t count, uint32_t *start,
                       uint32_t *next, uint16_t *column_row, double *column_value)
{
    uint64_t begin = rows->start[first], end = rows->start[first + count];
    for (uint64_t k = begin; k < end; k++) {
        start[rows->index[k] + 1]++;
    }
    for (size_t j = 0; j < rows->d; j++) {
        start[j + 1] += start[j];
    }
    memcpy(next, start, rows->d * sizeof *next);
    for (size_t r = 0; r < count; r++) {
        for (uint64_t k = rows->start[first + r]; k < rows->start[first + r + 1]; k++) {
            uint64_t place = begin + next[rows->index[k]]++;
            column_row[place] = (uint16_t)r;
            if (column_value) {
                column_value[place] = rows->value[k];
            }
        }
    }
}

lac_status lac_rows_prepare(struct lac_rows *rows, struct lac_arena *arena)
{
    size_t blocks = (rows->m + LAC_COLUMN_BLOCK - 1) / LAC_COLUMN_BLOCK;
    size_t stored = rows->dense || rows->m == 0 ? 0 : rows->start[rows->m];
    uint32_t *start;
    uint16_t *column_row;
    double *column_value = NULL;
    rows->column_start = NULL;
    if (stored == 0 || stored / ENTRIES_PER_FEATURE < blocks * rows->d ||
        rows->d > UINT32_MAX / LAC_COLUMN_BLOCK) {
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(arena, blocks * (rows->d + 1), &start));
    LAC_TRY(LAC_NEW(arena, stored, &column_row));
    if (rows->value) {
        LAC_TRY(LAC_NEW(arena, stored, &column_value));
    }
    uint32_t *next = malloc(rows->d * sizeof *next);
    if (!next) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: %zu features", rows->d);
    }
    for (size_t b = 0; b < blocks; b++) {
        size_t first = b * LAC_COLUMN_BLOCK;
        sort_block(rows, first, least(rows->m - first, LAC_COLUMN_BLOCK), start + b * (rows->d + 1),
                   next, column_row, column_value);
    }
    free(next);
    rows->column_start = start;
    rows->column_row = column_row;
    rows->column_value = column_value;
    return LAC_OK;
}
