/*
 * Logistic regression, labels b = +1 or -1:
 *
 *   f_i(x) = (1/m) sum_r log(1 + exp(-b_r a_r.x)),   Hessian <= A^T A / (4 m)
 */
#include "base/vec.h"
#include "worker/objective/objective.h"
#include "worker/objective/row_pass.h"

static double logistic_rows(const double *z, const double *b, size_t count, double *slope)
{
    double loss[LAC_BLOCK_ROWS];
    for (size_t r = 0; r < count; r++) {
        slope[r] = -b[r] * z[r];
    }
    vec_softplus(loss, slope, slope, count);
    for (size_t r = 0; r < count; r++) {
        slope[r] *= -b[r];
    }
    return vec_sum(loss, count);
}

static void logistic_evaluate(const struct lac_rows *rows, const double *x, double *work,
                              double *loss, double *gradient)
{
    lac_rows_pass(rows, logistic_rows, 1.0, x, work, loss, gradient);
}

static bool logistic_entries(const struct lac_rows *rows, const struct lac_entries *only,
                             const double *x, double *work, double *gradient)
{
    return lac_rows_entries(rows, logistic_rows, 1.0, only, x, work, gradient);
}

static void logistic_curvature(const struct lac_rows *rows, const double *v, double *work,
                               double *hv)
{
    lac_rows_curvature(rows, 0.25, v, work, hv);
}

static void logistic_row_smoothness(const struct lac_rows *rows, double *L)
{
    lac_rows_smoothness(rows, 0.25, L);
}

static void logistic_curvature_squared(const struct lac_rows *rows, const double *weight,
                                       const double *v, double *work, double *hv)
{
    (void)work;
    lac_rows_curvature_squared(rows, 0.25, weight, v, hv);
}

const struct lac_objective lac_objective_logistic = {
    .name = "logistic",
    .formula = "f_i(x) = (1/m) sum log(1 + exp(-b a.x))",
    .convex = true,
    .two_classes = true,
    .work = lac_rows_work,
    .evaluate = logistic_evaluate,
    .entries = logistic_entries,
    .row_loss = logistic_rows,
    .row_scale = 1.0,
    .curvature = logistic_curvature,
    .row_smoothness = logistic_row_smoothness,
    .curvature_squared = logistic_curvature_squared,
    .correct = lac_rows_correct,
    .support = lac_rows_support,
};
