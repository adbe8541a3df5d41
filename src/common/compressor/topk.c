/*
 * TopK: the k entries of largest magnitude, the others zero; no rescaling.
 *
 * Class: contractive with alpha = k / d (reached where all magnitudes are equal); with k = d the
 *        identity, and so unbiased with omega = 0 too.
 * Ties:  the lowest index is kept.
 * Wire:  the index set (index_set.h), filled up to a byte, then the k values in ascending order of
 *        index, 64 bits each. k is not sent. In the authors' count 32 k.
 * Paper: Alistarh, Hoefler, Johansson, Khirirat, Konstantinov, Renggli. "The convergence of
 *        sparsified gradient methods". NeurIPS 2018. arXiv:1809.10505.
 */
#include "compressor/draw.h"
#include "compressor/index_set.h"
#include "compressor/largest.h"
#include "wire/bytes.h"

struct topk {
    size_t d, k;
    uint32_t *index; /* (k) work */
    struct lac_largest largest;
};

static lac_status topk_setup(void *state, const struct lac_compressor_size *size,
                             const struct lac_spec *spec, struct lac_arena *arena,
                             struct lac_compressor_info *info)
{
    struct topk *s = state;
    s->d = size->d;
    LAC_TRY(lac_compressor_k(spec, s->d, &s->k));
    LAC_TRY(LAC_NEW(arena, s->k, &s->index));
    LAC_TRY(lac_largest_init(&s->largest, s->d, arena));
    bool all = s->k == s->d;
    double k = (double)s->k;
    *info = (struct lac_compressor_info){
        .classes = all ? LAC_CONTRACTIVE | LAC_UNBIASED : LAC_CONTRACTIVE,
        .alpha = k / (double)s->d,
        .max_bytes = (size_t)((lac_index_set_max_bits(s->k, s->d) + 7) / 8) + 8 * s->k,
        .expected_bits = lac_index_set_expected_bits(s->k, s->d) + 64.0 * k,
        .paper_bits = 32.0 * k,
        .homogeneous = true,
        .data_dependent = !all,
    };
    return LAC_OK;
}

static lac_status topk_encode(void *state, const struct lac_draw *draw, const double *v,
                              struct lac_writer *w)
{
    struct topk *s = state;
    (void)draw;
    lac_largest(&s->largest, v, s->d, s->k, s->index);
    lac_index_set_write(w, s->index, s->k, s->d);
    lac_write_align(w);
    unsigned char *values = lac_write_room(w, LAC_BITS_VALUE, 8 * s->k);
    for (size_t i = 0; i < s->k; i++) {
        lac_store_double(values + 8 * i, v[s->index[i]]);
    }
    w->bits.paper += 32 * (uint64_t)s->k;
    return LAC_OK;
}

static lac_status topk_decode_add(void *state, const struct lac_draw *draw, struct lac_reader *r,
                                  double scale, double divisor, double *acc)
{
    const struct topk *s = state;
    (void)draw;
    double factor = lac_factor(scale, 1.0, divisor);
    LAC_TRY(lac_index_set_read(r, s->index, s->k, s->d));
    lac_read_align(r);
    const unsigned char *values = lac_read_bytes(r, LAC_BITS_VALUE, 8 * s->k);
    if (!values) {
        return LAC_FAIL(LAC_E_PROTOCOL, "topk: a section is shorter than its %zu values", s->k);
    }
    for (size_t i = 0; i < s->k; i++) {
        acc[s->index[i]] += factor * lac_load_double(values + 8 * i);
    }
    r->bits.paper += 32 * (uint64_t)s->k;
    return LAC_OK;
}

const struct lac_compressor lac_compressor_topk = {
    .name = "topk",
    .usage = "topk:k=K or topk:P%",
    .summary = "the k entries of largest magnitude",
    .paper = "Alistarh et al., NeurIPS 2018, arXiv:1809.10505",
    .codec = LAC_CODEC_TOPK,
    .state_size = sizeof(struct topk),
    .setup = topk_setup,
    .encode = topk_encode,
    .decode_add = topk_decode_add,
};
