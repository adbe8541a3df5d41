#include "base/digest.h"

#include <string.h>

void lac_digest_begin(struct lac_digest *g, size_t bytes)
{
    lac_digest_begin_keyed(g, bytes, NULL, 0);
}

void lac_digest_begin_keyed(struct lac_digest *g, size_t bytes, const unsigned char *key,
                            size_t key_bytes)
{
    g->bytes = bytes;
    crypto_generichash_init(&g->state, key, key_bytes, bytes);
}

void lac_digest_add(struct lac_digest *g, const void *data, size_t bytes)
{
    if (bytes > 0) {
        crypto_generichash_update(&g->state, data, bytes);
    }
}

void lac_digest_add_count(struct lac_digest *g, uint64_t count)
{
    lac_digest_add(g, &count, sizeof count);
}

void lac_digest_add_text(struct lac_digest *g, const char *text)
{
    lac_digest_add(g, text, strlen(text) + 1);
}

void lac_digest_end(struct lac_digest *g, unsigned char *out)
{
    crypto_generichash_final(&g->state, out, g->bytes);
}

void lac_digest_end_text(struct lac_digest *g, char out[LAC_DIGEST_TEXT])
{
    unsigned char digest[LAC_DIGEST_BYTES];
    lac_digest_end(g, digest);
    sodium_bin2hex(out, LAC_DIGEST_TEXT, digest, sizeof digest);
}
