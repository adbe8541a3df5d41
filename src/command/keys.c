#include "command/keys.h"

#include "base/text.h"
#include "seal/key_file.h"
#include "seal/secret.h"

/* This rank is the site that the roster has in its place. */
static lac_status check_place(const struct lac_keys *k, const char *roster, uint32_t rank,
                              uint32_t ranks)
{
    uint32_t number;
    if (k->roster.count != ranks) {
        return LAC_FAIL(
            LAC_E_USAGE, "--roster: %s lists %u site%s, and the job has %u rank%s of clients",
            roster, k->roster.count, lac_plural(k->roster.count), ranks, lac_plural(ranks));
    }
    LAC_TRY(lac_roster_find(&k->roster, roster, &k->identity->site, &number));
    if (number + 1 != rank) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "--roster: %s has this site, %s, as number %u, and it runs as rank %u: sites "
            "stand in the order of their ranks",
            roster, k->roster.site[number].name, number + 1, rank);
    }
    return LAC_OK;
}

static lac_status open_identity(struct lac_keys *k, const struct lac_config *c, uint32_t rank,
                                uint32_t ranks, struct lac_arena *a)
{
    const char *path;
    LAC_TRY(lac_config_path_of_rank(c->identity, rank, a, &path));
    LAC_TRY(lac_secret_new(sizeof *k->identity, &k->identity));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_IDENTITY, lac_identity_read(path, k->identity)));
    LAC_TRY(lac_config_option(c, LAC_CONFIG_ROSTER, lac_roster_read(c->roster, &k->roster, a)));
    return check_place(k, c->roster, rank, ranks);
}

lac_status lac_keys_open(struct lac_keys *k, const struct lac_config *c, uint32_t rank,
                         uint32_t ranks, struct lac_arena *a)
{
    *k = (struct lac_keys){0};
    if (c->bare) {
        return LAC_OK;
    }
    LAC_TRY(lac_secrets_begin());
    if (c->cipher) {
        LAC_TRY(lac_config_option(c, LAC_CONFIG_CIPHER, lac_cipher_find(c->cipher, &k->cipher)));
    }
    if (c->identity) {
        return open_identity(k, c, rank, ranks, a);
    }
    LAC_TRY(lac_secret_new(LAC_SEAL_KEY, &k->group));
    return lac_config_option(c, LAC_CONFIG_SEAL,
                             lac_key_file_read(c->seal, LAC_GROUP_KEY, k->group));
}

void lac_keys_close(struct lac_keys *k)
{
    lac_secret_free(k->group);
    lac_secret_free(k->identity);
    k->group = NULL;
    k->identity = NULL;
}
