/*
 * Sites that agree on a group key through a server that none of them trusts.
 *
 * A site has a seed of 32 bytes (key_file.h), from which its Ed25519 key pair (it signs) and its X25519 key pair (others
 * encrypt to it) follow: BLAKE2b-256 of "laconic-sign-1" and of "laconic-box-1", keyed by the seed. A roster lists the
 * public keys of all sites, in the order of their ranks, and reaches each site by a way that the server has no part in:
 *
 *   laconic-site-1 NAME <64 digits of X25519> <64 digits of Ed25519>
 *
 * The agreement: each site signs the random numbers of its clients (a join); the first site of the roster, which leads,
 * checks all joins, draws the group key and sends it to each site in a box (crypto_box: X25519, XSalsa20-Poly1305) that
 * it signs together with all joins (a grant). So a site that is not on the roster, a server in the middle and an old
 * grant are found out.
 */
#ifndef LAC_SEAL_IDENTITY_H
#define LAC_SEAL_IDENTITY_H

#include "base/arena.h"
#include "base/digest.h"
#include "seal/cipher.h"

enum {
    LAC_SITE_NAME = 64, /* with its end */
    LAC_JOIN = crypto_sign_BYTES,
    LAC_BOX = crypto_box_NONCEBYTES + crypto_box_MACBYTES + LAC_SEAL_KEY,
    LAC_GRANT = LAC_BOX + crypto_sign_BYTES,
};

struct lac_site { /* what all may know */
    char name[LAC_SITE_NAME];
    unsigned char box[crypto_box_PUBLICKEYBYTES], sign[crypto_sign_PUBLICKEYBYTES];
};

struct lac_identity { /* in memory of lac_secret_new */
    struct lac_site site;
    unsigned char box[crypto_box_SECRETKEYBYTES], sign[crypto_sign_SECRETKEYBYTES];
};

/* name: 1 to 63 of letters, digits, '.', '-', '_'. */
lac_status lac_site_name_check(const char *name) LAC_MUST_CHECK;
/* Without a name. */
void lac_identity_of(const unsigned char seed[LAC_SEAL_KEY], struct lac_identity *identity);
lac_status lac_identity_read(const char *path, struct lac_identity *identity) LAC_MUST_CHECK;

enum { LAC_SITE_LINE = 256 };
/* The site's line of the roster, with its end. */
void lac_site_line(const struct lac_site *site, char line[LAC_SITE_LINE]);

struct lac_roster {
    struct lac_site *site; /* (count), in the arena */
    uint32_t count;
    unsigned char digest[LAC_DIGEST_BYTES]; /* of names and keys */
};

/* Empty lines and those that begin with # are passed over. */
lac_status lac_roster_read(const char *path, struct lac_roster *r,
                           struct lac_arena *a) LAC_MUST_CHECK;
/* Which site of the roster has these public keys. */
lac_status lac_roster_find(const struct lac_roster *r, const char *path,
                           const struct lac_site *site, uint32_t *number) LAC_MUST_CHECK;

/* What is joined: digest of the configuration, and the randoms of a site's clients. */
struct lac_joining {
    const unsigned char *configuration; /* (LAC_DIGEST_BYTES) */
    uint32_t site;
    const unsigned char *random;
    size_t bytes;
};

void lac_join(const struct lac_identity *me, const struct lac_roster *r,
              const struct lac_joining *j, unsigned char join[LAC_JOIN]);
lac_status lac_join_check(const struct lac_roster *r, const struct lac_joining *j,
                          const unsigned char join[LAC_JOIN]) LAC_MUST_CHECK;

/* joined: digest of all joins, which every site computes from what the server shows it. */
void lac_joined(const struct lac_roster *r, const unsigned char *joins,
                unsigned char joined[LAC_DIGEST_BYTES]);
void lac_grant(const struct lac_identity *leader, const struct lac_roster *r, uint32_t site,
               const unsigned char joined[LAC_DIGEST_BYTES],
               const unsigned char group[LAC_SEAL_KEY], unsigned char grant[LAC_GRANT]);
/* group: in memory of lac_secret_new. */
lac_status lac_grant_take(const struct lac_identity *me, const struct lac_roster *r, uint32_t site,
                          const unsigned char joined[LAC_DIGEST_BYTES],
                          const unsigned char grant[LAC_GRANT],
                          unsigned char group[LAC_SEAL_KEY]) LAC_MUST_CHECK;

#endif
