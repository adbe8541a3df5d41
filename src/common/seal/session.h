/*
 * A sealed session: keys that only its clients can derive, and blocks sealed with them.
 *
 *   meeting = BLAKE2b-256("laconic-meeting-1", n, randoms of all clients in their order)
 *   session = BLAKE2b-256("laconic-session-1", meeting, configuration's digest)
 *   key     = BLAKE2b-256(group key; "laconic-seal-1", session, purpose, sender, epoch)
 *   nonce   = LE64 round | LE32 0
 *   data    = session | LE64 round | LE32 sender | LE32 0 | LE32 codec | LE64 bytes
 *
 * No bit of it is on the wire: both sides know what is sealed when. A sender seals each round of a session once, and in
 * ascending order; a resumed run is a new session, because every client draws a new random.
 *
 * Of a session there are two streams of senders (enum lac_seal_purpose): clients seal blocks, by their rounds; ranks
 * seal letters to each other, by their number.
 */
#ifndef LAC_SEAL_SESSION_H
#define LAC_SEAL_SESSION_H

#include "base/arena.h"
#include "seal/cipher.h"

enum { LAC_SEAL_RANDOM = 32, LAC_SESSION = 32, LAC_CONFIRMATION = 64 };
enum lac_seal_purpose { LAC_SEAL_BLOCK = 1, LAC_SEAL_CONFIRM = 2, LAC_SEAL_LETTER = 3 };

/* Who takes part in a session, as the server says, and what the clients of this rank know of it themselves. */
struct lac_session_members {
    uint32_t n;
    const unsigned char *random;        /* (n, LAC_SEAL_RANDOM) of all clients, in their order */
    const unsigned char *configuration; /* (LAC_DIGEST_BYTES) of what all must agree on */
    uint32_t first, count;              /* the clients here */
    const unsigned char *own;           /* (count, LAC_SEAL_RANDOM) what they drew */
};

struct lac_session_use {
    enum lac_seal_purpose purpose; /* of blocks or of letters */
    uint32_t senders;
    enum lac_cipher cipher;
    uint64_t rekey_every; /* rounds; 0: never */
};

struct lac_session {
    unsigned char meeting[LAC_SESSION], id[LAC_SESSION];
    struct lac_session_use use;
    const unsigned char *group;  /* secret (LAC_SEAL_KEY), the caller's */
    unsigned char *raw;          /* secret (LAC_SEAL_KEY), work */
    struct lac_cipher_key *keys; /* secret (senders) */
    uint64_t *epoch;             /* (senders) 1 + that of the key at hand; 0: none yet */
    uint64_t *next;              /* (senders) the lowest round that is not sealed or passed over */
};

struct lac_block { /* what is sealed */
    uint64_t round;
    uint32_t sender, codec;
};

/* Keys in memory of their own, which lac_session_close gives back, also after a failure; counters in the arena.
   Refused where a random of this rank's clients is not among those of all: the server shows others. */
lac_status lac_session_open(struct lac_session *s, const struct lac_session_members *members,
                            const unsigned char *group, const struct lac_session_use *use,
                            struct lac_arena *a) LAC_MUST_CHECK;
void lac_session_close(struct lac_session *s);

/* What client `sender` says to all others before the first round: that it has the group key, this meeting and this
   session. Options that differ are LAC_E_USAGE, all else LAC_E_SECURITY. */
void lac_session_confirmation(struct lac_session *s, uint32_t sender,
                              unsigned char said[LAC_CONFIRMATION]);
lac_status lac_session_confirmed(struct lac_session *s, uint32_t sender,
                                 const unsigned char said[LAC_CONFIRMATION]) LAC_MUST_CHECK;

/* bytes plain become bytes + LAC_SEAL_TAG sealed; may be the same memory. Refused where this round, or a later
   one, was sealed by this sender in this session. */
lac_status lac_session_seal(struct lac_session *s, const struct lac_block *b,
                            const unsigned char *plain, size_t bytes,
                            unsigned char *sealed) LAC_MUST_CHECK;
/* bytes of the plain text. LAC_E_SECURITY, and no plain text, where it is not what that sender sealed there. */
lac_status lac_session_unseal(struct lac_session *s, const struct lac_block *b,
                              const unsigned char *sealed, size_t bytes,
                              unsigned char *plain) LAC_MUST_CHECK;

#endif
