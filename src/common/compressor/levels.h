/*
 * Small whole numbers -s..s as bits, in blocks of LAC_LEVEL_BLOCK. coding=fixed: each block packed
 * alone. Else a byte says how the block is coded, the shortest for auto:
 *
 *   0 fixed   ceil(log2(2 s + 1)) bits each, for s = 1 five in a byte (1.6 bits for log2 3 = 1.585)
 *   1 rANS    of buckets (rans.h), the low bits of large levels behind it
 *   2 sparse  the index set of those not zero (index_set.h), their signs and magnitudes in gamma code
 *
 * rANS was chosen over Elias' codes alone, which lose 5 to 25 % on levels of Gaussian vectors;
 * the sparse form wins where a block has so few levels but 0 that states and tables are most of it.
 */
#ifndef LAC_COMPRESSOR_LEVELS_H
#define LAC_COMPRESSOR_LEVELS_H

#include "base/text.h"
#include "compressor/rans.h"

enum {
    LAC_LEVELS_MOST = 32767,
    LAC_LEVEL_BLOCK = 204 * 320, /* whole groups of 8 and of ternary levels */
    LAC_LEVEL_SHORT = 64,        /* auto codes shorter blocks as fixed */
};

enum lac_level_coding { LAC_LEVELS_FIXED, LAC_LEVELS_ENTROPY, LAC_LEVELS_AUTO };

struct lac_levels {
    unsigned s, width, alphabet;
    enum lac_level_coding coding;
    uint8_t *symbol_of; /* (2 s + 1) of level + s */
    uint8_t *symbol;    /* (block) */
    uint32_t *index;    /* (block) */
    struct lac_rans *rans;
};

/* From the key "coding" of the spec. */
lac_status lac_levels_init(struct lac_levels *l, unsigned s, size_t most,
                           const struct lac_spec *spec, struct lac_arena *arena) LAC_MUST_CHECK;
/* One block; the last may be shorter and end inside a byte. */
void lac_levels_write(struct lac_levels *l, struct lac_writer *w, const int16_t *level,
                      size_t count);
/* level has room for a block. */
lac_status lac_levels_read(struct lac_levels *l, struct lac_reader *r, int16_t *level,
                           size_t count) LAC_MUST_CHECK;
size_t lac_levels_max_bytes(const struct lac_levels *l, size_t count); /* of all blocks */
uint64_t lac_levels_fixed_bits(const struct lac_levels *l, size_t count);

#endif
