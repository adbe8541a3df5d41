/*
 * Rank 0 of a sealed run. It forwards what it cannot read, counts what passes, and hears from rank 1 how many bits the run
 * has taken at the end of each round that is a row. It opens neither data nor keys.
 */
#ifndef LAC_SERVER_FORWARD_H
#define LAC_SERVER_FORWARD_H

#include "config/config.h"
#include "protocol/protocol.h"
#include "store/run_file.h"
#include "transport/relay.h"

/* What the clients' ranks say of their options as they meet, and rank 0 was told too or goes by. */
enum lac_said { LAC_SAID_ROUNDS, LAC_SAID_EVAL_EVERY, LAC_SAID_REKEY_EVERY, LAC_SAID_OPTIONS };

struct lac_forward {
    const struct lac_config *config;
    double began; /* lac_seconds() of the program's start */
    struct lac_relay relay;
    uint64_t blocks, block_bytes; /* taken in, frames with their headers; of the star alone */
    uint64_t letters;             /* what else went from rank to rank */
    /* (ranks (1 + ranks)) what rank r handed to MPI for rank s: [(r - 1) (1 + ranks) + s]; NULL for the star, where all
       goes through rank 0. */
    struct lac_traffic *between;
    double rounds_began; /* seconds: the first block or account; 0: none yet */
    uint64_t said[LAC_SAID_OPTIONS];
    struct lac_row row; /* the newest: but for bits, times and MPI's bytes it is zeros */
    struct lac_account account;
    bool has_row;
    bool forsaken; /* a rank of clients ends the job, without a word to the others */
    /* Called with each new row; NULL: nobody listens. */
    lac_status (*on_row)(void *listener, const struct lac_forward *f);
    void *listener;
};

/* From the first greeting until all ranks have left. */
lac_status lac_forward_run(struct lac_forward *f, uint32_t ranks,
                           struct lac_arena *a) LAC_MUST_CHECK;

#endif
