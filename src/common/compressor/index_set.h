/*
 * k different indices of 0..d-1 in ascending order, in the shortest of three codings. k and d are
 * known to both sides. A field of 8 bits says the coding (its low 2 bits) and its parameter:
 *
 *   0 packed: each index in ceil(log2 d) bits; parameter 0
 *   1 bitmap: d bits, bit j is one where j is in the set; parameter 0
 *   2 Rice:   gaps (index - previous - 1, the first from -1) by Golomb's code for 2^parameter:
 *             floor(gap / 2^parameter) zeros, a one, and the low bits of the gap
 *
 * The coding 3 and other parameters are reserved. The sender takes the shortest, the lower number
 * where two are equal, and the smallest best parameter. All d indices (k = d) take no bits at all.
 * Golomb, "Run-length encodings", 1966; Rice, "Some practical universal noiseless coding
 * techniques", 1979.
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
