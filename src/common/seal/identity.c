#include "seal/identity.h"

#include <string.h>

#include "seal/key_file.h"
#include "seal/secret.h"

lac_status lac_site_name_check(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    size_t length = strlen(name);
    if (length == 0 || length >= LAC_SITE_NAME || strspn(name, letters) != length) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%.80s' is no name of a site: 1 to %d letters, digits, '.', '-', '_'",
                        name, LAC_SITE_NAME - 1);
    }
    return LAC_OK;
}

static void derive(const unsigned char seed[LAC_SEAL_KEY], const char *title,
                   unsigned char out[LAC_SEAL_KEY])
{
    crypto_generichash(out, LAC_SEAL_KEY, (const unsigned char *)title, strlen(title), seed,
                       LAC_SEAL_KEY);
}

void lac_identity_of(const unsigned char seed[LAC_SEAL_KEY], struct lac_identity *identity)
{
    unsigned char own[LAC_SEAL_KEY];
    derive(seed, "laconic-box-1", own);
    crypto_box_seed_keypair(identity->site.box, identity->box, own);
    derive(seed, "laconic-sign-1", own);
    crypto_sign_seed_keypair(identity->site.sign, identity->sign, own);
    sodium_memzero(own, sizeof own);
}

lac_status lac_identity_read(const char *path, struct lac_identity *identity)
{
    unsigned char *seed;
    LAC_TRY(lac_secret_new(LAC_SEAL_KEY, &seed));
    lac_status status = lac_key_file_read(path, LAC_IDENTITY, seed);
    if (status == LAC_OK) {
        lac_identity_of(seed, identity);
    }
    lac_secret_free(seed);
    return status;
}

/* "laconic-join-1", roster, configuration, site, randoms */
static void digest_join(const struct lac_roster *r, const struct lac_joining *j,
                        unsigned char digest[LAC_DIGEST_BYTES])
{
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add_text(&g, "laconic-join-1");
    lac_digest_add(&g, r->digest, sizeof r->digest);
    lac_digest_add(&g, j->configuration, LAC_DIGEST_BYTES);
    lac_digest_add_count(&g, j->site);
    lac_digest_add_count(&g, j->bytes);
    lac_digest_add(&g, j->random, j->bytes);
    lac_digest_end(&g, digest);
}

void lac_join(const struct lac_identity *me, const struct lac_roster *r,
              const struct lac_joining *j, unsigned char join[LAC_JOIN])
{
    unsigned char digest[LAC_DIGEST_BYTES];
    digest_join(r, j, digest);
    crypto_sign_detached(join, NULL, digest, sizeof digest, me->sign);
}

lac_status lac_join_check(const struct lac_roster *r, const struct lac_joining *j,
                          const unsigned char join[LAC_JOIN])
{
    unsigned char digest[LAC_DIGEST_BYTES];
    LAC_ASSERT(j->site < r->count);
    digest_join(r, j, digest);
    if (crypto_sign_verify_detached(join, digest, sizeof digest, r->site[j->site].sign) != 0) {
        return LAC_FAIL(
            LAC_E_SECURITY,
            "site %s did not sign what the server shows of it: not on the same roster, another "
            "configuration, or changed on its way",
            r->site[j->site].name);
    }
    return LAC_OK;
}

void lac_joined(const struct lac_roster *r, const unsigned char *joins,
                unsigned char joined[LAC_DIGEST_BYTES])
{
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add_text(&g, "laconic-joined-1");
    lac_digest_add(&g, r->digest, sizeof r->digest);
    lac_digest_add(&g, joins, (size_t)r->count * LAC_JOIN);
    lac_digest_end(&g, joined);
}

/* "laconic-grant-1", joins, site, box */
static void digest_grant(const unsigned char joined[LAC_DIGEST_BYTES], uint32_t site,
                         const unsigned char box[LAC_BOX], unsigned char digest[LAC_DIGEST_BYTES])
{
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add_text(&g, "laconic-grant-1");
    lac_digest_add(&g, joined, LAC_DIGEST_BYTES);
    lac_digest_add_count(&g, site);
    lac_digest_add(&g, box, LAC_BOX);
    lac_digest_end(&g, digest);
}

void lac_grant(const struct lac_identity *leader, const struct lac_roster *r, uint32_t site,
               const unsigned char joined[LAC_DIGEST_BYTES],
               const unsigned char group[LAC_SEAL_KEY], unsigned char grant[LAC_GRANT])
{
    unsigned char digest[LAC_DIGEST_BYTES], *box = grant + crypto_box_NONCEBYTES;
    LAC_ASSERT(site < r->count);
    randombytes_buf(grant, crypto_box_NONCEBYTES);
    int failed = crypto_box_easy(box, group, LAC_SEAL_KEY, grant, r->site[site].box, leader->box);
    LAC_ASSERT(failed == 0); /* keys of low order were refused with the roster */
    digest_grant(joined, site, grant, digest);
    crypto_sign_detached(grant + LAC_BOX, NULL, digest, sizeof digest, leader->sign);
}

lac_status lac_grant_take(const struct lac_identity *me, const struct lac_roster *r, uint32_t site,
                          const unsigned char joined[LAC_DIGEST_BYTES],
                          const unsigned char grant[LAC_GRANT], unsigned char group[LAC_SEAL_KEY])
{
    unsigned char digest[LAC_DIGEST_BYTES];
    const struct lac_site *leader = &r->site[0];
    digest_grant(joined, site, grant, digest);
    if (crypto_sign_verify_detached(grant + LAC_BOX, digest, sizeof digest, leader->sign) != 0 ||
        crypto_box_open_easy(group, grant + crypto_box_NONCEBYTES, LAC_BOX - crypto_box_NONCEBYTES,
                             grant, leader->box, me->box) != 0) {
        sodium_memzero(group, LAC_SEAL_KEY);
        return LAC_FAIL(
            LAC_E_SECURITY,
            "the group key that the server brings is not one that site %s granted for this "
            "session",
            leader->name);
    }
    return LAC_OK;
}
