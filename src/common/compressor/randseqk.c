/*
 * RandSeqK: a run of k neighbouring coordinates from a random one on, around the end to the begin,
 * times d / k. Memory is read in one piece, and no index is drawn for each entry.
 *
 * Class: unbiased with omega = d / k - 1: a coordinate is in k of the d runs, so E|C(v)|^2 =
 *        (k / d) (d / k)^2 |v|^2, reached by every v.
 * Draw:  the first coordinate below d from the stream (seed, round, client, COMPRESS, channel, step 0);
 *        the receiver draws it again.
 * Wire:  the k values, unscaled, in the order of the run, 64 bits each; no indices. In the authors'
 *        count 32 k.
 * Paper: Burlachenko, Richtarik. "Unlocking FedNL: self-contained compute-optimized implementation".
 *        2024. arXiv:2410.08760.
 */
#include "compressor/parts.h"

struct randseqk {
    size_t d, k;
};

static lac_status randseqk_setup(void *state, const struct lac_compressor_size *size,
                                 const struct lac_spec *spec, struct lac_arena *arena,
                                 struct lac_selector_info *info)
{
    static const char *const keys[] = {"k", "", "round", NULL};
    struct randseqk *s = state;
    (void)arena;
    s->d = size->d;
    LAC_TRY(lac_spec_allow(spec, keys));
    LAC_TRY(lac_compressor_k(spec, s->d, &s->k));
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

static void randseqk_run(const struct randseqk *s, const struct lac_draw *draw,
                         struct lac_selection *out)
{
    struct lac_stream stream = lac_draw_stream(draw, draw->client, LAC_PURPOSE_COMPRESS, 0);
    struct lac_rng rng;
    lac_rng_init(&rng, &stream);
    *out = (struct lac_selection){.first = (size_t)lac_rng_below(&rng, s->d),
                                  .count = s->k,
                                  .numerator = (double)s->d,
                                  .denominator = (double)s->k};
}

static lac_status randseqk_select(void *state, const struct lac_draw *draw, const double *v,
                                  struct lac_writer *w, struct lac_selection *out)
{
    (void)v, (void)w;
    randseqk_run(state, draw, out);
    return LAC_OK;
}

static lac_status randseqk_receive(void *state, const struct lac_draw *draw, struct lac_reader *r,
                                   struct lac_selection *out)
{
    (void)r;
    randseqk_run(state, draw, out);
    return LAC_OK;
}

static const struct lac_selector randseqk_selector = {randseqk_setup, randseqk_select,
                                                      randseqk_receive};
static const char *const randseqk_examples[] = {"randseqk:10%", "randseqk:k=1", "randseqk:70%",
                                                "randseqk:100%", NULL};

const struct lac_compressor lac_compressor_randseqk = {
    .name = "randseqk",
    .usage = "randseqk:k=K or randseqk:P%",
    .summary = "k neighbours from a random coordinate on, scaled to be unbiased; sends no indices",
    .definition = "(d/k) v_j for j in a run of k from a random coordinate on, modulo d, else 0",
    .omega = "d/k - 1",
    .alpha = "k/d",
    .bits = "k values",
    .paper = "Burlachenko, Richtarik, 2024, arXiv:2410.08760",
    .examples = randseqk_examples,
    .codec = LAC_CODEC_RANDSEQK,
    .state_size = sizeof(struct randseqk),
    .draws = true,
    .selector = &randseqk_selector,
};
