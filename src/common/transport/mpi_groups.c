/* Several runs in one job. Between runs no rank waits for a frame: collective calls are right here. */
#include "transport/mpi_calls.h"

static MPI_Comm group = MPI_COMM_NULL;

lac_status lac_mpi_group(struct lac_mpi *mpi, uint32_t ranks)
{
    int rank;
    LAC_MPI_TRY(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
    LAC_MPI_TRY(MPI_Comm_split(MPI_COMM_WORLD, rank / (int)ranks, rank, &group));
    mpi->rank = (uint32_t)rank % ranks;
    mpi->size = ranks;
    return LAC_OK;
}

lac_status lac_mpi_next_run(void)
{
    MPI_Comm next;
    LAC_MPI_TRY(MPI_Comm_dup(group, &next));
    MPI_Comm_set_errhandler(next, MPI_ERRORS_RETURN);
    lac_mpi_use(next);
    return LAC_OK;
}

lac_status lac_mpi_broadcast(void *bytes, size_t count)
{
    MPI_Comm to = group != MPI_COMM_NULL ? group : MPI_COMM_WORLD;
    LAC_MPI_TRY(MPI_Bcast(bytes, (int)count, MPI_BYTE, 0, to));
    return LAC_OK;
}

lac_status lac_mpi_gather(const void *mine, size_t count, void *all)
{
    LAC_MPI_TRY(
        MPI_Gather(mine, (int)count, MPI_BYTE, all, (int)count, MPI_BYTE, 0, MPI_COMM_WORLD));
    return LAC_OK;
}

void lac_mpi_leave_groups(void)
{
    lac_mpi_use(MPI_COMM_NULL);
    if (group != MPI_COMM_NULL) {
        MPI_Comm_free(&group);
    }
}
