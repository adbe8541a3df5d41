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
#include "compressor/draw.h"
#include "wire/bytes.h"

struct randk {
    size_t d, k;
    uint32_t *index; /* (k) of the draw below */
    struct lac_draw draw;
    bool drawn;
};

static lac_status randk_setup(void *state, const struct lac_compressor_size *size,
                              const struct lac_spec *spec, struct lac_arena *arena,
                              struct lac_compressor_info *info)
{
    struct randk *s = state;
    s->d = size->d;
    LAC_TRY(lac_compressor_k(spec, s->d, &s->k));
    LAC_TRY(LAC_NEW(arena, s->k, &s->index));
    double d = (double)s->d, k = (double)s->k;
    *info = (struct lac_compressor_info){
        .classes = s->k == s->d ? LAC_UNBIASED | LAC_CONTRACTIVE : LAC_UNBIASED,
        .omega = d / k - 1.0,
        .alpha = k / d,
        .max_bytes = 8 * s->k,
        .expected_bits = 64.0 * k,
        .paper_bits = 32.0 * k,
        .homogeneous = true,
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
    for (size_t i = 0; i < s->k; i++) {
        s->index[i] = (uint32_t)lac_permutation_at(&pi, i);
    }
    s->draw = *draw;
    s->drawn = true;
}

static lac_status randk_encode(void *state, const struct lac_draw *draw, const double *v,
                               struct lac_writer *w)
{
    struct randk *s = state;
    randk_draw(s, draw);
    unsigned char *values = lac_write_room(w, LAC_BITS_VALUE, 8 * s->k);
    for (size_t i = 0; i < s->k; i++) {
        lac_store_double(values + 8 * i, v[s->index[i]]);
    }
    w->bits.paper += 32 * (uint64_t)s->k;
    return LAC_OK;
}

static lac_status randk_decode_add(void *state, const struct lac_draw *draw, struct lac_reader *r,
                                   double scale, double divisor, double *acc)
{
    struct randk *s = state;
    double factor = lac_factor(scale, (double)s->d, (double)s->k * divisor);
    const unsigned char *values = lac_read_bytes(r, LAC_BITS_VALUE, 8 * s->k);
    if (!values) {
        return LAC_FAIL(LAC_E_PROTOCOL, "randk: a section is shorter than its %zu values", s->k);
    }
    randk_draw(s, draw);
    for (size_t i = 0; i < s->k; i++) {
        acc[s->index[i]] += factor * lac_load_double(values + 8 * i);
    }
    r->bits.paper += 32 * (uint64_t)s->k;
    return LAC_OK;
}

const struct lac_compressor lac_compressor_randk = {
    .name = "randk",
    .usage = "randk:k=K or randk:P%",
    .summary = "k random coordinates, scaled to be unbiased; sends no indices",
    .paper = "Konecny, Richtarik, 2016, arXiv:1611.07555",
    .codec = LAC_CODEC_RANDK,
    .state_size = sizeof(struct randk),
    .setup = randk_setup,
    .encode = randk_encode,
    .decode_add = randk_decode_add,
};
