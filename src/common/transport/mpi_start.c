#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "transport/mpi_calls.h"

static MPI_Comm duplicate = MPI_COMM_NULL;
static MPI_Comm in_use = MPI_COMM_NULL; /* instead of it, where ranks work in groups */

MPI_Comm lac_mpi_comm(void)
{
    return in_use != MPI_COMM_NULL ? in_use : duplicate;
}

void lac_mpi_use(MPI_Comm comm)
{
    if (in_use != MPI_COMM_NULL) {
        MPI_Comm_free(&in_use);
    }
    in_use = comm;
}

lac_status lac_mpi_check(int code, const char *call)
{
    if (code == MPI_SUCCESS) {
        return LAC_OK;
    }
    char text[MPI_MAX_ERROR_STRING];
    int length;
    MPI_Error_string(code, text, &length);
    return LAC_FAIL(LAC_E_MPI, "%s failed: %.*s", call, length, text);
}

static long environment_number(const char *name)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

lac_status lac_launch_kind(enum lac_launch *kind)
{
    if (getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMIX_RANK")) {
        *kind = LAC_LAUNCH_MPI;
        return LAC_OK;
    }
    const char *const launchers[] = {"SLURM_STEP_NUM_TASKS", "PMI_SIZE", "MPI_LOCALNRANKS"};
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; i++) {
        if (environment_number(launchers[i]) > 1) {
            return LAC_FAIL(LAC_E_USAGE,
                            "%s is %ld, but this launcher does not speak Open MPI's language, and "
                            "every rank would run alone; use srun --mpi=pmix or Open MPI's mpirun",
                            launchers[i], environment_number(launchers[i]));
        }
    }
    *kind = LAC_LAUNCH_SOLO;
    return LAC_OK;
}

lac_status lac_mpi_start(struct lac_mpi *mpi, int *argc, char ***argv)
{
    /* Waiting ranks must yield where there are fewer cores than ranks, or a round takes 10 ms each. */
    setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
    int provided, rank, size;
    if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
        return LAC_FAIL(LAC_E_MPI, "MPI could not be started");
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    LAC_TRY(lac_mpi_check(MPI_Comm_dup(MPI_COMM_WORLD, &duplicate), "MPI_Comm_dup"));
    MPI_Comm_set_errhandler(duplicate, MPI_ERRORS_RETURN);
    MPI_Comm_rank(duplicate, &rank);
    MPI_Comm_size(duplicate, &size);
    mpi->rank = (uint32_t)rank;
    mpi->size = (uint32_t)size;
    if (gethostname(mpi->host, sizeof mpi->host) != 0) {
        snprintf(mpi->host, sizeof mpi->host, "unknown");
    }
    mpi->host[sizeof mpi->host - 1] = '\0';
    if (environment_number("SLURM_STEP_NUM_TASKS") > size) {
        return LAC_FAIL(LAC_E_USAGE,
                        "MPI sees %d ranks of the %ld of this Slurm step; use srun --mpi=pmix",
                        size, environment_number("SLURM_STEP_NUM_TASKS"));
    }
    return LAC_OK;
}

bool lac_mpi_running(void)
{
    int started = 0, finished = 0;
    MPI_Initialized(&started);
    MPI_Finalized(&finished);
    return started && !finished;
}

void lac_mpi_finish(void)
{
    if (lac_mpi_running()) {
        lac_mpi_leave_groups();
        if (duplicate != MPI_COMM_NULL) {
            MPI_Comm_free(&duplicate);
        }
        MPI_Finalize();
    }
}

static volatile sig_atomic_t status_of_abort;

static void leave(int number)
{
    (void)number;
    _exit((int)status_of_abort);
}

_Noreturn void lac_mpi_abort(int status)
{
    status_of_abort = status;
    signal(SIGALRM, leave); /* under mpirun --enable-recovery it may wait for ranks that are gone */
    alarm(2);
    MPI_Abort(MPI_COMM_WORLD, status);
    _exit(status);
}

_Noreturn void lac_mpi_leave(int status)
{
    struct timespec late = {.tv_sec = 3};
    nanosleep(&late, NULL);
    _exit(status);
}

bool lac_mpi_ends_all(void)
{
    const char *recovery = getenv("OMPI_MCA_orte_enable_recovery");
    bool recovers = recovery && strcmp(recovery, "0") != 0;
    return getenv("OMPI_COMM_WORLD_SIZE") && !recovers;
}

_Noreturn void lac_mpi_leave_others(void)
{
    bool stays = lac_mpi_ends_all();
    const struct timespec moment = {.tv_nsec = 100000000};
    pid_t launcher = getppid();
    while (stays && getppid() == launcher) {
        nanosleep(&moment, NULL);
    }
    _exit(0);
}

const char *lac_mpi_version(void)
{
    static char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    MPI_Get_library_version(text, &length);
    char *comma = strchr(text, ',');
    if (comma) {
        *comma = '\0';
    }
    return text;
}
