/* The overview, the man page and shell completion, from the tables of the program. */
#ifndef LAC_COMMAND_HELP_H
#define LAC_COMMAND_HELP_H

#include <stdio.h>

#include "base/options.h"

lac_status lac_command_help(int argc, char *const *argv) LAC_MUST_CHECK;
/* Of command c that has options, in the order of the overview; NULL behind the last. */
const struct lac_options *lac_help_options(size_t c);
/* Whether the option takes names parted by commas of the kind: columns, also those on request alone, or options of train. */
bool lac_help_takes_columns(const struct lac_option *o, bool *on_request);
bool lac_help_takes_options(const struct lac_option *o);
void lac_print_man(FILE *to);
void lac_print_completion(FILE *to); /* for bash */
void lac_print_completion_zsh(FILE *to);

#endif
