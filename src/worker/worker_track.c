#include "worker/worker_track.h"

#include <inttypes.h>
#include <math.h>

#include "base/vec.h"
#include "worker/objective/row_pass.h"
#include "worker/worker_state.h"

lac_status lac_worker_track_open(struct lac_worker *w)
{
    LAC_TRY(LAC_NEW(w->arena, w->count + 1, &w->track.oracle_rows));
    return LAC_NEW(w->arena, w->count + 1, &w->track.oracle_full);
}

void lac_worker_count_gradient(struct lac_worker *w, uint32_t client, size_t rows, bool full)
{
    w->track.oracle_rows[client - w->first] += rows;
    w->track.oracle_full[client - w->first] += full;
}

/* As lac_plan_make maps the labels of the training rows: the larger of their two is +1, and a file
   with one label alone has only to be of two classes with it. */
static lac_status check_classes(const struct lac_worker *w, const struct lac_scan *scan,
                                const char *name)
{
    bool known = scan->classes < 2;
    for (uint32_t c = 0; c < scan->classes && c < 2; c++) {
        known = known || scan->class_label[c] == w->positive;
    }
    if (scan->classes > 2) {
        return LAC_FAIL(LAC_E_INPUT, "%s:%" PRIu64 ": label %g is a third class", name,
                        scan->class_line[2], scan->class_label[2]);
    }
    if (!known) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s:%" PRIu64 ": labels %g and %g, but the training rows have the label %g",
                        name, scan->class_line[1], scan->class_label[0], scan->class_label[1],
                        w->positive);
    }
    return LAC_OK;
}

static lac_status check_test(const struct lac_worker *w, const struct lac_scan *scan,
                             const char *name)
{
    if (scan->bad_line) {
        return LAC_FAIL(LAC_E_INPUT, "%s:%" PRIu64 ": %s", name, scan->bad_line, scan->bad_text);
    }
    if (scan->lines == 0) {
        return LAC_FAIL(LAC_E_INPUT, "%s:1: no rows: the text is empty", name);
    }
    if (scan->max_index > w->env.d) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s:%" PRIu64 ": index %" PRIu32 " is larger than the d = %zu of the "
                        "training rows; give --dim",
                        name, scan->max_index_line, scan->max_index, w->env.d);
    }
    return w->config->two_classes ? check_classes(w, scan, name) : LAC_OK;
}

/* Client i has the rows from floor(i m/n) on; some have none where m < n. */
static lac_status split_test(struct lac_worker *w, const struct lac_text *text,
                             const struct lac_scan *scan, struct lac_arena *scratch)
{
    uint64_t m = scan->lines, n = w->env.n;
    struct lac_plan plan = {.rows = m,
                            .d = (uint32_t)w->env.d,
                            .n = w->env.n,
                            .two_classes = w->config->two_classes,
                            .positive = w->positive};
    uint32_t *owner;
    LAC_TRY(LAC_NEW(scratch, m, &owner));
    for (uint32_t i = 0; i < n; i++) {
        for (uint64_t row = i * m / n; row < (i + 1) * m / n; row++) {
            owner[row] = i;
        }
    }
    LAC_TRY(LAC_NEW(w->arena, w->count + 1, &w->track.test));
    return lac_load_rows(text, &plan, owner, w->first, w->count, w->track.test, w->arena);
}

static lac_status prepare_test(struct lac_worker *w)
{
    size_t most = 0;
    for (uint32_t i = 0; i < w->count; i++) {
        struct lac_rows *rows = &w->track.test[i];
        LAC_TRY(lac_rows_prepare(rows, w->arena));
        size_t work = w->local[i].objective->work(rows), mine = lac_rows_work(&w->local[i].rows);
        most = work > most ? work : most;
        most = mine > most ? mine : most;
    }
    return LAC_NEW(w->arena, most + 1, &w->work); /* in place of that of the training rows */
}

lac_status lac_worker_load_test(struct lac_worker *w)
{
    struct lac_text text;
    struct lac_scan scan;
    struct lac_arena scratch = {0};
    if (!w->config->test || w->started || w->track.test) {
        return LAC_FAIL(LAC_E_PROTOCOL, "rows of --test were asked for, which is not given here");
    }
    LAC_TRY(lac_text_map(&text, w->config->test));
    lac_status status = lac_scan_stretch(&text, 0, text.size, &scan, NULL, NULL);
    if (status == LAC_OK) {
        status = check_test(w, &scan, text.name);
    }
    if (status == LAC_OK) {
        status = split_test(w, &text, &scan, &scratch);
    }
    lac_arena_free(&scratch);
    lac_text_close(&text);
    LAC_TRY(status);
    return prepare_test(w);
}

double lac_worker_test(struct lac_worker *w, uint32_t client, const double *x, double *gradient)
{
    const struct lac_rows *rows = &w->track.test[client - w->first];
    double loss, m = (double)rows->m;
    w->local[client - w->first].objective->evaluate(rows, x, w->work, &loss, gradient);
    vec_scale(gradient, m, gradient, rows->d);
    return m * loss;
}

/* How many of the rows have the sign of z for their label; nothing goes into the gradient. */
static double count_correct(const double *z, const double *label, size_t count, double *slope)
{
    double correct = 0.0;
    for (size_t r = 0; r < count; r++) {
        correct += (z[r] > 0.0) == (label[r] > 0.0) ? 1.0 : 0.0;
        slope[r] = 0.0;
    }
    return correct;
}

double lac_worker_test_correct(struct lac_worker *w, uint32_t client, const double *x,
                               double *scratch)
{
    const struct lac_rows *rows = &w->track.test[client - w->first];
    double share;
    lac_rows_pass(rows, count_correct, 1.0, x, w->work, &share, scratch);
    return floor(share * (double)rows->m + 0.5);
}
