/* C(v) = gain Q(S(v)): the parts of a compressor put together, for sender and receiver. */
#include "compressor/compose.h"

#include "base/vec.h"

/* Both reach zero only where a part does not say: then it is a mistake in the part. */
static void check_parts(const struct lac_selector_info *s, const struct lac_quantizer_info *q)
{
    LAC_ASSERT(s->unbiased || s->contractive);
    LAC_ASSERT(s->alpha > 0.0 && s->alpha <= 1.0 && s->most > 0 && s->sent > 0.0);
    LAC_ASSERT(q->unbiased || (q->alpha > 0.0 && q->alpha <= 1.0));
}

static void compose_classes(struct lac_channel_compressor *c, const struct lac_selector_info *s,
                            const struct lac_quantizer_info *q)
{
    struct lac_compressor_info *info = &c->info;
    c->scaling = 1.0;
    c->plain = !q->unbiased;
    if (s->unbiased && q->unbiased) {
        info->omega = (1.0 + s->omega) * (1.0 + q->omega) - 1.0;
        info->omega_exact = s->omega_exact && q->omega == 0.0;
        info->alpha = 1.0 / (1.0 + info->omega);
        info->classes = LAC_UNBIASED | (s->contractive && q->omega == 0.0 ? LAC_CONTRACTIVE : 0u);
        info->every_draw = s->every_draw && (info->classes & LAC_CONTRACTIVE);
        return;
    }
    c->scaling = q->unbiased ? 1.0 + q->omega : 1.0;
    info->alpha = q->unbiased ? s->alpha / c->scaling : s->alpha * q->alpha;
    info->every_draw = s->every_draw && (q->unbiased ? q->omega == 0.0 : q->every_draw);
    info->classes = LAC_CONTRACTIVE;
}

void lac_compose(struct lac_channel_compressor *c, const struct lac_selector_info *s,
                 const struct lac_quantizer_info *q)
{
    check_parts(s, q);
    compose_classes(c, s, q);
    struct lac_compressor_info *info = &c->info;
    info->max_bytes = s->max_bytes + q->max_bytes;
    info->expected_bits = s->expected_bits + s->sent * q->expected_bits;
    info->information_bits = s->information_bits + s->sent * q->information_bits;
    info->paper_bits = s->sent * c->quantizer->quantizer->paper_bits(c->quantize_state, s->mean);
    info->homogeneous = q->homogeneous;
    info->moves_zeros = q->moves_zeros;
    info->data_dependent = s->data_dependent || q->data_dependent;
    info->correlated = s->correlated;
    info->joint_omega = s->correlated ? q->omega : 0.0; /* each coordinate has its owners' values */
    info->sparse = s->sparse;
    info->largest = s->largest;
    c->repeats = s->repeats;
}

bool lac_drawn_entries(const struct lac_channel_compressor *c, const struct lac_draw *draw,
                       struct lac_entries *out)
{
    struct lac_selection chosen = {0};
    if (c->whole || !c->selector->draws || c->repeats ||
        c->selector->selector->select(c->select_state, draw, NULL, NULL, &chosen) != LAC_OK) {
        return false;
    }
    *out = (struct lac_entries){chosen.index, chosen.first, chosen.count, c->d};
    return true;
}

static uint64_t paper_bits(const struct lac_channel_compressor *c, size_t count)
{
    return (uint64_t)c->quantizer->quantizer->paper_bits(c->quantize_state, (double)count);
}

lac_status lac_not_finite(const double *value, size_t count)
{
    size_t j = 0;
    while (j + 1 < count && value[j] - value[j] == 0.0) {
        j++;
    }
    return LAC_FAIL(LAC_E_NUMERIC, "a number that is sent is %s, not finite; try a smaller --step",
                    value[j] != value[j] ? "NaN" : "infinite");
}

lac_status lac_encode(const struct lac_channel_compressor *c, const struct lac_draw *draw,
                      const double *v, struct lac_writer *w)
{
    struct lac_selection chosen = {0};
    if (c->whole) {
        if (!vec_finite(v, c->d)) {
            return lac_not_finite(v, c->d);
        }
        LAC_TRY(c->whole->whole->encode(c->whole_state, draw, v, w));
        lac_write_align(w);
        return LAC_OK;
    }
    LAC_TRY(c->selector->selector->select(c->select_state, draw, v, w, &chosen));
    lac_write_align(w);
    if (chosen.count > 0) {
        const double *values = lac_selection_values(&chosen, v, c->d, c->kept);
        if (!c->quantizer->quantizer->checks_finite && !vec_finite(values, chosen.count)) {
            return lac_not_finite(values, chosen.count);
        }
        LAC_TRY(c->quantizer->quantizer->encode(c->quantize_state, draw, values, chosen.count, w));
        lac_write_align(w);
        w->bits.paper += paper_bits(c, chosen.count);
    }
    return LAC_OK;
}

/* scale (gain / divisor), exactly scale where gain and divisor are equal. */
static double factor_of(double scale, double gain, double divisor)
{
    return gain == divisor ? scale : scale * gain / divisor;
}

static lac_status add_selected(const struct lac_channel_compressor *c,
                               const struct lac_selection *chosen, struct lac_reader *r,
                               double scale, double divisor, double *acc)
{
    double numerator = c->plain ? 1.0 : chosen->numerator;
    double denominator = (c->plain ? 1.0 : chosen->denominator) * c->scaling;
    struct lac_sink sink = {.acc = acc,
                            .index = chosen->index,
                            .first = chosen->first,
                            .d = c->d,
                            .factor = factor_of(scale, numerator, denominator * divisor),
                            .count = chosen->count};
    LAC_TRY(c->quantizer->quantizer->decode_add(c->quantize_state, chosen->count, r, &sink));
    LAC_ASSERT(r->bad || sink.at == chosen->count);
    lac_read_align(r);
    r->bits.paper += paper_bits(c, chosen->count);
    return LAC_OK;
}

lac_status lac_decode_add(const struct lac_channel_compressor *c, const struct lac_draw *draw,
                          struct lac_reader *r, double scale, double divisor, double *acc)
{
    struct lac_selection chosen = {0};
    if (c->whole) {
        LAC_TRY(c->whole->whole->decode_add(c->whole_state, draw, r, scale / divisor, acc));
        lac_read_align(r);
    } else {
        LAC_TRY(c->selector->selector->receive(c->select_state, draw, r, &chosen));
        lac_read_align(r);
        if (chosen.count > 0) {
            LAC_TRY(add_selected(c, &chosen, r, scale, divisor, acc));
        }
    }
    if (r->bad) {
        return LAC_FAIL(LAC_E_PROTOCOL, "%s: a section ends too early, or pads with ones", c->text);
    }
    return LAC_OK;
}
