/* What the files of the MPI transport share. */
#ifndef LAC_TRANSPORT_MPI_CALLS_H
#define LAC_TRANSPORT_MPI_CALLS_H

#include <mpi.h>

#include "transport/incoming.h"
#include "transport/mpi.h"
#include "transport/mpi_watch.h"

/* A frame's first chunk, and the chunks behind it: in order, per sender. */
enum { LAC_TAG_FRAME = 1, LAC_TAG_MORE = 2 };

MPI_Comm lac_mpi_comm(void);
void lac_mpi_use(MPI_Comm comm); /* from now on; the one before is freed */
void lac_mpi_leave_groups(void);
lac_status lac_mpi_check(int code, const char *call) LAC_MUST_CHECK;
#define LAC_MPI_TRY(call) LAC_TRY(lac_mpi_check((call), #call))

/* Whether a message of this rank and tag is there: a receive of it into `to` is then begun, of got bytes. One of more than room
   bytes, or of none, is taken and refused. */
lac_status lac_mpi_begin(struct lac_watch *w, uint32_t rank, int tag, unsigned char *to,
                         size_t room, MPI_Request *request, size_t *got) LAC_MUST_CHECK;
/* On a message to or from a rank: these and the next fail, LAC_E_LOST, where it was given up. */
lac_status lac_mpi_wait(struct lac_watch *w, uint32_t rank, MPI_Request *request) LAC_MUST_CHECK;
/* Waits for the next frame of a rank, chunk by chunk: of at most longest bytes, or 0, of any length. */
lac_status lac_mpi_take(struct lac_incoming *in, struct lac_watch *w, uint32_t rank, size_t longest,
                        uint64_t chunk, size_t *count, uint64_t *messages) LAC_MUST_CHECK;
/* The chunks behind the first `have` bytes of a frame whose header stands in bytes. */
lac_status lac_mpi_take_rest(unsigned char *bytes, size_t capacity, size_t have,
                             struct lac_watch *w, uint32_t rank, uint64_t chunk, size_t *count,
                             uint64_t *messages) LAC_MUST_CHECK;

#endif
