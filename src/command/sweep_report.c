/* What a sweep prints: its list, its progress, its end. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clean.h"
#include "base/clock.h"
#include "base/text.h"
#include "command/sweep_parts.h"

void lac_sweep_list(const struct lac_sweep *s)
{
    int width = lac_sweep_name_width(s);
    for (size_t r = 0; r < s->count; r++) {
        const struct lac_sweep_run *run = &s->run[r];
        printf("%5zu  %-*s  %-8s  ", r + 1, width, run->name,
               lac_sweep_is_running(run) ? "running" : lac_sweep_word(run));
        lac_print_clean(stdout, run->told);
        if (run->sentence) {
            printf("  (");
            lac_print_clean(stdout, run->sentence);
            printf(")");
        }
        printf("\n");
    }
}

/* The words as a shell takes them. */
static lac_status print_command(const struct lac_sweep *s, const struct lac_sweep_run *run,
                                struct lac_arena *a)
{
    char *const *words;
    const char *kept;
    size_t count;
    LAC_TRY(lac_sweep_words(s, run, &words, &count, a));
    LAC_TRY(lac_sweep_kept(s, run, &kept, a));
    if (kept) {
        printf("# removes the checkpoints in ");
        lac_print_clean(stdout, kept);
        printf("\n");
    }
    for (size_t i = 0; i < s->launcher_words; i++) {
        lac_print_clean(stdout, s->launcher[i]);
        printf(" ");
    }
    printf("laconic train");
    for (size_t i = 0; i < count; i++) {
        char *word;
        LAC_TRY(LAC_NEW(a, 4 * strlen(words[i]) + 3, &word));
        (void)lac_put_word(word, words[i]);
        printf(" ");
        lac_print_clean(stdout, word);
    }
    printf("\n");
    return LAC_OK;
}

lac_status lac_sweep_print_commands(const struct lac_sweep *s)
{
    lac_status status = LAC_OK;
    for (size_t r = 0; r < s->count && status == LAC_OK; r++) {
        struct lac_arena arena = {0};
        if (s->run[r].chosen) {
            status = print_command(s, &s->run[r], &arena);
        }
        lac_arena_free(&arena);
    }
    return status;
}

static size_t count_done(const struct lac_sweep *s)
{
    size_t done = 0;
    for (size_t r = 0; r < s->count; r++) {
        done += lac_sweep_is_done(&s->run[r]);
    }
    return done;
}

void lac_sweep_print_plan(const struct lac_sweep *s)
{
    if (s->quiet) {
        return;
    }
    printf("laconic: %zu run%s, %zu of them there already", s->count, lac_plural(s->count),
           count_done(s));
    if (s->folder) {
        printf(", in ");
        lac_print_clean(stdout, s->folder);
    }
    if (s->to_do > 1) {
        printf(", %zu at a time", s->jobs < s->to_do ? s->jobs : s->to_do);
    }
    printf("\n");
    fflush(stdout);
}

/* Nothing is told of a sweep that is asked to leave: what did not begin will not. */
static void print_left(const struct lac_sweep *s)
{
    double left = lac_sweep_time_left(s, lac_seconds());
    if (s->asked == 0 && s->ended < s->to_do && left >= 0.0) {
        printf(", about %.0f s left", left);
    }
}

static void print_failed(const struct lac_sweep *s)
{
    if (s->failed > 0) {
        printf(", %zu failed", s->failed);
    }
}

void lac_sweep_print_progress(struct lac_sweep *s, const struct lac_sweep_run *run)
{
    if (s->quiet) {
        return;
    }
    if (s->terminal) {
        printf("\r\033[K%zu of %zu", s->ended - s->left, s->to_do);
        print_failed(s);
        printf(", %zu running", s->pool.running);
        print_left(s);
        s->line_open = s->ended < s->to_do;
        printf("%s", s->line_open ? "" : "\n");
    } else if (run) {
        printf("%s: %s, %zu of %zu", run->name, lac_sweep_word(run), s->ended - s->left, s->to_do);
        print_failed(s);
        print_left(s);
        printf("\n");
    }
    fflush(stdout);
}

static void print_failures(const struct lac_sweep *s)
{
    for (size_t r = 0; r < s->count; r++) {
        const struct lac_sweep_run *run = &s->run[r];
        if (run->chosen && run->state == LAC_SWEEP_FAILED) {
            printf("failed: %s: ", run->name);
            lac_print_clean(stdout, run->sentence);
            printf("\n");
        }
    }
}

static const struct lac_sweep_run *first_failed(const struct lac_sweep *s)
{
    const struct lac_sweep_run *run = s->run;
    while (!run->chosen || run->state != LAC_SWEEP_FAILED) {
        run++;
    }
    return run;
}

static lac_status conclude(const struct lac_sweep *s)
{
    const char *again = "the same command goes on";
    if (s->asked != 0 && count_done(s) < s->count) {
        return LAC_FAIL(s->asked == SIGUSR1 ? LAC_E_LEFT : LAC_E_ENDED,
                        "asked to leave by SIG%s: %zu of %zu runs are done; %s",
                        s->asked == SIGUSR1  ? "USR1"
                        : s->asked == SIGINT ? "INT"
                                             : "TERM",
                        count_done(s), s->count, again);
    }
    if (s->failed > 0) {
        const struct lac_sweep_run *run = first_failed(s);
        return LAC_FAIL(LAC_E_FAILED,
                        "the run '%s' failed: %s (%zu of %zu failed; the same command "
                        "makes them again)",
                        run->name, run->sentence, s->failed, s->count);
    }
    return s->left == 0 ? LAC_OK
                        : LAC_FAIL(LAC_E_LEFT, "%zu of %zu runs left before their end; %s", s->left,
                                   s->count, again);
}

/* A task's end is that of its run. */
static lac_status conclude_task(const struct lac_sweep *s)
{
    const struct lac_sweep_run *run = &s->run[s->task - 1];
    return lac_sweep_is_done(run)
               ? LAC_OK
               : LAC_FAIL(s->task_status == LAC_OK ? LAC_E_FAILED : s->task_status,
                          "the run '%s': %s", run->name,
                          run->sentence ? run->sentence : "it did not end");
}

lac_status lac_sweep_report(struct lac_sweep *s)
{
    struct lac_sweep_end *end;
    if (s->line_open) {
        printf("\n");
    }
    if (s->task > 0) {
        return conclude_task(s);
    }
    if (!s->quiet && s->has_table) {
        LAC_TRY(LAC_NEW(s->arena, s->count, &end));
        LAC_TRY(lac_sweep_ends(s, end));
        lac_sweep_print_table(s, end);
        LAC_TRY(s->spreads ? lac_sweep_print_spread(s, end) : LAC_OK);
    }
    if (!s->quiet) {
        print_failures(s);
    }
    return conclude(s);
}
