/* What the files of `laconic sweep` share, and `laconic train --seeds`, which is a sweep without a file. */
#ifndef LAC_COMMAND_SWEEP_PARTS_H
#define LAC_COMMAND_SWEEP_PARTS_H

#include "base/digest.h"
#include "command/pool.h"
#include "command/sweep.h"
#include "config/config.h"
#include "store/file_digest.h"
#include "store/run_file.h"

enum { LAC_SWEEP_MOST_RUNS = 10000, LAC_SWEEP_MOST_NEEDS = 4, LAC_SWEEP_LONGEST_NAME = 200 };

/* [shared], [vary] or [run NAME]: options of train, in the order of their lines. */
struct lac_sweep_section {
    const char *name;                    /* NAME; "" of the other two */
    size_t line;                         /* of its heading; 0: it is not there */
    size_t order[LAC_CONFIG_COUNT];      /* (count) options */
    size_t count;                        /* of lines */
    size_t line_of[LAC_CONFIG_COUNT];    /* 0: not there */
    const char *value[LAC_CONFIG_COUNT]; /* "" in [run NAME]: not given to this run */
    struct lac_sweep_section *next;      /* the next [run NAME] */
};

struct lac_sweep_file {
    const char *path;
    struct lac_sweep_section shared, vary, *first_run; /* NULL: one run, without a name */
    const char *seeds;                                 /* of [table]; NULL: none */
    size_t seeds_line;
};

enum lac_sweep_state {
    LAC_SWEEP_TO_DO,
    LAC_SWEEP_DONE,
    LAC_SWEEP_DIVERGED, /* done too */
    LAC_SWEEP_FAILED,   /* to do again */
    LAC_SWEEP_LEFT,     /* began, and did not end: to do again, too */
    LAC_SWEEP_OTHER,    /* its file is of a run with other options */
};

/* By which a file that was seen before is known. */
struct lac_sweep_facts {
    long long bytes, modified, inode; /* nanoseconds of the epoch, whose clock may tick slowly */
};

struct lac_sweep_run {
    const char *name, *file;     /* "ef21-seed-1", "DIR/ef21-seed-1.h5" */
    const char *told;            /* "--method ef21 --seed 1", in which it differs from others */
    struct lac_setting *setting; /* (LAC_CONFIG_COUNT) as given */
    size_t needs[LAC_SWEEP_MOST_NEEDS], need_count; /* runs before it whose files it reads */
    char digest[LAC_DIGEST_TEXT];                   /* of options and files: which run it is */
    enum lac_sweep_state state;
    const char *sentence;         /* of FAILED and OTHER; else NULL */
    struct lac_sweep_facts facts; /* of its file, as it was looked at */
    bool chosen, started;         /* to be made by this call; on its way or over */
    bool anew;                    /* not to go on from what it kept */
    bool goes_on;                 /* of LEFT: it has a checkpoint, from which it will */
    double began;                 /* lac_seconds() */
};

struct lac_sweep {
    const char *source;        /* FILE, for messages; NULL: none */
    const char *folder;        /* NULL: of --seeds, whose files have a name each */
    const char *lock_path;     /* of a file that a living sweep holds locked */
    struct lac_sweep_run *run; /* (count) */
    size_t count, jobs, task;  /* task 0: all */
    char *const *launcher;     /* (launcher_words); NULL: none */
    size_t launcher_words;
    bool force, renew, checkpoints, quiet, terminal;
    bool has_table;                     /* at the end */
    bool spreads;                       /* it repeats one run: the table ends with medians */
    uint64_t most_rounds;               /* UINT64_MAX: as given */
    char program[LAC_FILE_DIGEST_TEXT]; /* of this program; "" until it is asked for */
    struct lac_arena *arena;
    int lock, task_lock; /* file descriptors; -1: none */
    const char *task_lock_path;
    bool made_folder;

    struct lac_pool pool; /* while runs are made */
    int asked;            /* the first signal that ends it; 0: none */
    double began, spent;  /* lac_seconds(); of runs that ended */
    size_t to_do, ended, failed, left;
    lac_status task_status; /* of one task that is not done: how it ended */
    bool line_open;         /* a line of progress stands on the terminal */
};

/* sweep_file.c: the sections that say what is run; those that say what is demanded of it are skipped. */
lac_status lac_sweep_file_read(struct lac_sweep_file *out, const char *path,
                               struct lac_arena *a) LAC_MUST_CHECK;
/* sweep_expand.c: every run of the file, by its name. */
lac_status lac_sweep_expand(struct lac_sweep *s, const struct lac_sweep_file *file) LAC_MUST_CHECK;
/* The path in an option's value that is in the folder of the runs: "DIR/a.h5", "trace:DIR/a.h5"; else NULL. */
const char *lac_sweep_inside(const struct lac_sweep *s, const char *value);
/* The run before this one whose file the option names; NULL: it names none. */
const struct lac_sweep_run *lac_sweep_needed(const struct lac_sweep *s,
                                             const struct lac_sweep_run *run, size_t option);
/* sweep_values.c: "1..10" or "a | b" as (count) texts; where begins a failure. */
lac_status lac_sweep_values(const char *where, const char *text, const char *const **value,
                            size_t *count, struct lac_arena *a) LAC_MUST_CHECK;
/* {data}, {results}, {run} and {key} replaced, in the arena. */
lac_status lac_sweep_place(const struct lac_sweep *s, const char *where, const char *name,
                           const char *text, const char **out) LAC_MUST_CHECK;

/* sweep_identity.c: the options of train for a run, resolved, in the arena a; and the digests of all runs. */
lac_status lac_sweep_configure(const struct lac_sweep *s, const struct lac_sweep_run *run,
                               struct lac_config *c, struct lac_arena *a) LAC_MUST_CHECK;
lac_status lac_sweep_identify(struct lac_sweep *s) LAC_MUST_CHECK;
/* The folder of its checkpoints; NULL: it keeps none, unless all do. */
const char *lac_sweep_checkpoint(const struct lac_sweep_run *run);
const char *lac_sweep_program(struct lac_sweep *s);

/* sweep_state.c: what the files say of each run; and of one that has just ended, with this status and sentence. */
lac_status lac_sweep_look(struct lac_sweep *s) LAC_MUST_CHECK;
lac_status lac_sweep_after(struct lac_sweep *s, struct lac_sweep_run *run, lac_status status,
                           const char *sentence) LAC_MUST_CHECK;

/* Of a run that is to begin anew the folder of checkpoints from which it would go on; NULL: there are none. */
lac_status lac_sweep_kept(const struct lac_sweep *s, const struct lac_sweep_run *run,
                          const char **folder, struct lac_arena *a) LAC_MUST_CHECK;
/* Before it starts: removes those. */
lac_status lac_sweep_before(const struct lac_sweep *s,
                            const struct lac_sweep_run *run) LAC_MUST_CHECK;
/* Finished, or diverged. */
bool lac_sweep_is_done(const struct lac_sweep_run *run);
/* Its configuration and its run file, in the arena a; *read: how the reading of the file went, which is the caller's to judge. */
lac_status lac_sweep_open(const struct lac_sweep *s, const struct lac_sweep_run *run,
                          struct lac_config *c, struct lac_run *file, lac_status *read,
                          struct lac_arena *a) LAC_MUST_CHECK;

/* sweep_record.c: NAME.h5.sweep.json, what a run's file itself cannot say. */
struct lac_sweep_record {
    bool there;
    char digest[LAC_DIGEST_TEXT], program[LAC_DIGEST_TEXT];
    struct lac_sweep_facts facts; /* of the run file, as it ended */
    char state[16];               /* "done", "diverged", "failed" */
    char sentence[1024];          /* of a failure */
};
/* Zeros where there is no file. */
struct lac_sweep_facts lac_sweep_facts_of(const char *run_file);
bool lac_sweep_facts_are(const struct lac_sweep_facts *a, const struct lac_sweep_facts *b);
void lac_sweep_record_read(struct lac_sweep_record *r, const char *run_file);
/* The facts are found. */
lac_status lac_sweep_record_write(struct lac_sweep_record *r, const char *run_file) LAC_MUST_CHECK;
/* Whether the run file is still the one that ended then. */
bool lac_sweep_record_is_of(const struct lac_sweep_record *r, const char *run_file);

/* sweep_lock.c */
lac_status lac_sweep_lock(struct lac_sweep *s) LAC_MUST_CHECK;
void lac_sweep_unlock(struct lac_sweep *s);
/* Whether somebody makes it now: a task of an array, or a run that has its first row. */
bool lac_sweep_is_running(const struct lac_sweep_run *run);

/* sweep_run.c: makes the chosen runs. sweep_child.c: one of them, as work of lac_pool_start. */
lac_status lac_sweep_run(struct lac_sweep *s) LAC_MUST_CHECK;
lac_status lac_sweep_child(void *sweep, size_t r, int *word);
/* "DIR/NAME.log", in the arena. */
lac_status lac_sweep_log(const struct lac_sweep *s, const struct lac_sweep_run *run,
                         const char **path) LAC_MUST_CHECK;
/* The words of `laconic train` for the run. */
lac_status lac_sweep_words(const struct lac_sweep *s, const struct lac_sweep_run *run,
                           char *const **words, size_t *count, struct lac_arena *a) LAC_MUST_CHECK;

/* sweep_table.c: the last row of each run that is done. */
struct lac_sweep_end {
    bool there;
    uint64_t rounds, bits_up;
    double loss, grad_norm_sq;
};
lac_status lac_sweep_ends(const struct lac_sweep *s, struct lac_sweep_end *end) LAC_MUST_CHECK;
void lac_sweep_print_table(const struct lac_sweep *s, const struct lac_sweep_end *end);
/* Median and spread of loss, |grad|^2 and bits over the runs that are done. */
lac_status lac_sweep_print_spread(const struct lac_sweep *s,
                                  const struct lac_sweep_end *end) LAC_MUST_CHECK;
const char *lac_sweep_word(const struct lac_sweep_run *run);
int lac_sweep_name_width(const struct lac_sweep *s);

/* sweep_estimate.c: how many seconds are left, by how long those took that have ended; now: lac_seconds(); below 0: none has. */
double lac_sweep_time_left(const struct lac_sweep *s, double now);

/* sweep_report.c */
void lac_sweep_list(const struct lac_sweep *s);
lac_status lac_sweep_print_commands(const struct lac_sweep *s) LAC_MUST_CHECK;
void lac_sweep_print_plan(const struct lac_sweep *s);
/* run: the one that ended just now, or NULL. */
void lac_sweep_print_progress(struct lac_sweep *s, const struct lac_sweep_run *run);
/* A table of the runs that are done, the sentences of those that failed; the status of it all. */
lac_status lac_sweep_report(struct lac_sweep *s) LAC_MUST_CHECK;

/* sweep.c: from listed runs on: looks, locks, runs, reports. */
lac_status lac_sweep_make(struct lac_sweep *s) LAC_MUST_CHECK;

/* train_seeds.c: `laconic train --seeds`; c: as the options say, but not filled. */
lac_status lac_train_seeds(const struct lac_config *c, struct lac_arena *a) LAC_MUST_CHECK;

#endif
