/*
 * The random numbers of stochastic rounding, drawn by the sender alone. Value number j of a message
 * is rounded up with probability F / 2^64. Its number r_j has 16 bits: the half j mod 2 (0: the low
 * one) of word floor(j / 2) of the stream (seed, round, client, ROUNDING, channel, step 0). It goes
 * up if r_j is less than the upper 16 bits of F. Where they are equal, the next 64-bit word of the
 * stream with step 1 decides: up if its low 48 bits are less than those of F; the values of a message
 * take these words in their order. So F is met exactly, for half a word a value.
 */
#ifndef LAC_COMPRESSOR_ROUNDING_H
#define LAC_COMPRESSOR_ROUNDING_H

#include "compressor/parts.h"

struct lac_rounding {
    struct lac_rng first, ties;
    union {
        uint32_t word[LAC_BLOCK / 2];
        uint16_t number[LAC_BLOCK];
    } drawn;
};

void lac_rounding_init(struct lac_rounding *r, const struct lac_draw *draw);
/* The numbers of the next count <= LAC_BLOCK values, until the next call; count is even but at a
   message's end. */
const uint16_t *lac_rounding_next(struct lac_rounding *r, size_t count);
/* For a value whose number is the upper 16 bits of F. */
bool lac_rounding_tie(struct lac_rounding *r, uint64_t fraction);

#endif
