/*
 * Steps of cofig. Published code has (1+omega)^3/2 in the non-convex step and no L in the convex one's second term
 * (`theory-code`): here (1+omega)^{3/2}, and that term left out; docs/methods/cofig.md.
 */
#include <math.h>

#include "base/elementary.h"
#include "method/cofig.h"

static double cofig_convex(const struct lac_problem *p)
{
    double noise = (1.0 + p->omega) / p->sampling->size;
    return 1.0 / (p->constants->L_max * (2.0 + 8.0 * noise));
}

static double cofig_code(const struct lac_problem *p)
{
    double second = p->sampling->size / ((1.0 + p->omega) * sqrt((double)p->n));
    return fmin(cofig_convex(p), second);
}

static double cofig_nonconvex(const struct lac_problem *p)
{
    double L = p->constants->L_max, w = 1.0 + p->omega, S = p->sampling->size, N = (double)p->n;
    double a = S / (5.0 * L * w * lac_pow(N, 2.0 / 3.0));
    double b = S / (5.0 * L * w * sqrt(w) * sqrt(N));
    return fmin(1.0 / (2.0 * L), fmin(a, b));
}

static double cofig_theory(const struct lac_problem *p)
{
    return p->convex ? cofig_convex(p) : cofig_nonconvex(p);
}

const struct lac_step_rule lac_cofig_rules[] = {
    {"theory", "theory-convex, or theory-nonconvex where f_i is not", LAC_NEEDS_L_I,
     LAC_FOR_COHORTS, cofig_theory},
    {"theory-convex", "1/(L_max (2 + 8 (1+omega)/S))", LAC_NEEDS_L_I,
     LAC_FOR_CONVEX | LAC_FOR_COHORTS, cofig_convex},
    {"theory-nonconvex",
     "min{1/(2 L_max), S/(5 L_max (1+omega) n^{2/3}), S/(5 L_max (1+omega)^{3/2} n^{1/2})}",
     LAC_NEEDS_L_I, LAC_FOR_COHORTS, cofig_nonconvex},
    {"theory-code", "min{theory-convex, S/((1+omega) sqrt n)}", LAC_NEEDS_L_I,
     LAC_FOR_CONVEX | LAC_FOR_COHORTS, cofig_code},
    {0},
};
