/* The three steps of rr-cli; docs/methods/rr-cli.md. */
#include "method/minibatch.h"
#include "method/rr_cli.h"

static double steps_of(const struct lac_problem *p)
{
    return lac_pass_of(p->parameter).steps; /* N */
}

static double rr_cli_theory(const struct lac_problem *p)
{
    return 1.0 / p->constants->L_row;
}

static double rr_cli_careful(const struct lac_problem *p)
{
    return 1.0 / (16.0 * p->constants->L_row * steps_of(p) * p->sampling->rounds);
}

static double mean_of_models(const struct lac_problem *p)
{
    return p->env->gamma * steps_of(p);
}

static double careful_server(const struct lac_problem *p)
{
    return 1.0 / (16.0 * p->constants->L_row * p->sampling->rounds);
}

static double no_leap(const struct lac_problem *p)
{
    return p->env->eta * p->sampling->rounds;
}

static double careful_leap(const struct lac_problem *p)
{
    return 1.0 / (16.0 * p->constants->L_row);
}

enum { SCOPE = LAC_FOR_CONVEX | LAC_FOR_COHORTS };

const struct lac_step_rule lac_rr_cli_rules[] = {
    {"theory", "1/L_row", LAC_NEEDS_L_ROW, SCOPE, rr_cli_theory},
    {"theory-leap", "1/(16 L_row N R)", LAC_NEEDS_L_ROW, SCOPE | LAC_NO_THEOREM, rr_cli_careful},
    {0},
};

const struct lac_step_rule lac_rr_cli_server_rules[] = {
    {"theory", "gamma N: the mean of the local models", 0, SCOPE, mean_of_models},
    {"theory-leap", "1/(16 L_row R)", LAC_NEEDS_L_ROW, SCOPE | LAC_NO_THEOREM, careful_server},
    {0},
};

const struct lac_step_rule lac_rr_cli_meta_rules[] = {
    {"theory", "eta R: no leap", 0, SCOPE, no_leap},
    {"theory-leap", "1/(16 L_row)", LAC_NEEDS_L_ROW, SCOPE | LAC_NO_THEOREM, careful_leap},
    {0},
};
