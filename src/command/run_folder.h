/* Folders of many runs, of tune and sweep: which of them are there already. */
#ifndef LAC_COMMAND_RUN_FOLDER_H
#define LAC_COMMAND_RUN_FOLDER_H

#include <jansson.h>

#include "config/config.h"
#include "store/run_file.h"

/* Whether the numbers of a run are made of this option of train. */
bool lac_bears_on_numbers(size_t id);
/* The first of those that the file's run had otherwise; LAC_CONFIG_COUNT: none. */
size_t lac_run_difference(const struct lac_config *c, const struct lac_run *file);
/* LAC_E_USAGE, naming the option; of LAC_CONFIG_COUNT LAC_OK. */
lac_status lac_run_refuse_other(const struct lac_config *c, const struct lac_run *file,
                                size_t difference) LAC_MUST_CHECK;
/* Of a summary. */
bool lac_run_has_status(const json_t *summary, const char *status);
/* It is this run, finished or diverged. */
bool lac_run_is_whole(const struct lac_config *c, const struct lac_run *file,
                      const json_t *summary);
/* The folder of an option, "--out"; *made: it was not there. */
lac_status lac_run_folder_make(const char *option, const char *path, bool *made) LAC_MUST_CHECK;

#endif
