/* One process: the worker runs inside send and receive, in the order that rank 0 asks. */
#include "transport/transport.h"

struct solo {
    struct lac_transport base;
    struct lac_peer peer;
};

static lac_status solo_send(struct lac_transport *t, uint32_t rank, const unsigned char *frame,
                            size_t count)
{
    struct solo *solo = (struct solo *)(void *)t;
    (void)rank;
    return solo->peer.accept(solo->peer.self, frame, count);
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
    struct solo *solo = (struct solo *)(void *)t;
    const unsigned char *frame;
    size_t count;
    (void)what;
    LAC_TRY(solo->peer.next(solo->peer.self, &frame, &count));
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
    struct solo *solo;
    LAC_TRY(LAC_NEW(a, 1, &solo));
    solo->base = (struct lac_transport){.kind = &solo_kind, .ranks = 1};
    solo->peer = *peer;
    LAC_TRY(LAC_NEW(a, 2, &solo->base.sent));
    LAC_TRY(LAC_NEW(a, 2, &solo->base.received));
    *t = &solo->base;
    return LAC_OK;
}
