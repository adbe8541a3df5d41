/* Lengths of index sets in the mean over uniformly random sets, at set-up. */
#include <math.h>

#include "compressor/index_codes.h"
#include "compressor/index_set.h"

/* log2 of C(n, k) */
static double log2_choose(double n, double k)
{
    return (lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0)) / 0x1.62e42fefa39efp-1;
}

double lac_index_set_information(size_t k, size_t d)
{
    return log2_choose((double)d, (double)k);
}

/* C(d - t, k) / C(d, k), the probability of t given places to be free, from that of t - step: the
   product of (d - k - s) / (d - s), or as well the other way round: the shorter is taken. */
static double free_places(double before, size_t k, size_t d, uint64_t t, uint64_t step)
{
    double top = (double)(d - (t - step)); /* places that were left */
    uint64_t short_side = step < k ? step : k;
    double taken = (double)(step < k ? k : step);
    for (uint64_t s = 0; s < short_side; s++) {
        before *= (top - taken - (double)s) / (top - (double)s);
    }
    return before;
}

/* Mean of floor(gap / 2^r): the sum over i = 1, 2, ... of P(gap >= i 2^r). */
static double mean_quotients(size_t k, size_t d, unsigned r)
{
    uint64_t step = UINT64_C(1) << r;
    double sum = 0.0, tail = 1.0;
    for (uint64_t t = step; t <= d - k && tail > 1e-12; t += step) {
        tail = free_places(tail, k, d, t, step);
        sum += tail;
    }
    return sum;
}

static double rice_mean(size_t k, size_t d)
{
    double best = HUGE_VAL;
    unsigned usual = lac_usual_rice(k, d);
    for (unsigned r = usual > 2 ? usual - 2 : 0; r < usual + 2 && r < LAC_INDEX_PARAMETERS; r++) {
        double each = mean_quotients(k, d, r) + r + 1;
        double named = lac_index_head(LAC_INDEX_RICE) + lac_index_width(d) + (double)(k - 1) * each;
        best = fmin(best, named);
        if (r == usual && !lac_usual_is_blocks(k, d)) {
            best = fmin(best, lac_index_head(LAC_INDEX_USUAL) + (double)k * each);
        }
    }
    return best;
}

/* A block of n positions holds c of the k with the probability C(n, c) C(d - n, k - c) / C(d, k). */
static double share(unsigned n, unsigned c, size_t k, size_t d)
{
    if (c > k || k - c > d - n) {
        return 0.0;
    }
    return exp2(log2_choose(n, c) + log2_choose((double)(d - n), (double)(k - c)) -
                log2_choose((double)d, (double)k));
}

static double blocks_mean(size_t k, size_t d)
{
    const struct lac_subsets *subsets = lac_subsets();
    const unsigned mean = lac_mean_count(k, d);
    size_t full = (d - 1) / LAC_BLOCK_SIZE;
    unsigned rest = (unsigned)(d - full * LAC_BLOCK_SIZE);
    double of[LAC_BLOCK_PARAMETERS] = {0}, last = 0.0, best = HUGE_VAL;
    for (unsigned c = 0; c <= LAC_BLOCK_SIZE && full > 0; c++) {
        double p = share(LAC_BLOCK_SIZE, c, k, d);
        for (unsigned r = 0; r < LAC_BLOCK_PARAMETERS; r++) {
            unsigned bits = subsets->rank_bits[LAC_BLOCK_SIZE][c] + (lac_count_place(c, mean) >> r);
            of[r] += p * (bits + r + 1);
        }
    }
    for (unsigned c = 0; c <= rest; c++) {
        last += share(rest, c, k, d) * subsets->rank_bits[rest][c];
    }
    for (unsigned r = 0; r < LAC_BLOCK_PARAMETERS; r++) {
        bool usual = r == LAC_USUAL_BLOCK_PARAMETER && lac_usual_is_blocks(k, d);
        unsigned head = lac_index_head(usual ? LAC_INDEX_USUAL : LAC_INDEX_BLOCKS);
        best = fmin(best, (double)full * of[r] + last + head);
    }
    return best;
}

/* Mean number of runs with length - 1 >= t: they begin at 0, or behind a free place. */
static double runs_longer(size_t k, size_t d, uint64_t t)
{
    uint64_t length = t + 1;
    if (length > k) {
        return 0.0;
    }
    double at_begin = exp2(log2_choose((double)(d - length), (double)(k - length)) -
                           log2_choose((double)d, (double)k));
    if (d - length - 1 < k - length) {
        return at_begin;
    }
    return at_begin +
           (double)(d - length) * exp2(log2_choose((double)(d - length - 1), (double)(k - length)) -
                                       log2_choose((double)d, (double)k));
}

/* Mean number of inner gaps of t + 1 places at least: any of the k - 1. */
static double gaps_longer(size_t k, size_t d, uint64_t t)
{
    if (k < 2 || d - k < t + 1) {
        return 0.0;
    }
    return (double)(k - 1) *
           exp2(log2_choose((double)(d - t - 1), (double)k) - log2_choose((double)d, (double)k));
}

typedef double longer(size_t k, size_t d, uint64_t t);

/* Of Golomb's code, best parameter. */
static double golomb_mean(longer *mean_longer, double values, size_t k, size_t d)
{
    double best = HUGE_VAL;
    for (unsigned r = 0; r < LAC_INDEX_PARAMETERS && values * (r + 1) < best; r++) {
        double bits = values * (r + 1), more = values;
        for (uint64_t t = UINT64_C(1) << r; t < d && more > 1e-9 && bits < best; t += 1u << r) {
            more = mean_longer(k, d, t);
            bits += more;
        }
        best = fmin(best, bits);
    }
    return best;
}

static double runs_mean(size_t k, size_t d)
{
    double runs = runs_longer(k, d, 0);
    return lac_index_head(LAC_INDEX_RUNS) + lac_index_width(d) +
           golomb_mean(gaps_longer, gaps_longer(k, d, 0), k, d) +
           golomb_mean(runs_longer, runs, k, d);
}

double lac_index_set_expected_bits(size_t k, size_t d)
{
    if (k == d) {
        return 0.0;
    }
    double best = (double)lac_index_set_max_bits(k, d);
    best = fmin(best, rice_mean(k, d));
    size_t blocks = (d - 1) / LAC_BLOCK_SIZE;
    if ((double)blocks < best) {
        best = fmin(best, blocks_mean(k, d));
    }
    if (k > d / 2) { /* else runs are short */
        best = fmin(best, runs_mean(k, d));
    }
    return best;
}
