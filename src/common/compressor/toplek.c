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
#include <float.h>
#include <math.h>
#include <string.h>

#include "compressor/counted_set.h"
#include "compressor/keep_kernels.h"

enum { BINS = 1024 };

struct toplek {
    size_t d, k;
    uint32_t *index; /* (d + spare) that may be kept, ascending; then those that are */
    uint32_t bins[BINS];
    double energy[BINS];
};

struct interval { /* of magnitudes (bits without the sign) */
    uint64_t low, high;
    size_t above, count; /* entries above it, fewer than k, and in it */
    double before;       /* the energy of those above, less than the target */
};

static uint64_t magnitude(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & INT64_MAX;
}

static double square_of(double x, int e)
{
    double scaled = e == 0 ? x : ldexp(x, -e);
    return scaled * scaled;
}

/* From the bins (0 holds the largest) to the one in which the target is reached; where rounding
   denies it, to that of the k-th entry. */
static struct interval narrow(const struct toplek *s, unsigned shift, double target,
                              struct interval in)
{
    unsigned found = 0;
    double sum = in.before;
    size_t count = in.above;
    for (unsigned b = 0; b < BINS && sum < target && count < s->k; b++) {
        if (s->bins[b] > 0) {
            in.before = sum;
            in.above = count;
            found = b;
            sum += s->energy[b];
            count += s->bins[b];
        }
    }
    uint64_t reach = found == BINS - 1 ? UINT64_MAX : ((uint64_t)(found + 1) << shift) - 1;
    in.low = reach < in.high - in.low ? in.high - reach : in.low;
    in.high -= (uint64_t)found << shift;
    in.count = s->bins[found];
    return in;
}

static void clear(struct toplek *s)
{
    memset(s->bins, 0, sizeof s->bins);
    memset(s->energy, 0, sizeof s->energy);
}

/* Over all of v: 32 bins for each factor of two below the largest, the rest in the last. */
static struct interval first_pass(struct toplek *s, const double *v, int e, double target)
{
    const unsigned shift = 52 - 5;
    struct interval in = {.high = lac_keep_active()->largest(v, s->d)};
    clear(s);
    for (size_t j = 0; j < s->d; j++) {
        uint64_t b = (in.high - magnitude(v[j])) >> shift;
        b = b < BINS - 1 ? b : BINS - 1;
        s->bins[b]++;
        s->energy[b] += square_of(v[j], e);
    }
    return narrow(s, shift, target, in);
}

/* Finer bins, over the interval's entries. */
static struct interval next_pass(struct toplek *s, const double *v, int e, size_t listed,
                                 double target, struct interval in)
{
    unsigned range_bits = 64 - (unsigned)__builtin_clzll(in.high - in.low);
    unsigned shift = range_bits > 10 ? range_bits - 10 : 0;
    clear(s);
    for (size_t i = 0; i < listed; i++) {
        uint64_t m = magnitude(v[s->index[i]]);
        if (m >= in.low && m <= in.high) {
            s->bins[(in.high - m) >> shift]++;
            s->energy[(in.high - m) >> shift] += square_of(v[s->index[i]], e);
        }
    }
    return narrow(s, shift, target, in);
}

/* Keeps the first `ties` of magnitude `least`, and all above. */
static size_t keep_from(struct toplek *s, const double *v, size_t listed, uint64_t least,
                        size_t ties)
{
    size_t count = 0;
    for (size_t i = 0; i < listed; i++) {
        uint64_t m = magnitude(v[s->index[i]]);
        s->index[count] = s->index[i];
        count += m > least || (m == least && ties > 0);
        ties -= m == least && ties > 0;
    }
    return count;
}

/* Of an interval of one magnitude, how many entries reach the target, from 1 to what k leaves; *before
   is the energy without the last of them. */
static size_t ties_needed(const struct interval *in, size_t k, double square, double target,
                          double *before)
{
    size_t ties = 1, most = k - in->above < in->count ? k - in->above : in->count;
    for (*before = in->before; *before + square < target && ties < most; ties++) {
        *before += square;
    }
    return ties;
}

/* The magnitude at which alpha |v|^2 is reached is found by histograms, each of one bin of the last. */
static size_t toplek_keep(void *state, const struct lac_draw *draw, const double *v)
{
    struct toplek *s = state;
    int e;
    double target = (double)s->k / (double)s->d * lac_scaled_norm_sq(v, s->d, &e), before;
    if (target == 0.0) {
        return 0;
    }
    if (!(target <= DBL_MAX)) { /* something is not finite: kept, it is refused */
        const struct lac_keep_kernels *keep = lac_keep_active();
        return keep->keep(v, 0, s->d, keep->largest(v, s->d), s->index, NULL) > 0;
    }
    if (s->k == s->d) {
        for (size_t j = 0; j < s->d; j++) {
            s->index[j] = (uint32_t)j;
        }
        return s->d;
    }
    struct interval in = first_pass(s, v, e, target);
    size_t listed = lac_keep_active()->keep(v, 0, s->d, in.low, s->index, NULL);
    while (in.low < in.high) {
        in = next_pass(s, v, e, listed, target, in);
    }
    double last;
    memcpy(&last, &in.low, sizeof last);
    double square = square_of(last, e);
    size_t ties = ties_needed(&in, s->k, square, target, &before);
    struct lac_rng rng;
    struct lac_stream stream = lac_draw_stream(draw, draw->client, LAC_PURPOSE_ROUNDING, 16);
    lac_rng_init(&rng, &stream);
    bool with_last = lac_rng_uniform(&rng) * square < target - before;
    return keep_from(s, v, listed, in.low, ties - !with_last);
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

/* How often the largest of a long standard normal vector, about sqrt(2 log 2d), is kept where it alone
   has more than the share k/d of the energy d. */
static double largest_is_kept(double d, double k)
{
    double a = sqrt(2.0 * log(2.0 * d));
    double most = a - (log(log(2.0 * d)) + log(4.0 * 3.14159265358979)) / (2.0 * a) + 0.5772 / a;
    return k / (most * most);
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
    LAC_TRY(LAC_NEW(arena, s->d + LAC_KEEP_SPARE, &s->index));
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
    double once = largest_is_kept(d, (double)s->k);
    double entries = once < 1.0 ? once : fmax(1.0, typical(d, alpha));
    lac_counted_set_info(info, s->d, toplek_keep, s, all ? d : entries);
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
