/* --network: the links of a network that a run is imagined on, "latency=5ms,up=10Mbit,down=50Mbit". */
#ifndef LAC_CONFIG_NETWORK_H
#define LAC_CONFIG_NETWORK_H

#include "base/arena.h"
#include "base/status.h"

/* A client's own link. */
struct lac_access {
    double latency;  /* seconds that a message takes besides, one way */
    double up, down; /* bits a second, clients to server and back; infinity: no limit */
};

struct lac_network_options {
    const char *text; /* as given; NULL: it was not */
    struct lac_access access;
    double server;       /* bits a second each way, of the server's own link; infinity: no limit */
    const char *clients; /* a file with a line for each client; NULL: all are alike */
};

lac_status lac_network_parse(struct lac_network_options *n, const char *text,
                             struct lac_arena *a) LAC_MUST_CHECK;
/* A client's line: what it says takes the place of what *access has. */
lac_status lac_access_parse(struct lac_access *access, const char *line,
                            struct lac_arena *a) LAC_MUST_CHECK;

#endif
