/*
 * Rank 0's end. Early frames land in a ring of slots, posted in the order in which they will be
 * received: memory is bounded by the ring, and what is not posted yet stays with its sender.
 */
#include "transport/mpi_calls.h"

enum { MOST_SLOTS = 4096 };

struct mpi_transport {
    struct lac_transport base;
    uint64_t chunk;
    struct lac_incoming setup; /* frames that nothing announced */

    MPI_Request *sends; /* (send_capacity) outstanding, until flush */
    size_t send_count, send_capacity;

    unsigned char *slots; /* (slot_count, slot_bytes) */
    MPI_Request *receives;
    size_t slot_count, slot_bytes, first_bytes; /* first_bytes: of a slot, in the first chunk */
    const struct lac_expected *expected;        /* in order */
    size_t expected_count, posted, taken;
};

static struct mpi_transport *self_of(struct lac_transport *t)
{
    return (struct mpi_transport *)(void *)t;
}

static lac_status mpi_flush(struct lac_transport *t)
{
    struct mpi_transport *m = self_of(t);
    size_t count = m->send_count;
    m->send_count = 0;
    LAC_MPI_TRY(MPI_Waitall((int)count, m->sends, MPI_STATUSES_IGNORE));
    return LAC_OK;
}

static lac_status mpi_send(struct lac_transport *t, uint32_t rank, const unsigned char *frame,
                           size_t count)
{
    struct mpi_transport *m = self_of(t);
    size_t at = 0;
    while (at < count) {
        size_t piece = count - at < m->chunk ? count - at : (size_t)m->chunk;
        if (m->send_count == m->send_capacity) {
            LAC_TRY(mpi_flush(t));
        }
        LAC_MPI_TRY(MPI_Isend(frame + at, (int)piece, MPI_BYTE, (int)rank,
                              at == 0 ? LAC_TAG_FRAME : LAC_TAG_MORE, lac_mpi_comm(),
                              &m->sends[m->send_count]));
        m->send_count++;
        m->base.sent[rank].messages++;
        m->base.sent[rank].bytes += piece;
        at += piece;
    }
    return LAC_OK;
}

/* Posts receives until the ring is full or everything expected is posted. */
static lac_status post(struct mpi_transport *m)
{
    while (m->posted < m->expected_count && m->posted < m->taken + m->slot_count) {
        size_t slot = m->posted % m->slot_count;
        LAC_MPI_TRY(MPI_Irecv(m->slots + slot * m->slot_bytes, (int)m->first_bytes, MPI_BYTE,
                              (int)m->expected[m->posted].rank, LAC_TAG_FRAME, lac_mpi_comm(),
                              &m->receives[slot]));
        m->posted++;
    }
    return LAC_OK;
}

static lac_status mpi_expect(struct lac_transport *t, const struct lac_expected *what, size_t count)
{
    struct mpi_transport *m = self_of(t);
    LAC_ASSERT(m->taken == m->expected_count && m->slot_count > 0);
    m->expected = what;
    m->expected_count = count;
    m->posted = m->taken = 0;
    return post(m);
}

static lac_status receive_expected(struct mpi_transport *m, uint32_t rank,
                                   const unsigned char **frame, size_t *count)
{
    LAC_TRY(post(m)); /* the slot handed out before is free again */
    LAC_ASSERT(m->expected[m->taken].rank == rank);
    size_t slot = m->taken % m->slot_count;
    unsigned char *bytes = m->slots + slot * m->slot_bytes;
    MPI_Status status;
    int got;
    LAC_MPI_RECEIVE((int)rank, MPI_Wait(&m->receives[slot], &status));
    LAC_MPI_TRY(MPI_Get_count(&status, MPI_BYTE, &got));
    struct lac_traffic *traffic = &m->base.received[rank];
    traffic->messages++;
    LAC_TRY(lac_mpi_take_rest(bytes, m->slot_bytes, (size_t)got, (int)rank, m->chunk, count,
                              &traffic->messages));
    m->taken++;
    *frame = bytes;
    return LAC_OK;
}

static lac_status mpi_receive(struct lac_transport *t, const struct lac_expected *what,
                              struct lac_frame *f)
{
    struct mpi_transport *m = self_of(t);
    struct lac_traffic *traffic = &m->base.received[what->rank];
    const unsigned char *frame;
    size_t count;
    if (m->taken < m->expected_count) {
        LAC_TRY(receive_expected(m, what->rank, &frame, &count));
    } else {
        LAC_TRY(lac_mpi_take(&m->setup, (int)what->rank, 0, m->chunk, &count, &traffic->messages));
        frame = m->setup.bytes;
    }
    traffic->bytes += count;
    return lac_frame_parse(frame, count, f);
}

static bool mpi_came(struct lac_transport *t, size_t ahead)
{
    struct mpi_transport *m = self_of(t);
    size_t i = m->taken + ahead;
    int came = 0;
    return i < m->posted &&
           MPI_Request_get_status(m->receives[i % m->slot_count], &came, MPI_STATUS_IGNORE) ==
               MPI_SUCCESS &&
           came;
}

static lac_status mpi_window(struct lac_transport *t, const struct lac_room *room,
                             struct lac_arena *a)
{
    struct mpi_transport *m = self_of(t);
    size_t most = room->most < MOST_SLOTS ? room->most : MOST_SLOTS;
    m->slot_bytes = (room->longest + 63) / 64 * 64;
    m->first_bytes = m->slot_bytes < m->chunk ? m->slot_bytes : (size_t)m->chunk;
    uint64_t slots = room->buffer / m->slot_bytes;
    m->slot_count = slots < 1 ? 1 : slots > most ? most : (size_t)slots;
    LAC_TRY(LAC_NEW(a, m->slot_count * m->slot_bytes, &m->slots));
    return LAC_NEW(a, m->slot_count, &m->receives);
}

/* Cancels receive number i; a first piece that was matched already has others behind it, and what is
   wrong with such a frame matters no more. */
static void drop_receive(struct mpi_transport *m, size_t i)
{
    size_t slot = i % m->slot_count, count;
    uint64_t messages = 0;
    MPI_Status status;
    int cancelled = 0, got = 0;
    MPI_Cancel(&m->receives[slot]);
    if (MPI_Wait(&m->receives[slot], &status) != MPI_SUCCESS) {
        return; /* longer than any frame: it says nothing */
    }
    MPI_Test_cancelled(&status, &cancelled);
    if (cancelled || MPI_Get_count(&status, MPI_BYTE, &got) != MPI_SUCCESS) {
        return;
    }
    lac_status dropped =
        lac_mpi_take_rest(m->slots + slot * m->slot_bytes, m->slot_bytes, (size_t)got,
                          (int)m->expected[i].rank, m->chunk, &count, &messages);
    (void)dropped;
}

static void mpi_forget(struct lac_transport *t)
{
    struct mpi_transport *m = self_of(t);
    for (size_t i = m->taken; i < m->posted; i++) {
        MPI_Request *request = &m->receives[i % m->slot_count];
        if (*request != MPI_REQUEST_NULL) {
            drop_receive(m, i);
        }
    }
    m->taken = m->posted = m->expected_count = 0;
}

static void mpi_close(struct lac_transport *t)
{
    lac_incoming_free(&self_of(t)->setup);
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

lac_status lac_mpi_open(struct lac_transport **t, uint64_t chunk, struct lac_arena *a)
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
    LAC_TRY(LAC_NEW(a, m->send_capacity, &m->sends));
    *t = &m->base;
    return LAC_OK;
}
