/*
 * Least squares, labels b any number:
 *
 *   f_i(x) = (1/m) |A x - b|^2,   Hessian (2/m) A^T A
 */
#include "base/vec.h"
#include "worker/objective/objective.h"
#include "worker/objective/row_pass.h"

/* The factor 2 of the slope is left to the end of the pass. */
static double least_squares_rows(const double *z, const double *b, size_t count, double *slope)
{
    vec_sub(slope, z, b, count);
    return vec_norm_sq(slope, count);
}

static void least_squares_evaluate(const struct lac_rows *rows, const double *x, double *work,
                                   double *loss, double *gradient)
{
    lac_rows_pass(rows, least_squares_rows, 2.0, x, work, loss, gradient);
}

static bool least_squares_entries(const struct lac_rows *rows, const struct lac_entries *only,
                                  const double *x, double *work, double *gradient)
{
    return lac_rows_entries(rows, least_squares_rows, 2.0, only, x, work, gradient);
}

static void least_squares_curvature(const struct lac_rows *rows, const double *v, double *work,
                                    double *hv)
{
    lac_rows_curvature(rows, 2.0, v, work, hv);
}

static void least_squares_row_smoothness(const struct lac_rows *rows, double *L)
{
    lac_rows_smoothness(rows, 2.0, L);
}

static void least_squares_curvature_squared(const struct lac_rows *rows, const double *weight,
                                            const double *v, double *work, double *hv)
{
    (void)work;
    lac_rows_curvature_squared(rows, 2.0, weight, v, hv);
}

const struct lac_objective lac_objective_least_squares = {
    .name = "least-squares",
    .formula = "f_i(x) = (1/m) |A x - b|^2",
    .convex = true,
    .quadratic = true,
    .two_classes = false,
    .work = lac_rows_work,
    .evaluate = least_squares_evaluate,
    .entries = least_squares_entries,
    .row_loss = least_squares_rows,
    .row_scale = 2.0,
    .curvature = least_squares_curvature,
    .row_smoothness = least_squares_row_smoothness,
    .curvature_squared = least_squares_curvature_squared,
    .support = lac_rows_support,
};
