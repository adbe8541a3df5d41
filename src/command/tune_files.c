/* The folder of a tuning: which runs it has already, and what they say. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/run_folder.h"
#include "command/tune_parts.h"

lac_status lac_tune_is_done(const struct lac_tune_run *run, bool *done)
{
    struct lac_arena arena = {0};
    struct lac_run file;
    if (access(run->config.out, F_OK) != 0) {
        *done = false;
        return LAC_OK;
    }
    lac_status status = lac_run_read(&file, run->config.out, &arena);
    if (status == LAC_OK) {
        json_t *summary = json_loads(file.summary, 0, NULL);
        *done = lac_run_is_whole(&run->config, &file, summary);
        json_decref(summary);
    }
    lac_arena_free(&arena);
    return status;
}

static lac_status refuse_others(const struct lac_tune_run *run)
{
    struct lac_arena arena = {0};
    struct lac_run file;
    lac_status status = lac_run_read(&file, run->config.out, &arena);
    if (status == LAC_OK) {
        status = lac_run_refuse_other(&run->config, &file, lac_run_difference(&run->config, &file));
    }
    lac_arena_free(&arena);
    return status;
}

static lac_status prepare_run(const struct lac_tune *t, struct lac_tune_run *run)
{
    struct stat facts;
    run->kept = false;
    if (lstat(run->config.out, &facts) != 0 && errno == ENOENT) {
        return LAC_OK;
    }
    LAC_TRY(lac_run_check(run->config.out, true, t->arena));
    if (t->force) {
        return LAC_OK;
    }
    LAC_TRY(refuse_others(run));
    return lac_tune_is_done(run, &run->kept);
}

lac_status lac_tune_prepare(struct lac_tune *t)
{
    struct stat facts;
    bool there = stat(t->folder, &facts) == 0;
    if (there && !S_ISDIR(facts.st_mode)) {
        return LAC_FAIL(LAC_E_USAGE, "--out: '%s' is no folder", t->folder);
    }
    t->to_do = 0;
    for (size_t r = 0; r < t->count; r++) {
        if (there) {
            LAC_TRY(prepare_run(t, &t->run[r]));
        }
        t->to_do += !t->run[r].kept;
    }
    return t->dry_run ? LAC_OK : lac_run_folder_make("--out", t->folder, &t->made_folder);
}

void lac_tune_abandon(const struct lac_tune *t)
{
    if (t->made_folder) {
        (void)rmdir(t->folder); /* which fails where a run has its file */
    }
}

lac_status lac_tune_after(struct lac_tune_run *run, lac_status status)
{
    char sentence[1024];
    bool done;
    run->refused = status == LAC_E_STEP;
    if (status != LAC_E_NUMERIC) {
        return run->refused ? LAC_OK : status;
    }
    snprintf(sentence, sizeof sentence, "%s", lac_failure());
    LAC_TRY(lac_tune_is_done(run, &done)); /* it may have failed before its first round */
    return done ? LAC_OK : LAC_FAIL(status, "%s", sentence);
}

static double plateau(const struct lac_run *file, const struct lac_column *column)
{
    size_t count = file->row_count, first = (3 * count + 3) / 4;
    double sum = 0.0;
    if (count == 0) {
        return (double)NAN;
    }
    first = first == count ? count - 1 : first;
    for (size_t i = first; i < count; i++) {
        sum += lac_column_real(column, &file->rows[i]) / (double)(count - first);
    }
    return isfinite(sum) ? sum : (double)NAN;
}

static void judge_run(const struct lac_tune_criterion *k, const struct lac_run *file,
                      const json_t *summary, struct lac_tune_outcome *o)
{
    o->diverged = lac_run_has_status(summary, "diverged");
    o->value = o->diverged ? (double)NAN : plateau(file, k->column);
    for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
        o->step[i] = json_number_value(json_object_get(summary, lac_tune_axes[i].summary));
    }
    if (file->row_count > 0) {
        o->grew = o->value > lac_column_real(k->column, &file->rows[0]);
        o->rounds = file->rows[file->row_count - 1].round;
        o->bits_up = file->rows[file->row_count - 1].bits_up;
    }
    for (size_t i = 0; i < file->row_count && !o->reached && !o->diverged; i++) {
        const struct lac_row *row = &file->rows[i];
        if (k->best != LAC_TUNE_LOWEST && lac_column_real(k->column, row) <= k->target) {
            o->reached = true;
            o->target_round = row->round;
            o->target_bits_up = row->bits_up;
        }
    }
}

static lac_status read_outcome(const struct lac_tune *t, struct lac_tune_run *run)
{
    struct lac_arena arena = {0};
    struct lac_run file;
    if (run->refused) {
        run->outcome = (struct lac_tune_outcome){.value = (double)NAN};
        for (size_t i = 0; i < LAC_TUNE_AXES; i++) {
            run->outcome.step[i] = (double)NAN;
        }
        return LAC_OK;
    }
    lac_status status = lac_run_read(&file, run->config.out, &arena);
    json_t *summary = status == LAC_OK ? json_loads(file.summary, 0, NULL) : NULL;
    if (status == LAC_OK && file.public) {
        status = LAC_FAIL(LAC_E_INPUT,
                          "'%s' is a public run file, which has no losses to compare by; give "
                          "another --out, or --force to replace it",
                          run->config.out);
    }
    if (status == LAC_OK && !lac_run_is_whole(&run->config, &file, summary)) {
        status =
            LAC_FAIL(LAC_E_FAILED, "'%s' did not end, or was replaced; run again", run->config.out);
    }
    if (status == LAC_OK) {
        run->outcome = (struct lac_tune_outcome){0};
        judge_run(&t->criterion, &file, summary, &run->outcome);
    }
    json_decref(summary);
    lac_arena_free(&arena);
    return status;
}

/* Where two are alike the first wins: the smaller step. */
static bool is_better(enum lac_tune_best best, const struct lac_tune_outcome *a,
                      const struct lac_tune_outcome *b)
{
    switch (best) {
    case LAC_TUNE_BITS:
        return a->target_bits_up < b->target_bits_up;
    case LAC_TUNE_ROUNDS:
        return a->target_round < b->target_round;
    case LAC_TUNE_LOWEST:
    default:
        return a->value < b->value;
    }
}

lac_status lac_tune_judge(struct lac_tune *t)
{
    enum lac_tune_best best = t->criterion.best;
    t->best = t->count;
    for (size_t r = 0; r < t->count; r++) {
        struct lac_tune_outcome *o = &t->run[r].outcome;
        LAC_TRY(read_outcome(t, &t->run[r]));
        bool counts = best == LAC_TUNE_LOWEST ? isfinite(o->value) && !o->grew : o->reached;
        if (counts && (t->best == t->count || is_better(best, o, &t->run[t->best].outcome))) {
            t->best = r;
        }
    }
    return LAC_OK;
}
