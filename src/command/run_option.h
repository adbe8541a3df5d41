/* Options of runs as their files tell them. */
#ifndef LAC_COMMAND_RUN_OPTION_H
#define LAC_COMMAND_RUN_OPTION_H

#include "base/digest.h"
#include "config/config.h"
#include "store/run_file.h"

/* Files of older versions lack the newer options, which were as they are by default. NULL: not set. */
const char *lac_run_value(const struct lac_run *run, const struct lac_option *option);
/* A --compressor-down that is as --compressor goes with it, and equals any other that does. */
bool lac_run_values_equal(const struct lac_run *a, const struct lac_run *b,
                          const struct lac_option *option);
/* "NAME=DIGEST,..." of the plug-ins that a run had, in their order; "" of none. */
lac_status lac_run_plugins(const struct lac_run *run, const char **out,
                           struct lac_arena *arena) LAC_MUST_CHECK;

/* By option a digest of what the files held that it names; of --plugin the text of lac_run_plugins. NULL: not known. */
struct lac_run_contents {
    const char *of[LAC_CONFIG_COUNT];
};

lac_status lac_run_contents(const struct lac_run *run, struct lac_run_contents *out,
                            struct lac_arena *arena) LAC_MUST_CHECK;
/* Whether the option's files held different things, whatever their names; false where one content is not known. */
bool lac_run_contents_differ(const struct lac_run_contents *a, const struct lac_run_contents *b,
                             size_t option);
/* What two runs differ in: "--clients 10 and 20", or, where the option has one value, "the content of --data a.svm". */
lac_status lac_run_difference_text(const struct lac_run *a, const struct lac_run *b, size_t option,
                                   const char **out, struct lac_arena *arena) LAC_MUST_CHECK;
/* Behind the last slash of a path. */
const char *lac_base_name(const char *path);
/* BLAKE2b-256 of a line "name = value" for each option that bears on the trajectory, in the order of `train --help`; the
   value is empty where none is set. */
lac_status lac_run_configuration_digest(const struct lac_run *run, char out[LAC_DIGEST_TEXT],
                                        struct lac_arena *arena) LAC_MUST_CHECK;

#endif
