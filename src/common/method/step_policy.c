#include "method/step_policy.h"

#include <math.h>

static const struct lac_choice policies[] = {
    {LAC_STEP_CONSTANT, "constant", "constant", "the same step in all rounds", NULL},
    {LAC_STEP_SQRT, "sqrt", "sqrt:S", "step/sqrt(e - S + 1) from epoch e = S on", NULL},
    {LAC_STEP_INVERSE, "inverse", "inverse:S", "step/(e - S + 1) from epoch e = S on", NULL},
};

const struct lac_choices lac_step_policies = {
    .option = "--step-policy",
    .entries = policies,
    .count = sizeof policies / sizeof policies[0],
};

lac_status lac_step_policy_open(struct lac_step_policy *p, const char *text, struct lac_arena *a)
{
    const struct lac_choice *choice;
    struct lac_spec spec;
    uint64_t from;
    LAC_TRY(lac_choose(&lac_step_policies, text, a, &choice, &spec));
    *p = (struct lac_step_policy){.kind = (enum lac_step_policy_kind)choice->kind};
    if (p->kind == LAC_STEP_CONSTANT) {
        return LAC_OK;
    }
    LAC_TRY(lac_parse_count("--step-policy", lac_spec_get(&spec, ""), &from));
    p->from = (double)from;
    return LAC_OK;
}

double lac_step_policy_factor(const struct lac_step_policy *p, uint64_t epoch)
{
    double passed = (double)epoch - p->from + 1.0;
    if (p->kind == LAC_STEP_CONSTANT || passed < 1.0) {
        return 1.0;
    }
    return 1.0 / (p->kind == LAC_STEP_SQRT ? sqrt(passed) : passed);
}
