/* Runs that are shown as one; run_label.h says what they are called. */
#ifndef LAC_COMMAND_RUN_GROUP_H
#define LAC_COMMAND_RUN_GROUP_H

#include "command/run_list.h"
#include "config/config.h"

#define LAC_GROUP_ARGUMENT "OPTION,..."

struct lac_grouping {
    bool any;                     /* false: each run stands for itself */
    bool all_but;                 /* those that are named do not part runs, all others do */
    bool named[LAC_CONFIG_COUNT]; /* options of train */
    bool shown[LAC_CONFIG_COUNT]; /* a shown column depends on them, as test_loss on test */
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
/* In the order of their first runs, without labels. Two contents of an option's file are two values of the option, whatever
   the file is called: they part runs where the option does. Runs that a named grouping joins although an option's file
   changed under its name stay joined. Both are told on stderr, once for each option. */
lac_status lac_run_groups_make(const struct lac_run_list *list, const struct lac_grouping *g,
                               const char *command, struct lac_run_groups *out,
                               struct lac_arena *arena) LAC_MUST_CHECK;
/* Whether two values of the option make two groups. */
bool lac_grouping_parts(const struct lac_grouping *g, size_t option);

#endif
