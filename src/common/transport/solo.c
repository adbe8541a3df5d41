/* One process: the workers run inside send and receive, in the order that rank 0 asks. */
#include <string.h>

#include "transport/transport.h"

struct solo {
    struct lac_transport base;
    const struct lac_peer *peer; /* (1 + ranks) */
};

static lac_status solo_send(struct lac_transport *t, uint32_t rank, const unsigned char *frame,
                            size_t count)
{
    const struct lac_peer *peer = &((struct solo *)(void *)t)->peer[rank];
    return peer->accept(peer->self, frame, count);
}

static lac_status solo_flush(struct lac_transport *t)
{
    (void)t;
    return LAC_OK;
}

static lac_status solo_expect(struct lac_transport *t, const struct lac_expected *what,
                              size_t count)
{
    (void)t;
    (void)what;
    (void)count;
    return LAC_OK;
}

static lac_status solo_receive(struct lac_transport *t, const struct lac_expected *what,
                               struct lac_frame *f)
{
    const struct lac_peer *peer = &((struct solo *)(void *)t)->peer[what->rank];
    const unsigned char *frame;
    size_t count;
    LAC_TRY(peer->next(peer->self, &frame, &count));
    LAC_ASSERT(count > 0);
    return lac_frame_parse(frame, count, f);
}

static lac_status solo_window(struct lac_transport *t, const struct lac_room *room,
                              struct lac_arena *a)
{
    (void)t;
    (void)room;
    (void)a;
    return LAC_OK;
}

static void solo_nothing(struct lac_transport *t)
{
    (void)t;
}

static const struct lac_transport_kind solo_kind = {
    .name = "solo",
    .in_process = true,
    .send = solo_send,
    .flush = solo_flush,
    .expect = solo_expect,
    .receive = solo_receive,
    .window = solo_window,
    .forget = solo_nothing,
    .close = solo_nothing,
};

lac_status lac_solo_open(struct lac_transport **t, const struct lac_peer *peer, struct lac_arena *a)
{
    LAC_TRY(lac_solo_open_ranks(t, peer, 1, a));
    (*t)->laps = peer->laps;
    return LAC_OK;
}

lac_status lac_solo_open_ranks(struct lac_transport **t, const struct lac_peer *peer,
                               uint32_t ranks, struct lac_arena *a)
{
    struct solo *solo;
    struct lac_peer *copies;
    LAC_TRY(LAC_NEW(a, 1, &solo));
    LAC_TRY(LAC_NEW(a, 1 + (size_t)ranks, &copies));
    memcpy(copies + 1, peer, ranks * sizeof *peer);
    solo->base = (struct lac_transport){.kind = &solo_kind, .ranks = ranks};
    solo->peer = copies;
    LAC_TRY(LAC_NEW(a, 1 + (size_t)ranks, &solo->base.sent));
    LAC_TRY(LAC_NEW(a, 1 + (size_t)ranks, &solo->base.received));
    *t = &solo->base;
    return LAC_OK;
}
