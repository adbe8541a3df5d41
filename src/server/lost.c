/* What is said of a rank that was lost. */
#include <stdio.h>

#include "server/server_state.h"

void lac_server_name_clients(const struct lac_server *s, uint32_t rank, char *out, size_t size)
{
    uint32_t n = s->config->clients, ranks = s->transport->ranks;
    uint32_t first = lac_first_client(n, ranks, rank);
    uint32_t after = lac_first_client(n, ranks, rank + 1);
    if (after == first) {
        snprintf(out, size, "no clients");
    } else if (after == first + 1) {
        snprintf(out, size, "client %u", first);
    } else {
        snprintf(out, size, "clients %u to %u", first, after - 1);
    }
}

static void write_when(const struct lac_server *s, bool at_the_end, char *out, size_t size)
{
    if (at_the_end) {
        snprintf(out, size, "at the end, after round %llu", (unsigned long long)s->rounds_done);
    } else if (s->rounds_began > 0.0) {
        snprintf(out, size, "in round %llu", (unsigned long long)s->env.round);
    } else {
        snprintf(out, size, "in the set-up");
    }
}

lac_status lac_server_name_lost(const struct lac_server *s, bool at_the_end)
{
    const struct lac_lost *lost = &s->transport->lost;
    const struct lac_config *c = s->config;
    const char *host = s->machine ? s->machine[lost->rank].host : NULL;
    char clients[64], when[64];
    lac_server_name_clients(s, lost->rank, clients, sizeof clients);
    write_when(s, at_the_end, when, sizeof when);
    bool waits = c->on_lost == LAC_LOST_WAITS;
    uint64_t newest = s->survival.newest;
    char next[96] = "start again, with --resume DIR to lose less";
    if (newest > 0) {
        snprintf(next, sizeof next, "go on from round %llu with --resume ",
                 (unsigned long long)newest);
    } else if (s->survival.from_folder) { /* it was being looked at */
        snprintf(next, sizeof next, "start again, with the same --resume");
    } else if (c->checkpoint) {
        snprintf(next, sizeof next, "start again: there is no checkpoint yet");
    }
    return LAC_FAIL(LAC_E_LOST,
                    "rank %u%s%s (%s) is lost %s: no sign of life for %.3g s (--%s %g); %s%s",
                    lost->rank, host ? " on " : "", host ? host : "", clients, when, lost->silent,
                    waits ? "max-wait" : "client-timeout", waits ? c->max_wait : c->client_timeout,
                    next, newest > 0 ? c->checkpoint : "");
}
