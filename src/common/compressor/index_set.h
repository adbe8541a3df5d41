/*
 * k different indices of 0..d-1 in ascending order, in the shortest of these codings. k and d are known
 * to both sides. A bit says whether it is the usual coding; if not, 3 bits say which, and 2 to 5 have a
 * parameter r of 5 bits behind them.
 *
 *   usual:         for d <= 64 or k >= d / 5 as 4 with r = 2; else as 3, with the r that suits random
 *                  sets, and the first index as a gap from -1
 *   0 packed:      each index in ceil(log2 d) bits
 *   1 bitmap:      d bits, bit j is one where j is in the set
 *   2 Elias-Fano:  the low r bits of all indices; then, for each, as many zeros as its upper bits rose
 *                  since the one before, and a one
 *   3 Rice:        the first index as packed; gaps (index - previous - 1) by Golomb's code for 2^r:
 *                  floor(gap / 2^r) zeros, a one, and the low r bits of the gap
 *   4 blocks:      for each 64 positions their number of indices, as a distance from the mean by
 *                  Golomb's code for 2^r (the last block's is what is left), and the rank of these
 *                  among all sets of that number
 *   5 runs:        5 bits s; the first index as packed; for each run of consecutive indices its length
 *                  by Golomb's code for 2^s, and the gap to the next run by that for 2^r
 *
 * proto/README.md has every bit. The sender takes the shortest, where two are equal the usual one, then
 * the lower number, and the smallest best parameters. All d indices (k = d) take no bits at all.
 *
 * On random positions Rice is within 2.1 % of the bound for k/d below 0.2; above, where Golomb's codes
 * are coarse, blocks are within 1.5 %; for d <= 64 they are the rank alone. Clusters go as Elias-Fano or
 * Rice (all in a part of the space), blocks, or runs.
 *
 * Golomb, "Run-length encodings", 1966; Rice, "Some practical universal noiseless coding techniques",
 * 1979; Elias, "Efficient storage and retrieval by content and address of static files", 1974; Cover,
 * "Enumerative source encoding", 1973; blocks as in Raman, Raman, Rao, "Succinct indexable
 * dictionaries", SODA 2002.
 */
#ifndef LAC_COMPRESSOR_INDEX_SET_H
#define LAC_COMPRESSOR_INDEX_SET_H

#include <stddef.h>
#include <stdint.h>

#include "wire/wire.h"

/* Appends the set as index bits; it ends inside a byte. */
void lac_index_set_write(struct lac_writer *w, const uint32_t *index, size_t k, size_t d);
/* Checks that indices ascend and are below d; LAC_E_PROTOCOL where they are not. */
lac_status lac_index_set_read(struct lac_reader *r, uint32_t *index, size_t k,
                              size_t d) LAC_MUST_CHECK;

uint64_t lac_index_set_max_bits(size_t k, size_t d);
/* The mean over uniformly random sets of the coding that is shortest in the mean (exact for it).
   The sender chooses for each set, so the true mean is a little below: under 3 bits of each message. */
double lac_index_set_expected_bits(size_t k, size_t d);

/* log2 of C(d, k): no coding of uniformly random sets takes less in the mean. */
double lac_index_set_information(size_t k, size_t d);

#endif
