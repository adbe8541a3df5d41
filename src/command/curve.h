/*
 * The curves of a figure as points. A curve of one run has its rows, thinned where there are many. A curve of several runs
 * has their median over the x that all of them reach, at each x that any of them has. By rounds rows stand at the same x;
 * where they do not, as by bits, a run counts with its value on the straight line between two rows.
 */
#ifndef LAC_COMMAND_CURVE_H
#define LAC_COMMAND_CURVE_H

#include "command/quantity.h"
#include "command/run_group.h"

enum { MOST_PANELS = 4 };

enum spread { SPREAD_NONE, SPREAD_QUARTILES, SPREAD_RANGE };

struct point {
    double x, y, low, high; /* low, high: of the spread; y without one */
};

struct curve { /* in the arena */
    const char *label;
    size_t runs;
    struct point *points[MOST_PANELS]; /* (count), ascending in rows */
    size_t count[MOST_PANELS];
};

/* The points of one panel. median: of all runs of the group, else the group is of one run. */
lac_status curve_fill(struct curve *c, size_t panel, const struct lac_run_group *group,
                      const struct quantity *x, const struct quantity *y, bool median,
                      enum spread spread, struct lac_arena *arena) LAC_MUST_CHECK;

/* Of values in any order, count >= 1, sorted in place: q 0 is the least, 0.5 the median; between two values in proportion. */
double quantile(double *values, size_t count, double q);

#endif
