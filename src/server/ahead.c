#include "server/ahead.h"

void lac_step_ahead(const struct lac_method *m, void *state, const struct lac_env *e,
                    struct lac_entries *block)
{
    const struct lac_draw draw = {.seed = e->seed,
                                  .round = e->round,
                                  .client = e->who.client,
                                  .position = e->position,
                                  .cohort = e->cohort};
    bool drawn = lac_drawn_entries(&e->channel[0], &draw, block);
    LAC_ASSERT(drawn && m->server_step_at); /* checked with the options */
    m->server_step_at(state, e, block);
}
