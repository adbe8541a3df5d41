/* What the files of `laconic tune` share. */
#ifndef LAC_COMMAND_TUNE_PARTS_H
#define LAC_COMMAND_TUNE_PARTS_H

#include "command/train_parts.h"
#include "command/tune.h"
#include "command/tune_grid.h"
#include "store/columns.h"

enum lac_tune_option_id {
    LAC_TUNE_GRID, /* in the order of tune.def; behind them the options of train */
    LAC_TUNE_SERVER_GRID,
    LAC_TUNE_META_GRID,
    LAC_TUNE_BEST,
    LAC_TUNE_COLUMN,
    LAC_TUNE_JOBS,
    LAC_TUNE_RANKS_PER_RUN,
    LAC_TUNE_JSON,
    LAC_TUNE_OWN_COUNT,
    LAC_TUNE_COUNT = LAC_TUNE_OWN_COUNT + LAC_CONFIG_COUNT
};

enum { LAC_TUNE_AXES = 3 };

/* A step of the method that a grid may multiply: one row each. */
struct lac_tune_axis {
    enum lac_tune_option_id grid;
    enum lac_option_id step;
    enum lac_quantity quantity;
    const char *summary; /* where the summary of a run has the step as a number */
};

extern const struct lac_tune_axis lac_tune_axes[LAC_TUNE_AXES];

enum lac_tune_best { LAC_TUNE_LOWEST, LAC_TUNE_BITS, LAC_TUNE_ROUNDS };

struct lac_tune_criterion {
    enum lac_tune_best best;
    double target; /* but of LAC_TUNE_LOWEST */
    const struct lac_column *column;
};

struct lac_tune_outcome {
    bool diverged; /* numbers that are no doubles any more */
    bool grew;     /* its value is above that of its first row */
    double step[LAC_TUNE_AXES];
    double value; /* the column's mean over the last quarter of the rows; NaN where there is none */
    uint64_t rounds, bits_up;
    bool reached; /* the target, first at: */
    uint64_t target_round, target_bits_up;
};

struct lac_tune_run {
    size_t place[LAC_TUNE_AXES];     /* in the axis's grid */
    const char *step[LAC_TUNE_AXES]; /* as train is given it */
    const char *file;                /* "step-x16.h5", in the folder */
    struct lac_config config;        /* of train: --out is folder/file */
    bool kept;                       /* it is there already */
    bool refused;                    /* the method does not admit this step: it has no file */
    struct lac_tune_outcome outcome;
};

struct lac_tune {
    struct lac_setting setting[LAC_TUNE_COUNT];
    struct lac_tune_grid grid[LAC_TUNE_AXES]; /* count 0: this step stays as it is */
    struct lac_tune_criterion criterion;
    const char *folder;
    bool made_folder;
    uint64_t jobs, ranks_per_run; /* ranks_per_run 0: all */
    bool json, quiet, force, dry_run;
    struct lac_tune_run *run;
    size_t count;
    size_t best; /* of run; count where there is none */
    struct lac_arena *arena;
    double began;       /* lac_seconds() */
    size_t done, to_do; /* for the line of progress */
};

/* tune_options.c: everything that needs no file; help as of lac_options_read. */
lac_status lac_tune_read(struct lac_tune *t, int argc, char *const *argv,
                         bool *help) LAC_MUST_CHECK;

/* tune_files.c */
/* Before the first run: refuses files in the way, marks runs that are kept, makes the folder. */
lac_status lac_tune_prepare(struct lac_tune *t) LAC_MUST_CHECK;
/* After a failure: no empty folder stays that was not there. */
void lac_tune_abandon(const struct lac_tune *t);
/* Whether the run's file holds it, finished or diverged. */
lac_status lac_tune_is_done(const struct lac_tune_run *run, bool *done) LAC_MUST_CHECK;
/* What the files say, and which is best. */
lac_status lac_tune_judge(struct lac_tune *t) LAC_MUST_CHECK;

/* tune_jobs.c: the runs that are not kept, as processes. */
lac_status lac_tune_solo(struct lac_tune *t) LAC_MUST_CHECK;
/* tune_ranks.c: all of tune under a launcher; before: what went wrong on this rank already. */
lac_status lac_tune_mpi(struct lac_tune *t, lac_status before) LAC_MUST_CHECK;
/* What a finished run means for the tuning: a run that diverged is a result, and so is a step that is refused. */
lac_status lac_tune_after(struct lac_tune_run *run, lac_status status) LAC_MUST_CHECK;

/* tune_report.c */
void lac_tune_print_plan(const struct lac_tune *t);
/* After each run: one line, or on a terminal the same one. */
void lac_tune_print_progress(struct lac_tune *t, const struct lac_tune_run *run);
/* tune.json, the table; LAC_E_FAILED where no run is best. */
lac_status lac_tune_report(struct lac_tune *t) LAC_MUST_CHECK;

#endif
