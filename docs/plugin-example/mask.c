/*
 * Mask: each coordinate is kept with probability p, on its own, and divided by p.
 *
 * Class: unbiased with omega = 1/p - 1, reached by every v: a coordinate's variance is v_j^2 (1/p - 1).
 * Draw:  a uniform number for each coordinate, of the stream (seed, round, client, COMPRESS, channel, step 0); the receiver
 *        draws them again.
 * Wire:  the values that are kept, in ascending order; no indices and no count. In the authors' count 32 for each.
 * Paper: Wangni, Wang, Liu, Zhang. "Gradient sparsification for communication-efficient distributed optimization".
 *        NeurIPS 2018, arXiv:1710.09854, with equal probabilities.
 */
#include "example.h"

struct mask {
    size_t d, count;
    double p;
    uint32_t *index; /* (count) of the draw below */
    struct lac_draw draw;
    bool drawn;
};

static lac_status mask_setup(void *state, const struct lac_compressor_size *size,
                             const struct lac_spec *spec, struct lac_arena *arena,
                             struct lac_selector_info *info)
{
    static const char *const keys[] = {"p", NULL};
    struct mask *s = state;
    s->d = size->d;
    LAC_TRY(lac_spec_allow(spec, keys));
    LAC_TRY(lac_spec_double(spec, "p", &s->p));
    if (!(s->p > 0.0 && s->p <= 1.0)) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': write mask:p=P with 0 < P <= 1", spec->text);
    }
    LAC_TRY(LAC_NEW(arena, s->d, &s->index));
    double d = (double)s->d, none = s->p < 1.0 ? lac_pow(1.0 - s->p, d) : 0.0;
    *info = (struct lac_selector_info){
        .unbiased = true,
        .contractive = s->p == 1.0,
        .omega = 1.0 / s->p - 1.0,
        .omega_exact = true,
        .alpha = s->p,
        .every_draw = s->p == 1.0,
        .most = s->d,
        .sent = 1.0 - none,
        .mean = d * s->p / (1.0 - none),
    };
    return LAC_OK;
}

/* A client encodes and at once decodes with the same draw: it pays once. */
static void mask_draw(struct mask *s, const struct lac_draw *draw)
{
    if (s->drawn && lac_draw_equal(&s->draw, draw)) {
        return;
    }
    struct lac_stream stream = lac_draw_stream(draw, draw->client, LAC_PURPOSE_COMPRESS, 0);
    struct lac_rng r;
    lac_rng_init(&r, &stream);
    s->count = 0;
    for (size_t j = 0; j < s->d; j++) {
        if (lac_rng_uniform(&r) < s->p) {
            s->index[s->count++] = (uint32_t)j;
        }
    }
    s->draw = *draw;
    s->drawn = true;
}

static lac_status mask_choose(struct mask *s, const struct lac_draw *draw,
                              struct lac_selection *out)
{
    mask_draw(s, draw);
    *out = (struct lac_selection){s->index, 0, s->count, 1.0, s->p};
    return LAC_OK;
}

static lac_status mask_select(void *state, const struct lac_draw *draw, const double *v,
                              struct lac_writer *w, struct lac_selection *out)
{
    (void)v, (void)w;
    return mask_choose(state, draw, out);
}

static lac_status mask_receive(void *state, const struct lac_draw *draw, struct lac_reader *r,
                               struct lac_selection *out)
{
    (void)r;
    return mask_choose(state, draw, out);
}

static const struct lac_selector mask_selector = {mask_setup, mask_select, mask_receive};
static const char *const mask_examples[] = {"mask:p=0.2", "mask:p=0.05", "mask:p=1", NULL};

const struct lac_compressor mask = {
    .name = "mask",
    .usage = "mask:p=P",
    .summary = "each coordinate with probability p, divided by p; sends no indices",
    .definition = "v_j/p with probability p, else 0",
    .omega = "1/p - 1",
    .alpha = "p",
    .bits = "a value for each kept",
    .paper = "Wangni et al., NeurIPS 2018, arXiv:1710.09854",
    .examples = mask_examples,
    .codec = LAC_CODEC_PLUGIN,
    .state_size = sizeof(struct mask),
    .draws = true,
    .selector = &mask_selector,
};
