/*
 * Steps of marina and pp-marina, also of few rows (VR-MARINA) and with correlated compressors; derived in
 * docs/methods/derivations/marina.md and pp-marina.md.
 */
#include <math.h>

#include "method/marina.h"
#include "method/steps.h"

/* The variance of what rows are drawn, in units of L_rms^2. */
static double rows_noise(const struct lac_problem *p)
{
    return p->constants->rows_variance / (p->constants->L_rms * p->constants->L_rms);
}

static double marina_theory(const struct lac_problem *p)
{
    double coin = lac_marina_coin(p->env), v = rows_noise(p);
    double noise = p->omega > 0.0 ? lac_mean_omega(p) * (1.0 + v) : 0.0;
    double all = (1.0 - coin) / coin * (noise + v / (double)p->n);
    return 1.0 / (p->constants->L_rms * (1.0 + sqrt(all)));
}

const struct lac_step_rule lac_marina_rules[] = {
    {"theory",
     "1/(L_rms + sqrt((1 - p)/p (W (L_rms^2 + V) + V/n))), W = omega/n (permk: 1 + omega_Q), V = 0 "
     "for full gradients",
     LAC_NEEDS_L_I | LAC_NEEDS_ROWS | LAC_NEEDS_FRACTION, LAC_FOR_ESTIMATES, marina_theory},
    {0},
};

/* The variance of the sum over the cohort, in units of mean |grad f_i(x) - grad f_i(y)|^2. */
static double cohort_noise(const struct lac_problem *p)
{
    double v = rows_noise(p), r = p->sampling->size;
    bool uniform = p->sampling->kind == LAC_SAMPLING_UNIFORM;
    double again = uniform ? 1.0 + (r - 1.0) / (double)p->n : 1.0; /* drawn again, sent once */
    if (p->compressor->correlated) {
        return again * lac_mean_omega(p) * (1.0 + v);
    }
    return (1.0 + again * (p->omega * (1.0 + v) + v)) / r;
}

static double pp_marina_theory(const struct lac_problem *p)
{
    double coin = lac_marina_coin(p->env);
    return 1.0 / (p->constants->L_rms * (1.0 + sqrt((1.0 - coin) / coin * cohort_noise(p))));
}

const struct lac_step_rule lac_pp_marina_rules[] = {
    {"theory",
     "1/(L_rms + sqrt((1 - p)/(p r) (L_rms^2 + a (omega (L_rms^2 + V) + V)))); a = 1, uniform:r: "
     "1 + (r-1)/n; V = 0 for full gradients; permk: docs/methods/pp-marina.md",
     LAC_NEEDS_L_I | LAC_NEEDS_ROWS | LAC_NEEDS_FRACTION, LAC_FOR_ESTIMATES | LAC_FOR_COHORTS,
     pp_marina_theory},
    {0},
};

struct lac_branch lac_pp_marina_branch(const struct lac_problem *p,
                                       const struct lac_step_rule *rule)
{
    (void)rule;
    return p->compressor->correlated
               ? (struct lac_branch){"permk", "docs/methods/pp-marina.md"}
               : (struct lac_branch){"independent compressors",
                                     "1/(L_rms + sqrt((1 - p)/(p r) (L_rms^2 + a (omega (L_rms^2 "
                                     "+ V) + V)))); a = 1, uniform:r: 1 + (r-1)/n"};
}
