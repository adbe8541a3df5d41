/* A run with its summary parsed, and the form of it for people. */
#ifndef LAC_COMMAND_SHOW_SUMMARY_H
#define LAC_COMMAND_SHOW_SUMMARY_H

#include <jansson.h>

#include "command/gap.h"

/* Of what --json prints, of runs and of checkpoints: raised where a key goes, or has another type or meaning
   (docs/run-files.md); tests/mpi/show_schema.txt has all. */
enum { LAC_SHOW_SCHEMA = 1 };

struct shown {
    const struct lac_run *run;
    json_t *summary; /* an object, brought up to date with the rows */
    bool unfinished; /* running or killed */
    const struct lac_gap *gap;
};

/* The columns on request of one row, by name; null where a value is not finite. A new reference. */
json_t *lac_tracked_json(uint64_t tracked, const struct lac_row *row);

/* The name before a line's values. */
void lac_show_name(const char *name);
/* A line of the options that go under the name, of the summary, else of the configuration; nothing where none is there. */
void lac_show_texts(const struct shown *s, const char *name);
/* A line of the options that have none of their own and are not as by default. */
void lac_show_others(const struct shown *s);

/* On standard output; never more than 100 columns where names are of usual length. */
void lac_show_summary(const struct shown *s);

#endif
