/*
 * Sessions: who has the key agrees; who has not, or changes, swaps, replays, reflects, is found out. What the cipher is
 * called with is watched, by the linker (--wrap).
 */
#include <string.h>

#include "base/digest.h"
#include "base/rng.h"
#include "seal/secret.h"
#include "seal/session.h"
#include "tap.h"

enum { N = 4, BYTES = 40 };

static struct lac_arena arena;
static unsigned char *group, *other_group;
static unsigned char randoms[N][LAC_SEAL_RANDOM], configuration[LAC_DIGEST_BYTES];

/* The last call of the cipher. */
static struct call {
    struct lac_cipher_key key;
    struct lac_sealed_with with;
    unsigned char data[128];
} seen;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
void __wrap_lac_cipher_seal(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                            const unsigned char *plain, size_t bytes, unsigned char *sealed);
void __real_lac_cipher_seal(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                            const unsigned char *plain, size_t bytes, unsigned char *sealed);
/* NOLINTEND(bugprone-reserved-identifier) */

void __wrap_lac_cipher_seal(const struct lac_cipher_key *key, const struct lac_sealed_with *with,
                            const unsigned char *plain, size_t bytes, unsigned char *sealed)
{
    seen.key = *key;
    seen.with = *with;
    memcpy(seen.data, with->data, with->length);
    __real_lac_cipher_seal(key, with, plain, bytes, sealed);
}

static struct lac_session_members members(uint32_t client)
{
    return (struct lac_session_members){.n = N,
                                        .random = randoms[0],
                                        .configuration = configuration,
                                        .first = client,
                                        .count = 1,
                                        .own = randoms[client]};
}

static struct lac_session opened(uint32_t client, const unsigned char *key, enum lac_cipher cipher,
                                 uint64_t rekey)
{
    struct lac_session s;
    struct lac_session_members m = members(client);
    const struct lac_session_use use = {LAC_SEAL_BLOCK, N, cipher, rekey};
    if (lac_session_open(&s, &m, key, &use, &arena) != LAC_OK) {
        printf("Bail out! %s\n", lac_failure());
        exit(1);
    }
    return s;
}

static void agreement(void)
{
    struct lac_session a = opened(0, group, lac_cipher_best(), 0),
                       b = opened(3, group, lac_cipher_best(), 0);
    struct lac_session c = opened(1, other_group, lac_cipher_best(), 0);
    unsigned char said[LAC_CONFIRMATION], also[LAC_CONFIRMATION];
    lac_session_confirmation(&a, 0, said);
    tap_ok(lac_session_confirmed(&b, 0, said) == LAC_OK,
           "clients with one key and one session confirm each other");
    tap_ok(lac_session_confirmed(&c, 0, said) == LAC_E_SECURITY &&
               strstr(lac_failure(), "client 0"),
           "another group key is found out, the client named");
    tap_ok(lac_session_confirmed(&b, 3, said) == LAC_E_SECURITY,
           "what client 0 said is not what client 3 says");
    lac_session_confirmation(&a, 3, also);
    tap_ok(memcmp(said, also, sizeof said) != 0, "each says something else");
    randoms[2][5] ^= 1;
    struct lac_session d = opened(3, group, lac_cipher_best(), 0);
    tap_ok(lac_session_confirmed(&d, 0, said) == LAC_E_SECURITY,
           "another random of a client: another session");
    struct lac_session_members m = members(2);
    unsigned char mine[LAC_SEAL_RANDOM];
    memcpy(mine, randoms[2], sizeof mine);
    mine[31] ^= 0x80;
    m.own = mine;
    struct lac_session e;
    const struct lac_session_use use = {LAC_SEAL_BLOCK, N, lac_cipher_best(), 0};
    tap_ok(lac_session_open(&e, &m, group, &use, &arena) == LAC_E_SECURITY &&
               strstr(lac_failure(), "client 2"),
           "a client whose random the server replaced says so");
    lac_session_close(&e);
    randoms[2][5] ^= 1;
    configuration[0] ^= 1;
    struct lac_session f = opened(3, group, lac_cipher_best(), 0);
    tap_ok(lac_session_confirmed(&f, 0, said) == LAC_E_USAGE && strstr(lac_failure(), "options"),
           "another configuration: another session, and told so");
    struct lac_session *all[] = {&a, &b, &c, &d, &f};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        lac_session_close(all[i]);
    }
}

/* Number i of the attacks: the block that the receiver believes to get. */
static struct lac_block believed(struct lac_block b, int i)
{
    b.round += i == 0;
    b.round -= i == 1;
    b.sender = i == 2 ? (b.sender + 1) % N : b.sender; /* swapped between clients; reflected */
    b.codec += i == 3;
    b.round += i == 4 ? (uint64_t)1 << 32 : 0;
    return b;
}

static void blocks(enum lac_cipher cipher, uint64_t rekey)
{
    struct lac_session from = opened(1, group, cipher, rekey), to = opened(2, group, cipher, rekey);
    unsigned char plain[BYTES], sealed[BYTES + LAC_SEAL_TAG], out[BYTES];
    struct lac_block b = {.sender = 1, .codec = 9};
    unsigned right = 0, wrong = 0;
    for (b.round = 1; b.round < 40; b.round++) {
        randombytes_buf(plain, sizeof plain);
        bool good = lac_session_seal(&from, &b, plain, BYTES, sealed) == LAC_OK;
        right += good && lac_session_unseal(&to, &b, sealed, BYTES, out) == LAC_OK &&
                 memcmp(out, plain, BYTES) == 0;
        for (int i = 0; i < 5; i++) {
            struct lac_block other = believed(b, i);
            wrong += lac_session_unseal(&to, &other, sealed, BYTES, out) == LAC_OK;
        }
        wrong += lac_session_unseal(&to, &b, sealed, BYTES - 1, out) == LAC_OK;
    }
    tap_ok(right == 39, "%s, rekeyed every %d: %u of 39 blocks opened", lac_cipher_name(cipher),
           (int)rekey, right);
    tap_ok(wrong == 0, "none as that of another round, client, codec or length: %u", wrong);
    b.round = 39;
    tap_ok(lac_session_seal(&from, &b, plain, BYTES, sealed) == LAC_E_SECURITY &&
               strstr(lac_failure(), "twice"),
           "a round is not sealed twice");
    b.round = 38;
    tap_ok(lac_session_seal(&from, &b, plain, BYTES, sealed) == LAC_E_SECURITY,
           "nor an earlier one");
    lac_session_close(&from);
    lac_session_close(&to);
}

/* Random changes of one to eight bytes, of the length kept by the frame. */
static void mutations(enum lac_cipher cipher)
{
    struct lac_session from = opened(1, group, cipher, 0), to = opened(2, group, cipher, 0);
    unsigned char plain[BYTES] = {1, 2, 3}, sealed[BYTES + LAC_SEAL_TAG],
                  changed[BYTES + LAC_SEAL_TAG], out[BYTES];
    struct lac_block b = {.round = 5, .sender = 1};
    int cases = tap_cases(500000), opened_anyway = 0;
    if (lac_session_seal(&from, &b, plain, BYTES, sealed) != LAC_OK) {
        tap_ok(false, "%s", lac_failure());
    }
    struct lac_rng rng;
    struct lac_stream stream = {.seed = 6};
    lac_rng_init(&rng, &stream);
    for (int i = 0; i < cases; i++) {
        memcpy(changed, sealed, sizeof changed);
        uint32_t many = 1 + lac_rng_word(&rng) % 8;
        for (uint32_t k = 0; k < many; k++) {
            uint32_t word = lac_rng_word(&rng);
            changed[(word >> 8) % sizeof changed] ^= (unsigned char)(word & 0xff);
        }
        if (memcmp(changed, sealed, sizeof changed) != 0) {
            opened_anyway += lac_session_unseal(&to, &b, changed, BYTES, out) == LAC_OK;
        }
    }
    tap_ok(opened_anyway == 0, "%s: none of %d changed blocks is opened", lac_cipher_name(cipher),
           cases);
    lac_session_close(&from);
    lac_session_close(&to);
}

/* How the cipher is called for this block, in a session just opened; sealed: (bytes + LAC_SEAL_TAG). */
static struct call call_for(enum lac_cipher cipher, uint64_t rekey, struct lac_block b,
                            size_t bytes, unsigned char *sealed)
{
    static const unsigned char zeros[BYTES + 1];
    struct lac_session s = opened(1, group, cipher, rekey);
    if (lac_session_seal(&s, &b, zeros, bytes, sealed) != LAC_OK) {
        printf("Bail out! %s\n", lac_failure());
        exit(1);
    }
    lac_session_close(&s);
    return seen;
}

/* Whether what was sealed in one call opens with the key, nonce and length of that call, and the associated data of another. */
static bool opens_with_data_of(const struct call *one, const struct call *other,
                               const unsigned char *sealed)
{
    unsigned char out[BYTES];
    struct lac_sealed_with with = one->with;
    with.data = other->data;
    with.length = other->with.length;
    return lac_cipher_open(&one->key, &with, sealed, BYTES, out);
}

/* Were a key and a nonce ever to serve two blocks, their data would still tell one from the other. */
static void bound(enum lac_cipher cipher)
{
    const struct lac_block b = {.round = 5, .sender = 1, .codec = 9};
    static const struct {
        struct lac_block block;
        size_t bytes;
        const char *what;
    } others[] = {{{6, 1, 9}, BYTES, "round"},
                  {{5, 2, 9}, BYTES, "sender"},
                  {{5, 1, 8}, BYTES, "codec"},
                  {{5, 1, 9}, BYTES + 1, "length"},
                  {{5, 1, 9}, BYTES, "session"}};
    unsigned char sealed[BYTES + LAC_SEAL_TAG], more[BYTES + 1 + LAC_SEAL_TAG];
    struct call one = call_for(cipher, 0, b, BYTES, sealed);
    tap_ok(opens_with_data_of(&one, &one, sealed), "%s: with its own data a block is opened",
           lac_cipher_name(cipher));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(others[i].what, "session") == 0) {
            randombytes_buf(randoms[3], LAC_SEAL_RANDOM);
        }
        struct call other = call_for(cipher, 0, others[i].block, others[i].bytes, more);
        tap_ok(!opens_with_data_of(&one, &other, sealed),
               "%s: of another %s the associated data alone are others: it is not opened",
               lac_cipher_name(cipher), others[i].what);
    }
}

/* Rounds of one epoch have one key, those of two have two. */
static void epochs(enum lac_cipher cipher)
{
    enum { REKEY = 3, ROUNDS = 13 };
    struct call call[ROUNDS];
    unsigned char sealed[ROUNDS][BYTES + LAC_SEAL_TAG], out[BYTES];
    unsigned within = 0, across = 0;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        const struct lac_block b = {.round = round, .sender = 1};
        call[round] = call_for(cipher, REKEY, b, BYTES, sealed[round]);
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        call[i].with.data = call[i].data;
        for (size_t k = 0; k < ROUNDS; k++) {
            bool opens = lac_cipher_open(&call[k].key, &call[i].with, sealed[i], BYTES, out);
            within += i / REKEY == k / REKEY && opens;
            across += i / REKEY != k / REKEY && opens;
        }
    }
    tap_ok(within == 4 * REKEY * REKEY + 1, "%s: rounds of one epoch have one key (%u)",
           lac_cipher_name(cipher), within);
    tap_ok(across == 0, "and those of another have another: %u open", across);
}

/* Whatever a session is called, its keys are its own: no pair of key and nonce comes again after a resume. */
static void resumed(void)
{
    unsigned char zeros[BYTES] = {0}, first[BYTES + LAC_SEAL_TAG], again[BYTES + LAC_SEAL_TAG];
    struct lac_block b = {.round = 7, .sender = 1};
    struct lac_session one = opened(1, group, lac_cipher_best(), 0);
    randombytes_buf(randoms[1], LAC_SEAL_RANDOM);
    struct lac_session two = opened(1, group, lac_cipher_best(), 0);
    bool sealed = lac_session_seal(&one, &b, zeros, BYTES, first) == LAC_OK &&
                  lac_session_seal(&two, &b, zeros, BYTES, again) == LAC_OK;
    tap_ok(sealed && memcmp(first, again, BYTES) != 0,
           "a new session seals the same round by another key");
    tap_ok(lac_session_unseal(&two, &b, first, BYTES, zeros) == LAC_E_SECURITY &&
               strstr(lac_failure(), "client 1") && strstr(lac_failure(), "round 7"),
           "a block of an old session is refused, client and round named");
    lac_session_close(&one);
    lac_session_close(&two);
}

int main(void)
{
    TAP_OK(lac_secrets_begin());
    TAP_OK(lac_secret_new(LAC_SEAL_KEY, &group));
    TAP_OK(lac_secret_new(LAC_SEAL_KEY, &other_group));
    randombytes_buf(group, LAC_SEAL_KEY);
    randombytes_buf(other_group, LAC_SEAL_KEY);
    randombytes_buf(randoms, sizeof randoms);
    agreement();
    for (int c = 1; c < LAC_CIPHERS; c++) {
        if (lac_cipher_here((enum lac_cipher)c)) {
            blocks((enum lac_cipher)c, 0);
            blocks((enum lac_cipher)c, 7);
            mutations((enum lac_cipher)c);
            bound((enum lac_cipher)c);
            epochs((enum lac_cipher)c);
        }
    }
    resumed();
    lac_secret_free(group);
    lac_secret_free(other_group);
    lac_arena_free(&arena);
    return tap_done();
}
