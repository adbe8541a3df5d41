/* BLAKE2b (RFC 7693) of what is added, piece by piece. */
#ifndef LAC_BASE_DIGEST_H
#define LAC_BASE_DIGEST_H

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>

enum { LAC_DIGEST_BYTES = 32, LAC_DIGEST_TEXT = 2 * LAC_DIGEST_BYTES + 1 };

struct lac_digest {
    crypto_generichash_state state;
    size_t bytes;
};

/* A digest of 16 to 64 bytes. */
void lac_digest_begin(struct lac_digest *g, size_t bytes);
/* Under a key of 16 to 64 bytes. */
void lac_digest_begin_keyed(struct lac_digest *g, size_t bytes, const unsigned char *key,
                            size_t key_bytes);
void lac_digest_add(struct lac_digest *g, const void *data, size_t bytes);
void lac_digest_add_count(struct lac_digest *g, uint64_t count);
/* The text and the zero at its end: two texts cannot run into each other. */
void lac_digest_add_text(struct lac_digest *g, const char *text);
/* out has as many bytes as lac_digest_begin said. */
void lac_digest_end(struct lac_digest *g, unsigned char *out);
/* The same of LAC_DIGEST_BYTES, in hexadecimal. */
void lac_digest_end_text(struct lac_digest *g, char out[LAC_DIGEST_TEXT]);

#endif
