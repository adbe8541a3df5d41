/* How the runs of a sweep ended, a line each. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/sweep_parts.h"

const char *lac_sweep_word(const struct lac_sweep_run *run)
{
    static const char *const words[] = {
        [LAC_SWEEP_TO_DO] = "to do",       [LAC_SWEEP_DONE] = "done",
        [LAC_SWEEP_DIVERGED] = "diverged", [LAC_SWEEP_FAILED] = "failed",
        [LAC_SWEEP_LEFT] = "stopped",      [LAC_SWEEP_OTHER] = "another"};
    return run->state == LAC_SWEEP_LEFT && run->goes_on ? "to go on" : words[run->state];
}

int lac_sweep_name_width(const struct lac_sweep *s)
{
    size_t width = 4;
    for (size_t r = 0; r < s->count; r++) {
        size_t length = strlen(s->run[r].name);
        width = length > width ? length : width;
    }
    return width < 60 ? (int)width : 60;
}

static lac_status read_end(const struct lac_sweep *s, const struct lac_sweep_run *run,
                           struct lac_sweep_end *end)
{
    struct lac_arena arena = {0};
    struct lac_config c;
    struct lac_run file;
    lac_status read, status = lac_sweep_open(s, run, &c, &file, &read, &arena);
    if (status == LAC_OK && read == LAC_OK && file.row_count > 0) {
        const struct lac_row *row = &file.rows[file.row_count - 1];
        *end = (struct lac_sweep_end){.there = true,
                                      .rounds = row->round,
                                      .bits_up = row->bits_up,
                                      .loss = row->loss,
                                      .grad_norm_sq = row->grad_norm_sq};
    }
    lac_arena_free(&arena);
    return status == LAC_OK ? read : status;
}

lac_status lac_sweep_ends(const struct lac_sweep *s, struct lac_sweep_end *end)
{
    for (size_t r = 0; r < s->count; r++) {
        end[r] = (struct lac_sweep_end){0};
        if (lac_sweep_is_done(&s->run[r])) {
            LAC_TRY(read_end(s, &s->run[r], &end[r]));
        }
    }
    return LAC_OK;
}

void lac_sweep_print_table(const struct lac_sweep *s, const struct lac_sweep_end *end)
{
    int width = lac_sweep_name_width(s);
    printf("%5s  %-*s  %9s  %13s  %13s  %12s  status\n", "", width, "run", "rounds", "loss",
           "|grad|^2", "Mbit up");
    for (size_t r = 0; r < s->count; r++) {
        const struct lac_sweep_run *run = &s->run[r];
        printf("%5zu  %-*s  ", r + 1, width, run->name);
        if (end[r].there) {
            printf("%9" PRIu64 "  %13.7g  %13.6g  %12.6g", end[r].rounds, end[r].loss,
                   end[r].grad_norm_sq, 1e-6 * (double)end[r].bits_up);
        } else {
            printf("%9s  %13s  %13s  %12s", "-", "-", "-", "-");
        }
        printf("  %s\n", lac_sweep_word(run));
    }
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Of count sorted numbers: between the two middle ones. */
static double middle(const double *x, size_t count)
{
    return count % 2 == 1 ? x[count / 2] : 0.5 * (x[count / 2 - 1] + x[count / 2]);
}

static void print_spread(const char *name, double *x, size_t count)
{
    qsort(x, count, sizeof *x, compare);
    printf("  %-10s median %.7g, from %.7g to %.7g\n", name, middle(x, count), x[0], x[count - 1]);
}

lac_status lac_sweep_print_spread(const struct lac_sweep *s, const struct lac_sweep_end *end)
{
    static const char *const names[] = {"loss", "|grad|^2", "Mbit up"};
    double *x;
    LAC_TRY(LAC_NEW(s->arena, s->count, &x));
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        size_t count = 0;
        for (size_t r = 0; r < s->count; r++) {
            double value = k == 0   ? end[r].loss
                           : k == 1 ? end[r].grad_norm_sq
                                    : 1e-6 * (double)end[r].bits_up;
            if (end[r].there && s->run[r].state == LAC_SWEEP_DONE && isfinite(value)) {
                x[count++] = value;
            }
        }
        if (count > 0) {
            print_spread(names[k], x, count);
        }
    }
    return LAC_OK;
}
