/* A run with its summary parsed, and the form of it for people. */
#ifndef LAC_COMMAND_SHOW_SUMMARY_H
#define LAC_COMMAND_SHOW_SUMMARY_H

#include <jansson.h>

#include "command/gap.h"

struct shown {
    const struct lac_run *run;
    json_t *summary; /* an object, brought up to date with the rows */
    bool unfinished; /* running or killed */
    const struct lac_gap *gap;
};

/* The columns on request of one row, by name; null where a value is not finite. A new reference. */
json_t *lac_tracked_json(uint64_t tracked, const struct lac_row *row);

/* On standard output; never more than 100 columns where names are of usual length. */
void lac_show_summary(const struct shown *s);

#endif
