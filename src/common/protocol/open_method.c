#include "protocol/open_method.h"

lac_status lac_open_method(const struct lac_method *m, struct lac_env *e,
                           const struct lac_config *c, struct lac_arena *a)
{
    const struct lac_method_texts texts = {.method = c->method,
                                           .compressor = c->compressor,
                                           .compressor_down = c->compressor_down,
                                           .wire = c->wire,
                                           .participation = c->participation,
                                           .gradient = c->gradient,
                                           .rr_order = c->rr_order,
                                           .step_policy = c->step_policy};
    e->overlaps = c->overlap;
    if (c->overlap && e->d < e->n) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--overlap: with more clients (%u) than coordinates (%zu) a coordinate "
                        "is not of one client alone",
                        e->n, e->d);
    }
    return lac_method_open(m, e, &texts, a);
}
