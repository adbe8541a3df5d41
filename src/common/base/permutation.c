/* The keyed bijection of rng.h; permutation_kernels.c has the same for many points at once. */
#include <math.h>

#include "base/kernels.h"
#include "base/rng.h"
#include "base/status.h"

/* Fisher and Yates, from the top. */
static void shuffle(struct lac_permutation *p, struct lac_rng *r)
{
    for (size_t i = 0; i < p->size; i++) {
        p->image[i] = (uint8_t)i;
    }
    for (size_t i = p->size - 1; i > 0; i--) {
        size_t j = lac_rng_below(r, i + 1);
        uint8_t swapped = p->image[i];
        p->image[i] = p->image[j];
        p->image[j] = swapped;
    }
    for (size_t i = 0; i < p->size; i++) {
        p->source[p->image[i]] = (uint8_t)i;
    }
}

void lac_permutation_init(struct lac_permutation *p, const struct lac_stream *stream, uint64_t size)
{
    LAC_ASSERT(size > 0 && size <= UINT64_C(1) << 62);
    struct lac_rng r;
    lac_rng_init(&r, stream);
    p->size = size;
    if (size <= LAC_SHUFFLED) {
        shuffle(p, &r);
        return;
    }
    p->rows = (uint64_t)sqrt((double)size);
    p->rows += p->rows * p->rows < size; /* the root, rounded up: its error is far below 1 */
    p->columns = (size + p->rows - 1) / p->rows;
    for (int t = 0; t < LAC_FEISTEL_ROUNDS; t++) {
        p->round_key[t][0] = lac_rng_word(&r);
        p->round_key[t][1] = lac_rng_word(&r) | 1u;
    }
}

/* The function of round t: a half mixed to 32 bits and scaled to below bound <= 2^31. */
static uint64_t mix(const struct lac_permutation *p, int t, uint64_t half, uint64_t bound)
{
    uint32_t h = ((uint32_t)half + p->round_key[t][0]) * p->round_key[t][1];
    h ^= h >> 16;
    h *= 0x9E3779B1u;
    return h * bound >> 32;
}

static uint64_t add_modulo(uint64_t a, uint64_t b, uint64_t bound)
{
    uint64_t sum = a + b;
    return sum < bound ? sum : sum - bound;
}

uint64_t lac_permutation_at(const struct lac_permutation *p, uint64_t i)
{
    LAC_ASSERT(i < p->size);
    if (p->size <= LAC_SHUFFLED) {
        return p->image[i];
    }
    do { /* the network permutes rows x columns numbers: walk until the value is inside again */
        uint64_t high = i / p->columns, low = i % p->columns;
        for (int t = 0; t < LAC_FEISTEL_ROUNDS; t += 2) {
            high = add_modulo(high, mix(p, t, low, p->rows), p->rows);
            low = add_modulo(low, mix(p, t + 1, high, p->columns), p->columns);
        }
        i = high * p->columns + low;
    } while (i >= p->size);
    return i;
}

void lac_permutation_fill(const struct lac_permutation *p, uint64_t first, size_t count,
                          uint32_t *out)
{
    LAC_ASSERT(p->size <= UINT64_C(1) << 32 && first <= p->size && count <= p->size - first);
    if (p->size > LAC_SHUFFLED) {
        lac_kernels_active()->permute(p, first, out, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = p->image[first + i];
    }
}

uint64_t lac_permutation_inverse(const struct lac_permutation *p, uint64_t j)
{
    LAC_ASSERT(j < p->size);
    if (p->size <= LAC_SHUFFLED) {
        return p->source[j];
    }
    do {
        uint64_t high = j / p->columns, low = j % p->columns;
        for (int t = LAC_FEISTEL_ROUNDS - 2; t >= 0; t -= 2) {
            low = add_modulo(low, p->columns - mix(p, t + 1, high, p->columns), p->columns);
            high = add_modulo(high, p->rows - mix(p, t, low, p->rows), p->rows);
        }
        j = high * p->columns + low;
    } while (j >= p->size);
    return j;
}
