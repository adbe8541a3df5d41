#include "compressor/rans_kernels.h"

#include <string.h>

#include "base/simd.h"

enum { BYTES = 8 * LAC_LANES, FEW = 32, TABLES = 4 };

typedef uint8_t vbytes __attribute__((vector_size(8 * LAC_LANES)));

#if LAC_LANES == 8

static inline __m512i step_of(const uint32_t *table, __m512i low, __m512i high, bool few, __m512i s)
{
    return few ? _mm512_permutex2var_epi32(low, s, high) : _mm512_i32gather_epi32(s, table, 4);
}

struct tables {
    const struct lac_rans_steps *steps;
    __m512i inverse[2], rest[2];
};

static inline unsigned char *put16(const struct tables *t, bool few, const uint8_t *symbol,
                                   __m512i *state, unsigned char *p)
{
    const __m512i mask12 = _mm512_set1_epi32(0xFFF);
    __m512i x = *state,
            s = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)symbol));
    __m512i inverse = step_of(t->steps->inverse, t->inverse[0], t->inverse[1], few, s);
    __m512i rest = step_of(t->steps->rest, t->rest[0], t->rest[1], few, s);
    __m512i last = _mm512_and_si512(rest, mask12);
    __mmask16 over =
        _mm512_cmpgt_epi32_mask(_mm512_srli_epi32(x, LAC_RANS_STATE_BITS - LAC_RANS_BITS), last);
    unsigned words = (unsigned)__builtin_popcount(over);
    __m256i word = _mm512_cvtepi32_epi16(_mm512_maskz_compress_epi32(over, x));
    p -= 2 * (size_t)words;
    _mm256_mask_storeu_epi16(p, (__mmask16)((1u << words) - 1), word);
    x = _mm512_mask_srli_epi32(x, over, x, 16);
    __m512i twice = _mm512_add_epi32(x, x);
    __m512i even = _mm512_mul_epu32(twice, inverse);
    __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(twice, 32), _mm512_srli_epi64(inverse, 32));
    __m512i product = _mm512_mask_mov_epi32(_mm512_srli_epi64(even, 32), 0xAAAA, odd);
    __m512i quotient = _mm512_srlv_epi32(product, _mm512_srli_epi32(rest, 24));
    __m512i start = _mm512_and_si512(_mm512_srli_epi32(rest, 12), mask12);
    __m512i more = _mm512_mullo_epi32(quotient, _mm512_xor_si512(last, mask12));
    *state = _mm512_add_epi32(_mm512_add_epi32(x, start), more);
    return p;
}

static inline unsigned char *put_groups(const struct tables *t, bool few, const uint8_t *symbol,
                                        size_t groups, uint32_t *state, unsigned char *p)
{
    __m512i x = _mm512_loadu_si512(state), y = _mm512_loadu_si512(state + 16);
    for (size_t g = groups; g-- > 0;) {
        p = put16(t, few, symbol + g * LAC_RANS_LANES + 16, &y, p);
        p = put16(t, few, symbol + g * LAC_RANS_LANES, &x, p);
    }
    _mm512_storeu_si512(state, x);
    _mm512_storeu_si512(state + 16, y);
    return p;
}

static unsigned char *write(const struct lac_rans_steps *steps, unsigned alphabet,
                            const uint8_t *symbol, size_t groups, uint32_t *state,
                            unsigned char *end)
{
    struct tables t = {.steps = steps};
    for (size_t k = 0; k < 2; k++) {
        t.inverse[k] = _mm512_loadu_si512(steps->inverse + 16 * k);
        t.rest[k] = _mm512_loadu_si512(steps->rest + 16 * k);
    }
    return alphabet <= FEW ? put_groups(&t, true, symbol, groups, state, end)
                           : put_groups(&t, false, symbol, groups, state, end);
}

static inline const unsigned char *get16(const uint32_t *slots, __m512i *state,
                                         const unsigned char *p, uint8_t *symbol)
{
    const __m512i mask12 = _mm512_set1_epi32(0xFFF), one = _mm512_set1_epi32(1);
    __m512i x = *state;
    __m512i slot = _mm512_i32gather_epi32(_mm512_and_si512(x, mask12), slots, 4);
    __m512i word = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)p));
    _mm_storeu_si128((__m128i *)(void *)symbol, _mm512_cvtepi32_epi8(slot));
    __m512i frequency = _mm512_add_epi32(_mm512_srli_epi32(slot, 20), one);
    __m512i place = _mm512_and_si512(_mm512_srli_epi32(slot, 8), mask12);
    x = _mm512_mullo_epi32(frequency, _mm512_srli_epi32(x, LAC_RANS_BITS));
    x = _mm512_add_epi32(x, place);
    __mmask16 under = _mm512_cmplt_epu32_mask(x, _mm512_set1_epi32(1 << LAC_RANS_LOW));
    __m512i more = _mm512_maskz_expand_epi32(under, word);
    x = _mm512_or_si512(_mm512_mask_slli_epi32(x, under, x, 16), more);
    *state = x;
    return p + 2 * (size_t)__builtin_popcount(under);
}

static size_t read(const uint32_t *slot, uint32_t *state, const unsigned char **p,
                   const unsigned char *end, uint8_t *symbol, size_t groups)
{
    __m512i x = _mm512_loadu_si512(state), y = _mm512_loadu_si512(state + 16);
    const unsigned char *at = *p;
    size_t g = 0;
    for (; g < groups && end - at >= LAC_RANS_GROUP_BYTES; g++) {
        at = get16(slot, &x, at, symbol + g * LAC_RANS_LANES);
        at = get16(slot, &y, at, symbol + g * LAC_RANS_LANES + 16);
    }
    _mm512_storeu_si512(state, x);
    _mm512_storeu_si512(state + 16, y);
    *p = at;
    return g;
}

#elif LAC_LANES == 4

enum { VECTORS = LAC_RANS_LANES / 8 };

/* For a mask of lanes, the lane that each takes from: of words in a row to the lanes of the mask, and of these
   lanes to the upper end. */
struct moves {
    uint64_t expand[256], gather_up[256]; /* a byte for each lane */
};

static void set_moves(struct moves *m)
{
    for (unsigned mask = 0; mask < 256; mask++) {
        unsigned below = 0, at = 8 - (unsigned)__builtin_popcount(mask);
        m->expand[mask] = m->gather_up[mask] = 0;
        for (unsigned lane = 0; lane < 8; lane++) {
            if (mask >> lane & 1) {
                m->expand[mask] |= (uint64_t)below++ << 8 * lane;
                m->gather_up[mask] |= (uint64_t)lane << 8 * at++;
            }
        }
    }
}

static inline __m256i moved(__m256i x, uint64_t move)
{
    return _mm256_permutevar8x32_epi32(x, _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)move)));
}

static inline unsigned char *put8(const struct lac_rans_steps *steps, const struct moves *moves,
                                  const uint8_t *symbol, __m256i *state, unsigned char *p)
{
    const __m256i mask12 = _mm256_set1_epi32(0xFFF);
    __m256i x = *state, s = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)symbol));
    __m256i inverse = _mm256_i32gather_epi32((const int *)steps->inverse, s, 4);
    __m256i rest = _mm256_i32gather_epi32((const int *)steps->rest, s, 4);
    __m256i last = _mm256_and_si256(rest, mask12);
    __m256i over =
        _mm256_cmpgt_epi32(_mm256_srli_epi32(x, LAC_RANS_STATE_BITS - LAC_RANS_BITS), last);
    unsigned mask = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(over));
    __m256i word = moved(_mm256_and_si256(x, _mm256_set1_epi32(0xFFFF)), moves->gather_up[mask]);
    _mm_storeu_si128(
        (__m128i *)(void *)(p - 16),
        _mm_packus_epi32(_mm256_castsi256_si128(word), _mm256_extracti128_si256(word, 1)));
    p -= 2 * (size_t)__builtin_popcount(mask);
    x = _mm256_blendv_epi8(x, _mm256_srli_epi32(x, 16), over);
    __m256i twice = _mm256_add_epi32(x, x);
    __m256i even = _mm256_mul_epu32(twice, inverse);
    __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(twice, 32), _mm256_srli_epi64(inverse, 32));
    __m256i product = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    __m256i quotient = _mm256_srlv_epi32(product, _mm256_srli_epi32(rest, 24));
    __m256i start = _mm256_and_si256(_mm256_srli_epi32(rest, 12), mask12);
    __m256i more = _mm256_mullo_epi32(quotient, _mm256_xor_si256(last, mask12));
    *state = _mm256_add_epi32(_mm256_add_epi32(x, start), more);
    return p;
}

static unsigned char *write(const struct lac_rans_steps *steps, unsigned alphabet,
                            const uint8_t *symbol, size_t groups, uint32_t *state,
                            unsigned char *end)
{
    struct moves moves;
    __m256i x[VECTORS];
    (void)alphabet;
    set_moves(&moves);
    memcpy(x, state, sizeof x);
    for (size_t g = groups; g-- > 0;) {
        end = put8(steps, &moves, symbol + g * LAC_RANS_LANES + 24, &x[3], end);
        end = put8(steps, &moves, symbol + g * LAC_RANS_LANES + 16, &x[2], end);
        end = put8(steps, &moves, symbol + g * LAC_RANS_LANES + 8, &x[1], end);
        end = put8(steps, &moves, symbol + g * LAC_RANS_LANES, &x[0], end);
    }
    memcpy(state, x, sizeof x);
    return end;
}

static inline __m256i get8(const uint32_t *slots, const struct moves *moves, __m256i *state,
                           const unsigned char **p)
{
    const __m256i mask12 = _mm256_set1_epi32(0xFFF), one = _mm256_set1_epi32(1);
    __m256i x = *state;
    __m256i slot = _mm256_i32gather_epi32((const int *)slots, _mm256_and_si256(x, mask12), 4);
    __m256i word = _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)*p));
    __m256i frequency = _mm256_add_epi32(_mm256_srli_epi32(slot, 20), one);
    __m256i place = _mm256_and_si256(_mm256_srli_epi32(slot, 8), mask12);
    x = _mm256_mullo_epi32(frequency, _mm256_srli_epi32(x, LAC_RANS_BITS));
    x = _mm256_add_epi32(x, place);
    __m256i under = _mm256_cmpgt_epi32(_mm256_set1_epi32(1 << LAC_RANS_LOW), x);
    unsigned mask = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(under));
    __m256i more = _mm256_or_si256(_mm256_slli_epi32(x, 16), moved(word, moves->expand[mask]));
    *state = _mm256_blendv_epi8(x, more, under);
    *p += 2 * (size_t)__builtin_popcount(mask);
    return _mm256_and_si256(slot, _mm256_set1_epi32(0xFF));
}

static size_t read(const uint32_t *slot, uint32_t *state, const unsigned char **p,
                   const unsigned char *end, uint8_t *symbol, size_t groups)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    struct moves moves;
    __m256i x[VECTORS];
    const unsigned char *at = *p;
    size_t g = 0;
    set_moves(&moves);
    memcpy(x, state, sizeof x);
    for (; g < groups && end - at >= LAC_RANS_GROUP_BYTES; g++) {
        __m256i a = get8(slot, &moves, &x[0], &at), b = get8(slot, &moves, &x[1], &at);
        __m256i c = get8(slot, &moves, &x[2], &at), d = get8(slot, &moves, &x[3], &at);
        __m256i all = _mm256_packus_epi16(_mm256_packus_epi32(a, b), _mm256_packus_epi32(c, d));
        all = _mm256_permutevar8x32_epi32(all, order);
        _mm256_storeu_si256((__m256i *)(void *)(symbol + g * LAC_RANS_LANES), all);
    }
    memcpy(state, x, sizeof x);
    *p = at;
    return g;
}

#else

static unsigned char *write(const struct lac_rans_steps *steps, unsigned alphabet,
                            const uint8_t *symbol, size_t groups, uint32_t *state,
                            unsigned char *end)
{
    (void)alphabet;
    for (size_t i = groups * LAC_RANS_LANES; i-- > 0;) {
        end = lac_rans_put(&state[i % LAC_RANS_LANES], steps->inverse[symbol[i]],
                           steps->rest[symbol[i]], end);
    }
    return end;
}

static size_t read(const uint32_t *slot, uint32_t *state, const unsigned char **p,
                   const unsigned char *end, uint8_t *symbol, size_t groups)
{
    const unsigned char *at = *p;
    size_t g = 0;
    for (; g < groups && end - at >= LAC_RANS_GROUP_BYTES; g++, symbol += LAC_RANS_LANES) {
        for (size_t lane = 0; lane < LAC_RANS_LANES; lane++) {
            uint32_t x = state[lane];
            symbol[lane] = lac_rans_get(slot, &x);
            bool under = x >> LAC_RANS_LOW == 0;
            uint32_t more = x << 16 | lac_load16(at);
            state[lane] = under ? more : x;
            at += 2 * (size_t)under;
        }
    }
    *p = at;
    return g;
}

#endif

/* Several, so that equal neighbours do not wait for each other. */
static void count_by_tables(const uint8_t *symbol, size_t count, unsigned alphabet,
                            uint32_t *histogram)
{
    uint32_t part[TABLES][LAC_RANS_ALPHABET] = {{0}};
    size_t i = 0;
    for (; i + TABLES <= count; i += TABLES) {
        for (size_t k = 0; k < TABLES; k++) {
            part[k][symbol[i + k]]++;
        }
    }
    for (; i < count; i++) {
        part[0][symbol[i]]++;
    }
    for (unsigned a = 0; a < alphabet; a++) {
        histogram[a] += part[0][a] + part[1][a] + part[2][a] + part[3][a];
    }
}

static uint32_t count_one(const uint8_t *symbol, size_t vectors, uint8_t which)
{
    vbytes sum = {0};
    uint32_t total = 0;
    for (size_t i = 0; i < vectors; i++) { /* at most 255 */
        vbytes x;
        memcpy(&x, symbol + i * BYTES, sizeof x);
        sum -= (vbytes)(x == which);
    }
    for (size_t i = 0; i < BYTES; i++) {
        total += sum[i];
    }
    return total;
}

static void count(const uint8_t *symbol, size_t count, unsigned alphabet, uint32_t *histogram)
{
    memset(histogram, 0, alphabet * sizeof *histogram);
    while (alphabet <= FEW && count >= BYTES) {
        size_t vectors = count / BYTES < 255 ? count / BYTES : 255, rest = vectors * BYTES;
        for (unsigned a = 1; a < alphabet; a++) {
            uint32_t times = count_one(symbol, vectors, (uint8_t)a);
            histogram[a] += times;
            rest -= times;
        }
        histogram[0] += (uint32_t)rest;
        symbol += vectors * BYTES;
        count -= vectors * BYTES;
    }
    count_by_tables(symbol, count, alphabet, histogram);
}

const struct lac_rans_kernels LAC_SUFFIXED(lac_rans_kernels, LAC_LEVEL) = {write, read, count};
