/* The options of sealed runs: read, and checked against each other. */
#ifndef LAC_CONFIG_SEALING_H
#define LAC_CONFIG_SEALING_H

#include "config/config.h"

lac_status lac_config_read_sealing(struct lac_config *c) LAC_MUST_CHECK;

#endif
