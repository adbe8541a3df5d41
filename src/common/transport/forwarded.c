#include "transport/forwarded.h"

#include <string.h>

struct forwarded {
    struct lac_transport base;
    struct lac_link *link;
    struct lac_peer peer;
    uint32_t *clients;     /* (participants) of the round at hand */
    struct lac_frame held; /* a letter that overtook the block before it, of rank */
    uint32_t held_of;      /* 0: none */
    unsigned char told[LAC_TOLD];
};

static struct forwarded *self_of(struct lac_transport *t)
{
    return (struct forwarded *)(void *)t;
}

static lac_status forwarded_send(struct lac_transport *t, uint32_t rank, const unsigned char *frame,
                                 size_t count)
{
    struct forwarded *s = self_of(t);
    struct lac_frame f;
    if (rank == s->link->rank) {
        return s->peer.accept(s->peer.self, frame, count);
    }
    LAC_TRY(lac_frame_header(frame, count, &f));
    bool made_there = f.message == LAC_MESSAGE_ROUND || f.message == LAC_MESSAGE_REPLY;
    return made_there ? LAC_OK : lac_link_write(s->link, rank, frame, count);
}

/* What was sent is sealed into memory of its own, or was taken in at once. */
static lac_status forwarded_flush(struct lac_transport *t)
{
    (void)t;
    return LAC_OK;
}

static lac_status forwarded_expect(struct lac_transport *t, const struct lac_expected *what,
                                   size_t count)
{
    struct forwarded *s = self_of(t);
    size_t updates = 0;
    for (size_t i = 0; i < count; i++) {
        if (what[i].message == LAC_MESSAGE_UPDATE) {
            s->clients[updates++] = what[i].client;
        }
    }
    return updates > 0 ? lac_link_begin_round(s->link, what[0].round, s->clients, updates) : LAC_OK;
}

/* The worker's next frame. */
static lac_status make(struct forwarded *s, struct lac_frame *f)
{
    const unsigned char *frame;
    size_t count;
    LAC_TRY(s->peer.next(s->peer.self, &frame, &count));
    LAC_ASSERT(count > 0);
    return lac_frame_parse(frame, count, f);
}

static lac_status read_letter(struct forwarded *s, uint32_t rank, struct lac_frame *f)
{
    unsigned char *frame;
    size_t count;
    if (s->held_of == rank) {
        *f = s->held;
        s->held_of = 0;
        return LAC_OK;
    }
    LAC_TRY(lac_link_read(s->link, &s->peer, rank, &frame, &count));
    return lac_frame_parse(frame, count, f);
}

/* The client's block; or the letter of its rank that it failed. Its answer, which is expected next, can come first. */
static lac_status wait_for_block(struct forwarded *s, const struct lac_expected *what,
                                 struct lac_frame *f)
{
    for (;;) {
        enum lac_taken taken;
        uint32_t watched = s->held_of ? 0 : what->rank;
        LAC_TRY(lac_link_take(s->link, what->client, watched, f, &taken));
        if (taken == LAC_TAKEN_EARLY) {
            *f = (struct lac_frame){
                .message = LAC_MESSAGE_UPDATE, .client = what->client, .round = what->round};
        }
        if (taken != LAC_TAKEN_LETTER) {
            return LAC_OK;
        }
        LAC_TRY(read_letter(s, what->rank, f));
        if (f->message != LAC_MESSAGE_ANSWER) {
            return LAC_OK;
        }
        s->held = *f;
        s->held_of = what->rank;
    }
}

static lac_status take_update(struct forwarded *s, const struct lac_expected *what,
                              struct lac_frame *f)
{
    if (what->rank == s->link->rank) {
        LAC_TRY(make(s, f));
        if (f->message != LAC_MESSAGE_UPDATE) {
            return LAC_OK; /* of no use to others */
        }
        LAC_TRY(lac_link_give(s->link, f));
    }
    return wait_for_block(s, what, f);
}

static lac_status forwarded_receive(struct lac_transport *t, const struct lac_expected *what,
                                    struct lac_frame *f)
{
    struct forwarded *s = self_of(t);
    if (what->message == LAC_MESSAGE_UPDATE) {
        return take_update(s, what, f);
    }
    return what->rank == s->link->rank ? make(s, f) : read_letter(s, what->rank, f);
}

static lac_status forwarded_window(struct lac_transport *t, const struct lac_room *room,
                                   struct lac_arena *a)
{
    struct forwarded *s = self_of(t);
    const struct lac_link_rounds rounds = {room->longest, room->block_bytes, room->codec,
                                           room->clients};
    LAC_TRY(LAC_NEW(a, room->clients, &s->clients));
    return lac_link_prepare(s->link, &rounds);
}

static lac_status forwarded_tell(struct lac_transport *t, const unsigned char *frame, size_t count)
{
    struct lac_post *post = self_of(t)->link->post;
    LAC_TRY(lac_post_settle(post));
    LAC_ASSERT(count <= LAC_TOLD);
    memcpy(self_of(t)->told, frame, count);
    return lac_post_to_server(post, self_of(t)->told, count);
}

static lac_status forwarded_foresee(struct lac_transport *t, const struct lac_foreseen *f)
{
    struct forwarded *s = self_of(t);
    return lac_link_foresee(s->link, &s->peer, f);
}

/* Blocks that come before their turn are the server's at once. */
static void forwarded_early(struct lac_transport *t, lac_early early, void *context)
{
    struct forwarded *s = self_of(t);
    s->link->early = early;
    s->link->early_context = context;
}

static void forwarded_forget(struct lac_transport *t)
{
    struct forwarded *s = self_of(t);
    if (s->link->post) {
        lac_post_forget(s->link->post);
    }
}

static void forwarded_close(struct lac_transport *t)
{
    (void)t;
}

#define FORWARDED                                                                         \
    .send = forwarded_send, .flush = forwarded_flush, .expect = forwarded_expect,         \
    .receive = forwarded_receive, .foresee = forwarded_foresee, .early = forwarded_early, \
    .window = forwarded_window, .forget = forwarded_forget, .close = forwarded_close

static const struct lac_transport_kind forwarded_kind = {
    .name = "forwarded", .tell = forwarded_tell, FORWARDED};
static const struct lac_transport_kind solo_kind = {.name = "solo", .in_process = true, FORWARDED};

lac_status lac_forwarded_open(struct lac_transport **t, struct lac_link *link,
                              const struct lac_peer *peer, struct lac_arena *a)
{
    struct forwarded *s;
    LAC_TRY(LAC_NEW(a, 1, &s));
    s->base = (struct lac_transport){.kind = link->post ? &forwarded_kind : &solo_kind,
                                     .ranks = link->ranks,
                                     .laps = link->post ? NULL : peer->laps,
                                     .more = link->terms.bare ? 0 : LAC_LETTER_MORE};
    s->link = link;
    s->peer = *peer;
    *t = &s->base;
    if (link->post) {
        lac_post_traffic(link->post, &s->base.sent, &s->base.received);
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(a, link->ranks + 1, &s->base.sent));
    return LAC_NEW(a, link->ranks + 1, &s->base.received);
}
