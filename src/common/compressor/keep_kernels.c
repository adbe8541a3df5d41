#include "compressor/keep_kernels.h"

#include "base/simd.h"

#if LAC_LANES > 2
#include <immintrin.h>
#endif

#define MAGNITUDE UINT64_C(0x7FFFFFFFFFFFFFFF)

static inline uint64_t magnitude(const double *p)
{
    uint64_t bits;
    memcpy(&bits, p, sizeof bits);
    return bits & MAGNITUDE;
}

/* Written always, counted where it is kept: no branch. */
static inline size_t keep_each(const double *v, size_t begin, size_t end, uint64_t least,
                               uint32_t *index, double *value, size_t kept)
{
    for (size_t j = begin; j < end; j++) {
        index[kept] = (uint32_t)j;
        if (value) {
            value[kept] = v[j];
        }
        kept += magnitude(v + j) >= least;
    }
    return kept;
}

#if LAC_LANES == 8
static inline size_t keep_vectors(const double *v, size_t *at, size_t end, uint64_t least,
                                  uint32_t *index, double *value)
{
    const __m512i bound = _mm512_set1_epi64((int64_t)least);
    const __m512i no_sign = _mm512_set1_epi64((int64_t)MAGNITUDE);
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t kept = 0, j = *at;
    for (; j + 16 <= end; j += 16) {
        __m512d low = _mm512_loadu_pd(v + j), high = _mm512_loadu_pd(v + j + 8);
        __mmask8 first =
            _mm512_cmpge_epu64_mask(_mm512_and_epi64(_mm512_castpd_si512(low), no_sign), bound);
        __mmask8 second =
            _mm512_cmpge_epu64_mask(_mm512_and_epi64(_mm512_castpd_si512(high), no_sign), bound);
        unsigned both = (unsigned)first | (unsigned)second << 8;
        __m512i place = _mm512_add_epi32(lanes, _mm512_set1_epi32((int)(uint32_t)j));
        _mm512_storeu_si512(index + kept, _mm512_maskz_compress_epi32((__mmask16)both, place));
        size_t before = (size_t)__builtin_popcount(both & 0xFFu);
        if (value) {
            _mm512_storeu_pd(value + kept, _mm512_maskz_compress_pd(first, low));
            _mm512_storeu_pd(value + kept + before, _mm512_maskz_compress_pd(second, high));
        }
        kept += (size_t)__builtin_popcount(both);
    }
    *at = j;
    return kept;
}
#elif LAC_LANES == 4
/* For each mask of 4 lanes, the lanes that are kept, moved to the front. */
static const uint8_t front[16][4] = {
    {0, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {2, 0, 0, 0}, {0, 2, 0, 0},
    {1, 2, 0, 0}, {0, 1, 2, 0}, {3, 0, 0, 0}, {0, 3, 0, 0}, {1, 3, 0, 0}, {0, 1, 3, 0},
    {2, 3, 0, 0}, {0, 2, 3, 0}, {1, 2, 3, 0}, {0, 1, 2, 3},
};

static inline size_t keep_four(__m256d here, unsigned mask, size_t j, uint32_t *index,
                               double *value)
{
    int packed;
    memcpy(&packed, front[mask], sizeof packed);
    __m128i lane = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(packed));
    _mm_storeu_si128((__m128i *)(void *)index,
                     _mm_add_epi32(lane, _mm_set1_epi32((int)(uint32_t)j)));
    if (value) { /* lane l is the pair 2 l, 2 l + 1 of words */
        __m256i low = _mm256_slli_epi64(_mm256_cvtepu32_epi64(lane), 1);
        __m256i high = _mm256_add_epi64(low, _mm256_set1_epi64x(1));
        __m256i pair = _mm256_or_si256(low, _mm256_slli_epi64(high, 32));
        _mm256_storeu_si256((__m256i *)(void *)value,
                            _mm256_permutevar8x32_epi32(_mm256_castpd_si256(here), pair));
    }
    return (size_t)__builtin_popcount(mask);
}

/* 16 at once: mostly none of them is kept. */
static inline size_t keep_vectors(const double *v, size_t *at, size_t end, uint64_t least,
                                  uint32_t *index, double *value)
{
    const __m256i below =
        _mm256_set1_epi64x((int64_t)(least - 1)); /* signed: both are below 2^63 */
    const __m256i no_sign = _mm256_set1_epi64x((int64_t)MAGNITUDE);
    size_t kept = 0, j = *at;
    for (; j + 16 <= end; j += 16) {
        __m256i large[4], any = _mm256_setzero_si256();
        for (size_t p = 0; p < 4; p++) {
            __m256i here = _mm256_castpd_si256(_mm256_loadu_pd(v + j + 4 * p));
            large[p] = _mm256_cmpgt_epi64(_mm256_and_si256(here, no_sign), below);
            any = _mm256_or_si256(any, large[p]);
        }
        for (size_t p = 0; p < 4 && !_mm256_testz_si256(any, any); p++) {
            unsigned mask = (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(large[p]));
            kept += keep_four(_mm256_loadu_pd(v + j + 4 * p), mask, j + 4 * p, index + kept,
                              value ? value + kept : NULL);
        }
    }
    *at = j;
    return kept;
}
#else
static inline size_t keep_vectors(const double *v, size_t *at, size_t end, uint64_t least,
                                  uint32_t *index, double *value)
{
    (void)v, (void)at, (void)end, (void)least, (void)index, (void)value;
    return 0;
}
#endif

static size_t keep(const double *v, size_t first, size_t count, uint64_t least, uint32_t *index,
                   double *value)
{
    size_t at = first, end = first + count, kept;
    if (value) { /* two loops */
        kept = keep_vectors(v, &at, end, least, index, value);
        return keep_each(v, at, end, least, index, value, kept);
    }
    kept = keep_vectors(v, &at, end, least, index, NULL);
    return keep_each(v, at, end, least, index, NULL, kept);
}

static uint64_t largest(const double *v, size_t count)
{
    const size_t step = (size_t)4 * LANES;
    vn_mask most[4] = {{0}};
    size_t j = 0;
    for (; j + step <= count; j += step) {
        for (size_t p = 0; p < 4; p++) {
            vn_mask here = (vn_mask)vn_abs(vn_load(v + j + p * LANES));
            vn_mask larger = here > most[p]; /* signed: both are below 2^63 */
            most[p] = (here & larger) | (most[p] & ~larger);
        }
    }
    uint64_t result = 0;
    for (size_t p = 0; p < 4; p++) {
        for (size_t l = 0; l < LANES; l++) {
            result = (uint64_t)most[p][l] > result ? (uint64_t)most[p][l] : result;
        }
    }
    for (; j < count; j++) {
        uint64_t here = magnitude(v + j);
        result = here > result ? here : result;
    }
    return result;
}

const struct lac_keep_kernels LAC_SUFFIXED(lac_keep_kernels, LAC_LEVEL) = {
    .keep = keep,
    .largest = largest,
};
