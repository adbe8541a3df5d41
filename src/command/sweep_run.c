/* The chosen runs, so many at a time, in the order of the file but for those that wait for another. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/leave.h"
#include "base/text.h"
#include "command/sweep_parts.h"

static bool is_over(const struct lac_sweep_run *run)
{
    return !run->chosen || (run->started && run->began == 0.0);
}

/* NULL: it may start now, or (*waits) has to wait. Else the run whose file it cannot have. */
static const struct lac_sweep_run *missing_for(const struct lac_sweep *s,
                                               const struct lac_sweep_run *run, bool *waits)
{
    *waits = false;
    for (size_t i = 0; i < run->need_count; i++) {
        const struct lac_sweep_run *before = &s->run[run->needs[i]];
        if (is_over(before) && !lac_sweep_is_done(before)) {
            return before;
        }
        *waits = *waits || !is_over(before);
    }
    return NULL;
}

static void count_end(struct lac_sweep *s, struct lac_sweep_run *run)
{
    s->ended++;
    s->failed += run->state == LAC_SWEEP_FAILED;
    s->left += run->state == LAC_SWEEP_LEFT;
    run->began = 0.0;
    lac_sweep_print_progress(s, run);
}

/* A run that cannot start. */
static lac_status give_up(struct lac_sweep *s, struct lac_sweep_run *run, lac_status status,
                          const char *sentence)
{
    LAC_TRY(lac_sweep_after(s, run, status, sentence));
    count_end(s, run);
    return LAC_OK;
}

static lac_status start(struct lac_sweep *s, size_t r)
{
    char sentence[1024];
    bool waits;
    struct lac_sweep_run *run = &s->run[r];
    const struct lac_sweep_run *missing = missing_for(s, run, &waits);
    if (waits) {
        return LAC_OK;
    }
    run->started = true;
    if (missing) {
        snprintf(sentence, sizeof sentence, "it reads the file of the run '%s', which is not done",
                 missing->name);
        return give_up(s, run, LAC_E_FAILED, sentence);
    }
    lac_status status = lac_sweep_before(s, run);
    if (status != LAC_OK) {
        snprintf(sentence, sizeof sentence, "%s", lac_failure());
        return give_up(s, run, status, sentence);
    }
    run->began = lac_seconds();
    return lac_pool_start(&s->pool, r, lac_sweep_child, s);
}

static lac_status start_some(void *sweep)
{
    struct lac_sweep *s = sweep;
    for (size_t r = 0; r < s->count && s->pool.running < s->jobs && s->asked == 0; r++) {
        if (s->run[r].chosen && !s->run[r].started) {
            LAC_TRY(start(s, r));
        }
    }
    return LAC_OK;
}

/* The program's own sentence in the log, around which a launcher prints others. */
static void find_sentence(const struct lac_sweep *s, const struct lac_sweep_run *run, int code,
                          char sentence[1024])
{
    static const char mark[] = "laconic: ";
    const char *path;
    char line[1024];
    snprintf(sentence, 1024, "it ended with status %d%s", code,
             s->task > 0 ? ", as it says above" : "");
    FILE *log = s->task == 0 && lac_sweep_log(s, run, &path) == LAC_OK ? fopen(path, "re") : NULL;
    while (log && fgets(line, sizeof line, log)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, mark, sizeof mark - 1) == 0) {
            snprintf(sentence, 1024, "%s", line + sizeof mark - 1);
        }
    }
    if (log) {
        (void)fclose(log);
    }
}

/* The first status that the program ends with this code of. */
static lac_status status_of_code(int code)
{
    static const lac_status all[] = {LAC_OK,     LAC_E_FAILED,   LAC_E_USAGE, LAC_E_IO,
                                     LAC_E_LOST, LAC_E_SECURITY, LAC_E_LEFT};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (lac_exit_code(all[i]) == code) {
            return all[i];
        }
    }
    return LAC_E_FAILED;
}

static lac_status take_end(struct lac_sweep *s, const struct lac_pool_event *event)
{
    struct lac_sweep_run *run = &s->run[event->job];
    char sentence[1024];
    lac_status status = lac_pool_status(&s->pool, event, run->file);
    snprintf(sentence, sizeof sentence, "%s", lac_failure());
    if (status != LAC_OK && !s->pool.note[event->job].returned && event->exit_code > 0) {
        status = status_of_code(event->exit_code);
        find_sentence(s, run, event->exit_code, sentence);
    }
    s->spent += lac_seconds() - run->began;
    LAC_TRY(lac_sweep_after(s, run, status, sentence));
    if (s->task > 0 && !lac_sweep_is_done(run)) {
        s->task_status = status;
    }
    count_end(s, run);
    return LAC_OK;
}

static lac_status wait_for_one(void *sweep)
{
    struct lac_sweep *s = sweep;
    struct lac_pool_event event;
    LAC_TRY(lac_pool_wait(&s->pool, 1.0, &event));
    if (event.signal > 0) {
        s->asked = s->asked ? s->asked : event.signal;
        lac_pool_signal(&s->pool, event.signal);
    }
    if (event.job < s->count) {
        LAC_TRY(
            start_some(s)); /* no processor waits while the files of the one that ended are read */
        return take_end(s, &event);
    }
    if (s->terminal) {
        lac_sweep_print_progress(s, NULL);
    }
    return LAC_OK;
}

lac_status lac_sweep_run(struct lac_sweep *s)
{
    s->began = lac_seconds();
    LAC_TRY(lac_pool_open(&s->pool, s->count, true, s->arena));
    lac_status status = lac_pool_run(&s->pool, start_some, wait_for_one, s);
    lac_pool_close(&s->pool);
    return status;
}
