/* The options of checkpoints and of lost ranks: read, and checked against each other. */
#ifndef LAC_CONFIG_SURVIVAL_H
#define LAC_CONFIG_SURVIVAL_H

#include "config/config.h"

lac_status lac_config_read_survival(struct lac_config *c) LAC_MUST_CHECK;

#endif
