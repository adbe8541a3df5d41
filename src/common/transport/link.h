/*
 * The ranks of clients of a run whose server only forwards, bound together: they meet, agree on a session, and then know
 * of every block and letter that it is what its sender sealed, in this round, under this number. Solo it is one rank
 * alone.
 *
 * Rank 1, which has client 0, leads: it runs the server's code, and only it and another rank write to each other.
 */
#ifndef LAC_TRANSPORT_LINK_H
#define LAC_TRANSPORT_LINK_H

#include "seal/identity.h"
#include "seal/sealed_frame.h"
#include "transport/incoming.h"
#include "transport/post.h"

enum { LAC_LEADER = 1, LAC_LETTERS_ON_THEIR_WAY = 4 };

struct lac_link_terms {
    uint32_t n;            /* clients */
    const uint32_t *first; /* (ranks + 2) first client of each rank from 1 on; then n */
    const unsigned char *configuration;  /* (LAC_DIGEST_BYTES) of what all must share */
    const unsigned char *group;          /* secret (LAC_SEAL_KEY); NULL where sites agree on one */
    const struct lac_identity *identity; /* and its roster; NULL: the group key is given */
    const struct lac_roster *roster;
    enum lac_cipher cipher; /* that is forced; 0: none */
    /* Rank 0 compares these four with its own. */
    uint64_t rekey_every, rounds, eval_every;
    enum lac_topology topology;
    bool keeps; /* this rank was told to keep a private file, which the leader alone does */
    bool bare;  /* seals nothing: for measurements */
};

/* Sizes of the rounds, known once the method is open. */
struct lac_link_rounds {
    size_t longest;     /* bytes of any frame, but for blocks */
    size_t block_bytes; /* of the longest UPDATE */
    uint32_t codec;     /* of its section, bound into each seal */
    uint32_t most;      /* participants of a round */
};

struct lac_link {
    struct lac_post *post; /* NULL: solo */
    struct lac_link_terms terms;
    uint32_t rank, ranks;
    struct lac_arena *arena;
    unsigned char *group; /* secret (LAC_SEAL_KEY), own copy */
    enum lac_cipher cipher;
    unsigned char configuration[LAC_DIGEST_BYTES]; /* with ciphers and roster */
    struct lac_session blocks, letters;
    struct lac_session *block_session, *letter_session; /* NULL: bare */
    uint64_t *written, *taken;                          /* (1 + ranks) letters to and from each */

    struct lac_link_rounds rounds;
    unsigned char *own, *slots; /* (own clients, stride), (most, stride) */
    unsigned char *own_plain;   /* (own clients, stride) bodies of their UPDATEs */
    size_t *own_bytes;          /* (own clients) of this round */
    size_t stride;
    unsigned char *plain;      /* (block_bytes) the block that was opened last */
    uint32_t *origin, *client; /* (most) of this round's blocks of others: rank, client */
    bool *given;               /* (most) to l->early, before their turn */
    uint64_t round;
    size_t expected, next; /* of those; where the next one is looked for */

    lac_early early; /* NULL: blocks wait for their turn */
    void *early_context;

    struct lac_incoming letter[LAC_LETTERS_ON_THEIR_WAY];
    unsigned next_letter;
};

/* Meets all other ranks. post NULL: solo; else the link has it, and closes it. */
lac_status lac_link_open(struct lac_link *l, struct lac_post *post,
                         const struct lac_link_terms *terms, struct lac_arena *a) LAC_MUST_CHECK;
lac_status lac_link_prepare(struct lac_link *l,
                            const struct lac_link_rounds *rounds) LAC_MUST_CHECK;
/* Keys are wiped, also after a failure. */
void lac_link_close(struct lac_link *l);

uint32_t lac_link_rank_of(const struct lac_link *l, uint32_t client);

/* Before any block of a round: clients (count) that take part, ascending. */
lac_status lac_link_begin_round(struct lac_link *l, uint64_t round, const uint32_t *clients,
                                size_t count) LAC_MUST_CHECK;
/* A client's UPDATE of this rank: sealed, and on its way to all others. */
lac_status lac_link_give(struct lac_link *l, const struct lac_frame *update) LAC_MUST_CHECK;
/* A client's UPDATE, of any rank, opened; borrowed until the next. LETTER: rank `watched` wrote before it came. EARLY:
   l->early had it already. */
enum lac_taken { LAC_TAKEN_BLOCK, LAC_TAKEN_LETTER, LAC_TAKEN_EARLY };
lac_status lac_link_take(struct lac_link *l, uint32_t client, uint32_t watched,
                         struct lac_frame *update, enum lac_taken *taken) LAC_MUST_CHECK;

/* Tells the worker, piece by piece, and takes in blocks between the pieces. */
lac_status lac_link_foresee(struct lac_link *l, const struct lac_peer *peer,
                            const struct lac_foreseen *f) LAC_MUST_CHECK;

lac_status lac_link_write(struct lac_link *l, uint32_t to, const unsigned char *frame,
                          size_t count) LAC_MUST_CHECK;
/* Borrowed until the next is read; its body is aligned to 8 bytes. A letter that is too long is refused: in the set-up the
   worker here, peer, says how long one can be, in the rounds what lac_link_prepare was told. */
lac_status lac_link_read(struct lac_link *l, const struct lac_peer *peer, uint32_t from,
                         unsigned char **frame, size_t *count) LAC_MUST_CHECK;

#endif
