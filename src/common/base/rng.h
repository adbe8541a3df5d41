/*
 * The one generator: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011), counter-based, so that every side draws what it needs without a message.
 *
 *   key     = the 64-bit seed, low word first
 *   counter = block 32 | round 40 | client 32 | purpose 8 | channel 4 | step 12, low bits first
 *
 * Purposes have their numbers for ever.
 */
#ifndef LAC_BASE_RNG_H
#define LAC_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

#define LAC_RNG_MAX_ROUND   ((UINT64_C(1) << 40) - 1)
#define LAC_RNG_MAX_CHANNEL 15u
#define LAC_RNG_MAX_STEP    4095u

enum lac_purpose {
#define LAC_PURPOSE(number, name, text) LAC_PURPOSE_##name = number,
#include "ids.def"
#undef LAC_PURPOSE
};

struct lac_stream { /* names one stream of the generator */
    uint64_t seed;
    uint64_t round;  /* at most LAC_RNG_MAX_ROUND */
    uint32_t client; /* LAC_SHARED for draws that all sides share */
    uint8_t purpose; /* of enum lac_purpose */
    uint8_t channel; /* at most LAC_RNG_MAX_CHANNEL */
    uint16_t step;   /* at most LAC_RNG_MAX_STEP */
};

#define LAC_SHARED UINT32_MAX

struct lac_rng {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t words[4];
    unsigned left; /* words not yet handed out */
};

void lac_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

void lac_rng_init(struct lac_rng *r, const struct lac_stream *stream);
uint32_t lac_rng_word(struct lac_rng *r);
/* The next count words at once, many times faster. */
void lac_rng_fill(struct lac_rng *r, uint32_t *words, size_t count);
uint64_t lac_rng_word64(struct lac_rng *r);                /* two words, low first */
double lac_rng_uniform(struct lac_rng *r);                 /* in [0, 1): (w >> 11) 2^-53 */
uint64_t lac_rng_below(struct lac_rng *r, uint64_t bound); /* in [0, bound), by rejection */
double lac_rng_normal(struct lac_rng *r);                  /* N(0, 1), Marsaglia's polar method */

/*
 * A pseudo-random permutation of {0, ..., size - 1} that is evaluated point by point: a Feistel
 * network keyed from the stream on pairs (high, low), high below rows, low below columns, with cycle
 * walking (Black, Rogaway: "Ciphers with arbitrary finite domains", CT-RSA 2002, method 3); up to
 * LAC_SHUFFLED, where a network of few numbers would be biased, a shuffled table.
 * size in 1 .. 2^62.
 *
 * Rounds: the function of one round is cheap and far from random: 32-bit arithmetic, one keyed and
 * one fixed multiplication. What the tests of it try (single points, pairs, first-k
 * sets, fixed points over many keys; pairs, steps and second differences within large ones) finds a
 * network of 4 rounds with 10^5 keys, one of 6 with 10^6 keys and only at sizes near LAC_SHUFFLED,
 * and nothing in one of 8.
 */
enum { LAC_SHUFFLED = 64, LAC_FEISTEL_ROUNDS = 8 };

struct lac_permutation {
    uint64_t size, rows, columns;              /* rows x columns < size + rows: walks are rare */
    uint32_t round_key[LAC_FEISTEL_ROUNDS][2]; /* added; multiplied (odd) */
    uint8_t image[LAC_SHUFFLED],
        source[LAC_SHUFFLED]; /* size <= LAC_SHUFFLED: pi and its inverse */
};

void lac_permutation_init(struct lac_permutation *p, const struct lac_stream *stream,
                          uint64_t size);
uint64_t lac_permutation_at(const struct lac_permutation *p, uint64_t i); /* pi(i) */
/* out (count): pi(first), pi(first + 1), ..., many times faster; size <= 2^32. */
void lac_permutation_fill(const struct lac_permutation *p, uint64_t first, size_t count,
                          uint32_t *out);
uint64_t lac_permutation_inverse(const struct lac_permutation *p,
                                 uint64_t j); /* i with pi(i) = j */

#endif
