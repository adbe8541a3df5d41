/*
 * RandK: k coordinates, drawn uniformly without replacement, times d / k.
 *
 * Class: unbiased with omega = d / k - 1 (reached by every v).
 * Draw:  the values pi(0), ..., pi(k - 1) of the permutation of 0..d-1 that the stream (seed, round,
 *        client, COMPRESS, channel, step 0) keys; the receiver draws them again.
 * Wire:  the k values, unscaled, in the order of the draw, 64 bits each; no indices. In the authors'
 *        count 32 k.
 * Paper: Konecny, Richtarik. "Randomized distributed mean estimation: accuracy vs. communication".
 *        2016. arXiv:1611.07555.
 */
#include "compressor/parts.h"

struct randk {
    size_t d, k;
    uint32_t *index; /* (k) of the draw below */
    struct lac_draw draw;
    bool drawn;
};

static lac_status randk_setup(void *state, const struct lac_compressor_size *size,
                              const struct lac_spec *spec, struct lac_arena *arena,
                              struct lac_selector_info *info)
{
    static const char *const keys[] = {"k", "", "round", NULL};
    struct randk *s = state;
    s->d = size->d;
    LAC_TRY(lac_spec_allow(spec, keys));
    LAC_TRY(lac_compressor_k(spec, s->d, &s->k));
    LAC_TRY(LAC_NEW(arena, s->k, &s->index));
    double d = (double)s->d, k = (double)s->k;
    *info = (struct lac_selector_info){
        .unbiased = true,
        .contractive = s->k == s->d,
        .omega = d / k - 1.0,
        .omega_exact = true,
        .alpha = k / d,
        .every_draw = s->k == s->d,
        .most = s->k,
        .sent = 1.0,
        .mean = k,
        .sparse = true,
    };
    return LAC_OK;
}

/* A client encodes and at once decodes with the same draw: it pays once. */
static void randk_draw(struct randk *s, const struct lac_draw *draw)
{
    if (s->drawn && lac_draw_equal(&s->draw, draw)) {
        return;
    }
    struct lac_stream stream = lac_draw_stream(draw, draw->client, LAC_PURPOSE_COMPRESS, 0);
    struct lac_permutation pi;
    lac_permutation_init(&pi, &stream, s->d);
    lac_permutation_fill(&pi, 0, s->k, s->index);
    s->draw = *draw;
    s->drawn = true;
}

static lac_status randk_choose(struct randk *s, const struct lac_draw *draw,
                               struct lac_selection *out)
{
    randk_draw(s, draw);
    *out = (struct lac_selection){s->index, 0, s->k, (double)s->d, (double)s->k};
    return LAC_OK;
}

static lac_status randk_select(void *state, const struct lac_draw *draw, const double *v,
                               struct lac_writer *w, struct lac_selection *out)
{
    (void)v, (void)w;
    return randk_choose(state, draw, out);
}

static lac_status randk_receive(void *state, const struct lac_draw *draw, struct lac_reader *r,
                                struct lac_selection *out)
{
    (void)r;
    return randk_choose(state, draw, out);
}

static const struct lac_selector randk_selector = {randk_setup, randk_select, randk_receive};
static const char *const randk_examples[] = {"randk:10%", "randk:k=1", "randk:30%", "randk:100%",
                                             NULL};

const struct lac_compressor lac_compressor_randk = {
    .name = "randk",
    .usage = "randk:k=K or randk:P%",
    .summary = "k random coordinates, scaled to be unbiased; sends no indices",
    .definition = "(d/k) v_j for j in a random set of k, else 0",
    .omega = "d/k - 1",
    .alpha = "k/d",
    .bits = "k values",
    .paper = "Konecny, Richtarik, 2016, arXiv:1611.07555",
    .examples = randk_examples,
    .codec = LAC_CODEC_RANDK,
    .state_size = sizeof(struct randk),
    .draws = true,
    .selector = &randk_selector,
};
