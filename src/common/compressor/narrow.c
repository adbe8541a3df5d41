#include "compressor/narrow.h"

#include <string.h>

#include "base/kernels.h"
#include "compressor/narrow_kernels.h"

enum { DOUBLE_BIAS = 1023, MANTISSA_BITS = 52 };

struct lac_narrow lac_narrow_make(unsigned exponent_bits, unsigned mantissa_bits)
{
    LAC_ASSERT(exponent_bits >= 5 && exponent_bits <= 11 && mantissa_bits <= 36);
    struct lac_narrow n = {.exponent_bits = exponent_bits,
                           .mantissa_bits = mantissa_bits,
                           .code_bits = 1 + exponent_bits + mantissa_bits,
                           .drop = MANTISSA_BITS - mantissa_bits};
    uint64_t all_ones = (UINT64_C(1) << exponent_bits) - 1;
    n.offset = DOUBLE_BIAS - (all_ones >> 1);
    n.least = n.offset == 0 ? 0 : (n.offset + 1) << MANTISSA_BITS;
    n.infinity = all_ones << mantissa_bits;
    n.limit = ((n.infinity - 1) << n.drop) + (n.offset << MANTISSA_BITS);
    return n;
}

double lac_narrow_largest(const struct lac_narrow *n)
{
    double largest;
    memcpy(&largest, &n->limit, sizeof largest);
    return largest;
}

static const struct lac_narrow_kernels *kernels(void)
{
#ifdef __x86_64__
    static const struct lac_narrow_kernels *const tables[LAC_LEVELS] = {
        &lac_narrow_kernels_portable,
        &lac_narrow_kernels_avx2,
        &lac_narrow_kernels_avx512,
    };
    return tables[lac_kernels_level()];
#else
    return &lac_narrow_kernels_portable;
#endif
}

static uint64_t magnitude_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & (UINT64_MAX >> 1);
}

/* F of narrow.h */
static uint64_t fraction_of(const struct lac_narrow *n, double value)
{
    uint64_t magnitude = magnitude_of(value), exponent = magnitude >> MANTISSA_BITS;
    uint64_t mantissa = magnitude & ((UINT64_C(1) << MANTISSA_BITS) - 1);
    uint64_t dropped = n->drop;
    if (magnitude < n->least) {
        mantissa |= (uint64_t)(exponent > 0) << MANTISSA_BITS;
        dropped += n->offset + 1 - (exponent > 0 ? exponent : 1);
    }
    if (dropped <= 64) {
        return mantissa << (64 - dropped);
    }
    return dropped < 128 ? mantissa >> (dropped - 64) : 0;
}

static void bump(unsigned char *code, size_t width)
{
    if (width == 4) {
        uint32_t next;
        memcpy(&next, code, sizeof next);
        next++;
        memcpy(code, &next, sizeof next);
    } else {
        uint16_t next;
        memcpy(&next, code, sizeof next);
        next++;
        memcpy(code, &next, sizeof next);
    }
}

static void settle_ties(const struct lac_narrow *n, struct lac_rounding *rounding,
                        const double *value, const uint16_t *number, size_t count,
                        unsigned char *codes)
{
    for (size_t j = 0; j < count; j++) {
        uint64_t magnitude = magnitude_of(value[j]);
        uint64_t fraction = magnitude > n->limit ? 0 : fraction_of(n, value[j]);
        if (fraction >> 48 == number[j] && lac_rounding_tie(rounding, fraction)) {
            bump(codes + j * lac_narrow_width(n), lac_narrow_width(n));
        }
    }
}

static size_t first_excess(const struct lac_narrow *n, const double *value, size_t count)
{
    size_t j = 0;
    while (j < count && magnitude_of(value[j]) <= n->limit) {
        j++;
    }
    return j;
}

void lac_narrow_swap(const struct lac_narrow *n, unsigned char *codes, size_t count)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    (void)n, (void)codes, (void)count;
#else
    size_t width = lac_narrow_width(n);
    for (size_t j = 0; j < count; j++, codes += width) {
        for (size_t i = 0; i < width / 2; i++) {
            unsigned char byte = codes[i];
            codes[i] = codes[width - 1 - i];
            codes[width - 1 - i] = byte;
        }
    }
#endif
}

size_t lac_narrow_round(const struct lac_narrow *n, struct lac_rounding *rounding,
                        enum lac_narrow_excess excess, const double *value, size_t count,
                        unsigned char *codes)
{
    LAC_ASSERT(count <= LAC_BLOCK);
    const uint16_t *number = NULL;
    unsigned seen;
    if (rounding) {
        number = lac_rounding_next(rounding, count);
        seen = kernels()->random(n, value, number, count, codes);
    } else {
        seen = kernels()->nearest(n, value, count, codes);
    }
    if (seen & LAC_NARROW_EXCESS && excess == LAC_EXCESS_REFUSED) {
        return first_excess(n, value, count);
    }
    if (number && seen & LAC_NARROW_TIE) {
        settle_ties(n, rounding, value, number, count, codes);
    }
    return count;
}

bool lac_narrow_widen(const struct lac_narrow *n, const unsigned char *codes, size_t count,
                      double *value)
{
    return kernels()->widen(n, codes, count, value);
}
