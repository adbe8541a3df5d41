/* The overview, the man page and shell completion, from the tables of the program. */
#ifndef LAC_COMMAND_HELP_H
#define LAC_COMMAND_HELP_H

#include <stdio.h>

#include "base/status.h"

lac_status lac_command_help(int argc, char *const *argv) LAC_MUST_CHECK;
void lac_print_man(FILE *to);
void lac_print_completion(FILE *to); /* for bash */

#endif
