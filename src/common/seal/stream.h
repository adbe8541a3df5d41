/*
 * Files under the group key: libsodium's secretstream (XChaCha20-Poly1305), whose messages cannot be changed, exchanged,
 * repeated, or dropped but at the end; of a stream with a last message not there either.
 *
 *   head   32 bytes of salt | 24 of secretstream's header
 *   key    BLAKE2b-256(group key; purpose, salt)
 *
 * A message is 17 bytes longer than its plain text: its tag, sealed too, and 16 that authenticate.
 */
#ifndef LAC_SEAL_STREAM_H
#define LAC_SEAL_STREAM_H

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum {
    LAC_STREAM_KEY = crypto_secretstream_xchacha20poly1305_KEYBYTES,
    LAC_STREAM_SALT = 32,
    LAC_STREAM_HEAD = LAC_STREAM_SALT + crypto_secretstream_xchacha20poly1305_HEADERBYTES,
    LAC_STREAM_MORE = crypto_secretstream_xchacha20poly1305_ABYTES,
};

struct lac_stream; /* in memory of lac_secret_new */

struct lac_message {
    const void *with;         /* associated data, (with_bytes); NULL: none */
    size_t with_bytes, bytes; /* of the plain text */
    bool last;
};

/* With a fresh salt, to seal; group: (LAC_STREAM_KEY), not kept. */
lac_status lac_stream_begin(struct lac_stream **out, const char *purpose,
                            const unsigned char *group,
                            unsigned char head[LAC_STREAM_HEAD]) LAC_MUST_CHECK;
/* To open what was sealed under that head. */
lac_status lac_stream_open(struct lac_stream **out, const char *purpose, const unsigned char *group,
                           const unsigned char head[LAC_STREAM_HEAD]) LAC_MUST_CHECK;
/* sealed: (m->bytes + LAC_STREAM_MORE) */
void lac_stream_seal(struct lac_stream *s, const struct lac_message *m, const unsigned char *plain,
                     unsigned char *sealed);
/* False, and no plain text, where it is not the next message, or is not the last one just as m says. */
bool lac_stream_unseal(struct lac_stream *s, const struct lac_message *m,
                       const unsigned char *sealed, unsigned char *plain);
/* NULL does no harm. */
void lac_stream_close(struct lac_stream *s);

#endif
