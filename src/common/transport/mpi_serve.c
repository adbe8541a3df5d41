/* A worker rank's end: what the peer makes is sent as soon as it is made, non-blocking. */
#include "base/tick.h"
#include "transport/mpi_calls.h"

enum {
    MOST_IN_FLIGHT = 64,
    LARGE_FRAME =
        32768, /* from here on a send waits for its receiver: nothing large arrives unexpected */
};

struct sender {
    struct lac_watch watch; /* of rank 0 */
    struct lac_life server;
    MPI_Request request[MOST_IN_FLIGHT]; /* of the last chunk of each young frame */
    uint64_t made;                       /* frames so far */
    size_t ring;                         /* frames that may be young at once */
    uint64_t chunk;
};

/* All but the last chunk are waited for: their frame is longer than a chunk and rare. */
static lac_status send_frame(struct sender *s, const unsigned char *frame, size_t count)
{
    MPI_Request *request = &s->request[s->made % s->ring];
    /* Every ring/2-th frame is synchronous too, so that small frames cannot pile up at rank 0. */
    bool synchronous = count >= LARGE_FRAME || s->made % ((s->ring + 1) / 2) == 0;
    size_t at = 0;
    while (at < count) {
        size_t piece = count - at < s->chunk ? count - at : (size_t)s->chunk;
        int tag = at == 0 ? LAC_TAG_FRAME : LAC_TAG_MORE;
        LAC_TRY(lac_mpi_wait(&s->watch, 0, request));
        LAC_MPI_TRY((synchronous ? MPI_Issend : MPI_Isend)(frame + at, (int)piece, MPI_BYTE, 0, tag,
                                                           lac_mpi_comm(), request));
        at += piece;
    }
    s->made++;
    lac_watch_told(&s->watch, 0);
    return LAC_OK;
}

static lac_status wait_all(struct sender *s)
{
    for (size_t i = 0; i < MOST_IN_FLIGHT; i++) {
        LAC_TRY(lac_mpi_wait(&s->watch, 0, &s->request[i]));
    }
    return LAC_OK;
}

/* The peer keeps `in_flight` frames: the one that the next will overwrite must have left. */
static lac_status make_room(struct sender *s, const struct lac_peer *peer)
{
    size_t ring = peer->in_flight(peer->self);
    ring = ring < 1 ? 1 : ring > MOST_IN_FLIGHT ? MOST_IN_FLIGHT : ring;
    if (ring != s->ring) {
        LAC_TRY(wait_all(s));
        s->ring = ring;
    }
    return lac_mpi_wait(&s->watch, 0, &s->request[s->made % s->ring]);
}

static lac_status send_all(struct sender *s, const struct lac_peer *peer, lac_status before)
{
    lac_status status = before;
    for (;;) {
        const unsigned char *frame;
        size_t count = 0;
        LAC_TRY(make_room(s, peer));
        if (status == LAC_OK) {
            status = peer->next(peer->self, &frame, &count);
        }
        bool failed = status != LAC_OK;
        if (failed) { /* rank 0 is told once; then only its STOP is waited for */
            LAC_TRY(peer->failure(peer->self, status, &frame, &count));
            status = LAC_OK;
        }
        if (count == 0) {
            return LAC_OK;
        }
        s->watch.mute = peer->done(peer->self); /* rank 0 reads nothing behind a report */
        LAC_TRY(send_frame(s, frame, count));
    }
}

static lac_status serve(struct sender *s, const struct lac_peer *peer, struct lac_incoming *in)
{
    lac_status accepted = LAC_OK;
    for (;;) {
        LAC_TRY(send_all(s, peer, accepted));
        if (peer->done(peer->self)) {
            return wait_all(s);
        }
        size_t count;
        uint64_t messages = 0;
        LAC_TRY(
            lac_mpi_take(in, &s->watch, 0, peer->longest(peer->self), s->chunk, &count, &messages));
        accepted = peer->accept(peer->self, in->bytes, count);
    }
}

lac_status lac_mpi_serve(const struct lac_peer *peer, uint64_t chunk,
                         const struct lac_patience *patience, struct lac_farewell *farewell)
{
    struct sender s = {.ring = 1, .chunk = chunk};
    struct lac_incoming in = {0};
    for (size_t i = 0; i < MOST_IN_FLIGHT; i++) {
        s.request[i] = MPI_REQUEST_NULL;
    }
    s.watch.of = &s.server;
    lac_watch_open(&s.watch, patience);
    lac_tick_use(lac_watch_tick, &s.watch);
    lac_status status = serve(&s, peer, &in);
    *farewell = (struct lac_farewell){s.watch.is_over, s.watch.is_gone};
    lac_tick_use(NULL, NULL);
    lac_watch_close(&s.watch);
    lac_incoming_free(&in);
    return status;
}
