/* Solo or as a rank of an MPI job: who serves, who works, and how all stop. */
#ifndef LAC_COMMAND_LAUNCH_H
#define LAC_COMMAND_LAUNCH_H

#include "server/forward.h"
#include "server/server.h"
#include "transport/mpi.h"

/* What a process was asked to do. */
struct lac_job {
    const struct lac_config *config;
    double began;      /* lac_seconds() of the program's start */
    lac_status before; /* what went wrong already; under a launcher all ranks still stop in order */
    /* Rank 0 between the opening of s and the stop of the ranks. */
    lac_status (*serve)(void *context, struct lac_server *s);
    /* Once the ranks have stopped, whatever became of it; its status is the job's where status is LAC_OK. NULL: nothing
       is left to do. */
    lac_status (*close)(void *context, struct lac_server *s, lac_status status);
    /* Rank 0 of a run whose server only forwards, from its first frame to the last. */
    lac_status (*forward)(void *context, struct lac_forward *f, uint32_t ranks,
                          struct lac_arena *a);
    void *context;
};

/* The job of this process, as the environment tells. Returns LAC_OK on every rank but rank 0. */
lac_status lac_launch(const struct lac_job *job, struct lac_arena *a) LAC_MUST_CHECK;

/* Of one run: signals ask it to leave (base/leave.h). Before lac_launch. */
void lac_launch_heed_signals(const struct lac_config *config);

/* Its parts, for several jobs in one process. Without a launcher; before is LAC_OK: */
lac_status lac_launch_solo(const struct lac_job *job, struct lac_arena *a) LAC_MUST_CHECK;
/* MPI, with two ranks at least; a failure is the same on every rank. */
lac_status lac_launch_start(struct lac_mpi *mpi) LAC_MUST_CHECK;
/* This rank's part of a job. LAC_OK on all ranks but 0; a lost link ends the program. */
lac_status lac_launch_on_rank(const struct lac_job *job, const struct lac_mpi *mpi,
                              struct lac_arena *a) LAC_MUST_CHECK;
/* Whether this process may print what all would. */
bool lac_first_of_job(void);
/* Whether it runs the rounds, as far as can be told before MPI is started; true where it cannot. */
bool lac_launch_leads(const struct lac_config *config);

#endif
