/* laconic list [KIND...] [--json | --markdown] [--dim D] [--clients N]: what there is to choose from. */
#ifndef LAC_COMMAND_LIST_H
#define LAC_COMMAND_LIST_H

#include <stdio.h>

#include "base/options.h"

extern const struct lac_options lac_list_options;

lac_status lac_command_list(int argc, char *const *argv) LAC_MUST_CHECK;

/* For the man page and completion: the name of kind k, NULL behind the last; the options that take one of
   its names, "--a|--b"; the names, a blank between them. */
const char *lac_list_kind(size_t k);
const char *lac_list_options_of(size_t k);
void lac_list_print_names(size_t k, FILE *to);

#endif
