/*
 * Identity: all entries, in their order; of a quantizer alone it is the selector that is not named.
 *
 * Class: unbiased with omega = 0, and contractive with alpha = 1.
 * Wire:  nothing of its own: the d values follow.
 */
#include "compressor/parts.h"

struct identity {
    size_t d;
};

static lac_status identity_setup(void *state, const struct lac_compressor_size *size,
                                 const struct lac_spec *spec, struct lac_arena *arena,
                                 struct lac_selector_info *info)
{
    static const char *const keys[] = {NULL};
    struct identity *s = state;
    (void)arena;
    LAC_TRY(lac_spec_allow(spec, keys));
    s->d = size->d;
    *info = (struct lac_selector_info){
        .unbiased = true,
        .contractive = true,
        .omega_exact = true,
        .alpha = 1.0,
        .every_draw = true,
        .most = s->d,
        .sent = 1.0,
        .mean = (double)s->d,
        .in_place = true,
    };
    return LAC_OK;
}

static void identity_all(const struct identity *s, struct lac_selection *out)
{
    *out = (struct lac_selection){.count = s->d, .numerator = 1.0, .denominator = 1.0};
}

static lac_status identity_select(void *state, const struct lac_draw *draw, const double *v,
                                  struct lac_writer *w, struct lac_selection *out)
{
    (void)draw, (void)v, (void)w;
    identity_all(state, out);
    return LAC_OK;
}

static lac_status identity_receive(void *state, const struct lac_draw *draw, struct lac_reader *r,
                                   struct lac_selection *out)
{
    (void)draw, (void)r;
    identity_all(state, out);
    return LAC_OK;
}

static const struct lac_selector identity_selector = {identity_setup, identity_select,
                                                      identity_receive};
static const char *const identity_examples[] = {"identity", NULL};

const struct lac_compressor lac_compressor_identity = {
    .name = "identity",
    .usage = "identity",
    .summary = "every entry as it is",
    .definition = "v",
    .omega = "0",
    .alpha = "1",
    .bits = "d values",
    .paper = "-",
    .examples = identity_examples,
    .codec = LAC_CODEC_IDENTITY,
    .state_size = sizeof(struct identity),
    .selector = &identity_selector,
};
