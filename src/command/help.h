/* The overview, the man page and shell completion, from the tables of the program. */
#ifndef LAC_COMMAND_HELP_H
#define LAC_COMMAND_HELP_H

#include <stdio.h>

#include "base/options.h"

lac_status lac_command_help(int argc, char *const *argv) LAC_MUST_CHECK;
/* Of command c that has options, in the order of the overview; NULL behind the last. */
const struct lac_options *lac_help_options(size_t c);
void lac_print_man(FILE *to);
void lac_print_completion(FILE *to); /* for bash */
void lac_print_completion_zsh(FILE *to);

#endif
