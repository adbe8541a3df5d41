#include "ranks_run.h"

#include <stdlib.h>
#include <string.h>

struct queued {
    struct queued *next;
    size_t count;
    unsigned char bytes[] __attribute__((aligned(64)));
};

struct several {
    struct lac_transport base;
    struct lac_peer peer[1 + MOST_RANKS];
    struct queued *first[1 + MOST_RANKS];
    struct queued *taken; /* received last */
    bool lazy;
};

bool ranks_lazy, ranks_apart;

static lac_status append(struct queued **end, const unsigned char *frame, size_t count)
{
    struct queued *q = NULL;
    if (posix_memalign((void **)&q, 64, sizeof *q + count) != 0) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory");
    }
    q->next = NULL;
    q->count = count;
    memcpy(q->bytes, frame, count);
    *end = q;
    return LAC_OK;
}

/* All that the rank makes without being given anything more. */
static lac_status pump(struct several *several, uint32_t rank)
{
    struct lac_peer *peer = &several->peer[rank];
    struct queued **end = &several->first[rank];
    while (*end) {
        end = &(*end)->next;
    }
    for (;;) {
        const unsigned char *frame;
        size_t count;
        LAC_TRY(peer->next(peer->self, &frame, &count));
        if (count == 0) {
            return LAC_OK;
        }
        LAC_TRY(append(end, frame, count));
        end = &(*end)->next;
    }
}

static lac_status several_send(struct lac_transport *t, uint32_t rank, const unsigned char *frame,
                               size_t count)
{
    struct several *several = (struct several *)(void *)t;
    t->sent[rank].messages++;
    t->sent[rank].bytes += count;
    LAC_TRY(several->peer[rank].accept(several->peer[rank].self, frame, count));
    return several->lazy ? LAC_OK : pump(several, rank);
}

static lac_status several_flush(struct lac_transport *t)
{
    (void)t;
    return LAC_OK;
}

static lac_status several_expect(struct lac_transport *t, const struct lac_expected *what,
                                 size_t count)
{
    (void)t;
    (void)what;
    (void)count;
    return LAC_OK;
}

static lac_status several_receive(struct lac_transport *t, const struct lac_expected *what,
                                  struct lac_frame *f)
{
    struct several *several = (struct several *)(void *)t;
    uint32_t rank = what->rank;
    const unsigned char *frame;
    size_t count;
    if (several->taken) {
        free(several->taken);
    }
    several->taken = several->first[rank];
    if (several->taken) {
        several->first[rank] = several->taken->next;
        frame = several->taken->bytes;
        count = several->taken->count;
    } else {
        LAC_TRY(several->peer[rank].next(several->peer[rank].self, &frame, &count));
    }
    if (count == 0) {
        return LAC_FAIL(LAC_E_PROTOCOL, "rank %u has nothing to send where a frame is expected",
                        rank);
    }
    t->received[rank].messages++;
    t->received[rank].bytes += count;
    return lac_frame_parse(frame, count, f);
}

static lac_status several_window(struct lac_transport *t, const struct lac_room *room,
                                 struct lac_arena *a)
{
    (void)t;
    (void)room;
    (void)a;
    return LAC_OK;
}

static void several_forget(struct lac_transport *t)
{
    (void)t;
}

static void several_close(struct lac_transport *t)
{
    struct several *several = (struct several *)(void *)t;
    for (uint32_t rank = 1; rank <= t->ranks; rank++) {
        while (several->first[rank]) {
            struct queued *next = several->first[rank]->next;
            free(several->first[rank]);
            several->first[rank] = next;
        }
    }
    free(several->taken);
    several->taken = NULL;
}

static const struct lac_transport_kind several_kind = {
    .name = "several",
    .send = several_send,
    .flush = several_flush,
    .expect = several_expect,
    .receive = several_receive,
    .window = several_window,
    .forget = several_forget,
    .close = several_close,
};

static lac_status open_transport(struct ranks_run *r, const struct lac_peer *peer)
{
    struct several *several;
    struct lac_arena *a = &r->solo.arena;
    if (r->ranks == 1) {
        return lac_solo_open(&r->solo.transport, &peer[1], a);
    }
    LAC_TRY(LAC_NEW(a, 1, &several));
    several->base = (struct lac_transport){.kind = &several_kind, .ranks = r->ranks};
    memcpy(several->peer, peer, sizeof several->peer);
    several->lazy = ranks_lazy;
    LAC_TRY(LAC_NEW(a, 1 + MOST_RANKS, &several->base.sent));
    LAC_TRY(LAC_NEW(a, 1 + MOST_RANKS, &several->base.received));
    r->solo.transport = &several->base;
    return LAC_OK;
}

lac_status ranks_open(struct ranks_run *r, uint32_t ranks, const char *options, row_listener on_row,
                      void *listener)
{
    struct lac_peer peer[1 + MOST_RANKS] = {{0}};
    *r = (struct ranks_run){.ranks = ranks};
    LAC_TRY(solo_configure(&r->solo, options));
    for (uint32_t rank = 1; rank <= ranks; rank++) {
        static const char *const hosts[] = {"here", "one", "two", "three", "four", "five"};
        struct lac_place place = {
            .rank = rank, .ranks = ranks, .host = hosts[ranks_apart ? rank : 0]};
        LAC_TRY(lac_worker_open(&peer[rank], &r->solo.config, &place, LAC_OK, &r->arena[rank]));
        r->worker[rank] = peer[rank].self;
    }
    r->solo.worker = r->worker[1];
    LAC_TRY(open_transport(r, peer));
    r->solo.server = (struct lac_server){.config = &r->solo.config,
                                         .transport = r->solo.transport,
                                         .arena = &r->solo.arena,
                                         .host = "here",
                                         .began = lac_seconds(),
                                         .reports = r->reports,
                                         .on_row = on_row,
                                         .listener = listener};
    return lac_server_set_up(&r->solo.server);
}

lac_status ranks_finish(struct ranks_run *r)
{
    return solo_finish(&r->solo);
}

void ranks_close(struct ranks_run *r)
{
    if (r->solo.transport) {
        lac_transport_close(r->solo.transport);
        r->solo.transport = NULL;
    }
    for (uint32_t rank = 1; rank <= r->ranks; rank++) {
        lac_arena_free(&r->arena[rank]);
    }
    solo_close(&r->solo);
}

static struct lac_worker *worker_of(struct ranks_run *r, uint32_t client)
{
    return r->worker[lac_rank_of(r->solo.config.clients, r->ranks, client)];
}

double *server_vector(struct ranks_run *r, const char *name)
{
    return solo_server_vector(&r->solo, name);
}

double *client_vector(struct ranks_run *r, uint32_t client, const char *name)
{
    r->solo.worker = worker_of(r, client);
    return solo_client_vector(&r->solo, client, name);
}

const struct lac_local *client_local(struct ranks_run *r, uint32_t client)
{
    struct lac_worker *w = worker_of(r, client);
    return &w->local[client - w->first];
}

double *worker_vector(struct ranks_run *r, uint32_t rank, const char *name)
{
    struct lac_worker *w = r->worker[rank];
    struct vector_finder f = vector_finder(name);
    if (w->method) {
        lac_state_visit(&w->method->worker, w->worker_state, &w->env, &f.visitor);
    }
    return f.found;
}
