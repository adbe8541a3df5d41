/*
 * Static asymmetric numeral systems with ranges (Duda: "Asymmetric numeral systems", 2013,
 * arXiv:1311.2540): a block of symbols below `alphabet`, near the entropy of their counts.
 *
 * Frequencies are 1..4096 for symbols that occur and add up to 4096. Symbol number i belongs to the
 * state i mod lanes: 32 lanes from LAC_RANS_WIDE symbols on (rans_kernels.h), 8 from LAC_RANS_SHORT on,
 * else 1. States are in [2^13, 2^29).
 */
#ifndef LAC_COMPRESSOR_RANS_H
#define LAC_COMPRESSOR_RANS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "compressor/rans_kernels.h"
#include "wire/wire.h"

enum { LAC_RANS_SHORT = 4096, LAC_RANS_WIDE = 32768 };

struct lac_rans {
    uint32_t count[LAC_RANS_ALPHABET];
    uint16_t frequency[LAC_RANS_ALPHABET];
    struct lac_rans_steps steps;
    uint32_t slot[1 << LAC_RANS_BITS]; /* symbol | place within it << 8 | (frequency - 1) << 20 */
    unsigned char *words;              /* (2 most + 16) scratch, filled from its end */
    size_t room;
};

lac_status lac_rans_init(struct lac_rans *r, size_t most, struct lac_arena *arena) LAC_MUST_CHECK;
/* Counts and frequencies for the block; the bits that it takes, estimated. */
double lac_rans_plan(struct lac_rans *r, const uint8_t *symbol, size_t count, unsigned alphabet);
/* As planned; value bits; ends at a byte. */
void lac_rans_write(struct lac_rans *r, struct lac_writer *w, const uint8_t *symbol, size_t count,
                    unsigned alphabet);
lac_status lac_rans_read(struct lac_rans *r, struct lac_reader *in, uint8_t *symbol, size_t count,
                         unsigned alphabet) LAC_MUST_CHECK;
size_t lac_rans_max_bytes(size_t count, unsigned alphabet);

#endif
