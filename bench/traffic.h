/*
 * Bytes of a client and a round, by formula: gradients of d numbers in double precision, n clients that all take part.
 * Bodies alone: frame headers, acknowledgements and set-up are left out of all of them.
 */
#ifndef LAC_BENCH_TRAFFIC_H
#define LAC_BENCH_TRAFFIC_H

#include <stdint.h>

struct traffic {
    uint64_t up, down;
};

/* What sealing adds to a block: a tag of 16 bytes here; a nonce and a tag where the nonce is sent (arXiv:2312.02074). */
enum { TRAFFIC_TAG = 16, TRAFFIC_NONCE_AND_TAG = 32 };

/* Each client sends its block of at most ceil(d/n) numbers, and gets the blocks of all. */
struct traffic traffic_permk(uint64_t d, uint64_t n, uint64_t sealing);
/* Each client sends all d numbers sealed; the server, which cannot add them, forwards those of all to each. */
struct traffic traffic_dense(uint64_t d, uint64_t n, uint64_t sealing);

/*
 * Secure aggregation by pairwise masks (Bonawitz et al. 2017, CCS), semi-honest, where clients may drop out:
 * 2n a_K + (5n - 4) a_S + d ceil(log2 R) bits, sent and received, of which
 *   public keys    2 a_K up, 2(n-1) a_K down
 *   secret shares  2(n-1) a_S up and down, sealed, and n a_S up where masks are taken off
 *   masked vector  d ceil(log2 R) up, R = n (2^input - 1) + 1
 * The formula is from memory; what it gives is the expansion of 1.73 that the paper's abstract names (test_traffic.c).
 * Keys and shares are new in each execution, hence in each round here. Tags of sealed shares are left out. The sum is
 * the server's, who sends it back in the clear: 8 d down, which is not in the paper's count.
 */
struct traffic_masks {
    uint32_t key_bits, share_bits,
        input_bits; /* a_K, a_S; of a number in fixed point, at most 48 */
};

/* Keys of X25519, shares of their size, 32 bits a number. */
extern const struct traffic_masks traffic_masks_assumed;

uint32_t traffic_masked_bits(const struct traffic_masks *m, uint64_t n); /* ceil(log2 R) */
struct traffic traffic_secure_aggregation(const struct traffic_masks *m, uint64_t d, uint64_t n);

#endif
