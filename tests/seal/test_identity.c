/* Sites agree on a group key through a server that may do what it likes. */
#include <string.h>
#include <unistd.h>

#include "seal/identity.h"
#include "seal/key_file.h"
#include "seal/secret.h"
#include "tap.h"

enum { SITES = 3, RANDOM = 64 };

static char path[] = "/tmp/laconic-roster-XXXXXX";
static struct lac_identity *me[SITES], *stranger;
static struct lac_roster roster;
static unsigned char configuration[LAC_DIGEST_BYTES], random_of[SITES][RANDOM];
static unsigned char joins[SITES][LAC_JOIN], *group, *taken;

static void bail(const char *why)
{
    printf("Bail out! %s\n", why);
    exit(1);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        bail("the roster could not be written");
    }
}

static void rfc7748(void)
{
    unsigned char bob[32], alice[32], secret[32], out[32];
    sodium_hex2bin(bob, 32, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", 64,
                   NULL, NULL, NULL);
    sodium_hex2bin(alice, 32, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
                   64, NULL, NULL, NULL);
    sodium_hex2bin(secret, 32, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
                   64, NULL, NULL, NULL);
    tap_ok(crypto_scalarmult(out, bob, alice) == 0 && memcmp(out, secret, 32) == 0,
           "X25519 of Bob's private key and Alice's public one is the secret of RFC 7748, 6.1");
}

static void make_roster(void)
{
    char text[SITES * LAC_SITE_LINE + 64], line[LAC_SITE_LINE];
    strcpy(text, "# three hospitals\n\n");
    for (int i = 0; i < SITES; i++) {
        unsigned char seed[LAC_SEAL_KEY];
        randombytes_buf(seed, sizeof seed);
        lac_identity_of(seed, me[i]);
        snprintf(me[i]->site.name, LAC_SITE_NAME, "site-%d.example", i);
        lac_site_line(&me[i]->site, line);
        strcat(text, line);
    }
    write_file(text);
}

static void bad_rosters(struct lac_arena *a)
{
    struct lac_roster r;
    char line[LAC_SITE_LINE], text[2 * LAC_SITE_LINE];
    lac_site_line(&me[0]->site, line);
    snprintf(text, sizeof text, "%s%s", line, line);
    write_file(text);
    tap_ok(lac_roster_read(path, &r, a) == LAC_E_INPUT && strstr(lac_failure(), "same name"),
           "a site stands twice: refused");
    write_file("# nobody\n");
    tap_ok(lac_roster_read(path, &r, a) == LAC_E_INPUT && strstr(lac_failure(), "no site"),
           "no site: refused");
    size_t length = strlen(line);
    int read = 0;
    for (size_t cut = 1; cut + 1 < length; cut += 5) {
        snprintf(text, sizeof text, "%.*s\n", (int)cut, line);
        write_file(text);
        read += lac_roster_read(path, &r, a) == LAC_OK || !strstr(lac_failure(), ":1:");
    }
    tap_ok(read == 0, "lines that are cut short are refused, the line named");
    struct lac_site low = me[0]->site;
    memset(low.box, 0, sizeof low.box);
    lac_site_line(&low, line);
    write_file(line);
    tap_ok(lac_roster_read(path, &r, a) == LAC_E_INPUT, "a key of low order is refused");
}

static struct lac_joining joining(uint32_t site)
{
    return (struct lac_joining){
        .configuration = configuration, .site = site, .random = random_of[site], .bytes = RANDOM};
}

static void join_all(void)
{
    for (uint32_t i = 0; i < SITES; i++) {
        struct lac_joining j = joining(i);
        lac_join(me[i], &roster, &j, joins[i]);
        tap_ok(lac_join_check(&roster, &j, joins[i]) == LAC_OK, "site %d's join is good", (int)i);
    }
    struct lac_joining j = joining(1);
    unsigned char bad[LAC_JOIN];
    lac_join(stranger, &roster, &j, bad);
    tap_ok(lac_join_check(&roster, &j, bad) == LAC_E_SECURITY &&
               strstr(lac_failure(), "site-1.example"),
           "one that is not on the roster cannot join in a site's place; the site is named");
    j.random = random_of[0];
    tap_ok(lac_join_check(&roster, &j, joins[1]) == LAC_E_SECURITY,
           "nor can the server put in other randoms");
    j = joining(1);
    j.site = 0;
    tap_ok(lac_join_check(&roster, &j, joins[1]) == LAC_E_SECURITY, "nor change sites over");
    configuration[3] ^= 1;
    j = joining(1);
    tap_ok(lac_join_check(&roster, &j, joins[1]) == LAC_E_SECURITY,
           "nor let two configurations meet");
    configuration[3] ^= 1;
}

static void grants(void)
{
    unsigned char joined[LAC_DIGEST_BYTES], other[LAC_DIGEST_BYTES], grant[LAC_GRANT],
        again[LAC_GRANT];
    lac_joined(&roster, joins[0], joined);
    for (uint32_t i = 0; i < SITES; i++) {
        lac_grant(me[0], &roster, i, joined, group, grant);
        tap_ok(lac_grant_take(me[i], &roster, i, joined, grant, taken) == LAC_OK &&
                   memcmp(taken, group, LAC_SEAL_KEY) == 0,
               "site %d has the group key", (int)i);
    }
    lac_grant(me[0], &roster, 1, joined, group, grant);
    tap_ok(lac_grant_take(me[2], &roster, 2, joined, grant, taken) == LAC_E_SECURITY &&
               sodium_is_zero(taken, LAC_SEAL_KEY),
           "another site's grant opens for nobody else, and leaves nothing");
    tap_ok(lac_grant_take(me[2], &roster, 1, joined, grant, taken) == LAC_E_SECURITY,
           "nor with another's number");
    memcpy(other, joined, sizeof other);
    other[0] ^= 1;
    tap_ok(lac_grant_take(me[1], &roster, 1, other, grant, taken) == LAC_E_SECURITY,
           "an old grant, of other joins, is refused");
    lac_grant(stranger, &roster, 1, joined, group, again);
    tap_ok(lac_grant_take(me[1], &roster, 1, joined, again, taken) == LAC_E_SECURITY &&
               strstr(lac_failure(), "site-0.example"),
           "a group key that the server made up is refused, the leader named");
    lac_grant(me[2], &roster, 1, joined, group, again);
    tap_ok(lac_grant_take(me[1], &roster, 1, joined, again, taken) == LAC_E_SECURITY,
           "so is one of a site that does not lead");
    int opened = 0;
    for (size_t bit = 0; bit < (size_t)8 * LAC_GRANT; bit++) {
        memcpy(again, grant, sizeof again);
        again[bit / 8] ^= (unsigned char)(1U << (bit % 8));
        opened += lac_grant_take(me[1], &roster, 1, joined, again, taken) == LAC_OK;
    }
    tap_ok(opened == 0, "no grant with a bit changed is taken");
}

int main(void)
{
    struct lac_arena a = {0};
    uint32_t number = 9;
    TAP_OK(lac_secrets_begin());
    TAP_OK(lac_secret_new(sizeof *stranger, &stranger));
    TAP_OK(lac_secret_new(LAC_SEAL_KEY, &group));
    TAP_OK(lac_secret_new(LAC_SEAL_KEY, &taken));
    for (int i = 0; i < SITES; i++) {
        TAP_OK(lac_secret_new(sizeof *me[i], &me[i]));
    }
    randombytes_buf(group, LAC_SEAL_KEY);
    randombytes_buf(random_of, sizeof random_of);
    lac_identity_of(group, stranger); /* any seed */
    int file = mkstemp(path);
    if (file < 0) {
        bail("no file");
    }
    (void)close(file);
    rfc7748();
    make_roster();
    TAP_OK(lac_roster_read(path, &roster, &a));
    tap_ok(roster.count == SITES && strcmp(roster.site[2].name, "site-2.example") == 0,
           "three sites are on the roster");
    tap_ok(lac_roster_find(&roster, path, &me[1]->site, &number) == LAC_OK && number == 1,
           "a site finds itself");
    tap_ok(lac_roster_find(&roster, path, &stranger->site, &number) == LAC_E_SECURITY,
           "a stranger does not");
    tap_ok(lac_site_name_check("a b") == LAC_E_USAGE && lac_site_name_check("") == LAC_E_USAGE,
           "names have no blanks, and are not empty");
    join_all();
    grants();
    bad_rosters(&a);
    (void)unlink(path);
    (void)unlink(path);
    TAP_OK(lac_key_file_make(path, LAC_IDENTITY));
    TAP_OK(lac_identity_read(path, stranger));
    TAP_OK(lac_identity_read(path, me[0]));
    tap_ok(memcmp(stranger->sign, me[0]->sign, sizeof stranger->sign) == 0 &&
               memcmp(stranger->box, me[0]->box, sizeof stranger->box) == 0,
           "an identity is the same each time");
    (void)unlink(path);
    for (int i = 0; i < SITES; i++) {
        lac_secret_free(me[i]);
    }
    lac_secret_free(stranger);
    lac_secret_free(group);
    lac_secret_free(taken);
    lac_arena_free(&a);
    return tap_done();
}
