/* Receives that never block, and never write behind their room: a message is looked at before it is received. */
#include "transport/mpi_calls.h"

static size_t smaller(uint64_t a, uint64_t b)
{
    return (size_t)(a < b ? a : b);
}

/* While a rank is waited for. */
static lac_status turn_for(struct lac_watch *w, uint32_t rank)
{
    LAC_TRY(lac_watch_turn(w));
    return lac_watch_has(w, rank);
}

lac_status lac_mpi_wait(struct lac_watch *w, uint32_t rank, MPI_Request *request)
{
    int done = 0;
    for (;;) {
        LAC_MPI_TRY(MPI_Test(request, &done, MPI_STATUS_IGNORE));
        if (done) {
            return LAC_OK;
        }
        LAC_TRY(turn_for(w, rank));
    }
}

/* What is too long is received all the same: its sender would wait for ever. */
static lac_status refuse(struct lac_watch *w, uint32_t rank, MPI_Message *message, int bytes)
{
    struct lac_incoming bin = {0};
    MPI_Request request;
    LAC_TRY(lac_incoming_grow(&bin, (size_t)bytes + 1));
    LAC_MPI_TRY(MPI_Imrecv(bin.bytes, bytes, MPI_BYTE, message, &request));
    LAC_TRY(
        lac_mpi_wait(w, rank, &request)); /* where this fails the bytes may still come: not freed */
    lac_incoming_free(&bin);
    return bytes > 0
               ? LAC_FAIL(LAC_E_PROTOCOL, "[rank %u] sent more than a frame here can have", rank)
               : LAC_FAIL(LAC_E_PROTOCOL, "[rank %u] sent an empty piece of a frame", rank);
}

/* The next message of this rank and tag, if it is there. */
static lac_status find(uint32_t rank, int tag, int *there, MPI_Message *message, int *bytes)
{
    MPI_Status status;
    LAC_MPI_TRY(MPI_Improbe((int)rank, tag, lac_mpi_comm(), there, message, &status));
    if (*there) {
        LAC_MPI_TRY(MPI_Get_count(&status, MPI_BYTE, bytes));
    }
    return LAC_OK;
}

lac_status lac_mpi_begin(struct lac_watch *w, uint32_t rank, int tag, unsigned char *to,
                         size_t room, MPI_Request *request, size_t *got)
{
    MPI_Message message;
    int there, bytes;
    *got = 0;
    LAC_TRY(find(rank, tag, &there, &message, &bytes));
    if (!there) {
        return LAC_OK;
    }
    lac_watch_heard(w, rank);
    if (bytes <= 0 || (size_t)bytes > room) {
        return refuse(w, rank, &message, bytes);
    }
    LAC_MPI_TRY(MPI_Imrecv(to, bytes, MPI_BYTE, &message, request));
    *got = (size_t)bytes;
    return LAC_OK;
}

/* One whole message. */
static lac_status take_piece(struct lac_watch *w, uint32_t rank, int tag, unsigned char *to,
                             size_t room, size_t *got)
{
    MPI_Request request;
    for (;;) {
        LAC_TRY(lac_mpi_begin(w, rank, tag, to, room, &request, got));
        if (*got > 0) {
            return lac_mpi_wait(w, rank, &request);
        }
        LAC_TRY(turn_for(w, rank));
    }
}

lac_status lac_mpi_take_rest(unsigned char *bytes, size_t capacity, size_t have,
                             struct lac_watch *w, uint32_t rank, uint64_t chunk, size_t *count,
                             uint64_t *messages)
{
    uint64_t length;
    if (have < LAC_FRAME_HEADER) {
        return LAC_FAIL(LAC_E_PROTOCOL, "[rank %u] sent %zu bytes, shorter than a frame's header",
                        rank, have);
    }
    LAC_TRY(lac_blame(rank, lac_frame_length(bytes, &length)));
    if (length > capacity - LAC_FRAME_HEADER || LAC_FRAME_HEADER + length < have) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "[rank %u] announces a frame of %llu bytes; %zu are possible", rank,
                        (unsigned long long)length, capacity - LAC_FRAME_HEADER);
    }
    size_t whole = LAC_FRAME_HEADER + (size_t)length;
    while (have < whole) {
        size_t got;
        LAC_TRY(
            take_piece(w, rank, LAC_TAG_MORE, bytes + have, smaller(whole - have, chunk), &got));
        have += got;
        ++*messages;
    }
    *count = whole;
    return LAC_OK;
}

static lac_status grow(struct lac_incoming *in, uint32_t rank, size_t bytes)
{
    lac_status status = lac_incoming_grow(in, bytes);
    return status == LAC_OK ? LAC_OK : LAC_FAIL(status, "[rank %u] sends %s", rank, lac_failure());
}

/* The first piece where nothing is known of its length. */
static lac_status take_unknown(struct lac_incoming *in, struct lac_watch *w, uint32_t rank,
                               size_t *got)
{
    MPI_Message message;
    MPI_Request request;
    int there, bytes = 0;
    for (;;) {
        LAC_TRY(find(rank, LAC_TAG_FRAME, &there, &message, &bytes));
        if (there) {
            break;
        }
        LAC_TRY(turn_for(w, rank));
    }
    lac_watch_heard(w, rank);
    LAC_TRY(grow(in, rank, (size_t)bytes));
    LAC_MPI_TRY(MPI_Imrecv(in->bytes, bytes, MPI_BYTE, &message, &request));
    *got = (size_t)bytes;
    return lac_mpi_wait(w, rank, &request);
}

lac_status lac_mpi_take(struct lac_incoming *in, struct lac_watch *w, uint32_t rank, size_t longest,
                        uint64_t chunk, size_t *count, uint64_t *messages)
{
    size_t got;
    LAC_TRY(turn_for(w, rank));
    if (longest > 0) {
        LAC_TRY(grow(in, rank, longest));
        LAC_TRY(take_piece(w, rank, LAC_TAG_FRAME, in->bytes, smaller(longest, chunk), &got));
    } else {
        LAC_TRY(take_unknown(in, w, rank, &got));
    }
    ++*messages;
    uint64_t length = 0;
    if (got >= LAC_FRAME_HEADER) {
        LAC_TRY(lac_blame(rank, lac_frame_length(in->bytes, &length)));
        if (length > (longest > 0 ? longest : (uint64_t)1 << 46)) {
            return LAC_FAIL(LAC_E_PROTOCOL, "[rank %u] announces a frame of %llu bytes", rank,
                            (unsigned long long)length);
        }
        LAC_TRY(grow(in, rank, LAC_FRAME_HEADER + (size_t)length));
    }
    return lac_mpi_take_rest(in->bytes, in->capacity, got, w, rank, chunk, count, messages);
}
