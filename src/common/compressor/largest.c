#include "compressor/largest.h"

#include <stdbool.h>
#include <string.h>

enum {
    SMALL = 4096
}; /* below, few bins: clearing and searching them would cost more than it saves */

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

static uint64_t largest_magnitude(const double *v, size_t d)
{
    uint64_t lane[4] = {0};
    for (size_t j = 0; j + 4 <= d; j += 4) {
        for (size_t l = 0; l < 4; l++) {
            uint64_t m = magnitude(v, j + l);
            lane[l] = m > lane[l] ? m : lane[l];
        }
    }
    for (size_t j = d & ~(size_t)3; j < d; j++) {
        uint64_t m = magnitude(v, j);
        lane[0] = m > lane[0] ? m : lane[0];
    }
    uint64_t a = lane[0] > lane[1] ? lane[0] : lane[1];
    uint64_t b = lane[2] > lane[3] ? lane[2] : lane[3];
    return a > b ? a : b;
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
    unsigned bin_bits = d < SMALL ? 8 : 10;
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

lac_status lac_largest_init(struct lac_largest *work, size_t d, struct lac_arena *arena)
{
    return LAC_NEW(arena, d + 1, &work->list); /* one more: entries are written, then counted */
}

void lac_largest(struct lac_largest *work, const double *v, size_t d, size_t k, uint32_t *index)
{
    struct interval in = first_pass(work->bins, v, d, k);
    size_t listed = 0;
    for (size_t j = 0; j < d; j++) {
        work->list[listed] = (uint32_t)j;
        listed += magnitude(v, j) >= in.low;
    }
    while (in.count > in.need && in.low < in.high) {
        in = next_pass(work, v, listed, in);
    }
    size_t taken = 0;
    for (size_t i = 0; taken < k; i++) {
        uint64_t m = magnitude(v, work->list[i]);
        bool tied = m >= in.low && m <= in.high;
        index[taken] = work->list[i];
        taken += m > in.high || (tied && in.need > 0);
        in.need -= tied && in.need > 0;
    }
}
