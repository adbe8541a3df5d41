/*
 * How ranks of clients meet through a server that none of them trusts:
 *
 *   JOIN     to all: which ciphers are here, and a random number for each of the rank's clients, signed by the site
 *   GRANT    of the first site to each other one, where sites agree on a group key (identity.h)
 *   CONFIRM  to all: for each client, that it has the key and this session (session.h)
 *
 * No round begins before all have confirmed. proto/README.md says every byte.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "seal/secret.h"
#include "transport/link.h"
#include "wire/bytes.h"

enum { AES_HERE = 1 };

/* What the ranks say of themselves; in the arena. */
struct meeting {
    struct lac_link *l;
    unsigned char *random;        /* (n, LAC_SEAL_RANDOM) */
    unsigned char *own;           /* (clients here, LAC_SEAL_RANDOM) */
    unsigned char *joins;         /* (ranks, LAC_JOIN) */
    uint32_t *ciphers;            /* (1 + ranks) */
    unsigned char *frame, *slots; /* (slot_bytes), (ranks, slot_bytes) */
    uint32_t *origin;             /* (ranks) */
    size_t slot_bytes;
    const char *said; /* "JOIN", ... */
};

static uint32_t clients_of(const struct lac_link *l, uint32_t rank)
{
    return l->terms.first[rank + 1] - l->terms.first[rank];
}

static unsigned char *join_of(const struct meeting *m, uint32_t rank)
{
    return m->joins + (size_t)(rank - 1) * LAC_JOIN;
}

static void name_rank(void *meeting, size_t i, char *text, size_t size)
{
    const struct meeting *m = meeting;
    snprintf(text, size, "rank %u's %s", m->origin[i], m->said);
}

/* This rank's frame to all others, and theirs into the slots. */
static lac_status exchange(struct meeting *m, const char *said, size_t bytes)
{
    struct lac_link *l = m->l;
    size_t count = 0;
    m->said = said;
    for (uint32_t rank = 1; rank <= l->ranks; rank++) {
        if (rank != l->rank) {
            m->origin[count++] = rank;
        }
    }
    const struct lac_blocks blocks = {.origin = m->origin,
                                      .slots = m->slots,
                                      .count = count,
                                      .slot_bytes = m->slot_bytes,
                                      .awaited = name_rank,
                                      .context = m};
    LAC_TRY(lac_post_expect(l->post, &blocks));
    return lac_post_block(l->post, m->frame, bytes);
}

/* All bytes came through the server: those that are no frame are its doing. */
static lac_status distrust(const struct meeting *m, size_t i, lac_status status)
{
    if (status == LAC_E_PROTOCOL) {
        return LAC_FAIL(LAC_E_SECURITY, "rank %u's %s: %s", m->origin[i], m->said, lac_failure());
    }
    return status;
}

/* The i-th other rank's frame. */
static lac_status take(struct meeting *m, size_t i, uint16_t message, struct lac_frame *f)
{
    size_t count;
    bool letter;
    LAC_TRY(lac_post_take(m->l->post, i, 0, false, &count, &letter));
    LAC_TRY(distrust(m, i, lac_frame_parse(m->slots + i * m->slot_bytes, count, f)));
    if (f->message != message) {
        return LAC_FAIL(LAC_E_SECURITY, "the server brought %s where rank %u's %s was due",
                        lac_message_name(f->message), m->origin[i], m->said);
    }
    return LAC_OK;
}

/*
 * JOIN: u32 ciphers, u32 the forced one or 0, u32 clients, u32 topology, u32 whether a private file is wanted, u64 rounds,
 * u64 --eval-every, u64 --rekey-every, the randoms, u32 whether signed, the signature
 */

static void digest_options(const struct lac_link *l, unsigned char digest[LAC_DIGEST_BYTES])
{
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add_text(&g, "laconic-options-1");
    lac_digest_add(&g, l->terms.configuration, LAC_DIGEST_BYTES);
    lac_digest_end(&g, digest);
}

static lac_status put_join(struct meeting *m, size_t *bytes)
{
    struct lac_link *l = m->l;
    struct lac_writer w;
    unsigned char options[LAC_DIGEST_BYTES];
    size_t random = (size_t)clients_of(l, l->rank) * LAC_SEAL_RANDOM;
    randombytes_buf(m->own, random);
    memcpy(m->random + (size_t)l->terms.first[l->rank] * LAC_SEAL_RANDOM, m->own, random);
    m->ciphers[l->rank] = lac_cipher_here(LAC_AES256GCM) ? AES_HERE : 0;
    lac_frame_begin(&w, m->frame, m->slot_bytes);
    lac_write_u32(&w, LAC_BITS_HEADER, m->ciphers[l->rank]);
    lac_write_u32(&w, LAC_BITS_HEADER, l->terms.cipher);
    lac_write_u32(&w, LAC_BITS_HEADER, clients_of(l, l->rank));
    lac_write_u32(&w, LAC_BITS_HEADER, l->terms.topology);
    lac_write_u32(&w, LAC_BITS_HEADER, l->terms.keeps);
    lac_write_u64(&w, LAC_BITS_HEADER, l->terms.rounds);
    lac_write_u64(&w, LAC_BITS_HEADER, l->terms.eval_every);
    lac_write_u64(&w, LAC_BITS_HEADER, l->terms.rekey_every);
    memcpy(lac_write_room(&w, LAC_BITS_HEADER, random), m->own, random);
    lac_write_u32(&w, LAC_BITS_HEADER, l->terms.identity != NULL);
    if (l->terms.identity) {
        const struct lac_joining j = {options, l->rank - 1, m->own, random};
        digest_options(l, options);
        lac_join(l->terms.identity, l->terms.roster, &j, join_of(m, l->rank));
        memcpy(lac_write_room(&w, LAC_BITS_HEADER, LAC_JOIN), join_of(m, l->rank), LAC_JOIN);
    }
    lac_frame_end(&w, LAC_MESSAGE_JOIN, 0, LAC_NO_CLIENT, 0);
    *bytes = w.bytes;
    return LAC_OK;
}

static lac_status check_said(const struct lac_link *l, uint32_t rank, uint32_t cipher,
                             uint32_t clients, uint32_t is_signed)
{
    if (clients != clients_of(l, rank)) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "rank %u has %u client%s, which with --clients %u and %u rank%s has %u: all "
            "ranks of clients need the same options",
            rank, clients, lac_plural(clients), l->terms.n, l->ranks, lac_plural(l->ranks),
            clients_of(l, rank));
    }
    if (cipher != (uint32_t)l->terms.cipher) {
        return LAC_FAIL(LAC_E_USAGE, "--cipher: rank %u was started with another one than rank %u",
                        rank, l->rank);
    }
    if (is_signed != (l->terms.identity != NULL)) {
        return LAC_FAIL(
            LAC_E_USAGE, "rank %u was started with %s, rank %u with %s: all need the same", rank,
            is_signed ? "--identity" : "--seal", l->rank, is_signed ? "--seal" : "--identity");
    }
    return LAC_OK;
}

static lac_status take_join(struct meeting *m, size_t i)
{
    struct lac_link *l = m->l;
    struct lac_frame f;
    struct lac_reader r;
    uint32_t rank = m->origin[i];
    LAC_TRY(take(m, i, LAC_MESSAGE_JOIN, &f));
    lac_reader_init(&r, f.body, (size_t)f.length);
    m->ciphers[rank] = lac_read_u32(&r, LAC_BITS_HEADER);
    uint32_t cipher = lac_read_u32(&r, LAC_BITS_HEADER);
    uint32_t clients = lac_read_u32(&r, LAC_BITS_HEADER);
    (void)lac_read_u32(&r, LAC_BITS_HEADER); /* the topology: among the options that all confirm */
    uint32_t keeps = lac_read_u32(&r, LAC_BITS_HEADER);
    (void)lac_read_bytes(&r, LAC_BITS_HEADER, 24); /* rounds and so on: the same */
    size_t random = (size_t)clients * LAC_SEAL_RANDOM;
    const unsigned char *randoms = lac_read_bytes(&r, LAC_BITS_HEADER, random);
    uint32_t is_signed = lac_read_u32(&r, LAC_BITS_HEADER);
    const unsigned char *join = lac_read_bytes(&r, LAC_BITS_HEADER, is_signed ? LAC_JOIN : 0);
    LAC_TRY(distrust(m, i, lac_reader_done(&r)));
    LAC_TRY(check_said(l, rank, cipher, clients, is_signed));
    if (keeps && l->rank == LAC_LEADER && !l->terms.keeps) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--out-private: rank %u was given it, and rank 1, which writes the file, "
                        "was not",
                        rank);
    }
    memcpy(m->random + (size_t)l->terms.first[rank] * LAC_SEAL_RANDOM, randoms, random);
    if (is_signed) {
        unsigned char options[LAC_DIGEST_BYTES];
        const struct lac_joining j = {options, rank - 1, randoms, random};
        digest_options(l, options);
        memcpy(join_of(m, rank), join, LAC_JOIN);
        return lac_join_check(l->terms.roster, &j, join);
    }
    return LAC_OK;
}

/* AES where every rank has it; a forced one where all can. */
static lac_status agree_on_cipher(struct meeting *m)
{
    struct lac_link *l = m->l;
    enum lac_cipher cipher = LAC_AES256GCM;
    for (uint32_t rank = 1; rank <= l->ranks; rank++) {
        if (m->ciphers[rank] & AES_HERE) {
            continue;
        }
        if (l->terms.cipher == LAC_AES256GCM) {
            return LAC_FAIL(LAC_E_USAGE,
                            "--cipher: the processor of rank %u has no %s; leave the option out",
                            rank, lac_cipher_name(LAC_AES256GCM));
        }
        cipher = LAC_CHACHA20POLY1305;
    }
    l->cipher = l->terms.cipher ? l->terms.cipher : cipher;
    return LAC_OK;
}

/* What a session is bound to: the options, the cipher and why, the roster. */
static void bind_configuration(struct meeting *m)
{
    struct lac_link *l = m->l;
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add_text(&g, "laconic-configuration-1");
    lac_digest_add(&g, l->terms.configuration, LAC_DIGEST_BYTES);
    lac_digest_add_count(&g, l->cipher);
    for (uint32_t rank = 1; rank <= l->ranks; rank++) {
        lac_digest_add_count(&g, m->ciphers[rank]);
    }
    if (l->terms.roster) {
        lac_digest_add(&g, l->terms.roster->digest, LAC_DIGEST_BYTES);
    }
    lac_digest_end(&g, l->configuration);
}

/*
 * GRANT: LAC_GRANT bytes
 */

static lac_status give_grants(struct meeting *m, const unsigned char joined[LAC_DIGEST_BYTES])
{
    struct lac_link *l = m->l;
    unsigned char frame[LAC_FRAME_HEADER + LAC_GRANT];
    randombytes_buf(l->group, LAC_SEAL_KEY);
    for (uint32_t rank = 2; rank <= l->ranks; rank++) {
        struct lac_writer w;
        lac_frame_begin(&w, frame, sizeof frame);
        lac_grant(l->terms.identity, l->terms.roster, rank - 1, joined, l->group,
                  lac_write_room(&w, LAC_BITS_HEADER, LAC_GRANT));
        lac_frame_end(&w, LAC_MESSAGE_GRANT, 0, LAC_NO_CLIENT, 0);
        LAC_TRY(lac_post_letter(l->post, rank, frame, w.bytes));
        LAC_TRY(lac_post_settle(l->post));
    }
    return LAC_OK;
}

static lac_status take_grant(struct meeting *m, const unsigned char joined[LAC_DIGEST_BYTES])
{
    struct lac_link *l = m->l;
    unsigned char *bytes;
    size_t count;
    struct lac_frame f;
    lac_status status =
        lac_post_read(l->post, LAC_LEADER, LAC_FRAME_HEADER + LAC_GRANT, &bytes, &count);
    if (status == LAC_OK) {
        status = lac_frame_parse(bytes, count, &f);
    }
    if (status == LAC_E_PROTOCOL) {
        return LAC_FAIL(LAC_E_SECURITY, "the group key from rank %u: %s", LAC_LEADER,
                        lac_failure());
    }
    LAC_TRY(status);
    if (f.message != LAC_MESSAGE_GRANT || f.length != LAC_GRANT) {
        return LAC_FAIL(LAC_E_SECURITY, "the server brought %s where the group key was due",
                        lac_message_name(f.message));
    }
    return lac_grant_take(l->terms.identity, l->terms.roster, l->rank - 1, joined, f.body,
                          l->group);
}

static lac_status agree_on_key(struct meeting *m)
{
    struct lac_link *l = m->l;
    unsigned char joined[LAC_DIGEST_BYTES];
    if (!l->terms.identity) {
        memcpy(l->group, l->terms.group, LAC_SEAL_KEY);
        return LAC_OK;
    }
    lac_joined(l->terms.roster, m->joins, joined);
    return l->rank == LAC_LEADER ? give_grants(m, joined) : take_grant(m, joined);
}

/*
 * CONFIRM: LAC_CONFIRMATION bytes of each client
 */

static lac_status confirm(struct meeting *m)
{
    struct lac_link *l = m->l;
    struct lac_writer w;
    lac_frame_begin(&w, m->frame, m->slot_bytes);
    for (uint32_t c = l->terms.first[l->rank]; c < l->terms.first[l->rank + 1]; c++) {
        lac_session_confirmation(&l->blocks, c,
                                 lac_write_room(&w, LAC_BITS_HEADER, LAC_CONFIRMATION));
    }
    lac_frame_end(&w, LAC_MESSAGE_CONFIRM, 0, LAC_NO_CLIENT, 0);
    LAC_TRY(exchange(m, "confirmation", w.bytes));
    for (size_t i = 0; i + 1 < l->ranks; i++) {
        struct lac_frame f;
        uint32_t rank = m->origin[i];
        LAC_TRY(take(m, i, LAC_MESSAGE_CONFIRM, &f));
        if (f.length != (uint64_t)clients_of(l, rank) * LAC_CONFIRMATION) {
            return LAC_FAIL(LAC_E_SECURITY, "rank %u does not confirm for its %u client%s", rank,
                            clients_of(l, rank), lac_plural(clients_of(l, rank)));
        }
        for (uint32_t k = 0; k < clients_of(l, rank); k++) {
            LAC_TRY(lac_session_confirmed(&l->blocks, l->terms.first[rank] + k,
                                          f.body + (size_t)k * LAC_CONFIRMATION));
        }
    }
    return lac_post_settle(l->post);
}

static lac_status open_sessions(struct meeting *m)
{
    struct lac_link *l = m->l;
    const struct lac_session_members members = {.n = l->terms.n,
                                                .random = m->random,
                                                .configuration = l->configuration,
                                                .first = l->terms.first[l->rank],
                                                .count = clients_of(l, l->rank),
                                                .own = m->own};
    const struct lac_session_use blocks = {LAC_SEAL_BLOCK, l->terms.n, l->cipher,
                                           l->terms.rekey_every};
    const struct lac_session_use letters = {LAC_SEAL_LETTER, 2 * l->ranks + 1, l->cipher, 0};
    LAC_TRY(lac_session_open(&l->blocks, &members, l->group, &blocks, l->arena));
    LAC_TRY(lac_session_open(&l->letters, &members, l->group, &letters, l->arena));
    l->block_session = &l->blocks;
    l->letter_session = &l->letters;
    return LAC_OK;
}

static lac_status meet(struct meeting *m)
{
    struct lac_link *l = m->l;
    size_t bytes;
    LAC_TRY(put_join(m, &bytes));
    if (l->post) {
        LAC_TRY(exchange(m, "greeting", bytes));
        for (size_t i = 0; i + 1 < l->ranks; i++) {
            LAC_TRY(take_join(m, i));
        }
    }
    LAC_TRY(agree_on_cipher(m));
    bind_configuration(m);
    LAC_TRY(agree_on_key(m));
    LAC_TRY(open_sessions(m));
    return l->post ? confirm(m) : LAC_OK;
}

static lac_status open_meeting(struct meeting *m, struct lac_arena *a)
{
    struct lac_link *l = m->l;
    size_t most = 0;
    for (uint32_t rank = 1; rank <= l->ranks; rank++) {
        most = clients_of(l, rank) > most ? clients_of(l, rank) : most;
    }
    m->slot_bytes = (LAC_FRAME_HEADER + 64 + LAC_JOIN + most * LAC_CONFIRMATION + 63) / 64 * 64;
    LAC_TRY(LAC_NEW(a, (size_t)l->terms.n * LAC_SEAL_RANDOM, &m->random));
    LAC_TRY(LAC_NEW(a, most * LAC_SEAL_RANDOM, &m->own));
    LAC_TRY(LAC_NEW(a, (size_t)l->ranks * LAC_JOIN, &m->joins));
    LAC_TRY(LAC_NEW(a, l->ranks + 1, &m->ciphers));
    LAC_TRY(LAC_NEW(a, m->slot_bytes, &m->frame));
    LAC_TRY(LAC_NEW(a, l->ranks * m->slot_bytes, &m->slots));
    return LAC_NEW(a, l->ranks, &m->origin);
}

lac_status lac_link_open(struct lac_link *l, struct lac_post *post,
                         const struct lac_link_terms *terms, struct lac_arena *a)
{
    struct lac_arena scratch = {0};
    struct meeting m = {.l = l};
    *l = (struct lac_link){.post = post,
                           .terms = *terms,
                           .rank = post ? lac_post_rank(post) : LAC_LEADER,
                           .ranks = post ? lac_post_ranks(post) : 1,
                           .arena = a};
    LAC_TRY(LAC_NEW(a, l->ranks + 1, &l->written));
    LAC_TRY(LAC_NEW(a, l->ranks + 1, &l->taken));
    if (terms->bare) {
        return LAC_OK;
    }
    LAC_TRY(lac_secret_new(LAC_SEAL_KEY, &l->group));
    lac_status status = open_meeting(&m, &scratch);
    if (status == LAC_OK) {
        status = meet(&m);
    }
    if (status == LAC_OK && post) {
        lac_post_agreed(post);
    }
    if (status != LAC_OK && post) {
        lac_post_forget(post); /* what would still come into scratch */
    }
    if (status == LAC_OK || !post || lac_post_idle(post)) {
        lac_arena_free(&scratch);
    }
    l->terms.configuration = l->terms.group = NULL; /* borrowed until here */
    l->terms.identity = NULL;
    l->terms.roster = NULL;
    return status;
}
