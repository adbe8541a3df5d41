/*
 * R(x) = sum_j x_j^2 / (1 + x_j^2), gradient 2 x_j / (1 + x_j^2)^2, second derivative in [-1/2, 2]:
 * the non-convex regularizer of the EF21 papers (arXiv 2402.10774, section of experiments).
 */
#include "base/vec.h"
#include "worker/objective/objective.h"

enum { BLOCK = 64 };

static void noncvx_add(double lambda, const double *x, size_t d, double *loss, double *gradient)
{
    double term[BLOCK], sum = 0.0;
    for (size_t first = 0; first < d; first += BLOCK) {
        size_t count = d - first < BLOCK ? d - first : BLOCK;
        for (size_t j = 0; j < count; j++) {
            double v = x[first + j];
            double inverse = 1.0 / (1.0 + v * v);
            term[j] = v * v * inverse;
            gradient[first + j] += 2.0 * lambda * (v * inverse * inverse);
        }
        sum += vec_sum(term, count);
    }
    *loss += lambda * sum;
}

const struct lac_regularizer lac_regularizer_noncvx = {
    .name = "noncvx",
    .formula = "lambda sum_j x_j^2 / (1 + x_j^2)",
    .convex = false,
    .smoothness = 2.0,
    .add = noncvx_add,
};

/* Of the experiments with rare features (arXiv:2305.15264): a client's gradient keeps its features. */
const struct lac_regularizer lac_regularizer_noncvx_own = {
    .name = "noncvx-own",
    .formula = "lambda sum_j x_j^2 / (1 + x_j^2), j the features of the client's rows",
    .convex = false,
    .smoothness = 2.0,
    .own = true,
    .add = noncvx_add,
};
