/*
 * Where the time of short phases goes, by stage. Each phase is measured as a whole; its stages, where reading the clock would
 * take a good part of them, in one phase of eight, and the others are given the shares of those. So stages never add up to
 * more than the phases took, whatever a pause falls into; and a phase that is timed is timed from end to end, so that
 * all of its clients count alike.
 */
#ifndef LAC_BASE_LAPS_H
#define LAC_BASE_LAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum lac_lap { LAC_LAP_OTHER, LAC_LAP_GRADIENT, LAC_LAP_COMPRESS, LAC_LAP_AGGREGATE, LAC_LAPS };

struct lac_laps {                        /* zero before the first phase */
    double total, of[LAC_LAPS];          /* seconds of all phases, and by stage */
    double timed_total, timed[LAC_LAPS]; /* the same of those whose stages were timed */
    double began, last;                  /* the phase at hand, the stage at hand */
    uint64_t phases, readings;           /* of the clock in the phase at hand */
    enum lac_lap at;
    bool runs, is_timed;
    bool all_are_timed; /* the stages are long */
};

/* now: lac_seconds(). */
void lac_laps_begin(struct lac_laps *l, double now);
void lac_laps_end(struct lac_laps *l, double now);
/* Seconds up to now that were measured apart, and are in no other stage. */
void lac_laps_add(struct lac_laps *l, enum lac_lap stage, double seconds);

static inline void lac_laps_pass(struct lac_laps *l, double now)
{
    l->of[l->at] += now - l->last;
    l->timed[l->at] += now - l->last;
    l->last = now;
    l->readings++;
}

/* A stage begins, and the one before ends; between phases nothing does. */
static inline void lac_lap(struct lac_laps *l, enum lac_lap stage)
{
    if (l->is_timed) {
        lac_laps_pass(l, lac_seconds());
        l->at = stage;
    }
}

#endif
