/* Steps of dasha, also with partial participation; derived in docs/methods/derivations/dasha.md. */
#include <math.h>

#include "method/dasha.h"
#include "method/steps.h"

bool lac_dasha_is_partial(const struct lac_sampling *s)
{
    return s->kind != LAC_SAMPLING_FULL;
}

/* 1 - p_aa/p, p_aa the probability that two clients take part together: 0 where all do. */
static double apart_of(const struct lac_sampling *s, uint32_t n)
{
    if (s->kind == LAC_SAMPLING_BERNOULLI) {
        return 1.0 - s->p;
    }
    return n > 1 ? 1.0 - (s->size - 1.0) / ((double)n - 1.0) : 0.0;
}

static double partial_noise(const struct lac_problem *p)
{
    double prob = p->sampling->p, w = p->omega, n = (double)p->n;
    double apart = apart_of(p->sampling, p->n), k = 2.0 * (4.0 - 3.0 * prob) / (2.0 - prob);
    double W = w > 0.0 ? lac_mean_omega(p) : 0.0;
    double of_clients = sqrt(2.0 * (2.0 - prob) * apart / n);
    return (of_clients + sqrt(2.0 * k * (w * apart / n + W * (4.0 * w + 1.0)))) / prob;
}

static double dasha_theory(const struct lac_problem *p)
{
    double w = p->omega;
    double noise = w > 0.0 ? sqrt(16.0 * lac_mean_omega(p) * (2.0 * w + 1.0)) : 0.0;
    noise = lac_dasha_is_partial(p->sampling) ? partial_noise(p) : noise;
    return 1.0 / (p->constants->L + noise * p->constants->L_rms);
}

const struct lac_step_rule lac_dasha_rules[] = {
    {"theory",
     "1/(L + L_rms sqrt(16 W (2 omega + 1))), W = omega/n (permk: 1 + omega_Q); partial: "
     "docs/methods/dasha.md",
     LAC_NEEDS_L | LAC_NEEDS_L_I_OF_NOISE, LAC_FOR_COHORTS, dasha_theory},
    {0},
};

struct lac_branch lac_dasha_branch(const struct lac_problem *p, const struct lac_step_rule *rule)
{
    (void)rule;
    return lac_dasha_is_partial(p->sampling)
               ? (struct lac_branch){"partial participation", "docs/methods/dasha.md"}
               : (struct lac_branch){"all clients", "1/(L + L_rms sqrt(16 W (2 omega + 1))), W = "
                                                    "omega/n (permk: 1 + omega_Q)"};
}
