/*
 * The codings of index_set.h one by one: writers and readers.
 */
#ifndef LAC_COMPRESSOR_INDEX_CODES_H
#define LAC_COMPRESSOR_INDEX_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compressor/subset_rank.h"
#include "wire/bit_run.h"

enum lac_index_coding {
    LAC_INDEX_PACKED,
    LAC_INDEX_BITMAP,
    LAC_INDEX_ELIAS_FANO,
    LAC_INDEX_RICE,
    LAC_INDEX_BLOCKS,
    LAC_INDEX_RUNS,
    LAC_INDEX_USUAL /* of the above the one that suits random sets; its number is not on the wire */
};

enum {
    LAC_INDEX_CODING_BITS = 3,    /* which coding, behind a bit that says it is not the usual one */
    LAC_INDEX_PARAMETER_BITS = 5, /* of those from Elias-Fano on; runs have two */
    LAC_INDEX_PARAMETERS = 32,
    LAC_BLOCK_PARAMETERS = 7,
    LAC_USUAL_BLOCK_PARAMETER = 2,
    LAC_BLOCK_SIZE = LAC_SUBSET_MAX
};

struct lac_index_code {
    enum lac_index_coding coding;
    unsigned parameter, second; /* second: of the lengths of runs */
    uint64_t bits;              /* in all */
};

/* Bits before the indices themselves. */
static inline unsigned lac_index_head(enum lac_index_coding coding)
{
    unsigned parameters = coding < LAC_INDEX_ELIAS_FANO ? 0 : coding == LAC_INDEX_RUNS ? 2 : 1;
    return coding == LAC_INDEX_USUAL
               ? 1
               : 1 + LAC_INDEX_CODING_BITS + LAC_INDEX_PARAMETER_BITS * parameters;
}

/* Whether the usual coding is blocks; else it is Rice. */
static inline bool lac_usual_is_blocks(size_t k, size_t d)
{
    return d <= LAC_BLOCK_SIZE || k >= d / 5;
}

/* 0 for 0, else 1 + floor(log2 value) */
static inline unsigned lac_bits_of(uint64_t value)
{
    return value == 0 ? 0 : 64 - (unsigned)__builtin_clzll(value);
}

/* The width of packed indices. */
static inline unsigned lac_index_width(size_t d)
{
    return lac_bits_of((uint64_t)d - 1);
}

/* The best for random sets: the least r with q^(2^r) + q^(2^(r+1)) <= 1, q = 1 - k/d, or next to it. */
static inline unsigned lac_usual_rice(size_t k, size_t d)
{
    unsigned r = lac_bits_of((2 * (uint64_t)d - k) * 6 / ((uint64_t)k * 25));
    return r < LAC_INDEX_PARAMETERS ? r : LAC_INDEX_PARAMETERS - 1;
}

/* What is sent of a block's count c: its place among 0..64 by distance from the mean m, rounded, the
   larger before the smaller. The side that is longer goes on alone where the other ends. */
static inline unsigned lac_mean_count(size_t k, size_t d)
{
    return (unsigned)(((uint64_t)LAC_BLOCK_SIZE * k + d / 2) / d);
}

static inline unsigned lac_count_place(unsigned c, unsigned m)
{
    unsigned both = m < LAC_BLOCK_SIZE - m ? m : LAC_BLOCK_SIZE - m;
    unsigned far = c > m ? c - m : m - c;
    return far > both ? both + far : c > m ? 2 * far - 1 : 2 * far;
}

/* Its inverse. */
static inline unsigned lac_count_at(unsigned place, unsigned m)
{
    unsigned both = m < LAC_BLOCK_SIZE - m ? m : LAC_BLOCK_SIZE - m;
    if (place > 2 * both) {
        return m == both ? place : LAC_BLOCK_SIZE - place;
    }
    return place % 2 == 1 ? m + (place + 1) / 2 : m - place / 2;
}

void lac_index_code_write(struct lac_bit_out *out, const struct lac_index_code *code,
                          const uint32_t *index, size_t k, size_t d);
/* Whether k ascending indices below d were found; past the end of the bytes `in` is bad. */
bool lac_index_code_read(struct lac_bit_in *in, uint32_t *index, size_t k, size_t d);

#endif
