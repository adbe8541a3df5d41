/*
 * A key never meets a nonce twice, wherever runs stop and are resumed: every call of lac_cipher_seal is watched, by the
 * linker (--wrap), through sessions that play rounds again which an earlier one had sealed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "seal/sealed_frame.h"
#include "seal/secret.h"
#include "tap.h"

enum { CLIENTS = 4, RANKS = 3, ROUNDS = 12, STREAMS = 2 * RANKS + 1, BODY = 24, PAIR = 16 };

void __wrap_lac_cipher_seal(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                            const unsigned char *plain, size_t bytes, unsigned char *sealed);
void __real_lac_cipher_seal(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                            const unsigned char *plain, size_t bytes, unsigned char *sealed);

/* Digests of (key, nonce) that were met. */
static unsigned char (*met)[PAIR];
static size_t met_count, met_room, clashes;

void __wrap_lac_cipher_seal(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                            const unsigned char *plain, size_t bytes, unsigned char *sealed)
{
    crypto_generichash_state g;
    if (met_count == met_room) {
        met_room = 2 * met_room + 1024;
        met = realloc(met, met_room * sizeof *met);
    }
    crypto_generichash_init(&g, NULL, 0, PAIR);
    crypto_generichash_update(&g, (const unsigned char *)key, sizeof *key);
    crypto_generichash_update(&g, with->nonce, sizeof with->nonce);
    crypto_generichash_final(&g, met[met_count++], PAIR);
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
static unsigned char randoms[CLIENTS][LAC_SEAL_RANDOM], configuration[LAC_SESSION];

static void must(lac_status status)
{
    if (status != LAC_OK) {
        printf("Bail out! %s\n", lac_failure());
        exit(1);
    }
}

static void open_session(struct lac_session *s, enum lac_seal_purpose purpose, uint32_t senders,
                         uint64_t rekey, struct lac_arena *a)
{
    const struct lac_session_members members = {.n = CLIENTS,
                                                .random = randoms[0],
                                                .configuration = configuration,
                                                .count = CLIENTS,
                                                .own = randoms[0]};
    const struct lac_session_use use = {purpose, senders, lac_cipher_best(), rekey};
    must(lac_session_open(s, &members, group, &use, a));
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

/* What all ranks seal from one round to another: a block of each client, a letter of each pair of ranks each way. */
static void play(uint64_t first, uint64_t last, uint64_t rekey)
{
    struct lac_arena arena = {0};
    struct lac_session blocks, letters;
    unsigned char frame[LAC_FRAME_HEADER + BODY], out[LAC_FRAME_HEADER + BODY + LAC_LETTER_MORE];
    struct lac_frame f;
    size_t count;
    open_session(&blocks, LAC_SEAL_BLOCK, CLIENTS, rekey, &arena);
    open_session(&letters, LAC_SEAL_LETTER, STREAMS, 0, &arena);
    for (uint64_t round = first; round <= last; round++) {
        for (uint32_t client = 0; client < CLIENTS; client++) {
            frame_of(client, round, frame, &f);
            must(lac_block_seal(&blocks, &f, 1, out, &count));
        }
        for (uint32_t stream = 2; stream < STREAMS; stream++) {
            size_t bytes = frame_of(0, round, frame, &f);
            must(lac_letter_seal(&letters, stream, round - first + 1, frame, bytes, out, &count));
        }
    }
    lac_session_close(&blocks);
    lac_session_close(&letters);
    lac_arena_free(&arena);
}

/* A run that stops at a random round, and goes on from an earlier one, with fresh randoms of all, or of one client alone. */
static void stop_and_resume(uint64_t rekey)
{
    uint64_t stop = 2 + lac_rng_word(&rng) % (ROUNDS - 2);
    uint64_t again = 1 + lac_rng_word(&rng) % stop;
    randombytes_buf(randoms, sizeof randoms);
    play(1, stop, rekey);
    if (lac_rng_word(&rng) % 2) {
        randombytes_buf(randoms, sizeof randoms);
    } else {
        randombytes_buf(randoms[lac_rng_word(&rng) % CLIENTS], LAC_SEAL_RANDOM);
    }
    play(again, ROUNDS, rekey);
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
           "and resumed none came twice",
           (int)rekey, met_count, cases);
}

/* The watch sees what it is for. */
static void without_fresh_randoms(void)
{
    met_count = 0;
    randombytes_buf(randoms, sizeof randoms);
    play(1, 6, 0);
    play(4, 8, 0);
    count_clashes();
    tap_ok(clashes >= 3 * CLIENTS,
           "had no client drawn a new random, pairs would come again: the watch counts %zu",
           clashes);
}

static void twice(void)
{
    struct lac_arena arena = {0};
    struct lac_session s;
    unsigned char frame[LAC_FRAME_HEADER + BODY], out[LAC_FRAME_HEADER + BODY + LAC_LETTER_MORE];
    struct lac_frame f;
    size_t count, bytes = frame_of(2, 5, frame, &f);
    open_session(&s, LAC_SEAL_BLOCK, CLIENTS, 3, &arena);
    met_count = 0;
    must(lac_block_seal(&s, &f, 1, out, &count));
    tap_ok(lac_block_seal(&s, &f, 1, out, &count) == LAC_E_SECURITY && met_count == 1,
           "a block of a round is sealed once in a session; the cipher is not called again");
    f.round = 4;
    tap_ok(lac_block_seal(&s, &f, 1, out, &count) == LAC_E_SECURITY && met_count == 1,
           "nor is one of an earlier round, not even of an earlier epoch");
    lac_session_close(&s);
    open_session(&s, LAC_SEAL_LETTER, STREAMS, 0, &arena);
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
