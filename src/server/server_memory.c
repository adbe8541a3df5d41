/* What the run will take on each rank, told and checked before the states are there. */
#include <math.h>
#include <string.h>

#include "base/machine.h"
#include "data/data.h"
#include "server/server_state.h"

/* What a process of the run needs, or all on one machine, and what of that is a method's vectors. */
struct share {
    double bytes, states;
    const struct lac_vector *largest; /* the member that takes most; NULL: none */
    size_t count;                     /* of its vectors, in one process */
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

static bool is_solo(const struct lac_server *s)
{
    return strcmp(s->transport->kind->name, "solo") == 0;
}

static uint32_t clients_of(const struct lac_server *s, uint32_t rank)
{
    uint32_t ranks = s->transport->ranks;
    return lac_first_client(s->n, ranks, rank + 1) - lac_first_client(s->n, ranks, rank);
}

/* Of a state: of runs with checkpoints there is one that is being written. */
static double copies_of(const struct lac_server *s)
{
    return s->config->checkpoint ? 2.0 : 1.0;
}

/* p->bytes: of its rows, as it answered. */
static void add_worker(struct share *p, const struct lac_server *s, uint32_t rank)
{
    size_t frame = lac_round_frame(s->method, &s->env);
    p->bytes += s->method_bytes + (double)lac_round_frames(frame) * (double)frame +
                (double)s->n * (sizeof(struct lac_participant) + sizeof(double)) +
                (double)s->d * sizeof(double);
    if (s->forwards && rank > 1) { /* the server's half, and the blocks of a round */
        add_state(p, s, &s->method->server, copies_of(s));
        p->bytes += (double)frame + (double)s->n * (double)s->env.channel[0].info.max_bytes;
    }
    if (s->config->tracked & (LAC_TRACK(compressor_variance) | LAC_TRACK(compressor_contraction))) {
        p->bytes += (double)s->d * sizeof(double); /* what a message lost */
    }
    add_state(p, s, &s->method->worker, copies_of(s));
    add_state(p, s, &s->method->client, copies_of(s) * clients_of(s, rank));
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

/* who: "the run needs"; limit: "--max-memory allows 4G", or "the machine has 8.2 GB" */
static lac_status check(const struct lac_server *s, const char *who, const struct share *p,
                        double most, const char *limit)
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
    return LAC_FAIL(LAC_E_USAGE, "%s %s, %s: the vectors of %s take %s%s", who, needs, limit,
                    s->method->name, states, largest);
}

static void merge(struct share *all, const struct share *one)
{
    all->bytes += one->bytes;
    all->states += one->states;
    if (one->count > all->count) {
        all->count = one->count;
        all->largest = one->largest;
    }
}

struct ranks {
    struct lac_server *s;
    struct share *share; /* (1 + ranks) */
};

/* All clients of a rank answer alike. */
static void take_answer(void *context, uint32_t client, double bytes, const double *v)
{
    struct ranks *r = context;
    (void)v;
    r->share[lac_rank_of(r->s->n, r->s->transport->ranks, client)].bytes = bytes;
}

static void add_ranks(struct ranks *r)
{
    struct lac_server *s = r->s;
    struct lac_memory *m = &s->memory;
    struct share *rank0 = &r->share[0];
    rank0->bytes = (double)s->arena->bytes;
    add_state(rank0, s, &s->method->server, copies_of(s));
    *m = (struct lac_memory){.server = rank0->bytes, .server_states = rank0->states};
    for (uint32_t rank = 1; rank <= s->transport->ranks; rank++) {
        struct share *worker = &r->share[rank];
        add_worker(worker, s, rank);
        if (worker->bytes > m->worker) {
            m->worker = worker->bytes;
            m->worker_states = worker->states;
        }
    }
}

/* What the ranks on the machine whose lowest is `first` need together, and who they are. */
static struct share machine_of(const struct ranks *r, uint32_t first, char *who, size_t size)
{
    const struct lac_server *s = r->s;
    struct share all = {0};
    uint32_t count = 0;
    for (uint32_t rank = first; rank <= s->transport->ranks; rank++) {
        if (s->machine[rank].first == first) {
            merge(&all, &r->share[rank]);
            count++;
        }
    }
    if (is_solo(s)) {
        snprintf(who, size, "the run needs");
    } else if (count > 1) {
        snprintf(who, size, "the %u ranks on %.100s together need", count, s->machine[first].host);
    } else {
        snprintf(who, size, "%srank %u needs", first > 0 ? "worker " : "", first);
    }
    return all;
}

/* Rank 0 knows its own machine; what it is limited to is its own, or the run's where that is one process. */
static lac_status check_here(const struct ranks *r)
{
    const struct lac_server *s = r->s;
    char who[200], has[32], limit[64];
    struct share here = machine_of(r, 0, who, sizeof who);
    write_bytes(has, sizeof has, lac_machine_memory());
    snprintf(limit, sizeof limit, "the machine has %s", has);
    LAC_TRY(check(s, who, &here, lac_machine_memory(), limit));
    write_bytes(has, sizeof has, lac_process_memory());
    snprintf(limit, sizeof limit, "its process is limited to %s", has);
    bool solo = is_solo(s);
    return check(s, solo ? who : "rank 0 needs", solo ? &here : &r->share[0], lac_process_memory(),
                 limit);
}

lac_status lac_server_memory(struct lac_server *s)
{
    struct ranks r = {.s = s};
    char who[200], limit[128];
    LAC_TRY(LAC_NEW(s->arena, s->transport->ranks + 1, &r.share));
    LAC_TRY(lac_server_ask(s, LAC_QUERY_MEMORY, NULL, take_answer, &r));
    add_ranks(&r);
    snprintf(limit, sizeof limit, "--max-memory allows %s",
             s->config->setting[LAC_CONFIG_MAX_MEMORY].value);
    for (uint32_t rank = 0; rank <= s->transport->ranks; rank++) {
        if (s->machine[rank].first == rank) {
            struct share all = machine_of(&r, rank, who, sizeof who);
            s->memory.machine = fmax(s->memory.machine, all.bytes);
            LAC_TRY(check(s, who, &all, (double)s->config->max_memory, limit));
        }
    }
    return check_here(&r);
}

static const double share_of_machine =
    0.9; /* of a machine: the rest is the system's, and what is not counted */

enum { VECTORS_HERE = 4, VECTORS_THERE = 2 }; /* of length d, at least: rank 0's and a worker's */

/* Bytes that rank takes at least, and those of its rows. */
static double least_of(const struct lac_server *s, uint32_t rank, double stored, double *rows)
{
    double vector = (double)s->d * sizeof(double);
    if (rank == 0) {
        return VECTORS_HERE * vector;
    }
    double own = stored * clients_of(s, rank) * sizeof(double);
    *rows += own;
    return own + VECTORS_THERE * vector;
}

static lac_status check_room(const struct lac_server *s, double least, double rows, double most,
                             const char *limit)
{
    char needs[32], data[32], has[32];
    if (least <= most) {
        return LAC_OK;
    }
    write_bytes(needs, sizeof needs, least);
    write_bytes(has, sizeof has, most);
    if (rows > 0.0) {
        write_bytes(data, sizeof data, rows);
        return LAC_FAIL(LAC_E_USAGE,
                        "the run needs at least %s on one machine, %s %s: --data: its rows take %s",
                        needs, limit, has, data);
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "the run needs at least %s on one machine, %s %s: '%.200s' or --dim makes d = "
                    "%u, the numbers of each vector",
                    needs, limit, has, s->data_name, s->d);
}

lac_status lac_server_room(struct lac_server *s, double stored)
{
    for (uint32_t first = 0; first <= s->transport->ranks; first++) {
        double least = 0.0, rows = 0.0;
        if (s->machine[first].first != first) {
            continue;
        }
        for (uint32_t rank = first; rank <= s->transport->ranks; rank++) {
            bool there = s->machine[rank].first == first;
            least += there ? least_of(s, rank, stored, &rows) : 0.0;
        }
        LAC_TRY(check_room(s, least, rows, (double)s->config->max_memory, "--max-memory allows"));
        if (first == 0) {
            double most = share_of_machine * lac_machine_memory();
            LAC_TRY(check_room(s, least, rows, most, "nine tenths of this machine's memory are"));
        }
    }
    return LAC_OK;
}
