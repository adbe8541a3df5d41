/*
 * TopLEK: as few of the largest entries as contract by alpha = k / d in expectation, with equality.
 *
 * With E_m the sum of the squares of the m largest, let m be the least with E_m >= alpha |v|^2; there
 * is one, and m <= k, as the k largest have at least their share. Kept are the m largest with the
 * probability p = (alpha |v|^2 - E_(m-1)) / (E_m - E_(m-1)), else the m - 1 largest. Of v = 0 nothing.
 *
 * Class: contractive with alpha = k / d: E|C(v) - v|^2 = |v|^2 - p E_m - (1 - p) E_(m-1)
 *        = (1 - alpha) |v|^2 for every v. With k = d all entries are kept: the identity.
 * Ties:  the lowest index is the larger.
 * Draw:  by the sender alone: the coin is a uniform number of the stream (seed, round, client, ROUNDING,
 *        channel, step 16), below p: m.
 * Wire:  the number kept (as many bits as k has), its index set (index_set.h) where it is not 0, filled
 *        up to a byte; then the values in ascending order of index. In the authors' count 32 each.
 * Paper: Burlachenko, Richtarik. "Unlocking FedNL: self-contained compute-optimized implementation".
 *        2024. arXiv:2410.08760.
 */
#include <math.h>

#include "compressor/counted_set.h"
#include "compressor/largest.h"

struct toplek {
    size_t d, k;
    uint32_t *index; /* (k) the largest, ascending; then those that are kept */
    uint32_t *heap;  /* (k) of them, the largest first */
    struct lac_largest largest;
};

static bool larger(const double *v, uint32_t i, uint32_t j)
{
    double x = fabs(v[i]), y = fabs(v[j]);
    return x > y || (x == y && i < j);
}

static void sink_down(uint32_t *heap, size_t count, size_t at, const double *v)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        child += child + 1 < count && larger(v, heap[child + 1], heap[child]);
        if (!larger(v, heap[child], heap[at])) {
            return;
        }
        uint32_t moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
    }
}

static uint32_t take_largest(uint32_t *heap, size_t *count, const double *v)
{
    uint32_t top = heap[0];
    heap[0] = heap[--*count];
    sink_down(heap, *count, 0, v);
    return top;
}

/* Keeps, of the k largest, those down to `last`. */
static size_t keep_down_to(struct toplek *s, uint32_t last, const double *v)
{
    size_t count = 0;
    for (size_t i = 0; i < s->k; i++) {
        uint32_t j = s->index[i];
        s->index[count] = j;
        count += j == last || larger(v, j, last);
    }
    return count;
}

/* alpha |v|^2 is reached one entry after the other, the largest first. */
static size_t toplek_keep(void *state, const struct lac_draw *draw, const double *v)
{
    struct toplek *s = state;
    int e;
    double target = (double)s->k / (double)s->d * lac_scaled_norm_sq(v, s->d, &e);
    if (target == 0.0) {
        return 0;
    }
    lac_largest(&s->largest, v, s->d, s->k, s->index);
    if (s->k == s->d) {
        return s->d;
    }
    size_t left = s->k;
    for (size_t i = 0; i < s->k; i++) {
        s->heap[i] = s->index[i];
    }
    for (size_t i = s->k / 2; i-- > 0;) {
        sink_down(s->heap, s->k, i, v);
    }
    struct lac_rng rng;
    struct lac_stream stream = lac_draw_stream(draw, draw->client, LAC_PURPOSE_ROUNDING, 16);
    lac_rng_init(&rng, &stream);
    double energy = 0.0, before = 0.0, square = 0.0;
    uint32_t last = 0, last_but_one = 0;
    while (energy < target && left > 0) {
        last_but_one = last;
        last = take_largest(s->heap, &left, v);
        double x = ldexp(v[last], -e);
        square = x * x;
        before = energy;
        energy += square;
    }
    if (lac_rng_uniform(&rng) * square < target - before) {
        return keep_down_to(s, last, v);
    }
    return before > 0.0 ? keep_down_to(s, last_but_one, v) : 0;
}

/* Entries of a long standard normal vector: 2 Q(t) d, with the t above which the share alpha of the
   energy lies: 2 (t phi(t) + Q(t)) = alpha. */
static double typical(double d, double alpha)
{
    double low = 0.0, high = 40.0, t = 0.0;
    for (int step = 0; step < 60; step++) {
        t = (low + high) / 2.0;
        double share =
            2.0 * t * exp(-t * t / 2.0) / 0x1.40d931ff62706p+1 + erfc(t / 0x1.6a09e667f3bcdp+0);
        low = share > alpha ? t : low;
        high = share > alpha ? high : t;
    }
    return d * erfc(t / 0x1.6a09e667f3bcdp+0);
}

static lac_status toplek_setup(void *state, const struct lac_compressor_size *size,
                               const struct lac_spec *spec, struct lac_arena *arena,
                               struct lac_selector_info *info)
{
    static const char *const keys[] = {"k", "", "round", NULL};
    struct toplek *s = state;
    s->d = size->d;
    LAC_TRY(lac_spec_allow(spec, keys));
    LAC_TRY(lac_compressor_k(spec, s->d, &s->k));
    LAC_TRY(LAC_NEW(arena, s->k, &s->index));
    LAC_TRY(LAC_NEW(arena, s->k, &s->heap));
    LAC_TRY(lac_largest_init(&s->largest, s->d, s->k, arena));
    bool all = s->k == s->d;
    double d = (double)s->d, alpha = (double)s->k / d;
    *info = (struct lac_selector_info){
        .unbiased = all,
        .omega_exact = all,
        .contractive = true,
        .every_draw = all,
        .alpha = alpha,
        .most = s->k,
        .data_dependent = true,
    };
    lac_counted_set_info(info, s->d, toplek_keep, s, all ? d : typical(d, alpha));
    return LAC_OK;
}

static lac_status toplek_select(void *state, const struct lac_draw *draw, const double *v,
                                struct lac_writer *w, struct lac_selection *out)
{
    struct toplek *s = state;
    size_t count = toplek_keep(s, draw, v);
    lac_counted_set_write(w, s->index, count, s->k, s->d);
    *out = (struct lac_selection){s->index, 0, count, 1.0, 1.0};
    return LAC_OK;
}

static lac_status toplek_receive(void *state, const struct lac_draw *draw, struct lac_reader *r,
                                 struct lac_selection *out)
{
    struct toplek *s = state;
    size_t count;
    (void)draw;
    LAC_TRY(lac_counted_set_read(r, s->index, &count, s->k, s->d));
    *out = (struct lac_selection){s->index, 0, count, 1.0, 1.0};
    return LAC_OK;
}

static const struct lac_selector toplek_selector = {toplek_setup, toplek_select, toplek_receive};
static const char *const toplek_examples[] = {"toplek:30%", "toplek:k=1", "toplek:100%", NULL};

const struct lac_compressor lac_compressor_toplek = {
    .name = "toplek",
    .usage = "toplek:k=K or toplek:P%",
    .summary = "as few of the largest entries as contract like k of d equal ones",
    .definition =
        "v_j where |v_j| is among the m or m - 1 largest, else 0; m <= k is the least whose "
        "energy is k/d of all, the coin makes that exact in expectation",
    .alpha = "k/d, with equality in expectation",
    .bits = "a count, its index set, the values",
    .paper = "Burlachenko, Richtarik, 2024, arXiv:2410.08760",
    .examples = toplek_examples,
    .codec = LAC_CODEC_TOPLEK,
    .state_size = sizeof(struct toplek),
    .selector = &toplek_selector,
};
