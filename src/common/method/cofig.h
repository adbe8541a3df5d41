/* What cofig.c has of its steps, cofig_steps.c. */
#ifndef LAC_METHOD_COFIG_H
#define LAC_METHOD_COFIG_H

#include "method/method.h"

extern const struct lac_step_rule lac_cofig_rules[];

#endif
