/* What dcgd.c has of its methods' steps, dcgd_steps.c. */
#ifndef LAC_METHOD_DCGD_H
#define LAC_METHOD_DCGD_H

#include "method/method.h"

extern const struct lac_step_rule lac_dcgd_rules[], lac_qsgd_rules[], lac_gd_rules[];
/* Which of a rule's formulas holds. */
struct lac_branch lac_dcgd_branch(const struct lac_problem *p, const struct lac_step_rule *rule);

#endif
