#include "base/rng.h"

#include <math.h>

#include "base/elementary.h"
#include "base/kernels.h"
#include "base/status.h"

/* The ten rounds of Philox4x32 with the constants of the paper. */
void lac_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = UINT64_C(0xD2511F53) * c0;
        uint64_t p1 = UINT64_C(0xCD9E8D57) * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void lac_rng_init(struct lac_rng *r, const struct lac_stream *s)
{
    LAC_ASSERT(s->round <= LAC_RNG_MAX_ROUND);
    LAC_ASSERT(s->channel <= LAC_RNG_MAX_CHANNEL && s->step <= LAC_RNG_MAX_STEP);
    uint64_t middle = s->round | (uint64_t)(s->client & 0xFFFFFFu) << 40;
    uint32_t high = s->client >> 24 | (uint32_t)s->purpose << 8 | (uint32_t)s->channel << 16 |
                    (uint32_t)s->step << 20;
    *r = (struct lac_rng){
        .key = {(uint32_t)s->seed, (uint32_t)(s->seed >> 32)},
        .counter = {0, (uint32_t)middle, (uint32_t)(middle >> 32), high},
    };
}

uint32_t lac_rng_word(struct lac_rng *r)
{
    if (r->left == 0) {
        lac_philox(r->counter, r->key, r->words);
        r->counter[0]++;
        LAC_ASSERT(r->counter[0] != 0); /* 2^34 words were drawn from one stream */
        r->left = 4;
    }
    return r->words[4 - r->left--];
}

void lac_rng_fill(struct lac_rng *r, uint32_t *words, size_t count)
{
    size_t i = 0;
    for (; i < count && r->left > 0; i++) {
        words[i] = lac_rng_word(r);
    }
    size_t blocks = (count - i) / 4;
    LAC_ASSERT(blocks <= UINT32_MAX - r->counter[0]);
    lac_kernels_active()->philox(r->counter, r->key, words + i, blocks);
    r->counter[0] += (uint32_t)blocks;
    for (i += 4 * blocks; i < count; i++) {
        words[i] = lac_rng_word(r);
    }
}

uint64_t lac_rng_word64(struct lac_rng *r)
{
    uint64_t low = lac_rng_word(r);
    return low | (uint64_t)lac_rng_word(r) << 32;
}

double lac_rng_uniform(struct lac_rng *r)
{
    return (double)(lac_rng_word64(r) >> 11) * 0x1p-53;
}

uint64_t lac_rng_below(struct lac_rng *r, uint64_t bound)
{
    LAC_ASSERT(bound > 0);
    uint64_t reject = -bound % bound; /* 2^64 mod bound: the incomplete last stretch */
    uint64_t w;
    do {
        w = lac_rng_word64(r);
    } while (w < reject);
    return w % bound;
}

double lac_rng_normal(struct lac_rng *r)
{
    double u, v, s;
    do {
        u = 2.0 * lac_rng_uniform(r) - 1.0;
        v = 2.0 * lac_rng_uniform(r) - 1.0;
        s = u * u + v * v;
    } while (s >= 1.0 || s == 0.0);
    return u * sqrt(-2.0 * lac_log(s) / s);
}
