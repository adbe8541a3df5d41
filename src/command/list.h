/* laconic list [KIND] [--json | --markdown] [--dim D] [--clients N]: what there is to choose from. */
#ifndef LAC_COMMAND_LIST_H
#define LAC_COMMAND_LIST_H

#include "base/status.h"

lac_status lac_command_list(int argc, char *const *argv) LAC_MUST_CHECK;

#endif
