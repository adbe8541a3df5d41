/* What a rank of clients knows before it meets the others: the group key, or its site's identity and the roster. */
#ifndef LAC_COMMAND_KEYS_H
#define LAC_COMMAND_KEYS_H

#include "config/config.h"
#include "seal/identity.h"

struct lac_keys {
    unsigned char *group;          /* secret (LAC_SEAL_KEY); NULL: sites agree on one */
    struct lac_identity *identity; /* secret; NULL: the group key is given */
    struct lac_roster roster;      /* in the arena */
    enum lac_cipher cipher;        /* forced; 0: none */
};

/* rank: 1..ranks of clients. Gives nothing back after a failure but what lac_keys_close takes. */
lac_status lac_keys_open(struct lac_keys *k, const struct lac_config *c, uint32_t rank,
                         uint32_t ranks, struct lac_arena *a) LAC_MUST_CHECK;
void lac_keys_close(struct lac_keys *k);

#endif
