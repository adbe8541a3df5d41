/*
 * A key never meets a nonce twice, wherever runs stop and are resumed: every call of lac_cipher_seal is watched, by the
 * linker (--wrap), through sessions that play rounds again which an earlier one had sealed. Ranks, threads here, meet by
 * lac_link_open, draw the randoms that a run draws, and seal by lac_link_give and lac_link_write.
 */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "seal/secret.h"
#include "tap.h"
#include "thread_post.h"
#include "transport/link.h"

enum { CLIENTS = 4, RANKS = THREAD_RANKS, ROUNDS = 12, BODY = 24, PAIR = 16 };

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
void __wrap_lac_cipher_seal(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                            const unsigned char *plain, size_t bytes, unsigned char *sealed);
void __real_lac_cipher_seal(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                            const unsigned char *plain, size_t bytes, unsigned char *sealed);
void __wrap_randombytes_buf(void *bytes, size_t count);
void __real_randombytes_buf(void *bytes, size_t count);
/* NOLINTEND(bugprone-reserved-identifier) */

/* Digests of (key, nonce) that were met. */
static unsigned char (*met)[PAIR];
static size_t met_count, met_room, clashes;
static pthread_mutex_t watch = PTHREAD_MUTEX_INITIALIZER;

void __wrap_lac_cipher_seal(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                            const unsigned char *plain, size_t bytes, unsigned char *sealed)
{
    crypto_generichash_state g;
    (void)pthread_mutex_lock(&watch);
    if (met_count == met_room) {
        met_room = 2 * met_room + 1024;
        met = realloc(met, met_room * sizeof *met);
    }
    crypto_generichash_init(&g, NULL, 0, PAIR);
    crypto_generichash_update(&g, (const unsigned char *)key, sizeof *key);
    crypto_generichash_update(&g, with->nonce, sizeof with->nonce);
    crypto_generichash_final(&g, met[met_count++], PAIR);
    (void)pthread_mutex_unlock(&watch);
    __real_lac_cipher_seal(key, with, plain, bytes, sealed);
}

static int order(const void *a, const void *b)
{
    return memcmp(a, b, PAIR);
}

static void count_clashes(void)
{
    qsort(met, met_count, sizeof *met, order);
    clashes = 0;
    for (size_t i = 1; i < met_count; i++) {
        clashes += memcmp(met[i - 1], met[i], PAIR) == 0;
    }
}

static struct lac_rng rng;
static unsigned char *group;
static const unsigned char configuration[LAC_DIGEST_BYTES];
static const uint32_t first_client[RANKS + 2] = {0, 0, 2, 3, CLIENTS};

static void must(lac_status status)
{
    if (status != LAC_OK) {
        printf("Bail out! %s\n", lac_failure());
        exit(1);
    }
}

/* A rank of a session: a thread. */
struct player {
    struct lac_post post;
    uint64_t first, last, rekey;
    uint32_t behind; /* clients of the last round up to this one have sealed when it stops */
};

/* What each rank drew for its clients, and whether it draws the same again. */
static unsigned char drawn[1 + RANKS][CLIENTS * LAC_SEAL_RANDOM];
static bool draws_again[1 + RANKS];
static _Thread_local uint32_t drawing; /* rank; 0: none */

void __wrap_randombytes_buf(void *bytes, size_t count)
{
    if (drawing == 0 || count > sizeof drawn[0]) {
        __real_randombytes_buf(bytes, count);
        return;
    }
    if (!draws_again[drawing]) {
        __real_randombytes_buf(drawn[drawing], count);
    }
    memcpy(bytes, drawn[drawing], count);
}

static size_t frame_of(uint32_t client, uint64_t round, unsigned char *bytes, struct lac_frame *f)
{
    struct lac_writer w;
    lac_frame_begin(&w, bytes, LAC_FRAME_HEADER + BODY);
    memset(lac_write_room(&w, LAC_BITS_VALUE, BODY), 0, BODY);
    lac_frame_end(&w, LAC_MESSAGE_UPDATE, 0, client, round);
    must(lac_frame_parse(bytes, w.bytes, f));
    return w.bytes;
}

/* A block of each client here, then letters: of rank 1 to each other, of each other to rank 1. */
static void play_round(struct lac_link *l, const struct player *p, uint64_t round)
{
    static const uint32_t all[CLIENTS] = {0, 1, 2, 3};
    unsigned char frame[LAC_FRAME_HEADER + BODY];
    struct lac_frame f;
    must(lac_link_begin_round(l, round, all, CLIENTS));
    for (uint32_t c = first_client[l->rank]; c < first_client[l->rank + 1]; c++) {
        frame_of(c, round, frame, &f);
        must(round < p->last || c <= p->behind ? lac_link_give(l, &f) : LAC_OK);
    }
    for (uint32_t rank = 2; rank <= RANKS; rank++) {
        size_t bytes = frame_of(0, round, frame, &f);
        if (l->rank == LAC_LEADER || l->rank == rank) {
            must(lac_link_write(l, l->rank == LAC_LEADER ? rank : LAC_LEADER, frame, bytes));
        }
    }
}

static void *play_rank(void *player)
{
    struct player *p = player;
    struct lac_arena arena = {0};
    struct lac_link link;
    const struct lac_link_terms terms = {.n = CLIENTS,
                                         .first = first_client,
                                         .configuration = configuration,
                                         .group = group,
                                         .rekey_every = p->rekey};
    const struct lac_link_rounds rounds = {.longest = LAC_FRAME_HEADER + BODY,
                                           .block_bytes = LAC_FRAME_HEADER + BODY,
                                           .codec = 1,
                                           .most = CLIENTS};
    drawing = p->post.rank;
    must(lac_link_open(&link, &p->post, &terms, &arena));
    drawing = 0;
    must(lac_link_prepare(&link, &rounds));
    for (uint64_t round = p->first; round <= p->last; round++) {
        play_round(&link, p, round);
    }
    lac_link_close(&link);
    lac_arena_free(&arena);
    return NULL;
}

/* A session from its greetings on, which stops in the midst of its last round. */
static void play(uint64_t first, uint64_t last, uint64_t rekey)
{
    static struct thread_office office;
    struct player player[1 + RANKS];
    pthread_t thread[1 + RANKS];
    uint32_t behind = lac_rng_word(&rng) % CLIENTS;
    (void)pthread_barrier_init(&office.all, NULL, RANKS);
    for (uint32_t rank = 1; rank <= RANKS; rank++) {
        player[rank] =
            (struct player){{.office = &office, .rank = rank}, first, last, rekey, behind};
        if (pthread_create(&thread[rank], NULL, play_rank, &player[rank]) != 0) {
            printf("Bail out! no thread\n");
            exit(1);
        }
    }
    for (uint32_t rank = 1; rank <= RANKS; rank++) {
        (void)pthread_join(thread[rank], NULL);
    }
    (void)pthread_barrier_destroy(&office.all);
}

/* A run that stops at a random place, and goes on from an earlier round: every rank draws anew, or one alone. */
static void stop_and_resume(uint64_t rekey)
{
    uint64_t stop = 2 + lac_rng_word(&rng) % (ROUNDS - 2);
    uint64_t again = 1 + lac_rng_word(&rng) % stop;
    uint32_t alone = lac_rng_word(&rng) % (RANKS + 1);
    play(1, stop, rekey);
    for (uint32_t rank = 1; rank <= RANKS; rank++) {
        draws_again[rank] = alone > 0 && rank != alone;
    }
    play(again, ROUNDS, rekey);
    memset(draws_again, 0, sizeof draws_again);
}

static void runs(uint64_t rekey)
{
    int cases = tap_cases(1000);
    met_count = 0;
    for (int i = 0; i < cases; i++) {
        stop_and_resume(rekey);
    }
    count_clashes();
    tap_ok(met_count > (size_t)cases * ROUNDS * CLIENTS && clashes == 0,
           "rekeyed every %d rounds: of %zu pairs of key and nonce in %d runs that were stopped "
           "and resumed %zu came twice",
           (int)rekey, met_count, cases, clashes);
}

/* The watch sees what it is for. */
static void without_fresh_randoms(void)
{
    met_count = 0;
    play(1, 6, 0);
    for (uint32_t rank = 1; rank <= RANKS; rank++) {
        draws_again[rank] = true;
    }
    play(4, 8, 0);
    memset(draws_again, 0, sizeof draws_again);
    count_clashes();
    tap_ok(clashes >= (size_t)2 * CLIENTS,
           "had no client drawn a new random, pairs would come again: the watch counts %zu",
           clashes);
}

static void open_session(struct lac_session *s, enum lac_seal_purpose purpose, uint64_t rekey,
                         struct lac_arena *a)
{
    static const unsigned char randoms[CLIENTS][LAC_SEAL_RANDOM];
    const struct lac_session_members members = {.n = CLIENTS,
                                                .random = randoms[0],
                                                .configuration = configuration,
                                                .count = CLIENTS,
                                                .own = randoms[0]};
    const struct lac_session_use use = {purpose, CLIENTS, lac_cipher_best(), rekey};
    must(lac_session_open(s, &members, group, &use, a));
}

static void twice(void)
{
    struct lac_arena arena = {0};
    struct lac_session s;
    unsigned char frame[LAC_FRAME_HEADER + BODY], out[LAC_FRAME_HEADER + BODY + LAC_LETTER_MORE];
    struct lac_frame f;
    size_t count, bytes = frame_of(2, 5, frame, &f);
    open_session(&s, LAC_SEAL_BLOCK, 3, &arena);
    met_count = 0;
    must(lac_block_seal(&s, &f, 1, out, &count));
    tap_ok(lac_block_seal(&s, &f, 1, out, &count) == LAC_E_SECURITY && met_count == 1,
           "a block of a round is sealed once in a session; the cipher is not called again");
    f.round = 4;
    tap_ok(lac_block_seal(&s, &f, 1, out, &count) == LAC_E_SECURITY && met_count == 1,
           "nor is one of an earlier round, not even of an earlier epoch");
    lac_session_close(&s);
    open_session(&s, LAC_SEAL_LETTER, 0, &arena);
    must(lac_letter_seal(&s, 1, 9, frame, bytes, out, &count));
    tap_ok(lac_letter_seal(&s, 1, 9, frame, bytes, out, &count) == LAC_E_SECURITY && met_count == 2,
           "a letter's number is sealed once");
    lac_session_close(&s);
    lac_arena_free(&arena);
}

int main(void)
{
    struct lac_stream stream = {.seed = 9};
    lac_rng_init(&rng, &stream);
    TAP_OK(lac_secrets_begin());
    TAP_OK(lac_secret_new(LAC_SEAL_KEY, &group));
    randombytes_buf(group, LAC_SEAL_KEY);
    runs(0);
    runs(1);
    runs(5);
    without_fresh_randoms();
    twice();
    lac_secret_free(group);
    free(met);
    return tap_done();
}
