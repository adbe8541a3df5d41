/* Runs that are shown as one. What they are called is that of run_label.h. */
#ifndef LAC_COMMAND_RUN_GROUP_H
#define LAC_COMMAND_RUN_GROUP_H

#include "command/run_list.h"
#include "config/config.h"

#define LAC_GROUP_ARGUMENT "OPTION,..."

struct lac_grouping {
    bool any;                     /* false: each run stands for itself */
    bool all_but;                 /* those that are named do not part runs, all others do */
    bool named[LAC_CONFIG_COUNT]; /* options of train */
    bool drawn
        [LAC_CONFIG_COUNT]; /* beyond those of the trajectory: what a column that is shown depends on */
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
/* In the order of their first runs, without labels. Runs whose data or plug-ins are others under one name are not alike. */
lac_status lac_run_groups_make(const struct lac_run_list *list, const struct lac_grouping *g,
                               struct lac_run_groups *out, struct lac_arena *arena) LAC_MUST_CHECK;
/* Whether another value of the option makes another group. */
bool lac_grouping_parts(const struct lac_grouping *g, size_t option);

#endif
