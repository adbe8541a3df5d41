#include "compressor/level_kernels.h"

#include <string.h>

#include "base/simd.h"
#include "wire/bytes.h"

enum { AT_ONCE = 256, Q = LAC_TERNARY_BYTES };

/* Magnitudes are ordered as the whole numbers of their bits. */
static double largest(const double *v, size_t count)
{
    int64_t most = 0;
    double result;
    for (size_t j = 0; j < count; j++) {
        int64_t bits;
        memcpy(&bits, &v[j], sizeof bits);
        bits &= INT64_MAX;
        most = bits > most ? bits : most;
    }
    memcpy(&result, &most, sizeof result);
    return result;
}

/* x = 2^16 t: its whole part, one more where r is below its lower half, with the sign of v. */
static inline int16_t round_by(int32_t x, int32_t r, double v)
{
    int32_t sign = v < 0.0 ? -1 : 0;
    int32_t level = (x + (65535 - r)) >> 16;
    return (int16_t)((level ^ sign) - sign);
}

static inline int32_t differs(int32_t x, int32_t r) /* negative where the 16 bits are equal */
{
    return ((x ^ r) & 0xFFFF) - 1;
}

static bool linear(const struct lac_level_scale *scale, const double *v, const uint16_t *r,
                   size_t count, int16_t *level)
{
    const struct lac_level_scale c = *scale;
    int32_t equal = 0;
    for (size_t j = 0; j < count; j++) {
        double t = __builtin_fabs(v[j]) * c.lift * c.scale;
        int32_t x = (int32_t)((t < c.top ? t : c.top) * 65536.0);
        equal |= differs(x, r[j]);
        level[j] = round_by(x, r[j], v[j]);
    }
    return equal < 0;
}

static bool natural(const struct lac_level_scale *scale, const double *v, const uint16_t *r,
                    size_t count, int16_t *level)
{
    const struct lac_level_scale c = *scale;
    int32_t equal = 0;
    for (size_t j = 0; j < count; j++) {
        int32_t x = (int32_t)(lac_level_natural(&c, v[j]) >> 32);
        equal |= differs(x, r[j]);
        level[j] = round_by(x, r[j], v[j]);
    }
    return equal < 0;
}

/* 8 bytes of width bits each are moved together: pairs, fours, all. */
static void pack(const int16_t *level, size_t count, unsigned s, unsigned width, unsigned char *out)
{
    unsigned char byte[AT_ONCE];
    for (size_t first = 0; first < count; first += AT_ONCE) {
        size_t here = count - first < AT_ONCE ? count - first : AT_ONCE;
        for (size_t i = 0; i < here; i++) {
            byte[i] = (unsigned char)(level[first + i] + (int)s);
        }
        for (size_t i = 0; i < here; i += 8, out += width) {
            uint64_t x = lac_load64(byte + i);
            x = (x & UINT64_C(0x00FF00FF00FF00FF)) | (x >> 8 & UINT64_C(0x00FF00FF00FF00FF))
                                                         << width;
            x = (x & UINT64_C(0x0000FFFF0000FFFF)) | (x >> 16 & UINT64_C(0x0000FFFF0000FFFF))
                                                         << 2 * width;
            x = (x & UINT32_MAX) | x >> 32 << 4 * width;
            lac_store64(out, x);
        }
    }
}

/* Two fields in each byte: the usual s = 4..7. */
static bool unpack_halves(const unsigned char *in, size_t count, unsigned s, int16_t *level)
{
    int16_t most = 0;
    for (size_t i = 0; i < count / 2; i++) {
        int16_t low = in[i] & 15, high = in[i] >> 4;
        most = low > most ? low : most;
        most = high > most ? high : most;
        level[2 * i] = (int16_t)(low - (int)s);
        level[2 * i + 1] = (int16_t)(high - (int)s);
    }
    return most <= (int)(2 * s);
}

static bool unpack(const unsigned char *in, size_t count, unsigned s, unsigned width,
                   int16_t *level)
{
    const uint64_t one = (UINT64_C(1) << width) - 1, two = (UINT64_C(1) << 2 * width) - 1,
                   four = (UINT64_C(1) << 4 * width) - 1;
    unsigned char most = 0;
    if (width == 4) {
        return unpack_halves(in, count, s, level);
    }
    for (size_t first = 0; first < count; first += AT_ONCE) {
        unsigned char byte[AT_ONCE];
        size_t here = count - first < AT_ONCE ? count - first : AT_ONCE;
        for (size_t i = 0; i < here; i += 8, in += width) {
            uint64_t x = lac_load64(in);
            x = (x & four) | (x >> 4 * width & four) << 32;
            x = (x & (two | two << 32)) | (x >> 2 * width & (two | two << 32)) << 16;
            x = (x & one * UINT64_C(0x0001000100010001)) |
                (x >> width & one * UINT64_C(0x0001000100010001)) << 8;
            lac_store64(byte + i, x);
        }
        for (size_t i = 0; i < here; i++) {
            most = byte[i] > most ? byte[i] : most;
            level[first + i] = (int16_t)(byte[i] - (int)s);
        }
    }
    return most <= (int)(2 * s);
}

static void pack_ternary(const int16_t *level, unsigned char *out)
{
    const size_t q = Q;
    for (size_t i = 0; i < q; i++) {
        int16_t code = (int16_t)(level[i] + 3 * level[q + i] + 9 * level[2 * q + i] +
                                 27 * level[3 * q + i] + 81 * level[4 * q + i] + 121);
        out[i] = (unsigned char)code;
    }
}

static bool unpack_ternary(const unsigned char *in, int16_t *level)
{
    uint16_t most = 0;
    for (size_t i = 0; i < Q; i++) {
        uint16_t rest = in[i];
        most = rest > most ? rest : most;
        for (size_t k = 0; k < 5; k++) {
            uint16_t third = (uint16_t)((uint16_t)(rest * 171u) >> 9); /* rest <= 242 */
            level[k * Q + i] = (int16_t)(rest - 3 * third - 1);
            rest = third;
        }
    }
    return most <= 242;
}

static void fold(const int16_t *level, size_t count, uint8_t *symbol)
{
    for (size_t i = 0; i < count; i++) {
        int16_t twice = (int16_t)(2 * level[i]);
        int16_t below = (int16_t)-twice, above = (int16_t)(twice - 1);
        symbol[i] = (uint8_t)(below > above ? below : above);
    }
}

static void unfold(const uint8_t *symbol, size_t count, int16_t *level)
{
    for (size_t i = 0; i < count; i++) {
        int16_t odd = (int16_t) - (symbol[i] & 1), half = (int16_t)((symbol[i] + 1) >> 1);
        level[i] = (int16_t)((half ^ ~odd) - ~odd);
    }
}

/* Bit i: whether level i is not 0. */
static inline uint64_t mask_of(const int16_t *level)
{
#if LAC_LANES == 8
    __m512i low = _mm512_loadu_si512(level), high = _mm512_loadu_si512(level + 32);
    return _mm512_test_epi16_mask(low, low) | (uint64_t)_mm512_test_epi16_mask(high, high) << 32;
#elif defined(__SSE2__)
    uint64_t mask = 0;
    for (int i = 0; i < 64; i += 16) {
        __m128i low = _mm_loadu_si128((const __m128i *)(const void *)(level + i));
        __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(level + i + 8));
        __m128i zero = _mm_cmpeq_epi8(_mm_packs_epi16(low, high), _mm_setzero_si128());
        mask |= (uint64_t)((uint32_t)_mm_movemask_epi8(zero) ^ 0xFFFFu) << i;
    }
    return mask;
#else
    uint64_t mask = 0;
    for (int i = 0; i < 64; i++) {
        mask |= (uint64_t)(level[i] != 0) << i;
    }
    return mask;
#endif
}

static size_t nonzero(const int16_t *level, size_t count, uint32_t *index)
{
    size_t k = 0, i = 0;
    for (; i + 64 <= count; i += 64) {
        for (uint64_t mask = mask_of(level + i); mask != 0; mask &= mask - 1) {
            index[k++] = (uint32_t)(i + (size_t)__builtin_ctzll(mask));
        }
    }
    for (; i < count; i++) {
        index[k] = (uint32_t)i;
        k += level[i] != 0;
    }
    return k;
}

const struct lac_level_kernels LAC_SUFFIXED(lac_level_kernels, LAC_LEVEL) = {
    largest, linear, natural, pack, unpack, pack_ternary, unpack_ternary, fold, unfold, nonzero,
};
