/*
 * A rank of clients that does not lead, in a run whose server only forwards: it keeps the server's half of the method
 * beside its worker, makes the messages that a server would send down, and adds the blocks of all clients in their
 * order. Between rounds, where the run may be evaluated or end, it waits for what rank 1 writes.
 */
#ifndef LAC_SERVER_MIRROR_H
#define LAC_SERVER_MIRROR_H

#include "config/config.h"
#include "transport/link.h"

/* Until rank 1 has ended the run and has this rank's report. */
lac_status lac_mirror_run(const struct lac_config *config, struct lac_link *link,
                          const struct lac_peer *peer, struct lac_arena *a) LAC_MUST_CHECK;

#endif
