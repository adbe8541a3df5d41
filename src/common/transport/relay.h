/*
 * Rank 0 of a run whose server only forwards: takes each frame from its sender and sends it to the rank that it is for,
 * or to all others, the moment it has come; in the order of its sender, with no order among senders. It opens nothing and
 * keeps no more than a few frames of each rank, so that who sends too fast waits.
 */
#ifndef LAC_TRANSPORT_RELAY_H
#define LAC_TRANSPORT_RELAY_H

#include "transport/transport.h"

/* A frame on its way; of one longer than --chunk, its first piece. */
struct lac_passing {
    uint32_t from, to; /* ranks; to 0: all others */
    unsigned char *bytes;
    size_t count;
};

struct lac_relay {
    uint32_t ranks;
    struct lac_traffic *sent, *received; /* (1 + ranks), by the caller */
    /* Looks at a frame before it is forwarded; a failure ends the run. */
    lac_status (*pass)(void *context, const struct lac_passing *p);
    /* A frame for rank 0 itself. */
    lac_status (*take)(void *context, uint32_t from, const unsigned char *bytes, size_t count);
    void *context;
    bool ended; /* all ranks have left */
    /* What a server that is not to be trusted would do, for tests; NULL: forwards all, once. Returns how often. */
    unsigned (*tamper)(void *tamper_context, struct lac_passing *p);
    void *tamper_context;
};

/* Until all ranks have said that they leave. */
lac_status lac_mpi_relay(struct lac_relay *r, struct lac_arena *a) LAC_MUST_CHECK;

#endif
