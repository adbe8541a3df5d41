/* --on-lost-client drop: the run goes on without the clients of ranks that were given up. docs/decisions/0013-lost-clients.md */
#include <string.h>

#include "server/keep_ranks.h"
#include "server/server_state.h"

static lac_status open_absence(struct lac_server *s)
{
    struct lac_absence *b = &s->env.sampling.absence;
    LAC_TRY(b->round ? LAC_OK : lac_absence_open(b, s->n, s->arena));
    LAC_TRY(LAC_NEW(s->arena, s->transport->ranks + 1, &s->told_dropped));
    return LAC_NEW(s->arena, s->n, &s->absent_on);
}

lac_status lac_server_absence_open(struct lac_server *s)
{
    struct lac_absence *b = &s->env.sampling.absence;
    const struct lac_manifest *m = s->survival.from;
    bool resumed = m && m->absences > 0;
    if (resumed || s->config->on_lost == LAC_LOST_DROPS) {
        LAC_TRY(open_absence(s));
    }
    for (size_t i = 0; resumed && i < m->absences; i++) {
        const struct lac_saved_absence *of = &m->absence[i];
        for (uint32_t client = of->first; client < of->first + of->count; client++) {
            b->round[client] = of->round;
            b->row[client] = of->row;
            s->absent_on[client] = of->host;
        }
    }
    return LAC_OK;
}

void lac_server_settle_rows(struct lac_server *s)
{
    const struct lac_config *c = s->config;
    const struct lac_survival *v = &s->survival;
    bool loses = s->env.sampling.absence.round != NULL;
    uint64_t before = v->from ? v->progress.asked_from : c->asks_rows ? c->asked_from : UINT64_MAX;
    uint64_t next = v->from ? v->from->round + 1 : 0;
    s->asked_from = before == UINT64_MAX && loses ? next : before;
}

bool lac_server_next_absence(const struct lac_server *s, uint32_t *client,
                             struct lac_saved_absence *of)
{
    const struct lac_absence *b = &s->env.sampling.absence;
    uint32_t first = *client, behind;
    while (b->round && first < s->n && b->round[first] == UINT64_MAX) {
        first++;
    }
    if (!b->round || first == s->n) {
        return false;
    }
    const char *host = s->absent_on ? s->absent_on[first] : NULL;
    behind = first + 1 + lac_absence_run(b, s->n, first);
    for (uint32_t i = first + 1; i < behind && s->absent_on; i++) {
        const char *other = s->absent_on[i];
        bool same = other && host ? strcmp(other, host) == 0 : other == host;
        behind = same ? behind : i;
    }
    *of = (struct lac_saved_absence){first, behind - first, b->round[first], b->row[first], host};
    *client = behind;
    return true;
}

bool lac_server_is_dropped(const struct lac_server *s, uint32_t client)
{
    return lac_is_gone(s->transport, lac_rank_of(s->n, s->transport->ranks, client));
}

static bool stays(const struct lac_server *s, uint32_t client)
{
    return s->env.sampling.absence.round[client] == UINT64_MAX;
}

/* LAC_E_LOST: nobody is left. */
static lac_status check_left(struct lac_server *s, uint32_t rank)
{
    for (uint32_t i = 0; i < s->n; i++) {
        if (stays(s, i)) {
            return LAC_OK;
        }
    }
    s->transport->lost = s->transport->gone[rank];
    return LAC_FAIL(LAC_E_LOST, "rank %u was the last one with clients", rank);
}

/* Once for each rank. */
static void tell(struct lac_server *s, uint32_t rank)
{
    char clients[64];
    if (s->told_dropped[rank]) {
        return;
    }
    s->told_dropped[rank] = true;
    lac_server_name_clients(s, rank, clients, sizeof clients);
    lac_server_tell(s,
                    "rank %u on %s (%s) is lost in round %llu: no sign of life for %.3g s "
                    "(--client-timeout %g); the run goes on without (--on-lost-client drop)",
                    rank, s->machine[rank].host, clients, (unsigned long long)s->env.round,
                    s->transport->gone[rank].silent, s->config->client_timeout);
    if (s->on_drop) {
        s->on_drop(s->listener, s);
    }
}

lac_status lac_server_drop(struct lac_server *s, uint32_t client, uint64_t round, uint64_t row)
{
    uint32_t rank = lac_rank_of(s->n, s->transport->ranks, client);
    s->env.sampling.absence.round[client] = round;
    s->env.sampling.absence.row[client] = row;
    s->absent_on[client] = s->machine[rank].host;
    LAC_TRY(check_left(s, rank));
    tell(s, rank);
    return LAC_OK;
}

lac_status lac_server_drop_others(struct lac_server *s, uint64_t round, uint64_t row)
{
    uint32_t ranks = s->transport->ranks;
    if (s->dropped == s->transport->gone_count) {
        return LAC_OK;
    }
    for (uint32_t rank = 1; rank <= ranks; rank++) {
        uint32_t behind = lac_first_client(s->n, ranks, rank + 1);
        if (!lac_is_gone(s->transport, rank)) {
            continue;
        }
        for (uint32_t i = lac_first_client(s->n, ranks, rank); i < behind; i++) {
            LAC_TRY(stays(s, i) ? lac_server_drop(s, i, round, row) : LAC_OK);
        }
        tell(s, rank);
    }
    s->dropped = s->transport->gone_count;
    return LAC_OK;
}

lac_status lac_server_drop_between(struct lac_server *s)
{
    uint64_t done = s->rounds_done;
    bool has_row = s->has_row && s->row.round == done;
    return lac_server_drop_others(s, done + 1, has_row ? done + 1 : done);
}
