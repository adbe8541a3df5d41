/* What rr_cli.c has of its steps, rr_cli_steps.c. */
#ifndef LAC_METHOD_RR_CLI_H
#define LAC_METHOD_RR_CLI_H

#include "method/method.h"

extern const struct lac_step_rule lac_rr_cli_rules[], lac_rr_cli_server_rules[],
    lac_rr_cli_meta_rules[];

#endif
