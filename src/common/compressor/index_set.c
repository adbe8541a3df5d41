#include "compressor/index_set.h"

#include <string.h>

#include "compressor/index_codes.h"

/* Sum over the values of a coding, each shifted right by r. */
typedef uint64_t shifted_sum(const uint32_t *index, size_t k, unsigned r);

/* Of all gaps but the first. */
static uint64_t gaps_shifted(const uint32_t *index, size_t k, unsigned r)
{
    uint64_t sum = 0;
    for (size_t i = 1; i < k; i++) {
        sum += (index[i] - index[i - 1] - 1) >> r;
    }
    return sum;
}

/* Gaps between runs, less one; 0 between the indices of a run. */
static uint64_t run_gaps_shifted(const uint32_t *index, size_t k, unsigned r)
{
    uint64_t sum = 0;
    for (size_t i = 1; i < k; i++) {
        uint32_t gap = index[i] - index[i - 1] - 1;
        sum += (gap - (gap > 0)) >> r;
    }
    return sum;
}

/* The best parameter for so many values of this total, if they are geometric. */
static unsigned guess(uint64_t total, uint64_t values)
{
    return lac_usual_rice(values, values + total);
}

/* Golomb's bits of all values are convex in r: downhill from a guess ends at the best r, the smallest
   of equal ones. */
static unsigned best_parameter(shifted_sum *sum, const uint32_t *index, size_t k, uint64_t values,
                               unsigned first, uint64_t *bits)
{
    unsigned r = first;
    uint64_t here = sum(index, k, r) + values * (r + 1), next;
    while (r > 0 && (next = sum(index, k, r - 1) + values * r) <= here) {
        here = next;
        r--;
    }
    while (r >= first && r + 1 < LAC_INDEX_PARAMETERS &&
           (next = sum(index, k, r + 1) + values * (r + 2)) < here) {
        here = next;
        r++;
    }
    *bits = here;
    return r;
}

/* bits: without what says the coding */
static void improve(struct lac_index_code *best, enum lac_index_coding coding, unsigned parameter,
                    unsigned second, uint64_t bits)
{
    bits += lac_index_head(coding);
    if (bits < best->bits || (bits == best->bits && coding == LAC_INDEX_USUAL)) {
        *best = (struct lac_index_code){coding, parameter, second, bits};
    }
}

/* No Golomb code takes less for so many values v of this total: of r bits it takes at least
   v (r + (t / v + 1) / 2^r), which is least at 2^r = ln 2 (t / v + 1). log2 x >= e + f for x = 2^e (1 + f). */
static uint64_t least_bits(uint64_t total, uint64_t values)
{
    uint64_t sum = total + values, whole = values > 0 ? sum / values : 0;
    if (whole < 2) {
        return sum;
    }
    unsigned e = lac_bits_of(whole) - 1;
    double bits = 0.9139 - 1.0 + (double)e + (double)sum / (double)(values << e);
    return (uint64_t)((double)values * bits);
}

/* A step of r more saves bits while more than 2 k ones and zeros of upper bits are left. */
static void try_elias_fano(struct lac_index_code *best, uint64_t last, size_t k)
{
    unsigned r = 0;
    while (last >> r > 2 * (uint64_t)k) {
        r++;
    }
    improve(best, LAC_INDEX_ELIAS_FANO, r, 0, (last >> r) + k * (r + 1));
}

static void try_rice(struct lac_index_code *best, const uint32_t *index, size_t k, size_t d)
{
    unsigned usual = lac_usual_rice(k, d);
    uint64_t first = index[0], last = index[k - 1], inner = k - 1, bits;
    if (!lac_usual_is_blocks(k, d)) {
        improve(best, LAC_INDEX_USUAL, usual, 0,
                (first >> usual) + gaps_shifted(index, k, usual) + k * (usual + 1));
    }
    try_elias_fano(best, last, k);
    uint64_t gaps = last - first - inner, width = lac_index_width(d);
    if (k > 1 && least_bits(gaps, inner) + width < best->bits) {
        unsigned r = best_parameter(gaps_shifted, index, k, inner, guess(gaps, inner), &bits);
        improve(best, LAC_INDEX_RICE, r, 0, width + bits);
    }
}

/* Blocks of 64 but for the last one: blocks[c] that hold c indices at least, c to 65; the bits of all
   ranks, of the last block too. */
static uint64_t count_blocks(const uint32_t *index, size_t k, size_t d, uint32_t *blocks)
{
    const struct lac_subsets *subsets = lac_subsets();
    const uint8_t *width = subsets->rank_bits[LAC_BLOCK_SIZE];
    size_t full = (d - 1) / LAC_BLOCK_SIZE, inside = k;
    while (inside > 0 && index[inside - 1] >= full * LAC_BLOCK_SIZE) {
        inside--;
    }
    uint64_t ranks = subsets->rank_bits[d - full * LAC_BLOCK_SIZE][k - inside];
    memset(blocks, 0, (LAC_BLOCK_SIZE + 2) * sizeof *blocks);
    blocks[0] = (uint32_t)full;
    uint32_t before = UINT32_MAX;
    unsigned count = 0; /* of the index in its block, from 1 */
    for (size_t i = 0; i < inside; i++) {
        uint32_t block = index[i] / LAC_BLOCK_SIZE;
        count = (count & (0u - (block == before))) + 1; /* no branch: it would be a guess */
        blocks[count]++;
        before = block;
    }
    for (unsigned c = 1; blocks[c] > 0; c++) {
        ranks += (uint64_t)blocks[c] * ((uint64_t)width[c] - width[c - 1]);
    }
    return ranks;
}

static uint64_t counts_shifted(const uint32_t *blocks, unsigned mean, unsigned r)
{
    uint64_t sum = 0;
    for (unsigned c = 0; blocks[c] > 0; c++) {
        sum += (uint64_t)(blocks[c] - blocks[c + 1]) * (lac_count_place(c, mean) >> r);
    }
    return sum;
}

static void try_blocks(struct lac_index_code *best, const uint32_t *index, size_t k, size_t d)
{
    uint64_t full = (d - 1) / LAC_BLOCK_SIZE;
    bool usual = lac_usual_is_blocks(k, d);
    unsigned head = lac_index_head(usual ? LAC_INDEX_USUAL : LAC_INDEX_BLOCKS);
    if (full + head >= best->bits) {
        return;
    }
    uint32_t blocks[LAC_BLOCK_SIZE + 2];
    uint64_t ranks = count_blocks(index, k, d, blocks);
    unsigned mean = lac_mean_count(k, d);
    for (unsigned r = 0; r < LAC_BLOCK_PARAMETERS && ranks + full * (r + 1) + head <= best->bits;
         r++) {
        uint64_t bits = ranks + full * (r + 1) + counts_shifted(blocks, mean, r);
        bool is_usual = usual && r == LAC_USUAL_BLOCK_PARAMETER;
        improve(best, is_usual ? LAC_INDEX_USUAL : LAC_INDEX_BLOCKS, r, 0, bits);
    }
}

/* steps[t]: indices whose distance from the begin of their run has t trailing zeros; the begins
   themselves are the last. No branch: it would be a guess. */
enum { BEGINS = 32 };

static void count_steps(const uint32_t *index, size_t k, uint64_t *steps)
{
    uint32_t before = index[0], length = 0;
    memset(steps, 0, (BEGINS + 1) * sizeof *steps);
    for (size_t i = 0; i < k; i++) {
        length = (length + 1) & (0u - (index[i] - before == 1));
        before = index[i];
        steps[__builtin_ctzll(length | UINT64_C(1) << BEGINS)]++;
    }
}

/* The best parameter for the lengths of runs, less one: each shifted right by s is the number of steps
   in its run that 2^s divides. */
static unsigned best_for_lengths(const uint64_t *steps, uint64_t *bits)
{
    unsigned best = 0;
    uint64_t sum = 0;
    *bits = UINT64_MAX;
    for (unsigned s = LAC_INDEX_PARAMETERS; s-- > 0;) {
        sum += steps[s];
        uint64_t here = sum + steps[BEGINS] * (s + 1);
        best = here <= *bits ? s : best;
        *bits = here <= *bits ? here : *bits;
    }
    return best;
}

static void try_runs(struct lac_index_code *best, const uint32_t *index, size_t k, size_t d)
{
    uint64_t steps[BEGINS + 1], more, bits = 0;
    count_steps(index, k, steps);
    uint64_t between = steps[BEGINS] - 1;
    uint64_t gaps = (uint64_t)(index[k - 1] - index[0]) + 1 - k - between;
    unsigned r = 0, s = best_for_lengths(steps, &more);
    if (least_bits(gaps, between) + more + lac_index_width(d) >= best->bits) {
        return;
    }
    if (between > 0) {
        r = best_parameter(run_gaps_shifted, index, k, between, guess(gaps, between), &bits);
    }
    improve(best, LAC_INDEX_RUNS, r, s, lac_index_width(d) + bits + more);
}

static struct lac_index_code shortest(const uint32_t *index, size_t k, size_t d)
{
    struct lac_index_code best = {.bits = UINT64_MAX};
    improve(&best, LAC_INDEX_PACKED, 0, 0, (uint64_t)k * lac_index_width(d));
    improve(&best, LAC_INDEX_BITMAP, 0, 0, d);
    try_rice(&best, index, k, d);
    try_blocks(&best, index, k, d);
    try_runs(&best, index, k, d);
    return best;
}

void lac_index_set_write(struct lac_writer *w, const uint32_t *index, size_t k, size_t d)
{
    if (k == d) {
        return;
    }
    struct lac_index_code code = shortest(index, k, d);
    struct lac_bit_out out = lac_bit_out_begin(w, code.bits);
    lac_index_code_write(&out, &code, index, k, d);
    lac_bit_out_end(out, w, LAC_BITS_INDEX);
}

lac_status lac_index_set_read(struct lac_reader *r, uint32_t *index, size_t k, size_t d)
{
    if (k == d) {
        for (size_t j = 0; j < d; j++) {
            index[j] = (uint32_t)j;
        }
        return LAC_OK;
    }
    struct lac_bit_in in = lac_bit_in_begin(r);
    bool good = lac_index_code_read(&in, index, k, d);
    lac_bit_in_end(in, r, LAC_BITS_INDEX);
    if (!good || r->bad) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a section holds no set of %zu ascending indices below %zu",
                        k, d);
    }
    return LAC_OK;
}

uint64_t lac_index_set_max_bits(size_t k, size_t d)
{
    uint64_t packed = (uint64_t)k * lac_index_width(d);
    return k == d ? 0 : lac_index_head(LAC_INDEX_PACKED) + (packed < d ? packed : d);
}
