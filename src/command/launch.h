/* Solo or as a rank of an MPI job: who serves, who works, and how all stop. */
#ifndef LAC_COMMAND_LAUNCH_H
#define LAC_COMMAND_LAUNCH_H

#include "server/server.h"

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
    void *context;
};

/* Returns LAC_OK on every rank but rank 0. */
lac_status lac_launch(const struct lac_job *job, struct lac_arena *a) LAC_MUST_CHECK;
/* Whether this process may print what all would. */
bool lac_first_of_job(void);

#endif
