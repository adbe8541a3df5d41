/* Steps of dcgd, qsgd and gd; those of cohorts are derived in docs/methods/derivations/dcgd.md. */
#include <math.h>

#include "method/dcgd.h"
#include "method/steps.h"

/* At most so many share the coordinates out where client i is there, itself included, on average. */
static double company(const struct lac_law *law, size_t i)
{
    return lac_law_counts(law->kind) ? law->tau : 1.0 + law->tau - lac_law_chance(law, i);
}

/* max_i L_i c_i, where what C and the cohort add to E|g|^2 is at most (1/n) sum c_i |grad f_i|^2. */
static double dcgd_noise(const struct lac_problem *p)
{
    const struct lac_law *law = &p->sampling->law;
    double most = 0.0;
    if (p->sampling->kind == LAC_SAMPLING_FULL) {
        return p->omega > 0.0 ? p->omega * p->constants->L_max / (double)p->n : 0.0;
    }
    for (size_t i = 0; i < p->n; i++) {
        double c = p->compressor->correlated
                       ? company(law, i) * lac_law_square(law, i)
                       : lac_law_noise(law, i) + p->omega * lac_law_square(law, i);
        most = fmax(most, c * p->constants->L_i[i]);
    }
    return most;
}

static double dcgd_theory(const struct lac_problem *p)
{
    const struct lac_constants *c = p->constants;
    bool full = p->sampling->kind == LAC_SAMPLING_FULL;
    if (p->compressor->correlated) { /* E|g|^2 <= (1 + omega_Q)(1/n) sum c_i |grad f_i|^2 */
        return 1.0 / ((1.0 + p->compressor->joint_omega) * (full ? c->L_max : dcgd_noise(p)));
    }
    return 1.0 / ((full ? 1.0 : 1.0 - p->sampling->law.B) * c->L + 2.0 * dcgd_noise(p));
}

const struct lac_step_rule lac_dcgd_rules[] = {
    {"theory",
     "1/(L + 2 omega L_max/n); permk+Q: 1/((1 + omega_Q) L_max); cohorts: 1/((1 - B) L + 2 max_i (noise_i "
     "+ omega s_i) L_i), permk+Q: 1/((1 + omega_Q) max_i c_i s_i L_i)",
     LAC_NEEDS_L_OF_SUMS | LAC_NEEDS_L_I_OF_NOISE, LAC_FOR_COHORTS | LAC_FOR_CONVEX, dcgd_theory},
    {0},
};

struct lac_branch lac_dcgd_branch(const struct lac_problem *p, const struct lac_step_rule *rule)
{
    bool full = p->sampling->kind == LAC_SAMPLING_FULL;
    (void)rule;
    if (p->compressor->correlated) {
        return full ? (struct lac_branch){"permk", "1/((1 + omega_Q) L_max)"}
                    : (struct lac_branch){"permk, cohorts", "1/((1 + omega_Q) max_i c_i s_i L_i)"};
    }
    return full ? (struct lac_branch){"all clients", "1/(L + 2 omega L_max/n)"}
                : (struct lac_branch){"cohorts",
                                      "1/((1 - B) L + 2 max_i (noise_i + omega s_i) L_i)"};
}

static double qsgd_theory(const struct lac_problem *p)
{
    return 1.0 / ((1.0 + 2.0 * lac_mean_omega(p)) * p->constants->L_row);
}

const struct lac_step_rule lac_qsgd_rules[] = {
    {"theory", "1/((1 + 2 W) L_row), W = omega/n (permk: 1 + omega_Q)", LAC_NEEDS_L_ROW,
     LAC_FOR_ESTIMATES | LAC_FOR_DRAWN_ROWS | LAC_FOR_CONVEX, qsgd_theory},
    {0},
};

const struct lac_step_rule lac_gd_rules[] = {
    {"theory", "1/L", LAC_NEEDS_L, 0, dcgd_theory},
    {0},
};
