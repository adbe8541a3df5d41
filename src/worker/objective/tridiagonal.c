/*
 * Quadratics of the experiments of PAGE with general sampling (arXiv:2206.02275), T = tridiag(-1, 2, -1):
 *
 *   f_i(x) = (1/m) sum_r (s_r/2) x^T T x + (t_r/2) |x|^2 - b_r x_1,   Hessian mean s T + mean t I
 *
 * A row has s_r as feature 1, t_r as feature 2 and b_r as label, so that a round costs O(m + d).
 * Single f_r, and f_i, may be indefinite: the mean over all clients may be strongly convex all the
 * same, but steps for convex f_i do not hold, so this counts as non-convex.
 */
#include <math.h>

#include "base/second_difference.h"
#include "base/vec.h"
#include "worker/objective/objective.h"

/* s_r and t_r of (s_r/2) x^T T x + (t_r/2) |x|^2 */
static void coefficients(const struct lac_rows *rows, size_t r, double *s, double *t)
{
    *s = *t = 0.0;
    if (rows->dense) {
        *s = rows->dense[r * rows->stride];
        *t = rows->d > 1 ? rows->dense[r * rows->stride + 1] : 0.0;
        return;
    }
    for (uint64_t k = rows->start[r]; k < rows->start[r + 1]; k++) {
        *(rows->index[k] == 0 ? s : t) += rows->value ? rows->value[k] : 1.0;
    }
}

static void mean_coefficients(const struct lac_rows *rows, double *s, double *t, double *b)
{
    double s_r, t_r, count = rows->m > 0 ? (double)rows->m : 1.0;
    *s = *t = *b = 0.0;
    for (size_t r = 0; r < rows->m; r++) {
        double weight = rows->weight ? rows->weight[r] : 1.0;
        coefficients(rows, r, &s_r, &t_r);
        *s += weight * s_r;
        *t += weight * t_r;
        *b += weight * rows->label[r];
    }
    *s /= count;
    *t /= count;
    *b /= count;
}

static void tridiagonal_evaluate(const struct lac_rows *rows, const double *x, double *work,
                                 double *loss, double *gradient)
{
    double s, t, b;
    (void)work;
    mean_coefficients(rows, &s, &t, &b);
    lac_second_difference(gradient, x, rows->d);
    *loss = 0.5 * (s * vec_dot(gradient, x, rows->d) + t * vec_norm_sq(x, rows->d)) - b * x[0];
    vec_scale(gradient, s, gradient, rows->d);
    vec_axpy(gradient, t, x, rows->d);
    gradient[0] -= b;
}

static void tridiagonal_curvature(const struct lac_rows *rows, const double *v, double *work,
                                  double *hv)
{
    double s, t, b;
    (void)work;
    mean_coefficients(rows, &s, &t, &b);
    lac_second_difference(hv, v, rows->d);
    vec_scale(hv, s, hv, rows->d);
    vec_axpy(hv, t, v, rows->d);
}

/* The eigenvalues of s T + t I lie between those of the two ends of T's. */
static void tridiagonal_row_smoothness(const struct lac_rows *rows, double *L)
{
    double s, t, least = lac_second_difference_least(rows->d);
    for (size_t r = 0; r < rows->m; r++) {
        coefficients(rows, r, &s, &t);
        double low = fabs(s * least + t), high = fabs(s * (4.0 - least) + t);
        L[r] = low > high ? low : high;
    }
}

/* (s T + t I)^2 = s^2 T^2 + 2 s t T + t^2 I: three weighted means. */
static void tridiagonal_curvature_squared(const struct lac_rows *rows, const double *weight,
                                          const double *v, double *work, double *hv)
{
    double s, t, square = 0.0, cross = 0.0, plain = 0.0, m = rows->m > 0 ? (double)rows->m : 1.0;
    for (size_t r = 0; r < rows->m; r++) {
        coefficients(rows, r, &s, &t);
        square += weight[r] * s * s;
        cross += weight[r] * s * t;
        plain += weight[r] * t * t;
    }
    lac_second_difference(work, v, rows->d);
    lac_second_difference(hv, work, rows->d);
    vec_scale(hv, square / m, hv, rows->d);
    vec_axpy(hv, 2.0 * cross / m, work, rows->d);
    vec_axpy(hv, plain / m, v, rows->d);
}

static void tridiagonal_support(const struct lac_rows *rows, double *mark)
{
    for (size_t j = 0; j < rows->d; j++) {
        mark[j] = rows->m > 0 ? 1.0 : 0.0;
    }
}

static size_t tridiagonal_work(const struct lac_rows *rows)
{
    return rows->d;
}

const struct lac_objective lac_objective_tridiagonal = {
    .name = "tridiagonal",
    .formula =
        "f_i(x) = (1/m) sum (s/2) x^T T x + (t/2) |x|^2 - b x_1, T = tridiag(-1, 2, -1), rows b 1:s 2:t",
    .convex = false,
    .quadratic = true,
    .two_classes = false,
    .features = 2,
    .work = tridiagonal_work,
    .evaluate = tridiagonal_evaluate,
    .curvature = tridiagonal_curvature,
    .row_smoothness = tridiagonal_row_smoothness,
    .curvature_squared = tridiagonal_curvature_squared,
    .support = tridiagonal_support,
};
