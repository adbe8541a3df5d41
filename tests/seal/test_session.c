/* Sessions: who has the key agrees; who has not, or changes, swaps, replays, reflects, is found out. */
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
    b.section += i == 3;
    b.codec += i == 4;
    b.round += i == 5 ? (uint64_t)1 << 32 : 0;
    return b;
}

static void blocks(enum lac_cipher cipher, uint64_t rekey)
{
    struct lac_session from = opened(1, group, cipher, rekey), to = opened(2, group, cipher, rekey);
    unsigned char plain[BYTES], sealed[BYTES + LAC_SEAL_TAG], out[BYTES];
    struct lac_block b = {.sender = 1, .codec = 9};
    unsigned right = 0, wrong = 0;
    for (b.round = 1; b.round < 40; b.round++) {
        for (b.section = 0; b.section < 3; b.section++) {
            randombytes_buf(plain, sizeof plain);
            bool good = lac_session_seal(&from, &b, plain, BYTES, sealed) == LAC_OK;
            right += good && lac_session_unseal(&to, &b, sealed, BYTES, out) == LAC_OK &&
                     memcmp(out, plain, BYTES) == 0;
            for (int i = 0; i < 6; i++) {
                struct lac_block other = believed(b, i);
                wrong += lac_session_unseal(&to, &other, sealed, BYTES, out) == LAC_OK;
            }
            wrong += lac_session_unseal(&to, &b, sealed, BYTES - 1, out) == LAC_OK;
        }
    }
    tap_ok(right == 39 * 3, "%s, rekeyed every %d: %u of 117 blocks opened",
           lac_cipher_name(cipher), (int)rekey, right);
    tap_ok(wrong == 0, "none as that of another round, client, section, codec or length: %u",
           wrong);
    b.round = 39;
    b.section = 2;
    tap_ok(lac_session_seal(&from, &b, plain, BYTES, sealed) == LAC_E_SECURITY &&
               strstr(lac_failure(), "twice"),
           "a section is not sealed twice");
    b.section = 1;
    tap_ok(lac_session_seal(&from, &b, plain, BYTES, sealed) == LAC_E_SECURITY,
           "nor an earlier one");
    b.round = 38;
    b.section = 9;
    tap_ok(lac_session_seal(&from, &b, plain, BYTES, sealed) == LAC_E_SECURITY,
           "nor one of an earlier round");
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
        }
    }
    resumed();
    lac_secret_free(group);
    lac_secret_free(other_group);
    lac_arena_free(&arena);
    return tap_done();
}
