/*
 * The codes of natural compression by their entropy: the exponents of a vector lie close together, so
 * that sign and exponent take 3 to 4 bits instead of 12 or 9. In blocks of LAC_LEVEL_BLOCK codes: the
 * largest exponent E (16 bits), then levels (levels.h): 0 for zero, else E - exponent + 1 with the sign.
 */
#ifndef LAC_COMPRESSOR_EXPONENTS_H
#define LAC_COMPRESSOR_EXPONENTS_H

#include "compressor/levels.h"

struct lac_exponents {
    unsigned exponent_bits;
    struct lac_levels levels;
    int16_t *level; /* (block) */
};

/* coding=entropy or auto from the spec; codes have one bit more, the sign. */
lac_status lac_exponents_init(struct lac_exponents *e, unsigned exponent_bits, size_t most,
                              const struct lac_spec *spec, struct lac_arena *arena) LAC_MUST_CHECK;
/* One block of codes. */
void lac_exponents_write(struct lac_exponents *e, struct lac_writer *w, const uint16_t *code,
                         size_t count);
/* The same back; code has room for a block. */
lac_status lac_exponents_read(struct lac_exponents *e, struct lac_reader *r, uint16_t *code,
                              size_t count) LAC_MUST_CHECK;
size_t lac_exponents_max_bytes(const struct lac_exponents *e, size_t count); /* of all blocks */

#endif
