/* What the files of the MPI transport share. */
#ifndef LAC_TRANSPORT_MPI_CALLS_H
#define LAC_TRANSPORT_MPI_CALLS_H

#include <mpi.h>

#include "transport/incoming.h"
#include "transport/mpi.h"

/* A frame's first chunk, and the chunks behind it: in order, per sender. */
enum { LAC_TAG_FRAME = 1, LAC_TAG_MORE = 2 };

MPI_Comm lac_mpi_comm(void);
void lac_mpi_use(MPI_Comm comm); /* from now on; the one before is freed */
void lac_mpi_leave_groups(void);
lac_status lac_mpi_check(int code, const char *call) LAC_MUST_CHECK;
#define LAC_MPI_TRY(call) LAC_TRY(lac_mpi_check((call), #call))

/* As lac_mpi_check, of a receive: a frame longer than its room is the fault of the rank that sent it. */
lac_status lac_mpi_check_receive(int code, const char *call, int rank) LAC_MUST_CHECK;
#define LAC_MPI_RECEIVE(rank, call) LAC_TRY(lac_mpi_check_receive((call), #call, (rank)))

/* Waits for the next frame of a rank, chunk by chunk: of at most longest bytes, or 0, of any length. */
lac_status lac_mpi_take(struct lac_incoming *in, int rank, size_t longest, uint64_t chunk,
                        size_t *count, uint64_t *messages) LAC_MUST_CHECK;
/* The chunks behind the first `have` bytes of a frame whose header stands in bytes. */
lac_status lac_mpi_take_rest(unsigned char *bytes, size_t capacity, size_t have, int rank,
                             uint64_t chunk, size_t *count, uint64_t *messages) LAC_MUST_CHECK;

#endif
