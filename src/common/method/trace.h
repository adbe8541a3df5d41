/*
 * Who is available when, from a text file: a line is a round and lists its clients, an empty line ends a meta epoch,
 * '#' begins a comment. Read by every rank.
 */
#ifndef LAC_METHOD_TRACE_H
#define LAC_METHOD_TRACE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

struct lac_trace {
    uint32_t rounds, meta_epochs; /* of the file */
    const uint32_t *start;        /* (rounds + 1) where a round begins in client */
    const uint32_t *client;       /* ascending in each round */
    const uint32_t *end_of;       /* (meta_epochs) the number of the round behind it */
    /* The first client that is not there just once in its meta epoch; meta_epoch 0: all are. */
    uint32_t odd_client, odd_times, odd_meta_epoch;
};

/* For n clients; the failure names the line. */
lac_status lac_trace_read(struct lac_trace *t, const char *path, uint32_t n,
                          struct lac_arena *a) LAC_MUST_CHECK;

#endif
