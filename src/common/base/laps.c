#include "base/laps.h"

static const double short_seconds = 5e-6; /* of a stage: a hundred readings of the clock and more */

/* One phase in eight, at multiples of the golden ratio: never in step with what comes round again after some phases. The
   first eight all are, so that no phase is given the shares of a first one alone, which touches its memory. */
static bool is_chosen(uint64_t phase)
{
    return phase < 8 || phase * UINT64_C(0x9E3779B97F4A7C15) >> 61 == 0;
}

void lac_laps_begin(struct lac_laps *l, double now)
{
    l->runs = true;
    l->is_timed = l->all_are_timed || is_chosen(l->phases);
    l->phases++;
    l->readings = 0;
    l->began = l->last = now;
    l->at = LAC_LAP_OTHER;
}

void lac_laps_end(struct lac_laps *l, double now)
{
    double seconds = now - l->began;
    l->total += seconds;
    if (l->is_timed) {
        lac_laps_pass(l, now);
        l->timed_total += seconds;
        l->all_are_timed = seconds > short_seconds * (double)l->readings;
    } else if (l->timed_total > 0.0) {
        for (int stage = 0; stage < LAC_LAPS; stage++) {
            l->of[stage] += seconds * (l->timed[stage] / l->timed_total);
        }
    }
    l->runs = l->is_timed = false;
}

void lac_laps_add(struct lac_laps *l, enum lac_lap stage, double seconds)
{
    l->of[stage] += seconds;
    l->total += seconds;
    l->began += seconds;
    l->last += seconds;
}
