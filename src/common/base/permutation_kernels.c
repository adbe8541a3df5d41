/*
 * Points of the keyed bijection of base/rng.h, many at once, the same on every instruction set. Sizes
 * are at most 2^32, so that halves are at most 2^16 and the sum of two has room in 32 bits. A lane has
 * one point; several vectors go side by side and hide the latency of their multiplications.
 */
#include "base/kernels.h"
#include "base/rng.h"
#include "base/simd.h"

#ifdef __SSE2__
#include <immintrin.h>

enum { WORDS = 2 * LANES, SIDE_BY_SIDE = LANES == 8 ? 4 : 2, GROUP = WORDS * SIDE_BY_SIDE };

#if LAC_LANES == 8
typedef __m512i wide;
#define WIDE(operation) _mm512_##operation
#elif LAC_LANES == 4
typedef __m256i wide;
#define WIDE(operation) _mm256_##operation
#else
typedef __m128i wide;
#define WIDE(operation) _mm_##operation
#endif

typedef uint32_t words __attribute__((vector_size(8 * LAC_LANES)));
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

/* half + the function of a round, modulo bound */
static inline words step(words half, words other, const uint32_t key[2], words bound)
{
    const words upper = (words)((vn_bits){0} + (UINT64_MAX << 32));
    words h = (other + key[0]) * key[1];
    h ^= h >> 16;
    h *= 0x9E3779B1u;
    wide even = WIDE(mul_epu32)((wide)h, (wide)bound);
    wide odd = WIDE(mul_epu32)(WIDE(srli_epi64)((wide)h, 32), (wide)bound);
    return reduce(half + ((words)WIDE(srli_epi64)(even, 32) | ((words)odd & upper)), bound);
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
    for (uint64_t i = 0; i < GROUP; i++) {
        x->high[i / WORDS][i % WORDS] = (uint32_t)((first + i) / p->columns);
        x->low[i / WORDS][i % WORDS] = (uint32_t)((first + i) % p->columns);
    }
}

static size_t permute_groups(const struct lac_permutation *p, uint64_t first, uint32_t *out,
                             size_t count)
{
    const words columns = (words){0} + (uint32_t)p->columns;
    const uint32_t more_high = GROUP / (uint32_t)p->columns;
    const uint32_t more_low = GROUP % (uint32_t)p->columns;
    struct points at, x;
    size_t done = 0;
    begin(p, first, &at);
    for (; done + GROUP <= count; done += GROUP) {
        x = at;
        network(p, &x);
        store_points(p, first + done, &x, out + done);
        for (int k = 0; k < SIDE_BY_SIDE; k++) {
            words low = at.low[k] + more_low;
            words carry = (words)(low >= columns); /* all ones, -1 */
            at.high[k] += more_high - carry;
            at.low[k] = low - (columns & carry);
        }
    }
    return done;
}
#endif

void LAC_SUFFIXED(lac_permute, LAC_LEVEL)(const struct lac_permutation *p, uint64_t first,
                                          uint32_t *out, size_t count)
{
    size_t done = 0;
#ifdef __SSE2__
    if (count >= GROUP) {
        done = permute_groups(p, first, out, count);
    }
#endif
    for (; done < count; done++) {
        out[done] = (uint32_t)lac_permutation_at(p, first + done);
    }
}
