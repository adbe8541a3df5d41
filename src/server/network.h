/*
 * The time that the rounds would take on the network of --network: from the frames that each client is sent and sends, by
 * the formula of docs/metrics.md. Nothing is measured.
 */
#ifndef LAC_SERVER_NETWORK_H
#define LAC_SERVER_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "config/network.h"

struct lac_network {
    uint32_t n;
    struct lac_access *access;     /* (n); NULL: no network is imagined */
    double server;                 /* bits a second of the server's link, each way */
    uint64_t *down, *up, down_all; /* (n) bits of the phase at hand; to each client */
};

/* Reads the clients' file, where there is one. */
lac_status lac_network_open(struct lac_network *w, const struct lac_network_options *options,
                            uint32_t n, struct lac_arena *a) LAC_MUST_CHECK;
void lac_network_down(struct lac_network *w, uint32_t client, uint64_t bits);
void lac_network_down_all(struct lac_network *w, uint64_t bits);
void lac_network_up(struct lac_network *w, uint32_t client, uint64_t bits);
/* Seconds until all that was named since the last phase has arrived, and all of it sent. */
double lac_network_end_phase(struct lac_network *w);

#endif
