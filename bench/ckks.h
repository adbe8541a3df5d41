/*
 * What CKKS takes on the wire, by its parameters (Cheon, Kim, Kim, Song 2017, in the residue number system as
 * Microsoft SEAL has it): a ciphertext is two polynomials of degree N, their coefficients modulo a product of primes,
 * and carries N/2 numbers. The last prime of the chain is for keys alone: no ciphertext has it.
 * Bytes by formula; keys, headers and whatever a library adds when it writes a ciphertext down are left out.
 */
#ifndef LAC_BENCH_CKKS_H
#define LAC_BENCH_CKKS_H

#include <stdint.h>

#include "traffic.h"

enum { CKKS_PRIMES = 8 };

struct ckks {
    uint32_t degree;                  /* N */
    uint32_t primes;                  /* of the chain, the special one included */
    uint32_t prime_bits[CKKS_PRIMES]; /* in the order of the chain */
};

/* N = 2^14 and primes of 60, 30, 30, 30, 60 bits: those of DCGD/PermK's comparison (arXiv:2312.02074). */
extern const struct ckks ckks_published;

uint32_t ckks_slots(const struct ckks *c);
/* dropped: primes that rescaling has taken off; 0 in a fresh ciphertext, at most primes - 2. */
uint64_t ckks_packed_bytes(const struct ckks *c, uint32_t dropped); /* no encoding is shorter */
uint64_t ckks_word_bytes(const struct ckks *c, uint32_t dropped);   /* 64 bits a residue */
uint64_t ckks_ciphertexts(const struct ckks *c, uint64_t d);
/* A client sends its whole vector, and gets that of the server: their sum over n clients, times 1/n and rescaled, so
   a prime shorter. Neither depends on n. */
struct traffic ckks_packed_traffic(const struct ckks *c, uint64_t d);
struct traffic ckks_word_traffic(const struct ckks *c, uint64_t d);

#endif
