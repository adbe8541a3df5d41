/* MPI start-up, and the transport over it. With main.c, the only users of MPI. */
#ifndef LAC_TRANSPORT_MPI_H
#define LAC_TRANSPORT_MPI_H

#include "transport/transport.h"

enum lac_launch { LAC_LAUNCH_SOLO, LAC_LAUNCH_MPI };

/* Whether a launcher that Open MPI understands started this process (environment alone, MPI is not
   started). Singletons of a launcher that it does not understand are refused, LAC_E_USAGE. */
lac_status lac_launch_kind(enum lac_launch *kind) LAC_MUST_CHECK;

struct lac_mpi {
    uint32_t rank, size;
    char host[64];
};

/* MPI_Init for one calling thread; refuses a communicator smaller than the Slurm step. */
lac_status lac_mpi_start(struct lac_mpi *mpi, int *argc, char ***argv) LAC_MUST_CHECK;
void lac_mpi_finish(void);
_Noreturn void lac_mpi_abort(int status);
/* Without MPI_Finalize, and late: mpirun, if it lives, ends this process before. */
_Noreturn void lac_mpi_leave(int status);
/* Whether the launcher is mpirun without --enable-recovery, which ends a job as soon as one of its ranks dies. */
bool lac_mpi_ends_all(void);
/* The same of a rank without which the job goes on. Where mpirun would end the job as this rank ends, it stays until the
   job ends. */
_Noreturn void lac_mpi_leave_others(void);
bool lac_mpi_running(void);
const char *lac_mpi_version(void); /* "Open MPI 4.1.4", without starting it */

/*
 * Several runs in one job: ranks work in groups of a size that divides theirs, one run at a time in each.
 * These calls are collective, and in the account of no run.
 */
/* Groups of `ranks` neighbours; mpi becomes the rank's place in its group. */
lac_status lac_mpi_group(struct lac_mpi *mpi, uint32_t ranks) LAC_MUST_CHECK;
/* Before each run of a group: a communicator of its own, so that nothing of the run before can reach it. */
lac_status lac_mpi_next_run(void) LAC_MUST_CHECK;
/* From the first rank to the others: of the group, or of all ranks while there are no groups. */
lac_status lac_mpi_broadcast(void *bytes, size_t count) LAC_MUST_CHECK;
/* From all ranks of the job, groups or not, to rank 0: all (ranks, count) bytes, read there alone. */
lac_status lac_mpi_gather(const void *mine, size_t count, void *all) LAC_MUST_CHECK;

/* How long a rank may be silent. The same on all ranks: it also says how often they send signs of life. */
struct lac_patience {
    double silence; /* seconds after which it is reported */
    double most;    /* and after which it counts as lost */
    /* Is told when a silence is long, and when it is over; NULL: nobody is. */
    void (*report)(const void *context, uint32_t rank, double silent, bool is_silent);
    const void *context;
};

/* Rank 0's transport; chunk: the largest single message, bytes; patience NULL: 600 s; drops: it may be told to give ranks up. */
lac_status lac_mpi_open(struct lac_transport **t, uint64_t chunk,
                        const struct lac_patience *patience, bool drops,
                        struct lac_arena *a) LAC_MUST_CHECK;

/* What rank 0 said before it said nothing more. */
struct lac_farewell {
    bool is_over; /* it lost a rank, and ends the run */
    bool is_gone; /* it goes on without this rank */
};

/* Ranks 1 and up: receives for and sends from the peer until it is done. LAC_E_LOST: rank 0 is, or said farewell. */
lac_status lac_mpi_serve(const struct lac_peer *peer, uint64_t chunk,
                         const struct lac_patience *patience,
                         struct lac_farewell *farewell) LAC_MUST_CHECK;

#endif
