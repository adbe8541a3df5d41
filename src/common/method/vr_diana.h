/* What vr_diana.c and its steps, vr_diana_steps.c, have of each other. */
#ifndef LAC_METHOD_VR_DIANA_H
#define LAC_METHOD_VR_DIANA_H

#include "method/method.h"

enum { LAC_VR_DIANA_P }; /* parameter */

extern const struct lac_step_rule lac_vr_diana_rules[];
/* 1/m, or what is given: the probability that the reference moves. */
double lac_vr_diana_chance(const struct lac_env *e);

#endif
