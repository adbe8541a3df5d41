/* How the steps fall with the epochs (arXiv:2206.07021, appendix on neural networks), `--step-policy`. */
#ifndef LAC_METHOD_STEP_POLICY_H
#define LAC_METHOD_STEP_POLICY_H

#include "method/choice.h"

enum lac_step_policy_kind { LAC_STEP_CONSTANT, LAC_STEP_SQRT, LAC_STEP_INVERSE };

struct lac_step_policy {
    enum lac_step_policy_kind kind;
    double from; /* s: epochs before it have the first step */
};

extern const struct lac_choices lac_step_policies; /* kind: enum lac_step_policy_kind */

/* Reads "sqrt:200"; the failure says what is wrong. */
lac_status lac_step_policy_open(struct lac_step_policy *p, const char *text,
                                struct lac_arena *a) LAC_MUST_CHECK;
/* What the first step is multiplied with in epoch e: 1, 1/sqrt(e - s + 1) or 1/(e - s + 1). */
double lac_step_policy_factor(const struct lac_step_policy *p, uint64_t epoch);

#endif
