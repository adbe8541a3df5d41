/* R(x) = |x|^2 / 2. Papers that write lambda |x|^2 pass 2 lambda. */
#include "base/vec.h"
#include "worker/objective/objective.h"

static void l2_add(double lambda, const double *x, size_t d, double *loss, double *gradient)
{
    *loss += 0.5 * lambda * vec_norm_sq(x, d);
    vec_axpy(gradient, lambda, x, d);
}

const struct lac_regularizer lac_regularizer_l2 = {
    .name = "l2",
    .formula = "(lambda/2) |x|^2",
    .convex = true,
    .smoothness = 1.0,
    .add = l2_add,
};
