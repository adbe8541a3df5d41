/* Folders of many runs, of tune and sweep: which of them are there already. */
#ifndef LAC_COMMAND_RUN_FOLDER_H
#define LAC_COMMAND_RUN_FOLDER_H

#include <jansson.h>

#include "config/config.h"
#include "store/run_file.h"

/* Whether the numbers of a run depend on this option of train. */
bool lac_bears_on_numbers(size_t id);
/* The first such option that the file's run had otherwise; LAC_CONFIG_COUNT: none. */
size_t lac_run_difference(const struct lac_config *c, const struct lac_run *file);
/* LAC_E_USAGE, naming the option that differs; LAC_OK where difference is LAC_CONFIG_COUNT. */
lac_status lac_run_refuse_other(const struct lac_config *c, const struct lac_run *file,
                                size_t difference) LAC_MUST_CHECK;
/* Whether the summary has it. */
bool lac_run_has_status(const json_t *summary, const char *status);
/* Whether the file holds this run, finished or diverged. */
bool lac_run_is_whole(const struct lac_config *c, const struct lac_run *file,
                      const json_t *summary);
/* The folder of an option, "--out"; *made: it was not there. */
lac_status lac_run_folder_make(const char *option, const char *path, bool *made) LAC_MUST_CHECK;

#endif
