#include <sched.h>

#include "base/leave.h"
#include "transport/mpi_calls.h"
#include "transport/mpi_tags.h"
#include "transport/relay.h"

enum { DEPTH = 4 }; /* messages of one rank at a time */

enum state { FREE, COMING, GOING };

struct packet {
    enum state state;
    struct lac_incoming in;
    size_t count;
    int tag;
    MPI_Request coming, *going; /* (ranks) */
    int going_count;
};

struct source {
    struct packet packet[DEPTH]; /* a ring: taken in its order, sent in its order */
    unsigned next_in, next_out;
    bool closed;
};

struct post_office {
    struct lac_relay *relay;
    struct source *source; /* (1 + ranks) */
    uint32_t open;         /* ranks that have not left */
    bool moved;
};

/* Begins to take the rank's next message, where there is one and room for it. */
static lac_status take_in(struct post_office *o, uint32_t from)
{
    struct source *s = &o->source[from];
    struct packet *k = &s->packet[s->next_in];
    MPI_Message message;
    MPI_Status status;
    int there = 0, bytes = 0;
    if (k->state != FREE || s->closed) {
        return LAC_OK;
    }
    LAC_MPI_TRY(MPI_Improbe((int)from, MPI_ANY_TAG, lac_mpi_comm(), &there, &message, &status));
    if (!there) {
        return LAC_OK;
    }
    LAC_MPI_TRY(MPI_Get_count(&status, MPI_BYTE, &bytes));
    LAC_TRY(lac_incoming_grow(&k->in, (size_t)bytes + 1));
    LAC_MPI_TRY(MPI_Imrecv(k->in.bytes, bytes, MPI_BYTE, &message, &k->coming));
    k->count = (size_t)bytes;
    k->tag = status.MPI_TAG;
    k->state = COMING;
    s->next_in = (s->next_in + 1) % DEPTH;
    o->moved = true;
    return LAC_OK;
}

/* A rank that could not begin speaks as workers do. */
static lac_status refuse_plain(const struct lac_relay *r, uint32_t from, const struct packet *k)
{
    struct lac_frame f;
    LAC_TRY(lac_blame(from, lac_frame_parse(k->in.bytes, k->count, &f)));
    if (f.message == LAC_MESSAGE_ERROR) {
        LAC_TRY(r->take(r->context, from, k->in.bytes, k->count));
    }
    return LAC_FAIL(
        LAC_E_USAGE,
        "rank %u sent %s: it was not started with --seal, or could not begin; all ranks "
        "of clients need the same options",
        from, lac_message_name(f.message));
}

static lac_status send_to(struct post_office *o, struct packet *k, uint32_t to, uint32_t from)
{
    struct lac_traffic *sent = &o->relay->sent[to];
    LAC_MPI_TRY(MPI_Isend(k->in.bytes, (int)k->count, MPI_BYTE, (int)to,
                          lac_tag_of(from, lac_tag_piece(k->tag)), lac_mpi_comm(),
                          &k->going[k->going_count]));
    k->going_count++;
    sent->messages++;
    sent->bytes += k->count;
    return LAC_OK;
}

/* The packet is for whom its tag says. */
static lac_status forward(struct post_office *o, struct packet *k, uint32_t from)
{
    struct lac_relay *r = o->relay;
    enum lac_piece piece = lac_tag_piece(k->tag);
    struct lac_passing p = {from, lac_tag_rank(k->tag), k->in.bytes, k->count};
    bool first = piece == LAC_PIECE_BLOCK || piece == LAC_PIECE_LETTER;
    if (p.to > r->ranks || p.to == from || (p.to == 0) != (piece <= LAC_PIECE_BLOCK_MORE)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "[rank %u] sent a message for nobody", from);
    }
    if (first) {
        LAC_TRY(lac_blame(from, r->pass(r->context, &p)));
    }
    unsigned times = r->tamper ? r->tamper(r->tamper_context, &p) : 1;
    k->count = p.count;
    for (uint32_t to = 1; to <= r->ranks; to++) {
        bool meant = p.to == 0 ? to != from : to == p.to;
        for (unsigned i = 0; meant && i < times && (uint32_t)k->going_count < 2 * r->ranks; i++) {
            LAC_TRY(send_to(o, k, to, from));
        }
    }
    k->state = GOING;
    return LAC_OK;
}

/* A message has come whole. */
static lac_status sort(struct post_office *o, struct packet *k, uint32_t from)
{
    struct lac_relay *r = o->relay;
    r->received[from].messages++;
    r->received[from].bytes += k->count;
    if (k->tag == LAC_TAG_FRAME) {
        return refuse_plain(r, from, k);
    }
    if (k->tag == LAC_TAG_SERVER) {
        struct lac_frame f;
        k->state = FREE;
        LAC_TRY(lac_blame(from, lac_frame_parse(k->in.bytes, k->count, &f)));
        if (f.message == LAC_MESSAGE_CLOSE) {
            o->source[from].closed = true;
            o->open--;
        }
        return lac_blame(from, r->take(r->context, from, k->in.bytes, k->count));
    }
    if (k->tag < LAC_TAG_PIECES) {
        return LAC_FAIL(LAC_E_PROTOCOL, "[rank %u] sent a message of no kind", from);
    }
    return forward(o, k, from);
}

static lac_status take_out(struct post_office *o, uint32_t from)
{
    struct source *s = &o->source[from];
    struct packet *k = &s->packet[s->next_out];
    int done = 0;
    if (k->state != COMING) {
        return LAC_OK;
    }
    LAC_MPI_TRY(MPI_Test(&k->coming, &done, MPI_STATUS_IGNORE));
    if (!done) {
        return LAC_OK;
    }
    s->next_out = (s->next_out + 1) % DEPTH;
    o->moved = true;
    return sort(o, k, from);
}

/* Whether anything of this rank is still here. */
static lac_status free_sent(struct source *s, bool *busy)
{
    for (size_t i = 0; i < DEPTH; i++) {
        struct packet *k = &s->packet[i];
        int done = 0;
        if (k->state == GOING) {
            LAC_MPI_TRY(MPI_Testall(k->going_count, k->going, &done, MPI_STATUSES_IGNORE));
        }
        if (done) {
            k->state = FREE;
            k->going_count = 0;
        }
        *busy = *busy || k->state != FREE;
    }
    return LAC_OK;
}

static lac_status work(struct post_office *o)
{
    for (bool busy = true; o->open > 0 || busy;) {
        busy = false;
        o->moved = false;
        LAC_TRY(lac_leave_check());
        for (uint32_t from = 1; from <= o->relay->ranks; from++) {
            LAC_TRY(take_in(o, from));
            LAC_TRY(take_out(o, from));
            LAC_TRY(free_sent(&o->source[from], &busy));
        }
        if (!o->moved) {
            sched_yield();
        }
    }
    return LAC_OK;
}

/* All have left: nobody need wait for anything any more. */
static lac_status say_closed(struct lac_relay *r)
{
    unsigned char frame[LAC_FRAME_HEADER];
    struct lac_writer w;
    lac_frame_begin(&w, frame, sizeof frame);
    lac_frame_end(&w, LAC_MESSAGE_CLOSE, 0, LAC_NO_CLIENT, 0);
    for (uint32_t to = 1; to <= r->ranks; to++) {
        LAC_MPI_TRY(
            MPI_Send(frame, (int)w.bytes, MPI_BYTE, (int)to, LAC_TAG_CLOSED, lac_mpi_comm()));
        r->sent[to].messages++;
        r->sent[to].bytes += w.bytes;
    }
    return LAC_OK;
}

static lac_status open_office(struct post_office *o, struct lac_arena *a)
{
    uint32_t ranks = o->relay->ranks;
    LAC_TRY(LAC_NEW(a, ranks + 1, &o->source));
    for (uint32_t from = 1; from <= ranks; from++) {
        for (size_t i = 0; i < DEPTH; i++) {
            LAC_TRY(LAC_NEW(a, 2 * (size_t)ranks, &o->source[from].packet[i].going));
        }
    }
    return LAC_OK;
}

static void close_office(struct post_office *o)
{
    for (uint32_t from = 1; from <= o->relay->ranks; from++) {
        for (size_t i = 0; i < DEPTH; i++) {
            lac_incoming_free(&o->source[from].packet[i].in);
        }
    }
}

lac_status lac_mpi_relay(struct lac_relay *r, struct lac_arena *a)
{
    struct post_office o = {.relay = r, .open = r->ranks};
    LAC_TRY(open_office(&o, a));
    lac_status status = work(&o);
    if (status == LAC_OK) {
        status = say_closed(r);
    }
    r->ended = status == LAC_OK;
    if (r->ended) { /* else MPI may still read what is on its way */
        close_office(&o);
    }
    return status;
}
