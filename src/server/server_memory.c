/* What the run will take on each rank, told and checked before the states are there. */
#include <string.h>

#include "base/machine.h"
#include "server/server_state.h"

/* A process of the run: what it needs, and what of that is a method's vectors. */
struct share {
    char who[64];
    double bytes, states;
    const struct lac_vector *largest; /* the member that takes most; NULL: none */
    size_t count;                     /* of its vectors, in the whole process */
};

static void add_state(struct share *p, const struct lac_server *s, const struct lac_state *kind,
                      double times)
{
    size_t count;
    double bytes = times * lac_state_bytes(kind, &s->env);
    const struct lac_vector *largest = lac_state_largest(kind, &s->env, &count);
    double all = times * (double)count;
    p->bytes += bytes;
    p->states += bytes;
    if (all > (double)p->count) {
        p->largest = largest;
        p->count = (size_t)all;
    }
}

static uint32_t clients_of(const struct lac_server *s, uint32_t rank)
{
    uint32_t ranks = s->transport->ranks;
    return lac_first_client(s->n, ranks, rank + 1) - lac_first_client(s->n, ranks, rank);
}

/* bytes: of its rows, as it answered. */
static void add_worker(struct share *p, const struct lac_server *s, uint32_t rank, double bytes)
{
    size_t frame = lac_round_frame(s->method, &s->env);
    p->bytes += bytes + s->method_bytes + (double)lac_round_frames(frame) * (double)frame +
                (double)s->n * (sizeof(struct lac_participant) + sizeof(double)) +
                (double)s->d * sizeof(double);
    add_state(p, s, &s->method->worker, 1.0);
    add_state(p, s, &s->method->client, (double)clients_of(s, rank));
}

static void write_bytes(char *out, size_t size, double bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
    size_t k = 0;
    for (bytes *= 1e-3; bytes >= 1000.0 && k < 4; k++) {
        bytes *= 1e-3;
    }
    snprintf(out, size, "%.*f %s", bytes < 10.0 ? 1 : 0, bytes, units[k]);
}

/* limit: "--max-memory allows 4G", or "the machine has 8.2 GB" */
static lac_status check(const struct lac_server *s, const struct share *p, double most,
                        const char *limit)
{
    char needs[32], states[32], largest[128] = "";
    if (p->bytes <= most) {
        return LAC_OK;
    }
    write_bytes(needs, sizeof needs, p->bytes);
    write_bytes(states, sizeof states, p->states);
    if (p->count > 1) {
        snprintf(largest, sizeof largest, ", '%s' alone %zu x %u doubles", p->largest->name,
                 p->count, s->d);
    }
    return LAC_FAIL(LAC_E_USAGE, "%s needs %s, %s: the vectors of %s take %s%s", p->who, needs,
                    limit, s->method->name, states, largest);
}

struct worst {
    struct lac_server *s;
    struct share share;
};

static void take_answer(void *context, uint32_t client, double bytes, const double *v)
{
    struct worst *worst = context;
    struct lac_server *s = worst->s;
    uint32_t rank = lac_rank_of(s->n, s->transport->ranks, client);
    struct share p = {0};
    (void)v;
    snprintf(p.who, sizeof p.who, "worker rank %u", rank);
    add_worker(&p, s, rank, bytes);
    if (p.bytes > worst->share.bytes) {
        worst->share = p;
    }
}

/* Rank 0's machine; a worker's it knows itself, but for the one that is in this process. */
static lac_status check_machine(const struct lac_server *s, const struct share *rank0,
                                const struct share *worker)
{
    struct share here = *rank0;
    char has[32], limit[64];
    if (strcmp(s->transport->kind->name, "solo") == 0) {
        here = rank0->count > worker->count ? *rank0 : *worker;
        snprintf(here.who, sizeof here.who, "the run");
        here.bytes = rank0->bytes + worker->bytes;
        here.states = rank0->states + worker->states;
    }
    write_bytes(has, sizeof has, lac_machine_memory());
    snprintf(limit, sizeof limit, "the machine has %s", has);
    return check(s, &here, lac_machine_memory(), limit);
}

lac_status lac_server_memory(struct lac_server *s)
{
    struct share rank0 = {.who = "rank 0", .bytes = (double)s->arena->bytes};
    struct worst worst = {.s = s};
    char limit[128];
    LAC_TRY(lac_server_ask(s, LAC_QUERY_MEMORY, NULL, take_answer, &worst));
    add_state(&rank0, s, &s->method->server, 1.0);
    s->memory = (struct lac_memory){.server = rank0.bytes,
                                    .server_states = rank0.states,
                                    .worker = worst.share.bytes,
                                    .worker_states = worst.share.states};
    snprintf(limit, sizeof limit, "--max-memory allows %s",
             s->config->setting[LAC_CONFIG_MAX_MEMORY].value);
    LAC_TRY(check(s, &rank0, (double)s->config->max_memory, limit));
    LAC_TRY(check(s, &worst.share, (double)s->config->max_memory, limit));
    return check_machine(s, &rank0, &worst.share);
}
