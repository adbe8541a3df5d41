/*
 * Bernoulli, also called lazy: all entries divided by p with probability p, else nothing; one coin
 * for the whole vector.
 *
 * Class: unbiased with omega = 1/p - 1: E|C(v)|^2 = p |v / p|^2 for every v.
 * Draw:  heads if the first uniform number of the stream (seed, round, client, COMPRESS, channel, step 0)
 *        is below p. The receiver tosses the coin too.
 * Wire:  heads: the d values, undivided, 64 bits each; tails: nothing. In the authors' count 32 d or 0.
 * Paper: none; everybody's example of an unbiased compressor.
 */
#include "compressor/parts.h"

struct bernoulli {
    size_t d;
    double p;
};

#define LEAST_P 1e-6 /* a uniform number has 53 bits: p is met to 1e-10 */

static lac_status bernoulli_p(struct bernoulli *s, const struct lac_spec *spec)
{
    static const char *const keys[] = {"p", NULL};
    LAC_TRY(lac_spec_allow(spec, keys));
    const char *value = lac_spec_get(spec, "p");
    if (!value) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': say how often the vector is sent: bernoulli:p=P with P above 0 and "
                        "at most 1",
                        spec->text);
    }
    LAC_TRY(lac_parse_double(spec->text, value, &s->p));
    if (!(s->p >= LEAST_P && s->p <= 1.0)) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': p must be in %g..1", spec->text, LEAST_P);
    }
    return LAC_OK;
}

static lac_status bernoulli_setup(void *state, const struct lac_compressor_size *size,
                                  const struct lac_spec *spec, struct lac_arena *arena,
                                  struct lac_selector_info *info)
{
    struct bernoulli *s = state;
    (void)arena;
    LAC_TRY(bernoulli_p(s, spec));
    s->d = size->d;
    *info = (struct lac_selector_info){
        .unbiased = true,
        .contractive = s->p == 1.0,
        .omega = 1.0 / s->p - 1.0,
        .omega_exact = true,
        .alpha = s->p,
        .every_draw = s->p == 1.0,
        .most = s->d,
        .sent = s->p,
        .mean = (double)s->d,
        .in_place = true,
    };
    return LAC_OK;
}

static void bernoulli_toss(const struct bernoulli *s, const struct lac_draw *draw,
                           struct lac_selection *out)
{
    struct lac_stream stream = lac_draw_stream(draw, draw->client, LAC_PURPOSE_COMPRESS, 0);
    struct lac_rng rng;
    lac_rng_init(&rng, &stream);
    bool heads = lac_rng_uniform(&rng) < s->p;
    *out = (struct lac_selection){.count = heads ? s->d : 0, .numerator = 1.0, .denominator = s->p};
}

static lac_status bernoulli_select(void *state, const struct lac_draw *draw, const double *v,
                                   struct lac_writer *w, struct lac_selection *out)
{
    (void)v, (void)w;
    bernoulli_toss(state, draw, out);
    return LAC_OK;
}

static lac_status bernoulli_receive(void *state, const struct lac_draw *draw, struct lac_reader *r,
                                    struct lac_selection *out)
{
    (void)r;
    bernoulli_toss(state, draw, out);
    return LAC_OK;
}

static const struct lac_selector bernoulli_selector = {bernoulli_setup, bernoulli_select,
                                                       bernoulli_receive};
static const char *const bernoulli_examples[] = {"bernoulli:p=0.3", "bernoulli:p=0.05",
                                                 "bernoulli:p=0.5", "bernoulli:p=1", NULL};

const struct lac_compressor lac_compressor_bernoulli = {
    .name = "bernoulli",
    .usage = "bernoulli:p=P",
    .summary = "all entries or none, by one coin that both sides toss",
    .definition = "v/p with probability p, else 0",
    .omega = "1/p - 1",
    .alpha = "p",
    .bits = "d values with probability p, else none",
    .paper = "-",
    .examples = bernoulli_examples,
    .codec = LAC_CODEC_BERNOULLI,
    .state_size = sizeof(struct bernoulli),
    .draws = true,
    .selector = &bernoulli_selector,
};
