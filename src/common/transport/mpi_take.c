#include "transport/mpi_calls.h"

static int smaller(uint64_t a, uint64_t b)
{
    return (int)(a < b ? a : b);
}

lac_status lac_mpi_take_rest(unsigned char *bytes, size_t capacity, size_t have, int rank,
                             uint64_t chunk, size_t *count, uint64_t *messages)
{
    uint64_t length;
    if (have < LAC_FRAME_HEADER) {
        return LAC_FAIL(LAC_E_PROTOCOL, "[rank %d] sent %zu bytes, shorter than a frame's header",
                        rank, have);
    }
    LAC_TRY(lac_blame((uint32_t)rank, lac_frame_length(bytes, &length)));
    if (length > capacity - LAC_FRAME_HEADER || LAC_FRAME_HEADER + length < have) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "[rank %d] announces a frame of %llu bytes; %zu are possible", rank,
                        (unsigned long long)length, capacity - LAC_FRAME_HEADER);
    }
    size_t whole = LAC_FRAME_HEADER + (size_t)length;
    while (have < whole) {
        MPI_Status status;
        int got;
        LAC_MPI_RECEIVE(rank, MPI_Recv(bytes + have, smaller(whole - have, chunk), MPI_BYTE, rank,
                                       LAC_TAG_MORE, lac_mpi_comm(), &status));
        LAC_MPI_TRY(MPI_Get_count(&status, MPI_BYTE, &got));
        if (got <= 0) {
            return LAC_FAIL(LAC_E_PROTOCOL, "[rank %d] sent an empty piece of a frame", rank);
        }
        have += (size_t)got;
        ++*messages;
    }
    *count = whole;
    return LAC_OK;
}

static lac_status grow(struct lac_incoming *in, int rank, size_t bytes)
{
    lac_status status = lac_incoming_grow(in, bytes);
    return status == LAC_OK ? LAC_OK : LAC_FAIL(status, "[rank %d] sends %s", rank, lac_failure());
}

/* The first piece where nothing is known of its length. */
static lac_status take_unknown(struct lac_incoming *in, int rank, int *got)
{
    MPI_Message message;
    MPI_Status status;
    LAC_MPI_TRY(MPI_Mprobe(rank, LAC_TAG_FRAME, lac_mpi_comm(), &message, &status));
    LAC_MPI_TRY(MPI_Get_count(&status, MPI_BYTE, got));
    LAC_TRY(grow(in, rank, (size_t)*got));
    LAC_MPI_TRY(MPI_Mrecv(in->bytes, *got, MPI_BYTE, &message, MPI_STATUS_IGNORE));
    return LAC_OK;
}

/* The first piece of a frame of at most longest bytes: received where it belongs, without a probe. */
static lac_status take_known(struct lac_incoming *in, int rank, size_t longest, uint64_t chunk,
                             int *got)
{
    MPI_Status status;
    LAC_TRY(grow(in, rank, longest));
    LAC_MPI_RECEIVE(rank, MPI_Recv(in->bytes, smaller(longest, chunk), MPI_BYTE, rank,
                                   LAC_TAG_FRAME, lac_mpi_comm(), &status));
    LAC_MPI_TRY(MPI_Get_count(&status, MPI_BYTE, got));
    return LAC_OK;
}

lac_status lac_mpi_take(struct lac_incoming *in, int rank, size_t longest, uint64_t chunk,
                        size_t *count, uint64_t *messages)
{
    int got;
    if (longest > 0) {
        LAC_TRY(take_known(in, rank, longest, chunk, &got));
    } else {
        LAC_TRY(take_unknown(in, rank, &got));
    }
    ++*messages;
    uint64_t length = 0;
    if ((size_t)got >= LAC_FRAME_HEADER) {
        LAC_TRY(lac_blame((uint32_t)rank, lac_frame_length(in->bytes, &length)));
        if (length > (longest > 0 ? longest : (uint64_t)1 << 46)) {
            return LAC_FAIL(LAC_E_PROTOCOL, "[rank %d] announces a frame of %llu bytes", rank,
                            (unsigned long long)length);
        }
        LAC_TRY(grow(in, rank, LAC_FRAME_HEADER + (size_t)length));
    }
    return lac_mpi_take_rest(in->bytes, in->capacity, (size_t)got, rank, chunk, count, messages);
}
