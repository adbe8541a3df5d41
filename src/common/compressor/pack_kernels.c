/* Compiled once for each instruction set; see base/simd.h. */
#include "compressor/pack_kernels.h"

#include "base/simd.h"
#include "wire/bytes.h"

enum { GROUP = 8 }; /* codes */

static void pack9_group(unsigned char *packed, const uint16_t *code)
{
    uint64_t low = 0;
    for (int i = 0; i < 7; i++) {
        low |= (uint64_t)code[i] << 9 * i;
    }
    lac_store64(packed, low | (uint64_t)code[7] << 63);
    packed[8] = (unsigned char)(code[7] >> 1);
}

static void pack12_group(unsigned char *packed, const uint16_t *code)
{
    uint64_t low = 0, high = code[5] >> 4;
    for (int i = 0; i < 6; i++) {
        low |= (uint64_t)code[i] << 12 * i; /* of the sixth, 4 bits */
    }
    high |= (uint64_t)code[6] << 8 | (uint64_t)code[7] << 20;
    lac_store64(packed, low);
    lac_store32(packed + 8, (uint32_t)high);
}

static void unpack9_group(uint16_t *code, const unsigned char *packed)
{
    for (int i = 0; i < GROUP; i++) {
        code[i] = (uint16_t)(lac_load16(packed + i) >> i & 0x1FF);
    }
}

static void unpack12_group(uint16_t *code, const unsigned char *packed)
{
    for (int i = 0; i < GROUP; i++) {
        code[i] = (uint16_t)(lac_load16(packed + i * 3 / 2) >> 4 * (i % 2) & 0xFFF);
    }
}

#if LAC_LANES >= 4
enum { STEP = 16 }; /* codes: 8 in each half of a register */

/* The halves of packed bytes, 16 each of which the first `bytes` count: the second store covers what
   the first wrote too much, and stays inside where another group follows. */
static inline void store_halves(unsigned char *packed, __m256i v, size_t bytes)
{
    _mm_storeu_si128((__m128i *)(void *)packed, _mm256_castsi256_si128(v));
    _mm_storeu_si128((__m128i *)(void *)(packed + bytes), _mm256_extracti128_si256(v, 1));
}

static inline __m256i load_halves(const unsigned char *packed, size_t bytes)
{
    return _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)packed)),
        _mm_loadu_si128((const __m128i *)(const void *)(packed + bytes)), 1);
}

static inline __m256i load_codes(const uint16_t *code)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)code);
}

/* Twice 18 bits, then twice 36, then 72. */
static inline __m256i pack9_step(const uint16_t *code)
{
    const __m256i low18 = _mm256_set1_epi64x(0x3FFFF);
    const __m256i nibble = _mm256_setr_epi64x(0, 4, 0, 4);
    const __m256i first = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 3, 4, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
    const __m256i second = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(-1, -1, -1, -1, 8, 9, 10, 11, 12, -1, -1, -1, -1, -1, -1, -1));
    __m256i pairs = _mm256_madd_epi16(load_codes(code), _mm256_set1_epi32(512 << 16 | 1));
    __m256i fours = _mm256_or_si256(
        _mm256_and_si256(pairs, low18),
        _mm256_and_si256(_mm256_srli_epi64(pairs, 14), _mm256_slli_epi64(low18, 18)));
    fours = _mm256_sllv_epi64(fours, nibble);
    return _mm256_or_si256(_mm256_shuffle_epi8(fours, first), _mm256_shuffle_epi8(fours, second));
}

static inline __m256i pack12_step(const uint16_t *code)
{
    const __m256i three = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    __m256i pairs = _mm256_madd_epi16(load_codes(code), _mm256_set1_epi32(4096 << 16 | 1));
    return _mm256_shuffle_epi8(pairs, three);
}

/* Each code's two bytes; multiplied, its high end is the word's; shifted back, its low end too. */
static inline __m256i unpack9_step(const unsigned char *packed)
{
    const __m256i bytes =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8));
    const __m256i power = _mm256_broadcastsi128_si256(_mm_setr_epi16(128, 64, 32, 16, 8, 4, 2, 1));
    __m256i words = _mm256_shuffle_epi8(load_halves(packed, 9), bytes);
    return _mm256_srli_epi16(_mm256_mullo_epi16(words, power), 7);
}

static inline __m256i unpack12_step(const unsigned char *packed)
{
    const __m256i bytes = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11));
    const __m256i power = _mm256_set1_epi32(1 << 16 | 16);
    __m256i words = _mm256_shuffle_epi8(load_halves(packed, 12), bytes);
    return _mm256_srli_epi16(_mm256_mullo_epi16(words, power), 4);
}

/* A step touches 16 bytes behind the begin of its second half: not beyond the group after it. */
#define LAC_PACK_STEPS(bits)                                                          \
    for (; i + STEP + GROUP <= count; i += STEP) {                                    \
        store_halves(packed + i / GROUP * (bits), pack##bits##_step(code + i), bits); \
    }
#define LAC_UNPACK_STEPS(bits)                                            \
    for (; i + STEP + GROUP <= count; i += STEP) {                        \
        __m256i codes = unpack##bits##_step(packed + i / GROUP * (bits)); \
        _mm256_storeu_si256((__m256i *)(void *)(code + i), codes);        \
    }
#else
#define LAC_PACK_STEPS(bits)
#define LAC_UNPACK_STEPS(bits)
#endif

static void pack9(unsigned char *packed, const uint16_t *code, size_t count)
{
    size_t i = 0;
    LAC_PACK_STEPS(9)
    for (; i < count; i += GROUP) {
        pack9_group(packed + i / GROUP * 9, code + i);
    }
}

static void pack12(unsigned char *packed, const uint16_t *code, size_t count)
{
    size_t i = 0;
    LAC_PACK_STEPS(12)
    for (; i < count; i += GROUP) {
        pack12_group(packed + i / GROUP * 12, code + i);
    }
}

static void unpack9(uint16_t *code, const unsigned char *packed, size_t count)
{
    size_t i = 0;
    LAC_UNPACK_STEPS(9)
    for (; i < count; i += GROUP) {
        unpack9_group(code + i, packed + i / GROUP * 9);
    }
}

static void unpack12(uint16_t *code, const unsigned char *packed, size_t count)
{
    size_t i = 0;
    LAC_UNPACK_STEPS(12)
    for (; i < count; i += GROUP) {
        unpack12_group(code + i, packed + i / GROUP * 12);
    }
}

const struct lac_pack_kernels LAC_SUFFIXED(lac_pack_kernels, LAC_LEVEL) = {
    .pack9 = pack9,
    .pack12 = pack12,
    .unpack9 = unpack9,
    .unpack12 = unpack12,
};
