/* The server in the middle of sites that agree on a key: with an identity of its own, or one that it stole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "evil.h"
#include "seal/identity.h"
#include "seal/secret.h"

enum { RANDOMS_AT = LAC_FRAME_HEADER + 44 };

static struct lac_identity *identity;
static struct lac_roster roster;

static void must(lac_status status)
{
    if (status != LAC_OK) {
        fprintf(stderr, "evil_server: %s\n", lac_failure());
        exit(1);
    }
}

static void open_own(struct lac_arena *a)
{
    if (!identity) {
        must(lac_secrets_begin());
        must(lac_secret_new(sizeof *identity, &identity));
        must(lac_identity_read(getenv("EVIL_IDENTITY"), identity));
        must(lac_roster_read(getenv("EVIL_ROSTER"), &roster, a));
    }
}

/* As link_open.c and launch_forwarded.c do. */
static void digest_options(const struct lac_config *c, unsigned char options[LAC_DIGEST_BYTES])
{
    unsigned char shared[LAC_DIGEST_BYTES];
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add_text(&g, LAC_VERSION);
    lac_digest_add_text(&g, c->shared);
    lac_digest_end(&g, shared);
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add_text(&g, "laconic-options-1");
    lac_digest_add(&g, shared, sizeof shared);
    lac_digest_end(&g, options);
}

/* Other randoms where it is told to, and a signature of its own over them. */
unsigned evil_sign_join(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    unsigned char options[LAC_DIGEST_BYTES];
    if (!evil_means(e, k)) {
        return 1;
    }
    open_own(e->arena);
    digest_options(e->config, options);
    p->bytes[RANDOMS_AT] ^= (unsigned char)e->at;
    const struct lac_joining j = {options, k->from - 1, p->bytes + RANDOMS_AT,
                                  p->count - RANDOMS_AT - 4 - LAC_JOIN};
    lac_join(identity, &roster, &j, p->bytes + p->count - LAC_JOIN);
    evil_disguise(p->bytes, p->count, k);
    return 1;
}

/* A key of its own in place of the leader's. */
unsigned evil_make_grant(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    unsigned char joined[LAC_DIGEST_BYTES], *group;
    if (!evil_means(e, k)) {
        return 1;
    }
    open_own(e->arena);
    unsigned char *joins = calloc(e->ranks, LAC_JOIN);
    for (uint32_t rank = 1; rank <= e->ranks; rank++) {
        const struct kept *join = evil_find(e->first, rank, 0, LAC_MESSAGE_JOIN, 1);
        memcpy(joins + (rank - 1) * LAC_JOIN, join->bytes + join->count - LAC_JOIN, LAC_JOIN);
    }
    must(lac_secret_new(LAC_SEAL_KEY, &group));
    randombytes_buf(group, LAC_SEAL_KEY);
    lac_joined(&roster, joins, joined);
    lac_grant(identity, &roster, k->to - 1, joined, group, p->bytes + LAC_FRAME_HEADER);
    evil_disguise(p->bytes, p->count, k);
    lac_secret_free(group);
    free(joins);
    return 1;
}
