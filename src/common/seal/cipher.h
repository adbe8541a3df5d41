/*
 * Authenticated encryption: AES-256-GCM (NIST SP 800-38D) where the processor has it, else ChaCha20-Poly1305
 * (RFC 8439), both libsodium's, both with keys of 32 bytes, nonces of 12 and tags of 16.
 */
#ifndef LAC_SEAL_CIPHER_H
#define LAC_SEAL_CIPHER_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { LAC_SEAL_KEY = 32, LAC_SEAL_NONCE = 12, LAC_SEAL_TAG = 16 };

/* Numbers of the greeting. */
enum lac_cipher { LAC_AES256GCM = 1, LAC_CHACHA20POLY1305 = 2, LAC_CIPHERS = 3 };

/* "aes256gcm", "chacha20poly1305" */
const char *lac_cipher_name(enum lac_cipher cipher);
lac_status lac_cipher_find(const char *name, enum lac_cipher *cipher) LAC_MUST_CHECK;
/* Whether this processor has it. */
bool lac_cipher_here(enum lac_cipher cipher);
/* The first of the two that is here. */
enum lac_cipher lac_cipher_best(void);

/* A key made ready; in memory of lac_secret_new. */
struct lac_cipher_key {
    enum lac_cipher cipher;
    union {
        crypto_aead_aes256gcm_state aes;
        unsigned char chacha[LAC_SEAL_KEY];
    } of;
};

void lac_cipher_ready(struct lac_cipher_key *key, enum lac_cipher cipher,
                      const unsigned char raw[LAC_SEAL_KEY]);

/* What is sealed but not sent: both sides know it. */
struct lac_sealed_with {
    unsigned char nonce[LAC_SEAL_NONCE]; /* never twice with one key */
    const void *data;                    /* associated */
    size_t length;
};

/* bytes plain become bytes + LAC_SEAL_TAG sealed; the two may be the same memory. */
void lac_cipher_seal(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                     const unsigned char *plain, size_t bytes, unsigned char *sealed);
/* bytes of the plain text; false, and no plain text, where the tag is wrong. */
bool lac_cipher_open(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                     const unsigned char *sealed, size_t bytes, unsigned char *plain);

#endif
