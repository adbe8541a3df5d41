/*
 * result.json: how a run ended, or that it goes on, whatever its launcher returned. Beside the run file, and in the folder of
 * checkpoints; replaced whole. docs/leaving.md says what its fields mean.
 */
#ifndef LAC_COMMAND_RESULT_H
#define LAC_COMMAND_RESULT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"

enum { LAC_RESULT_VERSION = 1, LAC_RESULT_PLACES = 3 };

/* What does not change while the run goes on; texts are borrowed. */
struct lac_result {
    const char *path[LAC_RESULT_PLACES]; /* in the arena */
    size_t places;                       /* 0: nothing is written */
    const char *run_file;                /* NULL: none */
    const char *launcher;                /* "solo", "mpi" */
    uint32_t ranks;
    uint64_t rounds; /* asked for */
    time_t started;
    bool began; /* the run file is this start's; else one that is there is of an earlier start */
};

/* A rank that the run was lost with. */
struct lac_result_lost {
    uint32_t rank;
    const char *host;
    uint32_t first, clients; /* its clients: first .. first + clients - 1 */
    uint64_t round;
    double silent; /* seconds */
};

struct lac_result_end {
    const char *status;   /* "running", "finished", "diverged", "failed", "left", "lost" */
    const char *reason;   /* "rounds", "target", "time", "USR1", "INT", "TERM", "slurm"; or NULL */
    const char *sentence; /* of a failure, or NULL */
    int exit_status;      /* of rank 0; while it runs of no meaning */
    uint64_t round;
    uint64_t checkpointed_round;        /* 0: no checkpoint */
    const struct lac_result_lost *lost; /* NULL: none was */
    bool hurries;                       /* the process may be killed: no waiting for the disk */
    struct json_t *dropped;             /* as lac_train_absent; NULL: nobody */
};

/* One more place: beside the run file (its name and .result.json), or result.json in a folder that is there. */
lac_status lac_result_beside(struct lac_result *r, const char *run_file,
                             struct lac_arena *a) LAC_MUST_CHECK;
lac_status lac_result_in_folder(struct lac_result *r, const char *folder,
                                struct lac_arena *a) LAC_MUST_CHECK;
/* Whether each place can be a file, before anything is written. */
lac_status lac_result_check(const struct lac_result *r) LAC_MUST_CHECK;
/* At every place that can be written; returns the first failure. With exit status 0 at all of them or none. */
lac_status lac_result_write(const struct lac_result *r,
                            const struct lac_result_end *e) LAC_MUST_CHECK;

/* For people, a line: what the result beside the run file says; nothing where there is none that can be read. */
void lac_result_show(const char *run_file);
/* Whether it has this status. */
bool lac_result_says(const char *run_file, const char *status);

#endif
