/*
 * The clients of one rank: their rows, their objective, their half of the method. A worker is driven
 * by frames (struct lac_peer): what it was asked last decides what it makes next.
 */
#ifndef LAC_WORKER_H
#define LAC_WORKER_H

#include "config/config.h"
#include "transport/transport.h"

struct lac_place {        /* where a worker runs */
    uint32_t rank, ranks; /* 1..ranks */
    const char *host;
};

/* All memory in the arena, which the worker seals when the rounds begin. before: a failure of this
   rank's own, to be told to rank 0 instead of a greeting. */
lac_status lac_worker_open(struct lac_peer *peer, const struct lac_config *config,
                           const struct lac_place *place, lac_status before,
                           struct lac_arena *a) LAC_MUST_CHECK;
/* Checkpoints are sealed under this key, (LAC_STREAM_KEY), borrowed; NULL: they are plain. */
void lac_worker_seal(struct lac_peer *peer, const unsigned char *key);
/* Of a worker that is done: whether ranks were lost before it, so that nobody waits for all at the end. */
bool lac_worker_ends_apart(const struct lac_peer *peer);
/* What is not in the arena, where the worker stopped before its rows were dealt. */
void lac_worker_close(struct lac_peer *peer);

#endif
