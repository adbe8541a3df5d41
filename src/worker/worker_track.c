#include "worker/worker_track.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/vec.h"
#include "method/minibatch.h"
#include "store/columns.h"
#include "worker/worker_state.h"

lac_status lac_worker_track_open(struct lac_worker *w)
{
    LAC_TRY(LAC_NEW(w->arena, w->count + 1, &w->track.oracle_rows));
    return LAC_NEW(w->arena, w->count + 1, &w->track.oracle_full);
}

lac_status lac_worker_track_start(struct lac_worker *w)
{
    uint64_t columns = LAC_TRACK(compressor_variance) | LAC_TRACK(compressor_contraction);
    if (!(w->config->tracked & columns)) {
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(w->arena, 1, &w->track.measure));
    LAC_TRY(LAC_NEW(w->arena, w->env.d, &w->track.measure->scratch));
    LAC_TRY(LAC_NEW(w->arena, w->count + 1, &w->track.lost));
    for (uint32_t i = 0; i < w->count; i++) {
        w->track.lost[i].round = -1.0;
    }
    return LAC_OK;
}

/* Only where a row may ask for it. */
void lac_worker_measure(struct lac_worker *w)
{
    struct lac_measure *m = w->track.measure;
    bool sends = lac_method_messages(w->method, &w->env) & LAC_UP;
    w->env.measure = NULL;
    if (m && sends && lac_config_waits_after(w->config, w->env.round)) {
        m->error = m->scaled_error = m->norm = 0.0;
        w->env.measure = m;
    }
}

void lac_worker_measured(struct lac_worker *w)
{
    const struct lac_measure *m = w->env.measure;
    if (m && m->norm > 0.0) {
        w->track.lost[w->env.who.client - w->first] = (struct lac_lost_share){
            (double)w->env.round, m->error / m->norm, m->scaled_error / m->norm};
    }
    w->env.measure = NULL;
}

double lac_worker_lost(const struct lac_worker *w, uint32_t client, bool scaled)
{
    const struct lac_lost_share *lost = &w->track.lost[client - w->first];
    double share = scaled ? lost->scaled : lost->plain;
    bool newest = lost->round == (double)w->env.round && isfinite(share);
    return newest ? share : LAC_LOST_NOTHING_SENT;
}

double lac_worker_shift_error(struct lac_worker *w, uint32_t client, const double *x,
                              double *gradient)
{
    const struct lac_method *m = w->method;
    const struct lac_local *f = &w->local[client - w->first];
    uint32_t count = (uint32_t)lac_method_shifts(m, &w->env);
    double loss, sum = 0.0;
    w->env.who = (struct lac_participant){.client = client, .multiplicity = 1};
    double factor = m->shift_factor ? m->shift_factor(&w->env) : 1.0;
    const double *shift =
        lac_state_first(&m->client, LAC_SHIFT, lac_worker_client_state(w, client));
    for (uint32_t j = 0; j < count; j++) {
        if (count == 1) {
            lac_local_evaluate(f, x, w->work, &loss, gradient);
        } else {
            (void)lac_local_evaluate_batch(f, j, count, x, w->work, &loss, gradient);
        }
        vec_axpy(gradient, -factor, shift + (size_t)j * w->env.d, w->env.d);
        sum += vec_norm_sq(gradient, w->env.d);
    }
    return sum / (double)count;
}

void lac_worker_count_gradient(struct lac_worker *w, uint32_t client, size_t rows, bool full)
{
    w->track.oracle_rows[client - w->first] += rows;
    w->track.oracle_full[client - w->first] += full;
}

static bool is_known(const double *label, uint32_t count, double sought)
{
    bool known = false;
    for (uint32_t k = 0; k < count; k++) {
        known = known || label[k] == sought;
    }
    return known;
}

static lac_status unknown_class(const struct lac_scan *scan, uint32_t class, const char *name,
                                const double *label, uint32_t count)
{
    enum { LISTED = 10 };
    char known[LISTED * 26] = "";
    size_t n = 0;
    for (uint32_t k = 0; k < count && k < LISTED; k++) {
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%.15g", k > 0 ? ", " : "", label[k]);
    }
    return LAC_FAIL(LAC_E_INPUT,
                    "%s:%" PRIu64 ": label %.15g is no class of the training rows, which have %s%s",
                    name, scan->class_line[class], scan->class_label[class], known,
                    count > LISTED ? ", ..." : "");
}

static lac_status check_classes(const struct lac_plan *plan, const struct lac_scan *scan,
                                const char *name)
{
    const double two[] = {plan->negative, plan->positive};
    const double *label = plan->labels == LAC_TWO_CLASSES ? two : plan->class_label;
    uint32_t count = plan->labels == LAC_TWO_CLASSES ? 2 : plan->classes;
    for (uint32_t c = 0; c < scan->classes; c++) {
        if (!is_known(label, count, scan->class_label[c])) {
            return unknown_class(scan, c, name, label, count);
        }
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
    if (scan->max_index > w->plan.d - w->plan.intercept) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s:%" PRIu64 ": index %" PRIu32 " is larger than the %u features of the "
                        "training rows; give --dim",
                        name, scan->max_index_line, scan->max_index, w->plan.d - w->plan.intercept);
    }
    return w->plan.labels == LAC_NUMBERS ? LAC_OK : check_classes(&w->plan, scan, name);
}

/* Client i has the rows from floor(i m/n) on; some have none where m < n. */
static lac_status split_test(struct lac_worker *w, const struct lac_text *text,
                             const struct lac_scan *scan, struct lac_arena *scratch)
{
    uint64_t m = scan->lines, n = w->env.n;
    struct lac_plan plan = w->plan;
    plan.rows = m;
    plan.n = w->env.n;
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
        size_t work = w->local[i].objective->work(rows),
               mine = w->local[i].objective->work(&w->local[i].rows);
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
    if (w->count == 0) {
        return LAC_OK;
    }
    if (!w->config->test || w->track.test) {
        return LAC_FAIL(LAC_E_PROTOCOL, "rows of --test were asked for, which is not given here");
    }
    LAC_TRY(lac_of_option("--test", lac_text_map(&text, w->config->test)));
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
    vec_scale(gradient, m, gradient, lac_rows_dimension(rows));
    return m * loss;
}

double lac_worker_test_correct(struct lac_worker *w, uint32_t client, const double *x,
                               double *scratch)
{
    const struct lac_rows *rows = &w->track.test[client - w->first];
    return w->local[client - w->first].objective->correct(rows, x, w->work, scratch);
}
