/* Compiled once for each instruction set; see base/simd.h and narrow.h. */
#include "compressor/narrow_kernels.h"

#include "base/simd.h"

#define MAGNITUDE (UINT64_MAX >> 1)
#define MANTISSA  ((UINT64_C(1) << 52) - 1)
enum { AHEAD = 640 }; /* values: memory works while the numbers of the next block are drawn */

#if LAC_LANES == 8
static inline vn_bits load_short(const void *p)
{
    return (vn_bits)_mm512_cvtepu16_epi64(_mm_loadu_si128(p));
}

static inline vn_bits load_long(const void *p)
{
    return (vn_bits)_mm512_cvtepu32_epi64(_mm256_loadu_si256(p));
}

static inline void store_short(void *p, vn_bits code)
{
    _mm_storeu_si128(p, _mm512_cvtepi64_epi16((__m512i)code));
}

static inline void store_long(void *p, vn_bits code)
{
    _mm256_storeu_si256(p, _mm512_cvtepi64_epi32((__m512i)code));
}
#elif LAC_LANES == 4
static inline vn_bits load_short(const void *p)
{
    return (vn_bits)_mm256_cvtepu16_epi64(_mm_loadl_epi64(p));
}

static inline vn_bits load_long(const void *p)
{
    return (vn_bits)_mm256_cvtepu32_epi64(_mm_loadu_si128(p));
}

static inline __m128i low_halves(vn_bits code) /* of all lanes */
{
    const __m256i even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    return _mm256_castsi256_si128(_mm256_permutevar8x32_epi32((__m256i)code, even));
}

static inline void store_short(void *p, vn_bits code)
{
    __m128i halves = low_halves(code);
    _mm_storel_epi64(p, _mm_packus_epi32(halves, halves));
}

static inline void store_long(void *p, vn_bits code)
{
    _mm_storeu_si128(p, low_halves(code));
}
#else
static inline vn_bits load_short(const void *p)
{
    uint16_t code[LANES];
    memcpy(code, p, sizeof code);
    return (vn_bits){code[0], code[1]};
}

static inline vn_bits load_long(const void *p)
{
    uint32_t code[LANES];
    memcpy(code, p, sizeof code);
    return (vn_bits){code[0], code[1]};
}

static inline void store_short(void *p, vn_bits code)
{
    uint16_t stored[LANES] = {(uint16_t)code[0], (uint16_t)code[1]};
    memcpy(p, stored, sizeof stored);
}

static inline void store_long(void *p, vn_bits code)
{
    uint32_t stored[LANES] = {(uint32_t)code[0], (uint32_t)code[1]};
    memcpy(p, stored, sizeof stored);
}
#endif

static inline vn_bits least_of(vn_bits a, vn_bits b) /* both below 2^63 */
{
    vn_mask less = (vn_mask)a < (vn_mask)b;
    return ((vn_bits)less & a) | (~(vn_bits)less & b);
}

/* What a number below the normal ones needs: mantissa, how many of its bits are dropped, and what the
   exponent adds to the code. */
static inline vn_bits unpack(const struct lac_narrow *n, vn_bits magnitude, vn_bits *dropped,
                             vn_bits *base)
{
    vn_bits exponent = magnitude >> 52, least = (vn_bits){0} + (n->offset + 1);
    vn_bits under = least - least_of(exponent, least);
    *dropped = least_of(n->drop + under, (vn_bits){0} + 79);
    *base = (exponent + under - least) << n->mantissa_bits;
    return (magnitude & MANTISSA) | (MANTISSA + 1);
}

/* The largest of each 16 bits: a tie is 0xFFFF in the low ones. */
static inline vn_bits most16(vn_bits a, vn_bits b)
{
#if LAC_LANES == 8
    return (vn_bits)_mm512_max_epu16((__m512i)a, (__m512i)b);
#elif LAC_LANES == 4
    return (vn_bits)_mm256_max_epu16((__m256i)a, (__m256i)b);
#else
    vn_mask less = (vn_mask)(a & 0xFFFF) < (vn_mask)(b & 0xFFFF);
    return ((vn_bits)less & b) | (~(vn_bits)less & a);
#endif
}

/* x >> count where magnitude is not zero, else zero. */
static inline vn_bits shifted_or_zero(vn_bits magnitude, vn_bits x, vn_bits count)
{
#if LAC_LANES == 8
    __mmask8 some = _mm512_test_epi64_mask((__m512i)magnitude, (__m512i)magnitude);
    return (vn_bits)_mm512_maskz_srlv_epi64(some, (__m512i)x, (__m512i)count);
#else
    return (x >> count) & (vn_bits)(magnitude != 0);
#endif
}

/* What the loops need, in vectors: a shift by a number takes longer. */
struct shifts {
    vn_bits drop, fraction, sixteen, sign; /* counts */
    vn_bits added;                         /* to a code with its fraction */
    vn_bits least, range, sign_bit;
    bool below; /* there are numbers below the normal ones that need care */
};

static inline struct shifts shifts_of(const struct lac_narrow *n, bool random)
{
    const vn_bits zero = {0};
    uint64_t base = n->offset << n->mantissa_bits;
    return (struct shifts){
        .drop = zero + n->drop,
        .fraction = zero + (n->drop - 16),
        .sixteen = zero + 16,
        .sign = zero + (64 - n->code_bits),
        .added = zero + (random ? UINT64_C(0xFFFF) - (base << 16)
                                : (UINT64_C(1) << (n->drop - 1)) - 1 - (base << n->drop)),
        .least = zero + n->least,
        .range = zero + (n->limit - n->least),
        .sign_bit = zero + (UINT64_C(1) << (n->code_bits - 1)),
        .below = n->offset > 0,
    };
}

/* Codes with 16 bits of fraction behind them, less a number below 2^16, plus 2^16 - 1: that carries
   if and only if the number is less than the fraction. */
static inline vn_bits random_code(const struct shifts *s, vn_bits magnitude, const uint16_t *number,
                                  vn_bits *most)
{
    vn_bits sum = (magnitude >> s->fraction) - load_short(number) + s->added;
    *most = most16(*most, sum);
    return shifted_or_zero(magnitude, sum, s->sixteen);
}

static inline vn_bits nearest_code(const struct shifts *s, vn_bits magnitude)
{
    vn_bits sum = magnitude + (magnitude >> s->drop & 1) + s->added;
    return shifted_or_zero(magnitude, sum, s->drop);
}

/* The same where a lane is not normal. */
static vn_bits random_below(const struct lac_narrow *n, vn_bits magnitude, const uint16_t *number,
                            vn_bits *most)
{
    vn_bits dropped, base, mantissa = unpack(n, magnitude, &dropped, &base);
    vn_bits sum = (mantissa >> (dropped - 16)) + (load_short(number) ^ 0xFFFF);
    *most = most16(*most, sum);
    return (sum >> 16) + base;
}

static vn_bits nearest_below(const struct lac_narrow *n, vn_bits magnitude)
{
    vn_bits dropped, base, mantissa = unpack(n, magnitude, &dropped, &base);
    dropped = least_of(dropped, (vn_bits){0} + 60);
    vn_bits half = ((vn_bits){0} + 1) << (dropped - 1);
    return ((mantissa + (half - 1) + (mantissa >> dropped & 1)) >> dropped) + base;
}

static inline bool any_odd(const struct shifts *s, vn_bits magnitude)
{
#if LAC_LANES == 8
    __mmask8 some = _mm512_test_epi64_mask((__m512i)magnitude, (__m512i)magnitude);
    return _mm512_mask_cmpgt_epu64_mask(some, (__m512i)(magnitude - s->least), (__m512i)s->range) !=
           0;
#else
    vn_mask small = ((vn_mask)magnitude < (vn_mask)s->least) & (vn_mask)(magnitude != 0);
    return vn_signs(small | ((vn_mask)magnitude > (vn_mask)(s->least + s->range))) != 0;
#endif
}

/* *excess is set where a lane is too large. */
static inline vn_bits round_lanes(const struct lac_narrow *n, const struct shifts *s,
                                  const double *value, const uint16_t *number, bool random,
                                  vn_bits *most, bool *excess)
{
    vn_bits bits = (vn_bits)vn_load(value), magnitude = bits & MAGNITUDE, code;
    if (__builtin_expect(any_odd(s, magnitude), 0)) {
        *excess = vn_signs((vn_mask)magnitude > (int64_t)n->limit) != 0 || *excess;
        magnitude = least_of(magnitude, (vn_bits){0} + n->limit);
        if (s->below) {
            code = random ? random_below(n, magnitude, number, most) : nearest_below(n, magnitude);
        } else {
            code = random ? random_code(s, magnitude, number, most) : nearest_code(s, magnitude);
        }
    } else {
        code = random ? random_code(s, magnitude, number, most) : nearest_code(s, magnitude);
    }
    return code | (bits >> s->sign & s->sign_bit);
}

/* The last values, fewer than LANES; zeros behind have no ties. */
static inline void round_last(const struct lac_narrow *n, const struct shifts *s,
                              const double *value, const uint16_t *number, size_t count,
                              unsigned char *codes, bool random, vn_bits *most, bool *excess)
{
    double last[LANES] = {0};
    uint16_t last_number[LANES];
    memset(last_number, 0xFF, sizeof last_number);
    memcpy(last, value, count * sizeof *value);
    if (random) {
        memcpy(last_number, number, count * sizeof *number);
    }
    vn_bits code = round_lanes(n, s, last, last_number, random, most, excess);
    for (size_t j = 0; j < count; j++) {
        uint32_t in_long = (uint32_t)code[j];
        uint16_t in_short = (uint16_t)code[j];
        if (lac_narrow_width(n) == 4) {
            memcpy(codes + 4 * j, &in_long, sizeof in_long);
        } else {
            memcpy(codes + 2 * j, &in_short, sizeof in_short);
        }
    }
}

static inline unsigned round_all(const struct lac_narrow *format, const double *value,
                                 const uint16_t *number, size_t count, unsigned char *codes,
                                 bool wide, bool random)
{
    const struct lac_narrow n = *format; /* stores to codes cannot change it */
    const struct shifts s = shifts_of(&n, random);
    vn_bits most = {0};
    bool excess = false;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        __builtin_prefetch(value + i + AHEAD);
        vn_bits code = round_lanes(&n, &s, value + i, number + i, random, &most, &excess);
        if (wide) {
            store_long(codes + 4 * i, code);
        } else {
            store_short(codes + 2 * i, code);
        }
    }
    if (i < count) {
        round_last(&n, &s, value + i, number + i, count - i, codes + lac_narrow_width(&n) * i,
                   random, &most, &excess);
    }
    bool tie = vn_signs((vn_mask)((most & 0xFFFF) == 0xFFFF)) != 0;
    return (tie ? LAC_NARROW_TIE : 0u) | (excess ? LAC_NARROW_EXCESS : 0u);
}

static unsigned round_random(const struct lac_narrow *n, const double *value,
                             const uint16_t *number, size_t count, unsigned char *codes)
{
    return lac_narrow_width(n) == 4 ? round_all(n, value, number, count, codes, true, true)
                                    : round_all(n, value, number, count, codes, false, true);
}

static unsigned round_nearest(const struct lac_narrow *n, const double *value, size_t count,
                              unsigned char *codes)
{
    static const uint16_t unused[LAC_BLOCK];
    return lac_narrow_width(n) == 4 ? round_all(n, value, unused, count, codes, true, false)
                                    : round_all(n, value, unused, count, codes, false, false);
}

/* A subnormal number is the mantissa behind the exponent of the least normal one, minus that one. */
static inline vn widen_lanes(const struct lac_narrow *n, vn_bits code, vn_bits *bad)
{
    vn_bits magnitude = code & ((UINT64_C(1) << (n->code_bits - 1)) - 1);
    vn_bits sign = code >> (n->code_bits - 1) << 63;
    vn_bits bits = (magnitude << n->drop) + (n->offset << 52);
    vn_bits least = (vn_bits){0} + ((n->offset + 1) << 52);
    vn_mask small = (vn_mask)magnitude < (int64_t)(UINT64_C(1) << n->mantissa_bits);
    vn below = (vn)((magnitude << n->drop) + least) - (vn)least;
    *bad |= (vn_bits)((vn_mask)magnitude >= (int64_t)n->infinity);
    return (vn)((vn_bits)vn_select(small, below, (vn)bits) | sign);
}

static inline bool widen_all(const struct lac_narrow *format, const unsigned char *codes,
                             size_t count, double *value, bool wide)
{
    const struct lac_narrow n = *format;
    const size_t width = wide ? 4 : 2;
    vn_bits bad = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        const unsigned char *p = codes + width * i;
        vn_store(value + i, widen_lanes(&n, wide ? load_long(p) : load_short(p), &bad));
    }
    if (i < count) {
        unsigned char last_codes[4 * LANES] = {0};
        double last[LANES];
        memcpy(last_codes, codes + width * i, width * (count - i));
        vn_bits code = wide ? load_long(last_codes) : load_short(last_codes);
        vn_store(last, widen_lanes(&n, code, &bad));
        memcpy(value + i, last, (count - i) * sizeof *value);
    }
    return vn_signs((vn_mask)bad) == 0;
}

static bool widen(const struct lac_narrow *n, const unsigned char *codes, size_t count,
                  double *value)
{
    return lac_narrow_width(n) == 4 ? widen_all(n, codes, count, value, true)
                                    : widen_all(n, codes, count, value, false);
}

const struct lac_narrow_kernels LAC_SUFFIXED(lac_narrow_kernels, LAC_LEVEL) = {
    .random = round_random,
    .nearest = round_nearest,
    .widen = widen,
};
