#include "worker/objective/row_pass.h"

#include "base/tick.h"
#include "base/vec.h"
#include "worker/objective/row_forms.h"

double lac_block_losses(const struct lac_rows *rows, lac_row_loss *loss_of, size_t first,
                        size_t count, double *z)
{
    double loss = 0.0;
    lac_tick();
    if (!rows->weight) {
        return loss_of(z, rows->label + first, count, z);
    }
    for (size_t r = 0; r < count; r++) {
        double weight = rows->weight[first + r];
        loss += weight * loss_of(z + r, rows->label + first + r, 1, z + r);
        z[r] *= weight;
    }
    return loss;
}

static double form_pass(const struct lac_rows *rows, lac_row_loss *loss_of, const double *x,
                        double *work, double *gradient)
{
    if (rows->dense) {
        return lac_dense_pass(rows, loss_of, x, work, gradient);
    }
    if (rows->column_start) {
        return lac_columns_pass(rows, loss_of, x, work, gradient);
    }
    return lac_sparse_pass(rows, loss_of, x, gradient);
}

size_t lac_rows_work(const struct lac_rows *rows)
{
    if (rows->dense) {
        return 2 * rows->stride;
    }
    return rows->column_start ? LAC_COLUMN_BLOCK : 0;
}

void lac_rows_pass(const struct lac_rows *rows, lac_row_loss *loss_of, double scale,
                   const double *x, double *work, double *loss, double *gradient)
{
    vec_zero(gradient, rows->d);
    if (rows->m == 0) {
        *loss = 0.0;
        return;
    }
    double m = (double)rows->m;
    *loss = form_pass(rows, loss_of, x, work, gradient) / m;
    vec_scale(gradient, scale / m, gradient, rows->d);
}

/* Nothing goes into the gradient. */
static double count_correct(const double *z, const double *label, size_t count, double *slope)
{
    double correct = 0.0;
    for (size_t r = 0; r < count; r++) {
        correct += (z[r] > 0.0) == (label[r] > 0.0) ? 1.0 : 0.0;
        slope[r] = 0.0;
    }
    return correct;
}

double lac_rows_correct(const struct lac_rows *rows, const double *x, double *work, double *scratch)
{
    vec_zero(scratch, rows->d);
    return rows->m > 0 ? form_pass(rows, count_correct, x, work, scratch) : 0.0;
}

/* Fewer entries than this part of d: their columns are read one by one. */
enum { LEAST_PART = 4 };

bool lac_rows_entries(const struct lac_rows *rows, lac_row_loss *loss_of, double scale,
                      const struct lac_entries *only, const double *x, double *work,
                      double *gradient)
{
    bool by_rows = !rows->dense && !rows->column_start;
    if (by_rows || rows->m == 0 || only->count * LEAST_PART > rows->d) {
        return false;
    }
    vec_zero(gradient, rows->d);
    if (only->count == 0) {
        return true;
    }
    if (rows->dense) {
        lac_dense_entries(rows, loss_of, only, x, work, gradient);
    } else {
        lac_columns_entries(rows, loss_of, only, x, work, gradient);
    }
    double factor = scale / (double)rows->m;
    for (size_t k = 0; k < only->count; k++) {
        gradient[lac_entry(only, k)] *= factor;
    }
    return true;
}

static double product_itself(const double *z, const double *label, size_t count, double *slope)
{
    (void)label;
    vec_copy(slope, z, count);
    return 0.0;
}

void lac_rows_curvature(const struct lac_rows *rows, double scale, const double *v, double *work,
                        double *hv)
{
    double unused;
    lac_rows_pass(rows, product_itself, scale, v, work, &unused, hv);
}
