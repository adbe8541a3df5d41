#include "ckks.h"

#include "base/status.h"

const struct ckks ckks_published = {
    .degree = 1U << 14, .primes = 5, .prime_bits = {60, 30, 30, 30, 60}};

enum { POLYNOMIALS = 2, WORD_BYTES = 8, RESCALED = 1 };

uint32_t ckks_slots(const struct ckks *c)
{
    return c->degree / 2;
}

/* Primes of a ciphertext. */
static uint32_t levels(const struct ckks *c, uint32_t dropped)
{
    LAC_ASSERT(c->primes <= CKKS_PRIMES && dropped + 2 <= c->primes);
    return c->primes - 1 - dropped;
}

uint64_t ckks_packed_bytes(const struct ckks *c, uint32_t dropped)
{
    uint64_t bits = 0;
    for (uint32_t k = 0; k < levels(c, dropped); k++) {
        bits += c->prime_bits[k];
    }
    return (POLYNOMIALS * bits * c->degree + 7) / 8;
}

uint64_t ckks_word_bytes(const struct ckks *c, uint32_t dropped)
{
    return (uint64_t)POLYNOMIALS * levels(c, dropped) * c->degree * WORD_BYTES;
}

uint64_t ckks_ciphertexts(const struct ckks *c, uint64_t d)
{
    return (d + ckks_slots(c) - 1) / ckks_slots(c);
}

struct traffic ckks_packed_traffic(const struct ckks *c, uint64_t d)
{
    uint64_t count = ckks_ciphertexts(c, d);
    return (struct traffic){count * ckks_packed_bytes(c, 0),
                            count * ckks_packed_bytes(c, RESCALED)};
}

struct traffic ckks_word_traffic(const struct ckks *c, uint64_t d)
{
    uint64_t count = ckks_ciphertexts(c, d);
    return (struct traffic){count * ckks_word_bytes(c, 0), count * ckks_word_bytes(c, RESCALED)};
}
