/* What groups of runs are called: by the options of train in which they differ, all of them and no other. */
#ifndef LAC_COMMAND_RUN_LABEL_H
#define LAC_COMMAND_RUN_LABEL_H

#include "command/run_group.h"

/*
 * given: labels parted by '|', one for each group. NULL: method, compressor and precision as their values, other options by
 * name. An option that some have not set differs where runs of one method have it otherwise, or where it says what the
 * problem is; a --compressor-down that is as --compressor counts as not set. Of values the folders and the parts between
 * commas that all have alike at either end are left out, which is said on stderr. Groups that differ in no option are told
 * apart by a file. Medians say of how many runs they are.
 */
lac_status lac_run_groups_label(struct lac_run_groups *groups, const struct lac_grouping *g,
                                const char *command, const char *given,
                                struct lac_arena *arena) LAC_MUST_CHECK;

#endif
