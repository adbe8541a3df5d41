/*
 * Points of the keyed bijection of base/rng.h, many at once, the same on every instruction set. Sizes
 * are at most 2^32, so that halves are at most 2^16 and the sum of two has room in 32 bits. A lane has
 * one point; several vectors go side by side and hide the latency of their multiplications.
 */
#include "base/kernels.h"
#include "base/rng.h"
#include "base/simd_words.h"

#ifdef __SSE2__
enum { WORDS = 2 * LANES, SIDE_BY_SIDE = 8, GROUP = WORDS * SIDE_BY_SIDE };
typedef int32_t signed_words __attribute__((vector_size(8 * LAC_LANES)));

struct points {
    words high[SIDE_BY_SIDE], low[SIDE_BY_SIDE];
};

/* a mod bound for a < 2 bound < 2^31 */
static inline words reduce(words a, words bound)
{
    words less = a - bound;
#if LAC_LANES >= 4
    return (words)WIDE(min_epu32)((wide)a, (wide)less);
#else
    return less + (bound & (words)((signed_words)less >> 31));
#endif
}

/* The upper halves of 64-bit products, of the even words and of the odd ones, where they belong. */
static inline words upper_halves(wide even, wide odd)
{
#if LAC_LANES == 8
    return (words)_mm512_mask_shuffle_epi32(odd, 0x5555, even, (_MM_PERM_ENUM)0xF5);
#elif LAC_LANES == 4
    return (words)_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
#else
    const words upper = (words)((vn_bits){0} + (UINT64_MAX << 32));
    return (words)_mm_srli_epi64(even, 32) | ((words)odd & upper);
#endif
}

/* half + the function of a round, modulo bound */
static inline words step(words half, words other, const uint32_t key[2], words bound)
{
    words h = (other + key[0]) * key[1];
    h ^= h >> 16;
    h *= 0x9E3779B1u;
    wide even = WIDE(mul_epu32)((wide)h, (wide)bound);
    wide odd = WIDE(mul_epu32)(WIDE(srli_epi64)((wide)h, 32), (wide)bound);
    return reduce(half + upper_halves(even, odd), bound);
}

static inline void network(const struct lac_permutation *p, struct points *x)
{
    const words rows = (words){0} + (uint32_t)p->rows;
    const words columns = (words){0} + (uint32_t)p->columns;
    for (int t = 0; t < LAC_FEISTEL_ROUNDS; t += 2) {
        for (int k = 0; k < SIDE_BY_SIDE; k++) {
            x->high[k] = step(x->high[k], x->low[k], p->round_key[t], rows);
        }
        for (int k = 0; k < SIDE_BY_SIDE; k++) {
            x->low[k] = step(x->low[k], x->high[k], p->round_key[t + 1], columns);
        }
    }
}

static inline words larger(words a, words b)
{
#if LAC_LANES >= 4
    return (words)WIDE(max_epu32)((wide)a, (wide)b);
#else
    words half = (words){0} + 0x80000000u;
    words above = (words)((signed_words)(a ^ half) > (signed_words)(b ^ half));
    return (a & above) | (b & ~above);
#endif
}

static inline bool same(words a, words b)
{
#if LAC_LANES == 8
    return _mm512_cmpneq_epu32_mask((wide)a, (wide)b) == 0;
#elif LAC_LANES == 4
    return _mm256_testz_si256((wide)(a ^ b), (wide)(a ^ b));
#else
    return _mm_movemask_epi8(_mm_cmpeq_epi32((wide)a, (wide)b)) == 0xFFFF;
#endif
}

/* Points first, ...: what leaves the network outside of the size walks on, alone. */
static inline void store_points(const struct lac_permutation *p, uint64_t first,
                                const struct points *x, uint32_t *out)
{
    const words last = (words){0} + (uint32_t)(p->size - 1);
    words most = last, value[SIDE_BY_SIDE];
    for (int k = 0; k < SIDE_BY_SIDE; k++) {
        value[k] = x->high[k] * (uint32_t)p->columns + x->low[k];
        most = larger(most, value[k]);
    }
    memcpy(out, value, sizeof value);
    if (!same(most, last)) {
        for (size_t i = 0; i < GROUP; i++) {
            if (out[i] >= p->size) {
                out[i] = (uint32_t)lac_permutation_at(p, first + i);
            }
        }
    }
}

/* The halves of first, first + 1, ...; later ones by addition with carry. */
static void begin(const struct lac_permutation *p, uint64_t first, struct points *x)
{
    uint32_t columns = (uint32_t)p->columns;
    for (uint32_t i = 0; i < GROUP; i++) {
        x->high[i / WORDS][i % WORDS] = ((uint32_t)first + i) / columns;
        x->low[i / WORDS][i % WORDS] = ((uint32_t)first + i) % columns;
    }
}

static void advance(struct points *x, uint32_t high, uint32_t low, words columns)
{
    for (int k = 0; k < SIDE_BY_SIDE; k++) {
        words sum = x->low[k] + low;
        words carry = (words)(sum >= columns); /* all ones, -1 */
        x->high[k] += high - carry;
        x->low[k] = sum - (columns & carry);
    }
}

static void permute_groups(const struct lac_permutation *p, uint64_t first, uint32_t *out,
                           size_t groups)
{
    const words columns = (words){0} + (uint32_t)p->columns;
    struct points at, x;
    begin(p, first, &at);
    for (size_t g = 0; g < groups; g++) {
        x = at;
        network(p, &x);
        store_points(p, first + g * GROUP, &x, out + g * GROUP);
        advance(&at, GROUP / (uint32_t)p->columns, GROUP % (uint32_t)p->columns, columns);
    }
}
#endif

void LAC_SUFFIXED(lac_permute, LAC_LEVEL)(const struct lac_permutation *p, uint64_t first,
                                          uint32_t *out, size_t count)
{
#ifdef __SSE2__
    if (count >= GROUP) { /* the last group may repeat points of the one before */
        size_t last = count - GROUP;
        permute_groups(p, first, out, count / GROUP);
        if (count % GROUP > 0) {
            permute_groups(p, first + last, out + last, 1);
        }
        return;
    }
#endif
    for (size_t i = 0; i < count; i++) {
        out[i] = (uint32_t)lac_permutation_at(p, first + i);
    }
}
