#include "compressor/largest.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/kernels.h"
#include "compressor/keep_kernels.h"

enum {
    SMALL = 4096, /* below, few bins: clearing and searching them would cost more than it saves */
    SHORT = 64,
    SAMPLED = 1 << 15, /* from here on a sample pays */
    BLOCK = 1 << 12    /* entries kept between two looks at the room */
};

struct interval { /* of magnitudes; count entries lie in it, need of them are among the k largest */
    uint64_t low, high;
    size_t count, need;
};

static uint64_t magnitude(const double *v, size_t j)
{
    uint64_t bits;
    memcpy(&bits, v + j, sizeof bits);
    return bits & INT64_MAX;
}

const struct lac_keep_kernels *lac_keep_active(void)
{
#ifdef __x86_64__
    static const struct lac_keep_kernels *const tables[LAC_LEVELS] = {
        &lac_keep_kernels_portable, &lac_keep_kernels_avx2, &lac_keep_kernels_avx512};
    return tables[lac_kernels_level()];
#else
    return &lac_keep_kernels_portable;
#endif
}

/* The kernels, or loops where a vector is too short for them to pay. */
static uint64_t largest_magnitude(const double *v, size_t d)
{
    uint64_t most = 0;
    if (d >= SHORT) {
        return lac_keep_active()->largest(v, d);
    }
    for (size_t j = 0; j < d; j++) {
        most = magnitude(v, j) > most ? magnitude(v, j) : most;
    }
    return most;
}

static size_t keep_from(const double *v, size_t d, uint64_t least, uint32_t *list)
{
    size_t kept = 0;
    if (d >= SHORT) {
        return lac_keep_active()->keep(v, 0, d, least, list, NULL);
    }
    for (size_t j = 0; j < d; j++) {
        list[kept] = (uint32_t)j;
        kept += magnitude(v, j) >= least;
    }
    return kept;
}

/* From the bins (0 holds the largest) to the interval of the one that holds the need-th entry. */
static struct interval narrow(const uint32_t *bins, unsigned last, unsigned shift,
                              struct interval in)
{
    unsigned b = 0;
    while (bins[b] < in.need) {
        in.need -= bins[b++];
    }
    uint64_t reach = b == last ? UINT64_MAX : ((uint64_t)(b + 1) << shift) - 1;
    in.low = reach < in.high - in.low ? in.high - reach : in.low;
    in.high -= (uint64_t)b << shift;
    in.count = bins[b];
    return in;
}

/* The first histogram, over all of v: equal bins per factor of two below the largest, the rest in
   the last bin. */
static struct interval first_pass(uint32_t *bins, const double *v, size_t d, size_t k)
{
    unsigned bin_bits = d < SHORT ? 6 : d < SMALL ? 8 : 10;
    unsigned shift = 52 - bin_bits / 2;
    unsigned last = (1u << bin_bits) - 1;
    struct interval in = {.low = 0, .high = largest_magnitude(v, d), .count = d, .need = k};
    memset(bins, 0, (last + 1) * sizeof *bins);
    for (size_t j = 0; j < d; j++) {
        uint64_t b = (in.high - magnitude(v, j)) >> shift;
        bins[b < last ? b : last]++;
    }
    return narrow(bins, last, shift, in);
}

/* The interval's ends moved to entries: few distinct values need few passes. */
static struct interval tighten(const struct lac_largest *work, const double *v, size_t listed,
                               struct interval in)
{
    uint64_t low = in.high, high = in.low;
    for (size_t i = 0; i < listed; i++) {
        uint64_t m = magnitude(v, work->list[i]);
        bool inside = m >= in.low && m <= in.high;
        low = inside && m < low ? m : low;
        high = inside && m > high ? m : high;
    }
    in.low = low;
    in.high = high;
    return in;
}

/* A finer histogram over the interval's entries. */
static struct interval next_pass(struct lac_largest *work, const double *v, size_t listed,
                                 struct interval in)
{
    unsigned bin_bits = in.count < 256 ? 6 : 10;
    unsigned range_bits = 64 - (unsigned)__builtin_clzll(in.high - in.low);
    unsigned shift = range_bits > bin_bits ? range_bits - bin_bits : 0;
    unsigned last = (1u << bin_bits) - 1;
    memset(work->bins, 0, (last + 1) * sizeof *work->bins);
    for (size_t i = 0; i < listed; i++) {
        uint64_t m = magnitude(v, work->list[i]);
        if (m >= in.low && m <= in.high) {
            work->bins[(in.high - m) >> shift]++;
        }
    }
    return narrow(work->bins, last, shift, in);
}

/* By histograms: where the k-th is told from the ones after it; the entries that may be among the k
   are listed. */
static struct interval find(struct lac_largest *work, const double *v, size_t d, size_t k)
{
    struct interval in = first_pass(work->bins, v, d, k);
    size_t listed = keep_from(v, d, in.low, work->list);
    while (in.count > in.need && in.low < in.high) {
        in = in.count > listed / 4 && listed >= SMALL ? tighten(work, v, listed, in) : in;
        in = in.low < in.high ? next_pass(work, v, listed, in) : in;
    }
    return in;
}

static void find_all(struct lac_largest *work, const double *v, size_t d, size_t k, uint32_t *index)
{
    struct interval in = find(work, v, d, k);
    size_t taken = 0;
    for (size_t i = 0; taken < k; i++) {
        uint64_t m = magnitude(v, work->list[i]);
        bool tied = m >= in.low && m <= in.high;
        index[taken] = work->list[i];
        taken += m > in.high || (tied && in.need > 0);
        in.need -= tied && in.need > 0;
    }
}

/* Entries of the sample; none where it would not pay. */
static size_t sample_of(size_t d, size_t k)
{
    size_t count = d / 64 < 1 << 14 ? d / 64 : 1 << 14;
    return d < SAMPLED || k > d / 2 ? 0 : count;
}

/* How many of the sample are to reach the threshold, so that k of all do but once in 10^5 times:
   the mean and five deviations. */
static size_t sample_rank(size_t count, size_t d, size_t k)
{
    double mean = (double)count * (double)k / (double)d;
    double rank = mean + 5.0 * sqrt(mean * (1.0 - (double)k / (double)d)) + 8.0;
    return rank < (double)count ? (size_t)rank : count;
}

lac_status lac_largest_init(struct lac_largest *work, size_t d, size_t k, struct lac_arena *arena)
{
    LAC_TRY(LAC_NEW(arena, d + LAC_KEEP_SPARE, &work->list));
    work->sample_count = sample_of(d, k);
    if (work->sample_count == 0) {
        return LAC_OK;
    }
    /* the rank is met within six deviations */
    double rank = (double)sample_rank(work->sample_count, d, k);
    double room = (rank + 6.0 * sqrt(rank)) * (double)d / (double)work->sample_count;
    work->room = room < (double)d ? (size_t)room : d;
    LAC_TRY(LAC_NEW(arena, work->sample_count, &work->sample));
    LAC_TRY(LAC_NEW(arena, work->room + BLOCK + LAC_KEEP_SPARE, &work->kept));
    return LAC_NEW(arena, work->room + BLOCK + LAC_KEEP_SPARE, &work->value);
}

/* One entry of each stretch of v, where in it is scattered: regular patterns do not meet it. */
static uint64_t guess(struct lac_largest *work, const double *v, size_t d, size_t k)
{
    const size_t count = work->sample_count, stretch = d / count;
    for (size_t i = 0; i < count; i++) {
        uint64_t hash = (i + 1) * UINT64_C(0x9E3779B97F4A7C15) >> 32;
        work->sample[i] = v[i * stretch + (hash * stretch >> 32)];
    }
    uint64_t least = find(work, work->sample, count, sample_rank(count, d, k)).low;
    return least > 0 ? least : 1;
}

/* The kept ones are fewer than k, and all others are zero: the first of these too. */
static void add_zeros(const uint32_t *kept, size_t count, size_t k, uint32_t *index)
{
    uint32_t j = 0;
    size_t i = 0;
    for (size_t zeros = k - count; zeros > 0; j++) {
        bool is_kept = i < count && kept[i] == j;
        *index++ = j;
        i += is_kept;
        zeros -= !is_kept;
    }
    memcpy(index, kept + i, (count - i) * sizeof *index);
}

/* False where the sample did not serve. */
static bool find_sampled(struct lac_largest *work, const double *v, size_t d, size_t k,
                         uint32_t *index)
{
    const struct lac_keep_kernels *kernels = lac_keep_active();
    uint64_t least = guess(work, v, d, k);
    size_t count = 0;
    for (size_t first = 0; first < d; first += BLOCK) {
        size_t here = d - first < BLOCK ? d - first : BLOCK;
        count += kernels->keep(v, first, here, least, work->kept + count, work->value + count);
        if (count > work->room) {
            return false;
        }
    }
    if (count < k && least > 1) {
        return false;
    }
    if (count < k) {
        add_zeros(work->kept, count, k, index);
        return true;
    }
    find_all(work, work->value, count, k, index);
    for (size_t i = 0; i < k; i++) {
        index[i] = work->kept[index[i]];
    }
    return true;
}

void lac_largest(struct lac_largest *work, const double *v, size_t d, size_t k, uint32_t *index)
{
    bool sampled = work->sample_count > 0 && d >= SAMPLED && k <= d / 2;
    if (!sampled || !find_sampled(work, v, d, k, index)) {
        find_all(work, v, d, k, index);
    }
}
