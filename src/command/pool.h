/*
 * Runs as processes forked from this one. Each tells how it ended in memory that is shared with it; all get TERM where this
 * one dies.
 */
#ifndef LAC_COMMAND_POOL_H
#define LAC_COMMAND_POOL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"

/* Of one job: written by its process. */
struct lac_pool_note {
    bool returned;     /* work did */
    lac_status status; /* which it returned */
    int word;          /* which it wrote */
    char sentence[1024];
};

struct lac_pool {
    size_t count, running;
    pid_t *process;             /* (count); 0: not running */
    struct lac_pool_note *note; /* (count) */
    sigset_t awaited, before;   /* of signals; before: as this process had them blocked */
};

struct lac_pool_event {
    size_t job;    /* that ended; the count: none did */
    int signal;    /* that this process got; 0: none */
    int exit_code; /* of the job's process; -1: ended by a signal */
};

/* heeds: INT, TERM and USR1 become events, so that the caller can end the jobs in order. */
lac_status lac_pool_open(struct lac_pool *p, size_t count, bool heeds,
                         struct lac_arena *a) LAC_MUST_CHECK;
void lac_pool_close(struct lac_pool *p);
/* work runs in the new process: in a group of its own where the pool heeds signals, so that Ctrl-C comes once. */
lac_status lac_pool_start(struct lac_pool *p, size_t job,
                          lac_status (*work)(void *context, size_t job, int *word),
                          void *context) LAC_MUST_CHECK;
/* Waits for one event, at most so many seconds: after them neither job nor signal is set. */
lac_status lac_pool_wait(struct lac_pool *p, double seconds,
                         struct lac_pool_event *event) LAC_MUST_CHECK;
/* start begins as many as may run, wait takes the end of one. After a failure no job is started any more, and those that
   go on end first; the first failure is returned. */
lac_status lac_pool_run(struct lac_pool *p, lac_status (*start)(void *context),
                        lac_status (*wait)(void *context), void *context) LAC_MUST_CHECK;
/* The status of a job that ended, whether it returned or was killed; its sentence names the file. */
lac_status lac_pool_status(const struct lac_pool *p, const struct lac_pool_event *event,
                           const char *file) LAC_MUST_CHECK;
/* To all that are running. */
void lac_pool_signal(const struct lac_pool *p, int number);
/* Processors that this process may use. */
size_t lac_pool_processors(void);

#endif
