/* Runs that are shown as one. What they are called is that of run_label.h. */
#ifndef LAC_COMMAND_RUN_GROUP_H
#define LAC_COMMAND_RUN_GROUP_H

#include "command/run_list.h"
#include "config/config.h"

#define LAC_GROUP_ARGUMENT "OPTION,..."

struct lac_grouping {
    bool any;                     /* false: each run stands for itself */
    bool all_but;                 /* those that are named do not part runs, all others do */
    bool named[LAC_CONFIG_COUNT]; /* options of train, as in shown */
    bool shown[LAC_CONFIG_COUNT]; /* a column that is shown is of them, as test_loss of test */
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
/* In the order of their first runs, without labels. An option whose file was another one under the same name is another:
   where the option parts runs, they are parted; where a named grouping leaves it out, they are one. Either is told once, by
   a note that names the command. */
lac_status lac_run_groups_make(const struct lac_run_list *list, const struct lac_grouping *g,
                               const char *command, struct lac_run_groups *out,
                               struct lac_arena *arena) LAC_MUST_CHECK;
/* Whether another value of the option makes another group. */
bool lac_grouping_parts(const struct lac_grouping *g, size_t option);

#endif
