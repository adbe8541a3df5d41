/* What dasha.c and its steps, dasha_steps.c, have of each other. */
#ifndef LAC_METHOD_DASHA_H
#define LAC_METHOD_DASHA_H

#include "method/method.h"

extern const struct lac_step_rule lac_dasha_rules[];
/* DASHA-PP. */
bool lac_dasha_is_partial(const struct lac_sampling *s);
/* Which of a rule's formulas holds. */
struct lac_branch lac_dasha_branch(const struct lac_problem *p, const struct lac_step_rule *rule);

#endif
