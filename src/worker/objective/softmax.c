/*
 * Multinomial logistic regression, labels b = 0 .. K-1, x = (x_0, ..., x_{K-1}) a vector for each class:
 *
 *   f_i(x) = (1/m) sum_r log(sum_k exp(a_r.x_k)) - a_r.x_b
 *
 * A row's Hessian is (diag(p) - p p^T) kron a a^T <= (1/2) (I - 1 1^T/K) kron a a^T (Bohning, Ann. Inst.
 * Statist. Math. 44, 1992). The largest eigenvalue of the bound is |a|^2/2, which the Hessian reaches
 * where two classes have p = 1/2, as two classes do at x = 0.
 */
#include "base/elementary.h"
#include "base/tick.h"
#include "base/vec.h"
#include "worker/objective/objective.h"
#include "worker/objective/row_pass.h"

/* z_k = a_r.x_k */
static void products(const struct lac_rows *rows, size_t r, const double *x, double *z)
{
    lac_tick();
    for (size_t k = 0; k < rows->classes; k++) {
        z[k] = lac_row_dot(rows, r, x + k * rows->d);
    }
}

static size_t largest(const double *z, size_t count)
{
    size_t top = 0;
    for (size_t k = 1; k < count; k++) {
        top = z[k] > z[top] ? k : top;
    }
    return top;
}

/* The loss of class b; z becomes its derivative. The largest z is taken off: nothing overflows, and a
   loss near zero keeps its digits. */
static double softmax_row(double *z, size_t count, size_t b)
{
    size_t top = largest(z, count);
    double most = z[top], behind = most - z[b];
    for (size_t k = 0; k < count; k++) {
        z[k] -= most;
    }
    vec_exp(z, z, count);
    z[top] = 0.0;
    double rest = vec_sum(z, count);
    z[top] = 1.0;
    vec_scale(z, 1.0 / (1.0 + rest), z, count);
    z[b] -= 1.0;
    return behind + lac_log1p(rest);
}

static void softmax_evaluate(const struct lac_rows *rows, const double *x, double *work,
                             double *loss, double *gradient)
{
    double sum = 0.0, m = rows->m > 0 ? (double)rows->m : 1.0;
    vec_zero(gradient, lac_rows_dimension(rows));
    for (size_t r = 0; r < rows->m; r++) {
        double weight = rows->weight ? rows->weight[r] : 1.0;
        products(rows, r, x, work);
        sum += weight * softmax_row(work, rows->classes, (size_t)rows->label[r]);
        for (size_t k = 0; k < rows->classes; k++) {
            lac_row_add(rows, r, weight * work[k], gradient + k * rows->d);
        }
    }
    *loss = sum / m;
    vec_scale(gradient, 1.0 / m, gradient, lac_rows_dimension(rows));
}

static double softmax_correct(const struct lac_rows *rows, const double *x, double *work,
                              double *scratch)
{
    double correct = 0.0;
    (void)scratch;
    for (size_t r = 0; r < rows->m; r++) {
        products(rows, r, x, work);
        correct += (double)largest(work, rows->classes) == rows->label[r] ? 1.0 : 0.0;
    }
    return correct;
}

/* hv += factor (I - 1 1^T/K) kron a_r a_r^T v */
static void add_bound(const struct lac_rows *rows, size_t r, double factor, const double *v,
                      double *work, double *hv)
{
    products(rows, r, v, work);
    double mean = vec_sum(work, rows->classes) / (double)rows->classes;
    for (size_t k = 0; k < rows->classes; k++) {
        lac_row_add(rows, r, factor * (work[k] - mean), hv + k * rows->d);
    }
}

static void softmax_curvature(const struct lac_rows *rows, const double *v, double *work,
                              double *hv)
{
    vec_zero(hv, lac_rows_dimension(rows));
    for (size_t r = 0; r < rows->m; r++) {
        add_bound(rows, r, 0.5 / (double)rows->m, v, work, hv);
    }
}

static void softmax_row_smoothness(const struct lac_rows *rows, double *L)
{
    lac_rows_smoothness(rows, 0.5, L);
}

/* I - 1 1^T/K is its own square. */
static void softmax_curvature_squared(const struct lac_rows *rows, const double *weight,
                                      const double *v, double *work, double *hv)
{
    vec_zero(hv, lac_rows_dimension(rows));
    for (size_t r = 0; r < rows->m; r++) {
        double square = 0.25 * lac_row_norm_sq(rows, r) / (double)rows->m;
        add_bound(rows, r, weight[r] * square, v, work, hv);
    }
}

static void softmax_support(const struct lac_rows *rows, double *mark)
{
    lac_rows_support(rows, mark);
    for (size_t k = 1; k < rows->classes; k++) {
        vec_copy(mark + k * rows->d, mark, rows->d);
    }
}

static size_t softmax_work(const struct lac_rows *rows)
{
    return rows->classes;
}

const struct lac_objective lac_objective_softmax = {
    .name = "softmax",
    .formula = "f_i(x) = (1/m) sum log(sum_k exp(a.x_k)) - a.x_b, one x_k for each class",
    .convex = true,
    .classes = true,
    .work = softmax_work,
    .evaluate = softmax_evaluate,
    .curvature = softmax_curvature,
    .row_smoothness = softmax_row_smoothness,
    .curvature_squared = softmax_curvature_squared,
    .correct = softmax_correct,
    .support = softmax_support,
};
