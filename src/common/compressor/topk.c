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
#include "compressor/index_set.h"
#include "compressor/largest.h"
#include "compressor/parts.h"

struct topk {
    size_t d, k;
    uint32_t *index; /* (k) work */
    struct lac_largest largest;
};

static lac_status topk_setup(void *state, const struct lac_compressor_size *size,
                             const struct lac_spec *spec, struct lac_arena *arena,
                             struct lac_selector_info *info)
{
    static const char *const keys[] = {"k", "", "round", NULL};
    struct topk *s = state;
    s->d = size->d;
    LAC_TRY(lac_spec_allow(spec, keys));
    LAC_TRY(lac_compressor_k(spec, s->d, &s->k));
    LAC_TRY(LAC_NEW(arena, s->k, &s->index));
    LAC_TRY(lac_largest_init(&s->largest, s->d, s->k, arena));
    bool all = s->k == s->d;
    *info = (struct lac_selector_info){
        .unbiased = all,
        .contractive = true,
        .omega_exact = all,
        .alpha = (double)s->k / (double)s->d,
        .largest = s->k,
        .every_draw = true,
        .most = s->k,
        .sent = 1.0,
        .mean = (double)s->k,
        .max_bytes = (size_t)((lac_index_set_max_bits(s->k, s->d) + 7) / 8),
        .expected_bits = lac_index_set_expected_bits(s->k, s->d),
        .information_bits = lac_index_set_information(s->k, s->d),
        .data_dependent = !all,
    };
    return LAC_OK;
}

static lac_status topk_select(void *state, const struct lac_draw *draw, const double *v,
                              struct lac_writer *w, struct lac_selection *out)
{
    struct topk *s = state;
    (void)draw;
    lac_largest(&s->largest, v, s->d, s->k, s->index);
    lac_index_set_write(w, s->index, s->k, s->d);
    *out = (struct lac_selection){s->index, 0, s->k, 1.0, 1.0};
    return LAC_OK;
}

static lac_status topk_receive(void *state, const struct lac_draw *draw, struct lac_reader *r,
                               struct lac_selection *out)
{
    struct topk *s = state;
    (void)draw;
    LAC_TRY(lac_index_set_read(r, s->index, s->k, s->d));
    *out = (struct lac_selection){s->index, 0, s->k, 1.0, 1.0};
    return LAC_OK;
}

static const struct lac_selector topk_selector = {topk_setup, topk_select, topk_receive};
static const char *const topk_examples[] = {"topk:10%", "topk:k=1", "topk:30%", "topk:100%", NULL};

const struct lac_compressor lac_compressor_topk = {
    .name = "topk",
    .usage = "topk:k=K or topk:P%",
    .summary = "the k entries of largest magnitude",
    .definition = "v_j where |v_j| is among the k largest, else 0",
    .alpha = "k/d",
    .bits = "index set of k among d, k values",
    .paper = "Alistarh et al., NeurIPS 2018, arXiv:1809.10505",
    .examples = topk_examples,
    .codec = LAC_CODEC_TOPK,
    .state_size = sizeof(struct topk),
    .selector = &topk_selector,
};
