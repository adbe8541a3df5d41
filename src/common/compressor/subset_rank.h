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
    uint64_t choose[LAC_SUBSET_MAX + 1][LAC_SUBSET_MAX + 1];   /* [i][p] = C(p, i) */
    uint8_t rank_bits[LAC_SUBSET_MAX + 1][LAC_SUBSET_MAX + 1]; /* [n][size] */
};

/* Filled when it is first asked for. */
const struct lac_subsets *lac_subsets(void);

/* Members are index[i] - first. */
void lac_subset_put(const struct lac_subsets *s, struct lac_bit_out *out, const uint32_t *index,
                    unsigned size, uint64_t first, unsigned n);
/* Writes size ascending indices; false where the rank is none. */
bool lac_subset_get(const struct lac_subsets *s, struct lac_bit_in *in, uint32_t *index,
                    unsigned size, uint64_t first, unsigned n);

#endif
