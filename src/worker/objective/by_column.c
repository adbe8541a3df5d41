#include "worker/objective/by_column.h"

#include "base/vec.h"
#include "worker/objective/row_forms.h"

double lac_by_column_bytes(const struct lac_rows *rows)
{
    double m = (double)rows->m, d = (double)rows->d;
    if (rows->dense || rows->m == 0) {
        return m * d * sizeof(double);
    }
    return (double)rows->start[rows->m] * (sizeof(uint32_t) + sizeof(double)) +
           (d + 1.0) * sizeof(uint64_t);
}

static lac_status turn_dense(struct lac_by_column *c, const struct lac_rows *rows,
                             struct lac_arena *a)
{
    double *columns;
    LAC_TRY(LAC_NEW(a, rows->d * rows->m, &columns));
    for (size_t r = 0; r < rows->m; r++) {
        for (size_t j = 0; j < rows->d; j++) {
            columns[j * rows->m + r] = rows->dense[r * rows->stride + j];
        }
    }
    c->dense = columns;
    return LAC_OK;
}

/* start[j + 1] moves from where feature j begins to where it ends. */
static lac_status turn_sparse(struct lac_by_column *c, const struct lac_rows *rows,
                              struct lac_arena *a)
{
    size_t stored = rows->m > 0 ? (size_t)rows->start[rows->m] : 0;
    uint64_t *start;
    uint32_t *row;
    double *value;
    LAC_TRY(LAC_NEW(a, rows->d + 2, &start));
    LAC_TRY(LAC_NEW(a, stored + 1, &row));
    LAC_TRY(LAC_NEW(a, stored + 1, &value));
    for (size_t k = 0; k < stored; k++) {
        start[rows->index[k] + 2]++;
    }
    for (size_t j = 2; j < rows->d + 2; j++) {
        start[j] += start[j - 1];
    }
    for (size_t r = 0; r < rows->m; r++) {
        for (uint64_t k = rows->start[r]; k < rows->start[r + 1]; k++) {
            uint64_t place = start[rows->index[k] + 1]++;
            row[place] = (uint32_t)r;
            value[place] = rows->value ? rows->value[k] : 1.0;
        }
    }
    *c = (struct lac_by_column){.start = start, .row = row, .value = value};
    return LAC_OK;
}

lac_status lac_by_column_open(struct lac_by_column *c, const struct lac_rows *rows,
                              struct lac_arena *a)
{
    *c = (struct lac_by_column){0};
    return rows->dense ? turn_dense(c, rows, a) : turn_sparse(c, rows, a);
}

void lac_by_column_add(const struct lac_by_column *c, const struct lac_rows *rows,
                       const struct lac_entries *only, const double *x, double *z)
{
    for (size_t k = 0; k < only->count; k++) {
        size_t j = lac_entry(only, k);
        if (c->dense) {
            vec_axpy(z, x[j], c->dense + j * rows->m, rows->m);
            continue;
        }
        for (uint64_t i = c->start[j]; i < c->start[j + 1]; i++) {
            z[c->row[i]] += x[j] * c->value[i];
        }
    }
}

static double column_dot(const struct lac_by_column *c, const struct lac_rows *rows, size_t j,
                         const double *slope)
{
    double sum = 0.0;
    if (c->dense) {
        return vec_dot(c->dense + j * rows->m, slope, rows->m);
    }
    for (uint64_t i = c->start[j]; i < c->start[j + 1]; i++) {
        sum += slope[c->row[i]] * c->value[i];
    }
    return sum;
}

void lac_by_column_gradient(const struct lac_by_column *c, const struct lac_local *f,
                            const struct lac_entries *only, const double *x, const double *z,
                            double *slope, double *gradient)
{
    const struct lac_rows *rows = &f->rows;
    const struct lac_objective *o = f->objective;
    double factor = rows->m > 0 ? o->row_scale / (double)rows->m : 0.0;
    vec_copy(slope, z, rows->m);
    for (size_t r = 0; r < rows->m; r += LAC_BLOCK_ROWS) {
        size_t left = rows->m - r, count = left < LAC_BLOCK_ROWS ? left : LAC_BLOCK_ROWS;
        (void)lac_block_losses(rows, o->row_loss, r, count, slope + r);
    }
    vec_zero(gradient, rows->d);
    for (size_t k = 0; k < only->count; k++) {
        size_t j = lac_entry(only, k);
        gradient[j] = factor * column_dot(c, rows, j, slope);
    }
    lac_local_complete_entries(f, only, x, gradient);
}
