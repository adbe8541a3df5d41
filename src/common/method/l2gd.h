/* What l2gd.c and its steps, l2gd_steps.c, have of each other. */
#ifndef LAC_METHOD_L2GD_H
#define LAC_METHOD_L2GD_H

#include "method/method.h"

enum { LAC_L2GD_UP, LAC_L2GD_REPLY }; /* channels */
enum { LAC_L2GD_LAMBDA };             /* parameter */

extern const struct lac_step_rule lac_l2gd_rules[], lac_l2gd_chances[];
/* Which of a rule's formulas holds. */
struct lac_branch lac_l2gd_branch(const struct lac_problem *p, const struct lac_step_rule *rule);
/* theta = eta lambda/(n p): how far a model goes to the mean. */
double lac_l2gd_pull(const struct lac_env *e);
/* Refuses p = 1 and theta > 1. */
lac_status lac_l2gd_admits(const struct lac_env *e) LAC_MUST_CHECK;

#endif
