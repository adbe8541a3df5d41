#include "seal/stream.h"

#include <string.h>

#include "seal/secret.h"

struct lac_stream {
    crypto_secretstream_xchacha20poly1305_state state;
    unsigned char key[LAC_STREAM_KEY]; /* until the state has it */
};

static lac_status derive(struct lac_stream **out, const char *purpose, const unsigned char *group,
                         const unsigned char salt[LAC_STREAM_SALT])
{
    crypto_generichash_state hash;
    LAC_TRY(lac_secret_new(sizeof **out, out));
    crypto_generichash_init(&hash, group, LAC_STREAM_KEY, LAC_STREAM_KEY);
    crypto_generichash_update(&hash, (const unsigned char *)purpose, strlen(purpose));
    crypto_generichash_update(&hash, salt, LAC_STREAM_SALT);
    crypto_generichash_final(&hash, (*out)->key, LAC_STREAM_KEY);
    sodium_memzero(&hash, sizeof hash);
    return LAC_OK;
}

lac_status lac_stream_begin(struct lac_stream **out, const char *purpose,
                            const unsigned char *group, unsigned char head[LAC_STREAM_HEAD])
{
    randombytes_buf(head, LAC_STREAM_SALT);
    LAC_TRY(derive(out, purpose, group, head));
    crypto_secretstream_xchacha20poly1305_init_push(&(*out)->state, head + LAC_STREAM_SALT,
                                                    (*out)->key);
    sodium_memzero((*out)->key, LAC_STREAM_KEY);
    return LAC_OK;
}

lac_status lac_stream_open(struct lac_stream **out, const char *purpose, const unsigned char *group,
                           const unsigned char head[LAC_STREAM_HEAD])
{
    LAC_TRY(derive(out, purpose, group, head));
    crypto_secretstream_xchacha20poly1305_init_pull(&(*out)->state, head + LAC_STREAM_SALT,
                                                    (*out)->key);
    sodium_memzero((*out)->key, LAC_STREAM_KEY);
    return LAC_OK;
}

static unsigned char tag_of(const struct lac_message *m)
{
    return m->last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                   : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
}

void lac_stream_seal(struct lac_stream *s, const struct lac_message *m, const unsigned char *plain,
                     unsigned char *sealed)
{
    crypto_secretstream_xchacha20poly1305_push(&s->state, sealed, NULL, plain, m->bytes, m->with,
                                               m->with_bytes, tag_of(m));
}

bool lac_stream_unseal(struct lac_stream *s, const struct lac_message *m,
                       const unsigned char *sealed, unsigned char *plain)
{
    unsigned char tag;
    if (crypto_secretstream_xchacha20poly1305_pull(&s->state, plain, NULL, &tag, sealed,
                                                   m->bytes + LAC_STREAM_MORE, m->with,
                                                   m->with_bytes) != 0) {
        return false;
    }
    if (tag != tag_of(m)) {
        sodium_memzero(plain, m->bytes);
        return false;
    }
    return true;
}

void lac_stream_close(struct lac_stream *s)
{
    lac_secret_free(s);
}
