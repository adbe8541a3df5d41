/* How long the rest of a sweep takes. */
#include "command/sweep_parts.h"

double lac_sweep_time_left(const struct lac_sweep *s, double now)
{
    double mean = s->spent / (double)(s->ended > 0 ? s->ended : 1);
    size_t rest = s->to_do - s->ended;
    double work = mean * (double)rest;
    for (size_t r = 0; r < s->count; r++) {
        if (s->run[r].began > 0.0) {
            double spent = now - s->run[r].began;
            work -= spent < mean ? spent : mean;
        }
    }
    return s->spent > 0.0 ? work / (double)(s->jobs < rest ? s->jobs : rest > 0 ? rest : 1) : -1.0;
}
