/* A column of runs as an axis of a figure, or as what a table is about. */
#ifndef LAC_COMMAND_QUANTITY_H
#define LAC_COMMAND_QUANTITY_H

#include "command/run_list.h"
#include "config/config.h"
#include "store/columns.h"

enum unit_of { UNIT_NONE, UNIT_OF_BITS, UNIT_OF_BYTES };

struct quantity {
    const struct lac_column *column;
    const char *name;  /* as users give it: the column's, or "gap" */
    char label[96];    /* on the axis, behind the unit of bits and bytes */
    enum unit_of unit; /* of bits and bytes one that keeps numbers short */
    bool is_total;     /* over clients; bits are drawn per client, unless asked otherwise */
    bool per_client;   /* values are divided by the number of clients */
    bool is_gap;       /* above a minimum: means nothing across problems */
    bool falls_to_0;   /* gaps and squared norms, of which decades count */
    bool from_optimum; /* what 'laconic solve' stored makes it, whatever the run tracked */
};

enum count_of { COUNT_AS_USUAL, COUNT_PER_CLIENT, COUNT_TOTAL };

/* A column by name, or "gap", f(x) - f* with the f* that 'laconic solve' found. The failure names command, option and
   the nearest name. */
lac_status quantity_find(const char *command, const char *option, const char *name,
                         enum count_of counts, struct quantity *out) LAC_MUST_CHECK;
/* Fills the column in where it comes from an optimum in the folder (NULL: the usual one); refuses a run that does not have
   it, in a sentence that begins with the command. */
lac_status quantity_fill(const char *command, const struct quantity *q, struct lac_run *run,
                         const char *optima, struct lac_arena *arena) LAC_MUST_CHECK;
/* Whether the column of one of the runs comes from its own --optimum or --solution. */
bool quantity_is_of_own_optimum(const struct quantity *q, const struct lac_run_list *runs);
/* Marks the options outside the trajectory that its column depends on. Those of gaps are not marked: runs that differ in
   them are refused (lac_runs_of_one_optimum). */
void quantity_mark_options(const struct quantity *q, bool shown[LAC_CONFIG_COUNT]);
/* clients: of the run, run_clients. */
double quantity_value(const struct quantity *q, const struct lac_row *row, double clients);

struct unit {
    double size;
    const char *name; /* "Mbit", "MB"; "" of what has none */
};

/* The largest unit of which the value is at least one; of size 1 where there are none, or the value is not finite. */
struct unit unit_for(enum unit_of kind, double value);

/* Of the summary, else of the configuration; 1 where neither knows. */
double run_clients(const struct lac_run *run);

#endif
