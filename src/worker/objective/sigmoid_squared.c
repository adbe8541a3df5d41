/*
 * The non-convex loss of MARINA's experiments (arXiv:2102.07845), labels b = +1 or -1, s(u) = 1/(1 + exp(-u)):
 *
 *   f_i(x) = (1/m) sum_r (1 - s(b_r a_r.x))^2
 *
 * With s = s(b z): d/dz = -2 b s (1 - s)^2, d2/dz2 = 2 s (1 - s)^2 (3 s - 1), whose extremes, where
 * 12 s^2 - 9 s + 1 = 0, s = (9 -+ sqrt 33)/24, are -0.12020... and 0.1540585701...: every Hessian lies
 * between -H and H = 0.1540586 A^T A/m.
 */
#include "base/vec.h"
#include "worker/objective/objective.h"
#include "worker/objective/row_pass.h"

static double sigmoid_squared_rows(const double *z, const double *b, size_t count, double *slope)
{
    double loss[LAC_BLOCK_ROWS], rest[LAC_BLOCK_ROWS];
    for (size_t r = 0; r < count; r++) {
        slope[r] = -b[r] * z[r];
    }
    vec_softplus(loss, rest, slope, count); /* rest = 1 - s */
    for (size_t r = 0; r < count; r++) {
        loss[r] = rest[r] * rest[r];
        slope[r] = -2.0 * b[r] * (1.0 - rest[r]) * loss[r];
    }
    return vec_sum(loss, count);
}

static void sigmoid_squared_evaluate(const struct lac_rows *rows, const double *x, double *work,
                                     double *loss, double *gradient)
{
    lac_rows_pass(rows, sigmoid_squared_rows, 1.0, x, work, loss, gradient);
}

static bool sigmoid_squared_entries(const struct lac_rows *rows, const struct lac_entries *only,
                                    const double *x, double *work, double *gradient)
{
    return lac_rows_entries(rows, sigmoid_squared_rows, 1.0, only, x, work, gradient);
}

static void sigmoid_squared_curvature(const struct lac_rows *rows, const double *v, double *work,
                                      double *hv)
{
    lac_rows_curvature(rows, 0.1540586, v, work, hv);
}

static void sigmoid_squared_row_smoothness(const struct lac_rows *rows, double *L)
{
    lac_rows_smoothness(rows, 0.1540586, L);
}

static void sigmoid_squared_curvature_squared(const struct lac_rows *rows, const double *weight,
                                              const double *v, double *work, double *hv)
{
    (void)work;
    lac_rows_curvature_squared(rows, 0.1540586, weight, v, hv);
}

const struct lac_objective lac_objective_sigmoid_squared = {
    .name = "sigmoid-squared",
    .formula = "f_i(x) = (1/m) sum (1 - 1/(1 + exp(-b a.x)))^2",
    .convex = false,
    .two_classes = true,
    .work = lac_rows_work,
    .evaluate = sigmoid_squared_evaluate,
    .entries = sigmoid_squared_entries,
    .row_loss = sigmoid_squared_rows,
    .row_scale = 1.0,
    .curvature = sigmoid_squared_curvature,
    .row_smoothness = sigmoid_squared_row_smoothness,
    .curvature_squared = sigmoid_squared_curvature_squared,
    .correct = lac_rows_correct,
    .support = lac_rows_support,
};
