/*
 * Steps of ef21 and ef21-w; formulas and sources in docs/methods/ef21.md, cohorts and
 * rows in ef21-partial.md. Where features are rare, a
 * client's gradient, and what is wrong of g_i, live on the client's own features (arXiv:2305.15264, and 2402.10774,
 * section 3.3; docs/methods/ef21-rare-features.md).
 */
#include <math.h>
#include <string.h>

#include "method/ef21.h"
#include "method/steps.h"

/* 1/(L + size/rho*), 1/rho* = xi(alpha) where all take part */
static double step_of(const struct lac_problem *p, double L, double size, double alpha)
{
    return 1.0 / (L + size * lac_xi_partial(alpha, p->sampling->p));
}

static double theory(const struct lac_problem *p)
{
    return step_of(p, p->constants->L, p->constants->L_mean, p->alpha);
}

static double theory_old(const struct lac_problem *p)
{
    return step_of(p, p->constants->L, p->constants->L_rms, p->alpha);
}

static double theory_sgd(const struct lac_problem *p)
{
    return step_of(p, p->constants->L, p->constants->L_mean, 0.5 * p->alpha);
}

/* C behind a coin of probability p contracts by p alpha: EF21 itself, with that compressor. Never worse than
   rho*, derived in docs/methods/ef21-partial.md. */
static double theory_coin(const struct lac_problem *p)
{
    double alpha = p->sampling->p * p->alpha;
    return 1.0 / (p->constants->L + p->constants->L_mean * lac_xi(alpha));
}

/* g_i - grad f_i lives on the client's r features at most, where TopK contracts by k/r. */
static double alpha_of_rare(const struct lac_problem *p)
{
    double k = (double)p->compressor->largest, d = (double)p->d, r = p->constants->held;
    bool by_d = p->parameter[LAC_EF21_BY_D] > 0.0;
    if (k == 0.0 || by_d) {
        return p->alpha;
    }
    double part = p->alpha * d / k; /* Q's, 1 but for rounding where there is none */
    return fmin(1.0, part) * fmin(1.0, k / r);
}

static double root_share(const struct lac_problem *p)
{
    return sqrt(p->constants->owners / (double)p->n);
}

static double rare(const struct lac_problem *p)
{
    return step_of(p, p->constants->L, root_share(p) * p->constants->L_plus, alpha_of_rare(p));
}

static double rare_weighted(const struct lac_problem *p)
{
    return step_of(p, p->constants->L, p->constants->L_rf, alpha_of_rare(p));
}

static double rare_old(const struct lac_problem *p)
{
    return step_of(p, p->constants->L, p->constants->L_rms, alpha_of_rare(p));
}

/* As published code has it: the regularizer in L, not in L_plus. Longer than theory allows. */
static double rare_code(const struct lac_problem *p)
{
    const struct lac_constants *c = p->constants;
    return step_of(p, c->L_loss + c->L_own, root_share(p) * c->L_plus_loss, alpha_of_rare(p));
}

enum { SMOOTH = LAC_NEEDS_L | LAC_NEEDS_L_I, RARE = LAC_NEEDS_L | LAC_NEEDS_FEATURES };

/* What both methods have. */
#define THEORY                                                                      \
    {                                                                               \
        "theory", "1/(L + L_mean xi(alpha)); partial: 1/(L + L_mean/rho*)", SMOOTH, \
            LAC_FOR_COHORTS, theory                                                 \
    }
#define THEORY_SGD                                                                           \
    {                                                                                        \
        "theory-sgd", "1/(L + L_mean xi(alpha/2)); cohorts: 1/rho*(alpha/2) for xi", SMOOTH, \
            LAC_FOR_ESTIMATES | LAC_FOR_COHORTS, theory_sgd                                  \
    }
#define THEORY_COIN                                                                       \
    {                                                                                     \
        "theory-coin", "1/(L + L_mean xi(p alpha))", SMOOTH, LAC_FOR_COHORTS, theory_coin \
    }
#define THEORY_LRF                                                                                \
    {                                                                                             \
        "theory-lrf", "1/(L + L_rf xi(k/r)); cohorts: 1/rho*(k/r) for xi", RARE, LAC_FOR_COHORTS, \
            rare_weighted                                                                         \
    }

const struct lac_step_rule lac_ef21_rules[] = {
    THEORY,
    {"theory-old", "1/(L + L_rms xi(alpha)); partial: 1/(L + L_rms/rho*)", SMOOTH, LAC_FOR_COHORTS,
     theory_old},
    THEORY_SGD,
    THEORY_COIN,
    {"theory-rf", "1/(L + sqrt(c/n) L_plus xi(k/r)); cohorts: 1/rho*(k/r) for xi",
     LAC_NEEDS_L | LAC_NEEDS_L_PLUS, LAC_FOR_COHORTS, rare},
    THEORY_LRF,
    {"theory-old-r", "1/(L + L_rms xi(k/r)); cohorts: 1/rho*(k/r) for xi", RARE, LAC_FOR_COHORTS,
     rare_old},
    {"theory-code", "1/(L_loss + 2 lambda + sqrt(c/n) L_plus_loss xi(k/r))", LAC_NEEDS_LOSS, 0,
     rare_code},
    {0},
};

const struct lac_step_rule lac_ef21_w_rules[] = {
    THEORY, THEORY_LRF, THEORY_SGD, THEORY_COIN, {0},
};

struct lac_branch lac_ef21_branch(const struct lac_problem *p, const struct lac_step_rule *rule)
{
    bool old = strcmp(rule->name, "theory-old") == 0;
    if (!old && strcmp(rule->name, "theory") != 0) {
        return (struct lac_branch){0};
    }
    if (p->sampling->kind == LAC_SAMPLING_FULL) {
        return (struct lac_branch){"all clients",
                                   old ? "1/(L + L_rms xi(alpha))" : "1/(L + L_mean xi(alpha))"};
    }
    return (struct lac_branch){"partial participation",
                               old ? "1/(L + L_rms/rho*)" : "1/(L + L_mean/rho*)"};
}
