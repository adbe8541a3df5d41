/* Steps of vr-diana, derived in docs/methods/derivations/vr-diana.md. */
#include <math.h>

#include "base/elementary.h"
#include "method/steps.h"
#include "method/vr_diana.h"

double lac_vr_diana_chance(const struct lac_env *e)
{
    double given = e->parameter[LAC_VR_DIANA_P]; /* draws with replacement may exceed m */
    return given > 0.0 ? given : fmin(1.0, e->constants->fraction);
}

static double vr_diana_convex(const struct lac_problem *p)
{
    const struct lac_constants *c = p->constants;
    double W = lac_mean_omega(p), n = (double)p->n;
    return 1.0 / (c->L_max * (1.0 + 4.0 * W) + 4.0 * c->rows_spread * (3.0 * W + 1.0 / n));
}

static double vr_diana_nonconvex(const struct lac_problem *p)
{
    double L = fmax(p->constants->L_max, sqrt(p->constants->rows_variance));
    double m = lac_pow(lac_vr_diana_chance(p->env), -2.0 / 3.0); /* m^{2/3} */
    return 1.0 / (10.0 * L * sqrt(1.0 + lac_mean_omega(p)) * (m + p->omega + 1.0));
}

static double vr_diana_theory(const struct lac_problem *p)
{
    return p->convex ? vr_diana_convex(p) : vr_diana_nonconvex(p);
}

const struct lac_step_rule lac_vr_diana_rules[] = {
    {"theory", "theory-convex, or theory-nonconvex where f_i is not",
     LAC_NEEDS_L_I | LAC_NEEDS_ROWS | LAC_NEEDS_FRACTION, LAC_FOR_ESTIMATES, vr_diana_theory},
    {"theory-convex",
     "1/(L_max (1 + 4 W) + 4 U (3 W + 1/n)), W = omega/n (permk: 1 + omega_Q), U: spread of rows",
     LAC_NEEDS_L_I | LAC_NEEDS_ROWS | LAC_NEEDS_FRACTION, LAC_FOR_CONVEX | LAC_FOR_ESTIMATES,
     vr_diana_convex},
    {"theory-nonconvex", "1/(10 max{L_max, sqrt(V)} sqrt(1 + W) (m^{2/3} + omega + 1))",
     LAC_NEEDS_L_I | LAC_NEEDS_ROWS | LAC_NEEDS_FRACTION, LAC_FOR_ESTIMATES, vr_diana_nonconvex},
    {0},
};
