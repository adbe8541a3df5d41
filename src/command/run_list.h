/* Run files as commands name them: files, patterns in quotes, and folders, which stand for the run files in them. */
#ifndef LAC_COMMAND_RUN_LIST_H
#define LAC_COMMAND_RUN_LIST_H

#include "base/options.h"
#include "store/run_file.h"

struct lac_run_list { /* in the arena */
    struct lac_run *run;
    size_t count;
};

/* Of folders and patterns in the order of their names, numbers in them by size. key: of private runs; NULL: none. A folder or pattern
   without a run file is refused by a sentence that begins with the command. */
lac_status lac_run_list_read(const char *command, const struct lac_operands *words,
                             const unsigned char *key, struct lac_run_list *out,
                             struct lac_arena *arena) LAC_MUST_CHECK;

#endif
