/*
 * Blocks of the generator, many at once: the words of base/rng.h in their order, the same on every
 * instruction set. One block stands in one lane of four vectors; transposed, their words follow each
 * other.
 */
#include "base/kernels.h"
#include "base/rng.h"
#include "base/simd_words.h"

#ifdef __SSE2__
enum { WORDS = 2 * LANES, GROUPS = WORDS / 4 }; /* lanes of 32 bits; groups of four of them */

/* The high and low halves of the 64-bit products of all lanes with m: half of the products stand at the
   even lanes, half at the odd ones. */
static inline void multiply(words a, wide m, words *high, words *low)
{
    wide even = WIDE(mul_epu32)((wide)a, m);
#if LAC_LANES == 8
    wide odd = _mm512_mul_epu32(_mm512_shuffle_epi32((wide)a, _MM_PERM_DDBB), m);
    *high = (words)_mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
    *low = (words)_mm512_mask_shuffle_epi32(even, 0xAAAA, odd, _MM_PERM_CCAA);
#elif LAC_LANES == 4
    wide odd = _mm256_mul_epu32(_mm256_shuffle_epi32((wide)a, 0xF5), m);
    *high = (words)_mm256_blend_epi32(_mm256_shuffle_epi32(even, 0xF5), odd, 0xAA);
    *low = (words)_mm256_blend_epi32(even, _mm256_shuffle_epi32(odd, 0xA0), 0xAA);
#else
    wide odd = WIDE(mul_epu32)(WIDE(srli_epi64)((wide)a, 32), m);
    const words upper = (words)((vn_bits){0} + (UINT64_MAX << 32));
    *high = (words)WIDE(srli_epi64)(even, 32) | ((words)odd & upper);
    *low = ((words)even & ~upper) | (words)WIDE(slli_epi64)(odd, 32);
#endif
}

static inline void store_transposed(uint32_t *out, words c0, words c1, words c2, words c3)
{
    wide a = WIDE(unpacklo_epi32)((wide)c0, (wide)c1), b = WIDE(unpackhi_epi32)((wide)c0, (wide)c1);
    wide c = WIDE(unpacklo_epi32)((wide)c2, (wide)c3), d = WIDE(unpackhi_epi32)((wide)c2, (wide)c3);
    wide row[4] = {WIDE(unpacklo_epi64)(a, c), WIDE(unpackhi_epi64)(a, c),
                   WIDE(unpacklo_epi64)(b, d), WIDE(unpackhi_epi64)(b, d)};
    memcpy(out, row, sizeof row);
}

/* WORDS blocks; lane 4 g + q has block GROUPS q + g, so that the transposed rows are in order. */
static void philox_group(const uint32_t counter[4], const uint32_t key[2], uint32_t *out)
{
    words c0, c1, c2, c3;
    for (int lane = 0; lane < WORDS; lane++) {
        c0[lane] = counter[0] + (uint32_t)(GROUPS * (lane % 4) + lane / 4);
    }
    c1 = (words){0} + counter[1];
    c2 = (words){0} + counter[2];
    c3 = (words){0} + counter[3];
    const wide m0 = (wide)((vn_bits){0} + 0xD2511F53u), m1 = (wide)((vn_bits){0} + 0xCD9E8D57u);
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        words high0, low0, high1, low1;
        multiply(c0, m0, &high0, &low0);
        multiply(c2, m1, &high1, &low1);
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    store_transposed(out, c0, c1, c2, c3);
}
#endif

void LAC_SUFFIXED(lac_philox_blocks, LAC_LEVEL)(const uint32_t first[4], const uint32_t key[2],
                                                uint32_t *out, size_t blocks)
{
    uint32_t counter[4] = {first[0], first[1], first[2], first[3]};
    size_t done = 0;
#ifdef __SSE2__
    for (; done + WORDS <= blocks; done += WORDS) {
        philox_group(counter, key, out + 4 * done);
        counter[0] += WORDS;
    }
#endif
    for (; done < blocks; done++, counter[0]++) {
        lac_philox(counter, key, out + 4 * done);
    }
}
