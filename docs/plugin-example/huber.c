/*
 * Huber's loss, for regression with outliers:
 *
 *   f_i(x) = (1/m) sum_r H(a_r.x - b_r),   H(t) = t^2/2 where |t| <= 1, else |t| - 1/2,   Hessian <= A^T A / m
 *
 * Huber. "Robust estimation of a location parameter". Annals of Mathematical Statistics 35, 1964.
 */
#include <math.h>

#include "example.h"

static double huber_rows(const double *z, const double *b, size_t count, double *slope)
{
    double loss[LAC_BLOCK_ROWS];
    for (size_t r = 0; r < count; r++) {
        double t = z[r] - b[r], size = fabs(t);
        loss[r] = size <= 1.0 ? 0.5 * t * t : size - 0.5;
        slope[r] = t > 1.0 ? 1.0 : t < -1.0 ? -1.0 : t;
    }
    return vec_sum(loss, count);
}

static void huber_evaluate(const struct lac_rows *rows, const double *x, double *work, double *loss,
                           double *gradient)
{
    lac_rows_pass(rows, huber_rows, 1.0, x, work, loss, gradient);
}

static bool huber_entries(const struct lac_rows *rows, const struct lac_entries *only,
                          const double *x, double *work, double *gradient)
{
    return lac_rows_entries(rows, huber_rows, 1.0, only, x, work, gradient);
}

static void huber_curvature(const struct lac_rows *rows, const double *v, double *work, double *hv)
{
    lac_rows_curvature(rows, 1.0, v, work, hv);
}

static void huber_row_smoothness(const struct lac_rows *rows, double *L)
{
    lac_rows_smoothness(rows, 1.0, L);
}

static void huber_curvature_squared(const struct lac_rows *rows, const double *weight,
                                    const double *v, double *work, double *hv)
{
    (void)work;
    lac_rows_curvature_squared(rows, 1.0, weight, v, hv);
}

static size_t huber_work(const struct lac_rows *rows)
{
    return lac_rows_work(rows);
}

static void huber_support(const struct lac_rows *rows, double *mark)
{
    lac_rows_support(rows, mark);
}

const struct lac_objective huber = {
    .name = "huber",
    .formula = "f_i(x) = (1/m) sum H(a.x - b), H(t) = t^2/2 where |t| <= 1, else |t| - 1/2",
    .convex = true,
    .work = huber_work,
    .evaluate = huber_evaluate,
    .entries = huber_entries,
    .row_loss = huber_rows,
    .row_scale = 1.0,
    .curvature = huber_curvature,
    .row_smoothness = huber_row_smoothness,
    .curvature_squared = huber_curvature_squared,
    .support = huber_support,
};
