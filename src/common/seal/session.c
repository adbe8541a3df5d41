#include "seal/session.h"

#include <inttypes.h>
#include <string.h>

#include "base/digest.h"
#include "seal/secret.h"
#include "wire/bytes.h"

enum { DATA = LAC_SESSION + 8 + 4 + 4 + 4 + 8 };

static lac_status check_own(const struct lac_session_members *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        const unsigned char *own = m->own + (size_t)i * LAC_SEAL_RANDOM;
        const unsigned char *shown = m->random + (size_t)(m->first + i) * LAC_SEAL_RANDOM;
        if (sodium_memcmp(own, shown, LAC_SEAL_RANDOM) != 0) {
            return LAC_FAIL(LAC_E_SECURITY,
                            "client %" PRIu32 "'s random number is not the one that the server "
                            "shows: it is not to be trusted",
                            m->first + i);
        }
    }
    return LAC_OK;
}

/* meeting = BLAKE2b-256(...), session = BLAKE2b-256(...) */
static void name_session(struct lac_session *s, const struct lac_session_members *m)
{
    struct lac_digest g;
    lac_digest_begin(&g, LAC_SESSION);
    lac_digest_add_text(&g, "laconic-meeting-1");
    lac_digest_add_count(&g, m->n);
    lac_digest_add(&g, m->random, (size_t)m->n * LAC_SEAL_RANDOM);
    lac_digest_end(&g, s->meeting);
    lac_digest_begin(&g, LAC_SESSION);
    lac_digest_add_text(&g, "laconic-session-1");
    lac_digest_add(&g, s->meeting, LAC_SESSION);
    lac_digest_add(&g, m->configuration, LAC_DIGEST_BYTES);
    lac_digest_end(&g, s->id);
}

/* key = BLAKE2b-256(group key; ...) */
static void derive(const struct lac_session *s, const unsigned char id[LAC_SESSION],
                   enum lac_seal_purpose purpose, uint32_t sender, uint64_t epoch,
                   unsigned char key[LAC_SEAL_KEY])
{
    static const char title[] = "laconic-seal-1";
    unsigned char info[sizeof title + LAC_SESSION + 4 + 4 + 8];
    unsigned char *numbers = info + sizeof title + LAC_SESSION;
    memcpy(info, title, sizeof title);
    memcpy(info + sizeof title, id, LAC_SESSION);
    lac_store32(numbers, (uint32_t)purpose);
    lac_store32(numbers + 4, sender);
    lac_store64(numbers + 8, epoch);
    crypto_generichash(key, LAC_SEAL_KEY, info, sizeof info, s->group, LAC_SEAL_KEY);
}

lac_status lac_session_open(struct lac_session *s, const struct lac_session_members *members,
                            const unsigned char *group, const struct lac_session_use *use,
                            struct lac_arena *a)
{
    *s = (struct lac_session){.use = *use, .group = group};
    LAC_TRY(check_own(members));
    LAC_TRY(LAC_NEW(a, use->senders, &s->epoch));
    LAC_TRY(LAC_NEW(a, use->senders, &s->next));
    LAC_TRY(lac_secret_new(LAC_SEAL_KEY, &s->raw));
    LAC_TRY(lac_secret_new(use->senders * sizeof *s->keys, &s->keys));
    name_session(s, members);
    return LAC_OK;
}

void lac_session_close(struct lac_session *s)
{
    lac_secret_free(s->keys);
    lac_secret_free(s->raw);
    s->keys = NULL;
    s->raw = NULL;
}

void lac_session_confirmation(struct lac_session *s, uint32_t sender,
                              unsigned char said[LAC_CONFIRMATION])
{
    /* keys that seal nothing are their own proof */
    derive(s, s->meeting, LAC_SEAL_CONFIRM, sender, 0, said);
    derive(s, s->id, LAC_SEAL_CONFIRM, sender, 0, said + LAC_SEAL_KEY);
}

lac_status lac_session_confirmed(struct lac_session *s, uint32_t sender,
                                 const unsigned char said[LAC_CONFIRMATION])
{
    derive(s, s->meeting, LAC_SEAL_CONFIRM, sender, 0, s->raw);
    if (sodium_memcmp(s->raw, said, LAC_SEAL_KEY) != 0) {
        return LAC_FAIL(LAC_E_SECURITY,
                        "client %" PRIu32 " has another group key, or was shown another session",
                        sender);
    }
    derive(s, s->id, LAC_SEAL_CONFIRM, sender, 0, s->raw);
    if (sodium_memcmp(s->raw, said + LAC_SEAL_KEY, LAC_SEAL_KEY) != 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "client %" PRIu32 " was started with other options, another roster or "
                        "another version of laconic: all clients must share them",
                        sender);
    }
    return LAC_OK;
}

static const struct lac_cipher_key *key_of(struct lac_session *s, const struct lac_block *b)
{
    uint64_t epoch = s->use.rekey_every > 0 ? b->round / s->use.rekey_every : 0;
    LAC_ASSERT(b->sender < s->use.senders);
    if (s->epoch[b->sender] != epoch + 1) {
        derive(s, s->id, s->use.purpose, b->sender, epoch, s->raw);
        lac_cipher_ready(&s->keys[b->sender], s->use.cipher, s->raw);
        s->epoch[b->sender] = epoch + 1;
    }
    return &s->keys[b->sender];
}

/* The nonce and the associated data of a block; data: (DATA). */
static struct lac_sealed_with sealed_with(const struct lac_session *s, const struct lac_block *b,
                                          size_t bytes, unsigned char *data)
{
    struct lac_sealed_with with = {.data = data, .length = DATA};
    unsigned char *numbers = data + LAC_SESSION;
    lac_store64(with.nonce, b->round);
    lac_store32(with.nonce + 8, 0);
    memcpy(data, s->id, LAC_SESSION);
    lac_store64(numbers, b->round);
    lac_store32(numbers + 8, b->sender);
    lac_store32(numbers + 12, 0);
    lac_store32(numbers + 16, b->codec);
    lac_store64(numbers + 20, bytes);
    return with;
}

/* Nothing may be sealed twice with one nonce: the rounds of a sender go up, or the session ends. */
static lac_status advance(struct lac_session *s, const struct lac_block *b)
{
    LAC_ASSERT(b->round < UINT64_MAX);
    if (b->round < s->next[b->sender]) {
        return LAC_FAIL(LAC_E_SECURITY, "%s %" PRIu32 " would seal %s %" PRIu64 " twice: stopped",
                        s->use.purpose == LAC_SEAL_LETTER ? "stream" : "client", b->sender,
                        s->use.purpose == LAC_SEAL_LETTER ? "letter" : "round", b->round);
    }
    s->next[b->sender] = b->round + 1;
    return LAC_OK;
}

lac_status lac_session_seal(struct lac_session *s, const struct lac_block *b,
                            const unsigned char *plain, size_t bytes, unsigned char *sealed)
{
    unsigned char data[DATA];
    LAC_ASSERT(b->sender < s->use.senders);
    LAC_TRY(advance(s, b));
    struct lac_sealed_with with = sealed_with(s, b, bytes, data);
    lac_cipher_seal(key_of(s, b), &with, plain, bytes, sealed);
    return LAC_OK;
}

lac_status lac_session_unseal(struct lac_session *s, const struct lac_block *b,
                              const unsigned char *sealed, size_t bytes, unsigned char *plain)
{
    unsigned char data[DATA];
    struct lac_sealed_with with = sealed_with(s, b, bytes, data);
    if (!lac_cipher_open(key_of(s, b), &with, sealed, bytes, plain)) {
        return LAC_FAIL(LAC_E_SECURITY,
                        "client %" PRIu32 "'s sealed block of round %" PRIu64
                        " is not what it sealed: changed on its way, or sealed with another key",
                        b->sender, b->round);
    }
    return LAC_OK;
}
