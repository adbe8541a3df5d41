#include "sketches.h"

static const struct lac_method *const sketches[] = {
    &sketch_page, &sketch_l2gd, &sketch_diana_rr, &sketch_pv, &sketch_local,
};

enum { SKETCHES = sizeof sketches / sizeof sketches[0] };

void sketches_extend(void)
{
    lac_methods_extend(sketches, SKETCHES);
}

static struct lac_stream stream_of(const struct lac_env *e, uint16_t number)
{
    return (struct lac_stream){.seed = e->seed,
                               .round = e->round,
                               .client = LAC_SHARED,
                               .purpose = LAC_PURPOSE_PARTICIPATION,
                               .step = number};
}

void sketch_draw(const struct lac_env *e, uint16_t number, uint32_t count, uint32_t role,
                 struct lac_participant *who)
{
    struct lac_stream stream = stream_of(e, number);
    struct lac_permutation pi;
    lac_permutation_init(&pi, &stream, e->n);
    for (uint32_t k = 0; k < count; k++) {
        uint64_t i = lac_permutation_at(&pi, k);
        who[i].multiplicity = 1;
        who[i].role |= role;
    }
}

void sketch_draw_again(const struct lac_env *e, uint32_t count, struct lac_participant *who)
{
    struct lac_stream stream = stream_of(e, 0);
    struct lac_rng r;
    lac_rng_init(&r, &stream);
    for (uint32_t k = 0; k < count; k++) {
        who[lac_rng_below(&r, e->n)].multiplicity++;
    }
}
