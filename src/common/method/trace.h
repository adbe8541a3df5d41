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
    const uint32_t *meta_epoch;   /* (rounds) which one a round is of, from 0 */
    const uint32_t *before;       /* as client: how often it was there earlier in the file ... */
    const uint32_t *times;        /* (n) ... and in all of it */
    uint32_t largest;             /* clients of the largest round */
    /* Clients that are not there just once in each meta epoch, and the first of them; 0: none. */
    uint32_t odd_clients, odd_client, odd_times, odd_meta_epoch;
};

/* For n clients; the failure names the line. */
lac_status lac_trace_read(struct lac_trace *t, const char *path, uint32_t n,
                          struct lac_arena *a) LAC_MUST_CHECK;

#endif
