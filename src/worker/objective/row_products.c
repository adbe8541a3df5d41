#include "base/tick.h"
#include "base/vec.h"
#include "worker/objective/row_pass.h"

static double value_at(const struct lac_rows *rows, uint64_t k)
{
    return rows->value ? rows->value[k] : 1.0;
}

double lac_row_norm_sq(const struct lac_rows *rows, size_t r)
{
    double sum = 0.0;
    if (rows->dense) {
        return vec_norm_sq(rows->dense + r * rows->stride, rows->d);
    }
    for (uint64_t k = rows->start[r]; k < rows->start[r + 1]; k++) {
        sum += value_at(rows, k) * value_at(rows, k);
    }
    return sum;
}

double lac_row_dot(const struct lac_rows *rows, size_t r, const double *v)
{
    double sum = 0.0;
    if (rows->dense) {
        return vec_dot(rows->dense + r * rows->stride, v, rows->d);
    }
    for (uint64_t k = rows->start[r]; k < rows->start[r + 1]; k++) {
        sum += value_at(rows, k) * v[rows->index[k]];
    }
    return sum;
}

void lac_row_add(const struct lac_rows *rows, size_t r, double scale, double *y)
{
    if (rows->dense) {
        vec_axpy(y, scale, rows->dense + r * rows->stride, rows->d);
        return;
    }
    for (uint64_t k = rows->start[r]; k < rows->start[r + 1]; k++) {
        y[rows->index[k]] += scale * value_at(rows, k);
    }
}

void lac_rows_smoothness(const struct lac_rows *rows, double scale, double *L)
{
    for (size_t r = 0; r < rows->m; r++) {
        L[r] = scale * lac_row_norm_sq(rows, r);
    }
}

void lac_rows_curvature_squared(const struct lac_rows *rows, double scale, const double *weight,
                                const double *v, double *hv)
{
    vec_zero(hv, rows->d);
    for (size_t r = 0; r < rows->m; r++) {
        lac_tick();
        double square = scale * scale * lac_row_norm_sq(rows, r) / (double)rows->m;
        lac_row_add(rows, r, weight[r] * square * lac_row_dot(rows, r, v), hv);
    }
}

void lac_rows_support(const struct lac_rows *rows, double *mark)
{
    vec_zero(mark, rows->d);
    for (size_t r = 0; rows->dense && r < rows->m; r++) {
        lac_tick();
        for (size_t j = 0; j < rows->d; j++) {
            mark[j] = rows->dense[r * rows->stride + j] != 0.0 ? 1.0 : mark[j];
        }
    }
    for (size_t r = 0; !rows->dense && r < rows->m; r++) {
        for (uint64_t k = rows->start[r]; k < rows->start[r + 1]; k++) {
            mark[rows->index[k]] = 1.0;
        }
    }
}
