/*
 * Subsets of 0..n-1, n <= 64, of a known size, by their number in the combinatorial number system: the
 * members p_1 < p_2 < ... have the rank C(p_1, 1) + C(p_2, 2) + ... < C(n, size).
 */
#ifndef LAC_COMPRESSOR_SUBSET_RANK_H
#define LAC_COMPRESSOR_SUBSET_RANK_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/bit_run.h"

enum { LAC_SUBSET_MAX = 64 };

struct lac_subsets {
    uint64_t choose[LAC_SUBSET_MAX + 1][LAC_SUBSET_MAX + 1];   /* [p][i] = C(p, i) */
    uint8_t rank_bits[LAC_SUBSET_MAX + 1][LAC_SUBSET_MAX + 1]; /* [n][size] */
};

/* Filled when it is first asked for. */
const struct lac_subsets *lac_subsets(void);

/* Members are index[i] - first. */
void lac_subset_put(const struct lac_subsets *s, struct lac_bit_out *out, const uint32_t *index,
                    unsigned size, uint64_t first, unsigned n);

/* Subsets of blocks of n that follow each other, a few at a time: their ranks are read one by one, then
   searched side by side, as each search is one long chain. */
enum { LAC_SUBSET_LANES = 4 };
struct lac_subset_run {
    unsigned count, size[LAC_SUBSET_LANES];
    uint64_t rank[LAC_SUBSET_LANES];
};

/* One more, count < LAC_SUBSET_LANES; false where the rank is none. */
bool lac_subset_get(const struct lac_subsets *s, struct lac_bit_in *in, struct lac_subset_run *run,
                    unsigned size, unsigned n);
/* Writes the ascending indices of the blocks, which begin at first, and empties the run; returns how
   many. */
size_t lac_subset_list(const struct lac_subsets *s, struct lac_subset_run *run, uint64_t first,
                       unsigned n, uint32_t *index);

#endif
