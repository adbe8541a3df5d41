/*
 * Rank 0's end. Early frames land in a ring of slots, in the order in which they will be received: memory is bounded by the
 * ring, and what has no slot yet stays with its sender.
 *
 * A rank that is given up may have left a message half come: MPI may write into its slot's bytes for ever, so that the slot goes
 * on with spare ones.
 */
#include "base/tick.h"
#include "transport/mpi_calls.h"

enum { MOST_SLOTS = 4096 };

struct slot {
    unsigned char *bytes; /* (slot_bytes) */
    MPI_Request request;
    size_t got; /* bytes of the first chunk; 0: it has not come */
};

struct mpi_transport {
    struct lac_transport base;
    struct lac_watch watch;
    uint64_t chunk;
    struct lac_incoming setup; /* frames that nothing announced */

    MPI_Request *sends; /* (send_capacity) outstanding, until flush */
    uint32_t *send_to;  /* (send_capacity) rank */
    size_t send_count, send_capacity;

    struct slot *slots;   /* (slot_count) */
    unsigned char *spare; /* (spares, slot_bytes) */
    size_t spares;
    size_t slot_count, slot_bytes, first_bytes; /* first_bytes: of a slot, in the first chunk */
    const struct lac_expected *expected;        /* in order */
    size_t expected_count, taken;
    size_t *next;   /* (1 + ranks) the frame of a rank that will come next */
    size_t *newest; /* (1 + ranks) the frame of a rank that began to come last */
    uint32_t turn;  /* the rank that is looked at early */
};

static struct mpi_transport *self_of(struct lac_transport *t)
{
    return (struct mpi_transport *)(void *)t;
}

/*
 * Sending
 */

static lac_status mpi_flush(struct lac_transport *t)
{
    struct mpi_transport *m = self_of(t);
    for (size_t i = 0; i < m->send_count; i++) {
        lac_status status = lac_mpi_wait(&m->watch, m->send_to[i], &m->sends[i]);
        if (status == LAC_E_LOST && lac_is_gone(t, m->send_to[i])) {
            LAC_MPI_TRY(MPI_Request_free(&m->sends[i])); /* whatever it will read there */
            continue;
        }
        LAC_TRY(status);
    }
    m->send_count = 0;
    return LAC_OK;
}

static lac_status mpi_send(struct lac_transport *t, uint32_t rank, const unsigned char *frame,
                           size_t count)
{
    struct mpi_transport *m = self_of(t);
    size_t at = 0;
    LAC_TRY(lac_watch_check(&m->watch));
    while (at < count) {
        size_t piece = count - at < m->chunk ? count - at : (size_t)m->chunk;
        if (m->send_count == m->send_capacity) {
            LAC_TRY(mpi_flush(t));
        }
        LAC_MPI_TRY(MPI_Isend(frame + at, (int)piece, MPI_BYTE, (int)rank,
                              at == 0 ? LAC_TAG_FRAME : LAC_TAG_MORE, lac_mpi_comm(),
                              &m->sends[m->send_count]));
        m->send_to[m->send_count++] = rank;
        m->base.sent[rank].messages++;
        m->base.sent[rank].bytes += piece;
        at += piece;
    }
    lac_watch_told(&m->watch, rank);
    return LAC_OK;
}

/*
 * Receiving
 */

static struct slot *slot_of(struct mpi_transport *m, size_t i)
{
    return &m->slots[i % m->slot_count];
}

static lac_status mpi_expect(struct lac_transport *t, const struct lac_expected *what, size_t count)
{
    struct mpi_transport *m = self_of(t);
    LAC_ASSERT(m->taken == m->expected_count && m->slot_count > 0);
    m->expected = what;
    m->expected_count = count;
    m->taken = 0;
    m->watch.stopping = false;
    for (uint32_t rank = 1; rank <= m->base.ranks; rank++) {
        m->next[rank] = count;
        m->newest[rank] = count;
    }
    for (size_t i = count; i-- > 0;) {
        m->next[what[i].rank] = i;
    }
    return LAC_OK;
}

/* Begins to receive frame i, if it has come. Frames of a rank are expected one after the other. */
static lac_status begin(struct mpi_transport *m, size_t i)
{
    struct slot *slot = slot_of(m, i);
    uint32_t rank = m->expected[i].rank;
    LAC_TRY(lac_mpi_begin(&m->watch, rank, LAC_TAG_FRAME, slot->bytes, m->first_bytes,
                          &slot->request, &slot->got));
    if (slot->got > 0) {
        m->newest[rank] = i;
        bool last = i + 1 == m->expected_count || m->expected[i + 1].rank != rank;
        m->next[rank] = last ? m->expected_count : i + 1;
        m->base.received[rank].messages++;
    }
    return LAC_OK;
}

/* Of a rank that may be given up one message at a time comes in: no more than one is ever left half come. */
static lac_status one_by_one(struct mpi_transport *m, uint32_t rank, bool *ready)
{
    size_t i = m->newest[rank];
    int done = 1;
    if (i < m->expected_count && i >= m->taken) {
        LAC_MPI_TRY(MPI_Test(&slot_of(m, i)->request, &done, MPI_STATUS_IGNORE));
    }
    *ready = done && !lac_is_gone(&m->base, rank);
    return LAC_OK;
}

/* While another is waited for: one rank's next frame, where the ring has room for it. */
static lac_status look_ahead(struct mpi_transport *m)
{
    m->turn = m->turn % m->base.ranks + 1;
    size_t i = m->next[m->turn];
    bool ready = i < m->expected_count && i < m->taken + m->slot_count;
    LAC_TRY(ready && m->base.drops ? one_by_one(m, m->turn, &ready) : LAC_OK);
    return ready ? begin(m, i) : LAC_OK;
}

/* The slot's bytes may still be written by MPI, on behalf of a rank that is not heard any more. */
static lac_status take_spare(struct mpi_transport *m, struct slot *slot, uint32_t rank)
{
    if (m->spares == 0) {
        m->watch.has_lost = true;
        m->base.lost = m->base.gone[rank];
        return LAC_FAIL(LAC_E_LOST, "rank %u was lost while it sent, and there is no more room",
                        rank);
    }
    slot->bytes = m->spare + --m->spares * m->slot_bytes;
    return LAC_OK;
}

/* The next frame is of a rank that was given up, and is taken no more; broken: while it was taken. */
static lac_status skip_expected(struct mpi_transport *m, uint32_t rank, bool broken)
{
    struct slot *slot = slot_of(m, m->taken++);
    int done = 1;
    if (slot->got > 0) {
        LAC_MPI_TRY(MPI_Test(&slot->request, &done, MPI_STATUS_IGNORE));
    }
    slot->got = 0;
    return done && !broken ? LAC_OK : take_spare(m, slot, rank);
}

static lac_status wait_for_first(struct mpi_transport *m, struct slot *slot, uint32_t rank)
{
    LAC_TRY(lac_watch_has(&m->watch, rank));
    while (slot->got == 0) {
        LAC_TRY(begin(m, m->taken));
        if (slot->got == 0) {
            LAC_TRY(look_ahead(m));
            LAC_TRY(lac_watch_turn(&m->watch));
            LAC_TRY(lac_watch_has(&m->watch, rank));
        }
    }
    return lac_mpi_wait(&m->watch, rank, &slot->request);
}

static lac_status receive_expected(struct mpi_transport *m, uint32_t rank,
                                   const unsigned char **frame, size_t *count)
{
    struct slot *slot = slot_of(m, m->taken);
    LAC_ASSERT(m->expected[m->taken].rank == rank);
    lac_status first = wait_for_first(m, slot, rank), status = first;
    if (first == LAC_OK) {
        status = lac_mpi_take_rest(slot->bytes, m->slot_bytes, slot->got, &m->watch, rank, m->chunk,
                                   count, &m->base.received[rank].messages);
    }
    if (status == LAC_E_LOST && lac_is_gone(&m->base, rank)) {
        LAC_TRY(skip_expected(m, rank, first == LAC_OK));
        return LAC_E_LOST;
    }
    LAC_TRY(status);
    *frame = slot->bytes;
    slot->got = 0;
    m->taken++;
    return LAC_OK;
}

static lac_status mpi_receive(struct lac_transport *t, const struct lac_expected *what,
                              struct lac_frame *f)
{
    struct mpi_transport *m = self_of(t);
    struct lac_traffic *traffic = &m->base.received[what->rank];
    const unsigned char *frame;
    size_t count;
    LAC_TRY(lac_watch_turn(&m->watch));
    if (m->taken < m->expected_count) {
        LAC_TRY(receive_expected(m, what->rank, &frame, &count));
    } else {
        LAC_TRY(lac_mpi_take(&m->setup, &m->watch, what->rank, 0, m->chunk, &count,
                             &traffic->messages));
        frame = m->setup.bytes;
    }
    traffic->bytes += count;
    LAC_TRY(lac_frame_parse(frame, count, f));
    return f->message == LAC_MESSAGE_REPORT ? lac_watch_leaves(&m->watch, what->rank) : LAC_OK;
}

/* Its first chunk, whole. */
static lac_status mpi_came(struct lac_transport *t, size_t ahead, bool *came)
{
    struct mpi_transport *m = self_of(t);
    size_t i = m->taken + ahead;
    int done = 0;
    *came = false;
    LAC_TRY(lac_watch_turn(&m->watch)); /* whoever asks again and again waits */
    if (i >= m->expected_count || i >= m->taken + m->slot_count) {
        return LAC_OK;
    }
    if (lac_is_gone(t, m->expected[i].rank)) {
        *came = true; /* it is waited for no more */
        return LAC_OK;
    }
    struct slot *slot = slot_of(m, i);
    if (slot->got == 0 && m->next[m->expected[i].rank] == i) {
        LAC_TRY(begin(m, i));
    }
    if (slot->got > 0) {
        LAC_MPI_TRY(MPI_Test(&slot->request, &done, MPI_STATUS_IGNORE));
    }
    *came = done;
    return LAC_OK;
}

static lac_status mpi_window(struct lac_transport *t, const struct lac_room *room,
                             struct lac_arena *a)
{
    struct mpi_transport *m = self_of(t);
    size_t most = room->most < MOST_SLOTS ? room->most : MOST_SLOTS, all;
    unsigned char *bytes;
    m->slot_bytes = (room->longest + 63) / 64 * 64;
    m->first_bytes = m->slot_bytes < m->chunk ? m->slot_bytes : (size_t)m->chunk;
    uint64_t slots = room->buffer / m->slot_bytes;
    m->spares = m->base.gone ? m->base.ranks - 1 : 0;
    slots = slots > m->spares ? slots - m->spares : 1;
    m->slot_count = slots < 1 ? 1 : slots > most ? most : (size_t)slots;
    all = m->slot_count + m->spares;
    LAC_TRY(LAC_NEW(a, all * m->slot_bytes, &bytes));
    LAC_TRY(LAC_NEW(a, m->slot_count, &m->slots));
    for (size_t i = 0; i < m->slot_count; i++) {
        m->slots[i].bytes = bytes + i * m->slot_bytes;
    }
    m->spare = bytes + m->slot_count * m->slot_bytes;
    return LAC_OK;
}

/* The first piece of frame i was taken already, and others may be behind it; what is wrong with such a frame matters no
   more. */
static void drop_frame(struct mpi_transport *m, size_t i)
{
    struct slot *slot = slot_of(m, i);
    uint32_t rank = m->expected[i].rank;
    uint64_t messages = 0;
    size_t count;
    lac_status dropped = lac_mpi_wait(&m->watch, rank, &slot->request);
    if (dropped == LAC_OK) {
        dropped = lac_mpi_take_rest(slot->bytes, m->slot_bytes, slot->got, &m->watch, rank,
                                    m->chunk, &count, &messages);
    }
    (void)dropped;
    slot->got = 0;
}

static void mpi_forget(struct lac_transport *t)
{
    struct mpi_transport *m = self_of(t);
    for (size_t i = m->taken; i < m->expected_count && i < m->taken + m->slot_count; i++) {
        if (m->slots[i % m->slot_count].got > 0) {
            drop_frame(m, i);
        }
    }
    m->taken = m->expected_count = 0;
    m->watch.stopping = true;
}

static void mpi_close(struct lac_transport *t)
{
    struct mpi_transport *m = self_of(t);
    lac_tick_use(NULL, NULL);
    lac_watch_close(&m->watch);
    lac_incoming_free(&m->setup);
}

static const struct lac_transport_kind mpi_kind = {
    .name = "mpi",
    .send = mpi_send,
    .flush = mpi_flush,
    .expect = mpi_expect,
    .receive = mpi_receive,
    .came = mpi_came,
    .window = mpi_window,
    .forget = mpi_forget,
    .close = mpi_close,
};

lac_status lac_mpi_open(struct lac_transport **t, uint64_t chunk,
                        const struct lac_patience *patience, bool drops, struct lac_arena *a)
{
    struct mpi_transport *m;
    int size;
    LAC_MPI_TRY(MPI_Comm_size(lac_mpi_comm(), &size));
    LAC_TRY(LAC_NEW(a, 1, &m));
    m->base = (struct lac_transport){.kind = &mpi_kind, .ranks = (uint32_t)size - 1};
    m->chunk = chunk;
    m->send_capacity = 2 * (size_t)size + 64;
    LAC_TRY(LAC_NEW(a, (size_t)size, &m->base.sent));
    LAC_TRY(LAC_NEW(a, (size_t)size, &m->base.received));
    LAC_TRY(LAC_NEW(a, (size_t)size, &m->next));
    LAC_TRY(LAC_NEW(a, (size_t)size, &m->newest));
    LAC_TRY(drops ? LAC_NEW(a, (size_t)size, &m->base.gone) : LAC_OK);
    LAC_TRY(LAC_NEW(a, (size_t)size, &m->watch.of));
    LAC_TRY(LAC_NEW(a, m->send_capacity, &m->sends));
    LAC_TRY(LAC_NEW(a, m->send_capacity, &m->send_to));
    m->watch.first = 1;
    m->watch.last = m->base.ranks;
    m->watch.sent = m->base.sent;
    m->watch.received = m->base.received;
    m->watch.base = &m->base;
    lac_watch_open(&m->watch, patience);
    lac_tick_use(lac_watch_tick, &m->watch);
    *t = &m->base;
    return LAC_OK;
}
