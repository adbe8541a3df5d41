/* Steps and probabilities of l2gd; docs/methods/l2gd.md has the formulas. */
#include <math.h>

#include "method/l2gd.h"

static double omega_of(const struct lac_problem *p, size_t channel)
{
    return p->channel[channel].info.omega;
}

/* n/(2 max{L/(1 - p), lambda c}) */
static double without_noise(const struct lac_problem *p, double c)
{
    double local = p->constants->L_max / (1.0 - p->env->p);
    return (double)p->n / (2.0 * fmax(local, p->parameter[LAC_L2GD_LAMBDA] * c));
}

static double l2gd_base(const struct lac_problem *p)
{
    return without_noise(p, 1.0 / p->env->p);
}

static double l2gd_uncompressed(const struct lac_problem *p)
{
    return without_noise(p, 1.0 + 4.0 * (1.0 - p->env->p) / p->env->p);
}

/* A of the theorem */
static double noise_factor(const struct lac_problem *p)
{
    double w = omega_of(p, LAC_L2GD_UP), master = omega_of(p, LAC_L2GD_REPLY);
    return w * (1.0 + master) / (double)p->n + master;
}

static double l2gd_theory(const struct lac_problem *p)
{
    double n = (double)p->n, lambda = p->parameter[LAC_L2GD_LAMBDA], A = noise_factor(p);
    if (A == 0.0) {
        return l2gd_uncompressed(p);
    }
    double a = 2.0 / n * fmax(p->constants->L_max / (1.0 - p->env->p), lambda / p->env->p);
    return 1.0 / (a + 2.0 * A * lambda * lambda / (n * p->mu * p->env->p));
}

enum { L2GD_THEOREM = LAC_FOR_CONVEX | LAC_ONLY_UNBIASED | LAC_ONLY_STRONG_OF_NOISE };

const struct lac_step_rule lac_l2gd_rules[] = {
    {"theory",
     "1/((2/n) max{L/(1-p), lambda/p} + 2 A lambda^2/(n mu p)); theory-uncompressed where A = 0",
     LAC_NEEDS_L_I, L2GD_THEOREM, l2gd_theory},
    {"theory-uncompressed", "n/(2 max{L/(1-p), lambda (1 + 4 (1-p)/p)})", LAC_NEEDS_L_I,
     LAC_FOR_CONVEX, l2gd_uncompressed},
    {"base", "n/(2 max{L/(1-p), lambda/p})", LAC_NEEDS_L_I, LAC_FOR_CONVEX, l2gd_base},
    {0},
};

struct lac_branch lac_l2gd_branch(const struct lac_problem *p, const struct lac_step_rule *rule)
{
    if (rule == &lac_l2gd_rules[0] && noise_factor(p) == 0.0) {
        return (struct lac_branch){"theory-uncompressed", lac_l2gd_rules[1].formula};
    }
    return rule == &lac_l2gd_rules[0]
               ? (struct lac_branch){"compressed",
                                     "1/((2/n) max{L/(1-p), lambda/p} + 2 A lambda^2/(n mu p))"}
               : (struct lac_branch){0};
}

/* p_e: L/(1 - p) = lambda (1 + 4 (1 - p)/p) */
static double balanced(const struct lac_problem *p)
{
    double L = p->constants->L_max, lambda = p->parameter[LAC_L2GD_LAMBDA];
    double root = sqrt(lambda * lambda + 14.0 * lambda * L + L * L);
    return 8.0 * lambda / (7.0 * lambda + L + root); /* (7 lambda + L - root)/(6 lambda) */
}

/* alpha lambda^2 of the theorem, alpha = 4 (4 w + 4 n w_M (1 + w))/mu */
static double noise_of(const struct lac_problem *p)
{
    double w = omega_of(p, LAC_L2GD_UP), master = omega_of(p, LAC_L2GD_REPLY),
           lambda = p->parameter[LAC_L2GD_LAMBDA];
    double noise = 16.0 * (w + (double)p->n * master * (1.0 + w));
    return noise > 0.0 ? noise * lambda * lambda / p->mu : 0.0;
}

static double rate_optimal(const struct lac_problem *p)
{
    double n = (double)p->n;
    double a = sqrt(noise_of(p) / (2.0 * n * n)), b = sqrt(p->constants->L_max / n);
    return fmax(balanced(p), a / (a + b));
}

static double communication_optimal(const struct lac_problem *p)
{
    double noise = noise_of(p);
    double p_A = noise > 0.0 ? 1.0 - p->constants->L_max * (double)p->n / noise : 0.0;
    return fmax(balanced(p), p_A);
}

const struct lac_step_rule lac_l2gd_chances[] = {
    {"theory", "rate-optimal", LAC_NEEDS_L_I, L2GD_THEOREM, rate_optimal},
    {"rate-optimal", "max{p_e, p_A}, the least number of rounds", LAC_NEEDS_L_I, L2GD_THEOREM,
     rate_optimal},
    {"communication-optimal", "max{p_e, p_A}, the least number of switches", LAC_NEEDS_L_I,
     L2GD_THEOREM, communication_optimal},
    {0},
};

double lac_l2gd_pull(const struct lac_env *e)
{
    return e->gamma * e->parameter[LAC_L2GD_LAMBDA] / ((double)e->n * e->p);
}

/* Beyond theta = 1 models are thrown past their mean; what is rounding is admitted. */
lac_status lac_l2gd_admits(const struct lac_env *e)
{
    if (e->p == 1.0) {
        return LAC_FAIL(LAC_E_USAGE, "--p: with 1 no gradient is ever taken; it is below 1");
    }
    if (lac_l2gd_pull(e) > 1.0 + 1e-12) {
        return LAC_FAIL(LAC_E_STEP,
                        "--step: %g makes theta = step lambda/(n p) = %g; the models need one of "
                        "at most 1, a step of at most %g",
                        e->gamma, lac_l2gd_pull(e), e->gamma / lac_l2gd_pull(e));
    }
    return LAC_OK;
}
