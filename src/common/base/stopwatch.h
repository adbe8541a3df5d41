/*
 * The time of something that is done over and over. Reading the clock twice takes as long as a short step: of short ones
 * one in eight is timed, and stands for those since the last.
 */
#ifndef LAC_BASE_STOPWATCH_H
#define LAC_BASE_STOPWATCH_H

#include <stdbool.h>

#include "base/clock.h"

struct lac_stopwatch {  /* zero before the first */
    double began, last; /* seconds; of the last that was timed */
    unsigned since;     /* it: how many began, with the one at hand */
    bool runs;
    bool picks; /* not every one is timed */
};

static inline void lac_stopwatch_start(struct lac_stopwatch *w)
{
    enum { STANDS_FOR = 8 };
    static const double short_seconds = 20e-6;
    w->picks = w->last > 0.0 && w->last <= short_seconds;
    w->since++;
    w->runs = !w->picks || w->since == STANDS_FOR;
    if (w->runs) {
        w->began = lac_seconds();
    }
}

/* What is to be added to the sum of all. */
static inline double lac_stopwatch_stop(struct lac_stopwatch *w)
{
    if (!w->runs) {
        return 0.0;
    }
    double each = lac_seconds() - w->began, all = each * w->since;
    w->last = each;
    w->since = 0;
    return all;
}

#endif
