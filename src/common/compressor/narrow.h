/*
 * Floating-point numbers of fewer bits: a code is sign, exponent and mantissa, from the high bit
 * down, as IEEE 754 has it: exponent 0 are the subnormal numbers and zero, the exponent of all ones
 * is no number here. With no bits of mantissa they are the powers of two.
 *
 * Rounding up in magnitude has the probability F / 2^64, where F is the part of the way from the code
 * below to the code above, times 2^64 and cut to a whole number: exact but for doubles smaller than
 * 2^-12 of the least number above zero, whose bias is below 2^-64 of it.
 */
#ifndef LAC_COMPRESSOR_NARROW_H
#define LAC_COMPRESSOR_NARROW_H

#include "compressor/rounding.h"

struct lac_narrow {
    unsigned exponent_bits, mantissa_bits;
    unsigned code_bits; /* with the sign; the codes are uint16_t, above 16 bits uint32_t */
    unsigned drop;      /* bits of a double's mantissa that a code does not have */
    uint64_t offset;    /* of a double's exponent above the code's */
    uint64_t least;     /* the least normal number as a double's bits; 0 where none lie below */
    uint64_t limit;     /* the largest number, as a double's bits */
    uint64_t infinity;  /* the code of it: every number's is below, the sign apart */
};

/* exponent_bits 5 to 11, mantissa_bits at most 36 */
struct lac_narrow lac_narrow_make(unsigned exponent_bits, unsigned mantissa_bits);
double lac_narrow_largest(const struct lac_narrow *n);
static inline size_t lac_narrow_width(const struct lac_narrow *n) /* bytes of a code */
{
    return n->code_bits > 16 ? 4 : 2;
}

/* Where an entry is above the largest number: return its place; or round it down, which is biased. */
enum lac_narrow_excess { LAC_EXCESS_REFUSED, LAC_EXCESS_CLAMPED };

/* The codes of count <= LAC_BLOCK values, at any address: rounded at random, or to the nearest (ties to even) where rounding is NULL. Returns count, or where an entry is too large. */
size_t lac_narrow_round(const struct lac_narrow *n, struct lac_rounding *rounding,
                        enum lac_narrow_excess excess, const double *value, size_t count,
                        unsigned char *codes);
/* The numbers of count codes; false where one is infinite or none. */
bool lac_narrow_widen(const struct lac_narrow *n, const unsigned char *codes, size_t count,
                      double *value);
/* Codes as the host has them become little-endian ones, or back. */
void lac_narrow_swap(const struct lac_narrow *n, unsigned char *codes, size_t count);

#endif
