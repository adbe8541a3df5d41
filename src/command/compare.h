/* laconic compare RUN|FOLDER... --to VALUE,...: what runs took to reach accuracies, a table for each, the best marked. */
#ifndef LAC_COMMAND_COMPARE_H
#define LAC_COMMAND_COMPARE_H

#include "base/options.h"

extern const struct lac_options lac_compare_options;

/* The words after "compare", borrowed until return. */
lac_status lac_command_compare(int argc, char *const *argv) LAC_MUST_CHECK;

#endif
