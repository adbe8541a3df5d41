/* Runs that are shown as one, and what they are called: by the options in which they differ, and only by those. */
#ifndef LAC_COMMAND_RUN_GROUP_H
#define LAC_COMMAND_RUN_GROUP_H

#include "command/run_list.h"
#include "config/config.h"

#define LAC_GROUP_ARGUMENT "OPTION,..."

struct lac_grouping {
    bool any;                     /* false: each run stands for itself */
    bool all_but;                 /* those that are named do not part runs, all others do */
    bool named[LAC_CONFIG_COUNT]; /* options of train */
};

struct lac_run_group {
    struct lac_run **run; /* (count), in the order of the list */
    size_t count;
    const char *label;
};

struct lac_run_groups { /* in the arena */
    struct lac_run_group *group;
    size_t count;
};

/* "method,compressor", "all-but-seed"; NULL: no grouping. */
lac_status lac_grouping_parse(const char *command, const char *text,
                              struct lac_grouping *out) LAC_MUST_CHECK;
/* In the order of their first runs, without labels. */
lac_status lac_run_groups_make(const struct lac_run_list *list, const struct lac_grouping *g,
                               struct lac_run_groups *out, struct lac_arena *arena) LAC_MUST_CHECK;
/* given: labels parted by '|', one for each group; NULL: made of the options that differ among the groups. Where these
   take more than `most` letters, those count alone that tell runs of one method, compressor and precision apart; where
   they take more still, files are named. Groups say of how many runs they are. */
lac_status lac_run_groups_label(struct lac_run_groups *groups, const struct lac_grouping *g,
                                const char *command, const char *given, size_t most,
                                struct lac_arena *arena) LAC_MUST_CHECK;

#endif
