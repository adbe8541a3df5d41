/*
 * The transport of rank 1, which leads the clients of a run whose server only forwards, and of a sealed run in one
 * process. The server's code runs here, beside the worker of this rank. UPDATEs come as blocks, which all other ranks get
 * too; ROUND and REPLY go to no other rank, since each makes them itself (server/mirror.h); all else are letters.
 */
#ifndef LAC_TRANSPORT_FORWARDED_H
#define LAC_TRANSPORT_FORWARDED_H

#include "transport/link.h"

/* link is the caller's; peer: the worker of this rank. In the arena. */
lac_status lac_forwarded_open(struct lac_transport **t, struct lac_link *link,
                              const struct lac_peer *peer, struct lac_arena *a) LAC_MUST_CHECK;

#endif
