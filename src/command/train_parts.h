/* What the files of `laconic train` share. */
#ifndef LAC_COMMAND_TRAIN_PARTS_H
#define LAC_COMMAND_TRAIN_PARTS_H

#include <jansson.h>
#include <stdio.h>

#include "command/result.h"
#include "server/forward.h"
#include "server/server.h"
#include "transport/mpi.h"

/* Defaults that depend on other options (objective, compressor), and checks that need no data: every
   name exists and fits the others. */
lac_status lac_train_resolve(struct lac_config *c, struct lac_arena *a) LAC_MUST_CHECK;

/* --participation trace:RUN, before the options are read: becomes what that run's participation came to. */
lac_status lac_train_resolve_replay(struct lac_config *c, struct lac_arena *a) LAC_MUST_CHECK;

/* One run of several: in this process alone, or this rank's part of it, as in command/launch.h. warns: of the several, this
   one prints the warnings that hold for all. */
lac_status lac_train_solo(const struct lac_config *config, bool warns,
                          struct lac_arena *a) LAC_MUST_CHECK;
lac_status lac_train_on_rank(const struct lac_config *config, bool warns, const struct lac_mpi *mpi,
                             struct lac_arena *a) LAC_MUST_CHECK;

/* As `laconic train` without a launcher: it heeds signals, and writes result.json. */
lac_status lac_train_alone(const struct lac_config *config, struct lac_arena *a) LAC_MUST_CHECK;

/* The summary of a run as one JSON object, malloced text; status: "running", "finished", "diverged", "failed", "left". */
lac_status lac_train_summary(const struct lac_server *s, const char *status,
                             char **text) LAC_MUST_CHECK;
/* Of a sealed run in one process, what a public file may tell; malloced text. */
lac_status lac_train_public_summary(const struct lac_server *s, const char *status,
                                    char **text) LAC_MUST_CHECK;
/* Where the run goes on: the rows that the run file has from before, into info, and whether the file may be replaced. Options
   of info are set. */
lac_status lac_train_continue(struct lac_run_info *info, const struct lac_server *s,
                              const char *path, bool *force) LAC_MUST_CHECK;
/* The same at rank 0 of a sealed run, which has no checkpoint: the first rows of its public file, as many as the clients say. */
lac_status lac_train_continue_public(struct lac_run_info *info, const char *path, uint64_t rows,
                                     bool *force, struct lac_arena *a) LAC_MUST_CHECK;
/* Publishes with this summary, malloced, and frees it. */
lac_status lac_train_publish(struct lac_run_writer *writer, char *summary, const double *model,
                             size_t d) LAC_MUST_CHECK;
/* Whether a run file can be made there, before the data are read. A run that goes on is not asked whether another process
   writes it, since the start before it may be ending: lac_run_files_look asks, once it has its checkpoints to itself. */
lac_status lac_train_check_out(const struct lac_config *c, const char *path,
                               struct lac_arena *a) LAC_MUST_CHECK;
/* Whether the option belongs to what a run is, and so into its file: not where it went to, nor how it was told. */
bool lac_train_is_kept(size_t id);
/* BLAKE2b-256 of the little-endian doubles of x, in hexadecimal. */
void lac_model_digest(const double *x, size_t d, char out[LAC_DIGEST_TEXT]);
/* The run files of a run, beside what else it writes (train_files.c); texts are borrowed. */
struct lac_run_files {
    const char *path;        /* of losses and model; NULL: none is asked for */
    const char *public_path; /* of a sealed run in one process, bits and times; NULL: no --out */
    struct lac_pair configuration[LAC_CONFIG_COUNT];
    struct lac_run_info info, public_info;
    bool forces, forces_public; /* what is there may be replaced */
};

/* Where they are to be, before the data are read. */
lac_status lac_run_files_begin(struct lac_run_files *f, const struct lac_server *s) LAC_MUST_CHECK;
/* After the set-up: what they will say, and the rows that they have from an earlier start. What would keep the run from writing
   them is refused, another writer too, and nothing is written. */
lac_status lac_run_files_look(struct lac_run_files *f, const struct lac_server *s) LAC_MUST_CHECK;
/* What the program was built from and with; static. */
const struct lac_pair *lac_build_info(size_t *count);

/* What rank `own` handed to MPI and took from it, by pairs of ranks; both (1 + ranks). */
json_t *lac_train_pairs(uint32_t own, uint32_t ranks, const struct lac_traffic *sent,
                        const struct lac_traffic *received);
/* And what the others handed to each other; between as in struct lac_forward. */
void lac_train_pairs_between(json_t *pairs, uint32_t ranks, const struct lac_traffic *between);
/* [{"first", "count", "round", "row", "host"}] of the clients that are absent by a loss. */
json_t *lac_train_absent(const struct lac_server *s);
/* "finished", "diverged", "failed", "left", "lost" */
const char *lac_train_ended(lac_status status, enum lac_end end);

/* When a run is to leave before its end (train_leave.c). */
struct lac_limits {
    double end; /* of the Slurm job, seconds of the epoch; infinity: not known, or of no interest */
    bool asked; /* lac_limits_reached was, at `last` */
    double last;          /* lac_seconds() */
    double longest_round; /* seconds */
    const char *reason;   /* of result.json; NULL: it goes on */
};

/* Warns on standard error where the environment makes no sense. */
void lac_limits_open(struct lac_limits *l, const struct lac_config *c);
/* Before each round: whether to leave instead. */
bool lac_limits_reached(struct lac_limits *l, const struct lac_server *s);
/* The status of a run that left, with its sentence: LAC_E_LEFT with a checkpoint, else LAC_E_FAILED. */
lac_status lac_limits_leave(const struct lac_limits *l, const struct lac_server *s) LAC_MUST_CHECK;

/* result.json of a run whose server is s (train_end.c): where it goes; as the rounds begin; as it ends, status and
   lac_failure() telling how. */
lac_status lac_train_result_open(struct lac_result *r, const struct lac_server *s) LAC_MUST_CHECK;
lac_status lac_train_result_begin(struct lac_result *r, const struct lac_server *s) LAC_MUST_CHECK;
/* Refuses, before anything is written, a place that can be no file. */
lac_status lac_train_result_look(const struct lac_server *s) LAC_MUST_CHECK;
lac_status lac_train_result_end(const struct lac_result *r, const struct lac_server *s,
                                const struct lac_limits *l, lac_status status) LAC_MUST_CHECK;
/* The rank that was late so much that it is worth naming; 0: none. */
uint32_t lac_train_straggler(const struct lac_server *s);
/* {"seconds": of each worker rank, "straggler": null, or its rank, host and seconds} */
json_t *lac_train_waits(const struct lac_server *s);
void lac_print_straggler(const struct lac_server *s);

struct lac_progress {
    bool quiet, terminal;
    double next;    /* seconds: when the next line is due */
    bool line_open; /* a progress line stands on the terminal */
};

/* Whether standard output, or under a launcher that of the launcher, is a terminal. */
bool lac_on_terminal(void);
void lac_print_plan(const struct lac_server *s);
/* On standard error, a line each, whatever --quiet says: the user may mean another run. */
void lac_print_warnings(const struct lac_server *s);
/* Its lines on data, rows, clients and ranks. */
void lac_print_size(const struct lac_server *s);
/* now: lac_seconds() */
void lac_print_progress(struct lac_progress *p, const struct lac_server *s, double now);
void lac_print_end(struct lac_progress *p, const struct lac_server *s);

/* Rank 0 of a sealed run. */
lac_status lac_train_forward(const struct lac_config *config, struct lac_forward *f, uint32_t ranks,
                             struct lac_arena *a) LAC_MUST_CHECK;

#endif
