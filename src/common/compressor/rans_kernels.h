/*
 * Kernels of the entropy coder, one table for each instruction set (rans_kernels.c is compiled once
 * for each): whole groups of LAC_RANS_LANES symbols, a state for each. Integers alone; all sets give the same
 * bytes.
 */
#ifndef LAC_COMPRESSOR_RANS_KERNELS_H
#define LAC_COMPRESSOR_RANS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/bytes.h"

enum {
    LAC_RANS_ALPHABET = 256,
    LAC_RANS_BITS = 12, /* frequencies add up to 2^12 */
    LAC_RANS_LOW = 13,  /* states are in [2^13, 2^29) */
    LAC_RANS_STATE_BITS = LAC_RANS_LOW + 16,
    LAC_RANS_LANES = 32,
    LAC_RANS_GROUP_BYTES = 2 * LAC_RANS_LANES /* at most, of the words of a group */
};

/* x <- x + start + floor(x / frequency) (2^12 - frequency). For x < 2^29 the quotient is exactly
   x inverse >> 31 >> shift, with shift = ceil(log2 frequency) and inverse = ceil(2^(31 + shift) / frequency). */
struct lac_rans_steps {
    uint32_t inverse[LAC_RANS_ALPHABET];
    uint32_t rest[LAC_RANS_ALPHABET]; /* frequency - 1 | start << 12 | shift << 24 */
};

struct lac_rans_kernels {
    /* From the last symbol to the first, words from `end` downwards; where they begin. 16 bytes before
       may be written too. */
    unsigned char *(*write)(const struct lac_rans_steps *steps, unsigned alphabet,
                            const uint8_t *symbol, size_t groups, uint32_t *state,
                            unsigned char *end);
    /* Groups while LAC_RANS_GROUP_BYTES are left of the words at *p, which moves on; how many. */
    size_t (*read)(const uint32_t *slot, uint32_t *state, const unsigned char **p,
                   const unsigned char *end, uint8_t *symbol, size_t groups);
    /* How often each symbol occurs. */
    void (*count)(const uint8_t *symbol, size_t count, unsigned alphabet, uint32_t *histogram);
};

extern const struct lac_rans_kernels lac_rans_kernels_portable;
#ifdef __x86_64__
extern const struct lac_rans_kernels lac_rans_kernels_avx2, lac_rans_kernels_avx512;
#endif

/* One symbol into its state. */
static inline unsigned char *lac_rans_put(uint32_t *state, uint32_t inverse, uint32_t rest,
                                          unsigned char *p)
{
    uint32_t x = *state, last = rest & 0xFFF;
    bool over = x >> (LAC_RANS_STATE_BITS - LAC_RANS_BITS) > last;
    lac_store16(p - 2, (uint16_t)x);
    p -= 2 * over;
    x = over ? x >> 16 : x;
    uint32_t quotient = (uint32_t)((uint64_t)x * inverse >> 31) >> (rest >> 24);
    *state = x + (rest >> 12 & 0xFFF) + quotient * (0xFFF - last);
    return p;
}

/* Symbol | place within it << 8 | (frequency - 1) << 20 of the slot of x; x before words come to it. */
static inline uint8_t lac_rans_get(const uint32_t *slots, uint32_t *x)
{
    uint32_t slot = slots[*x & 0xFFF];
    *x = ((slot >> 20) + 1) * (*x >> LAC_RANS_BITS) + (slot >> 8 & 0xFFF);
    return (uint8_t)slot;
}

#endif
