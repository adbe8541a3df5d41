/*
 * A server that is not to be trusted: rank 0 of a sealed run, which looks at every frame that passes, keeps it, and does to
 * one of them, or to each, what its attack says.
 */
#ifndef LAC_TESTS_EVIL_H
#define LAC_TESTS_EVIL_H

#include "config/config.h"
#include "transport/relay.h"

/* A frame that came, as it was. */
struct kept {
    uint32_t from, to; /* ranks; to 0: all others */
    uint16_t message;
    unsigned number; /* the how-manieth of these three, from 1 on */
    unsigned char *bytes;
    size_t count;
    struct kept *next;
};

struct evil {
    const struct lac_config *config;
    uint32_t ranks;
    struct lac_arena *arena;
    /* the frame that is meant: the which-th of this message from one rank to another */
    uint16_t message;  /* 0: any */
    uint32_t from, to; /* from 0: any rank */
    unsigned which;    /* 0: each */
    long at;           /* byte of the frame, from its end where negative; or how many bytes */
    bool told;         /* its header is made to fit what is done */
    unsigned (*act)(struct evil *e, struct lac_passing *p, const struct kept *k);
    int record;                /* file descriptor of what came; -1: none */
    struct kept *first, *last; /* of this session */
    struct kept *played;       /* of an earlier one */
};

/* Finds the attack: "flip", or "flip-told". False where there is none. */
bool evil_choose(struct evil *e, const char *name);
bool evil_means(const struct evil *e, const struct kept *k);
const struct kept *evil_find(const struct kept *list, uint32_t from, uint32_t to, uint16_t message,
                             unsigned number);
/* To rank `to`, or to all but `from`, as if from `from`; bytes are copied. */
void evil_deliver(const struct kept *as, uint32_t to, uint32_t ranks, const unsigned char *bytes,
                  size_t count);
/* To each rank, with a tag of rank 0's own. */
void evil_tell(struct evil *e, uint16_t message, int tag);
/* Header with this message's client and round, the length and the checksum of what the frame now is. */
void evil_disguise(unsigned char *bytes, size_t count, const struct kept *as);

/* Attacks on how sites agree on a key; EVIL_IDENTITY names the attacker's own identity, EVIL_ROSTER the sites. */
unsigned evil_sign_join(struct evil *e, struct lac_passing *p, const struct kept *k);
unsigned evil_make_grant(struct evil *e, struct lac_passing *p, const struct kept *k);

#endif
