/* The start of the rounds: the method, its states and the memory that they take. */
#include <string.h>

#include "base/machine.h"
#include "base/text.h"
#include "base/tick.h"
#include "base/vec.h"
#include "method/first_model.h"
#include "method/minibatch.h"
#include "protocol/open_method.h"
#include "worker/worker_state.h"

static void compute_gradient(struct lac_worker *w, uint32_t client, const double *x,
                             const struct lac_batch *batch, double *loss, double *g)
{
    const struct lac_local *f = &w->local[client - w->first];
    if (batch && batch->only && w->ahead) {
        lac_ahead_gradient(w, client, batch->only, x, g);
        lac_worker_count_gradient(w, client, f->rows.m, true);
    } else if (batch && batch->only) {
        lac_local_evaluate_entries(f, batch->only, x, w->work, loss, g);
        lac_worker_count_gradient(w, client, f->rows.m, true); /* of all rows, if not of all of x */
    } else if (batch && batch->drawn) {
        lac_sampler_evaluate(&w->sampler, &w->env, client, f, x, w->work, loss, g);
        lac_worker_count_gradient(w, client, w->sampler.rows.m, false);
    } else if (batch) {
        size_t rows = lac_local_evaluate_batch(f, batch->number, batch->count, x, w->work, loss, g);
        lac_worker_count_gradient(w, client, rows, false);
    } else {
        lac_local_evaluate(f, x, w->work, loss, g);
        lac_worker_count_gradient(w, client, f->rows.m, true);
    }
}

static lac_status gradient_of(void *oracle, uint32_t client, const double *x,
                              const struct lac_batch *batch, double *loss, double *g)
{
    struct lac_worker *w = oracle;
    lac_lap(&w->laps, LAC_LAP_GRADIENT);
    compute_gradient(w, client, x, batch, loss, g);
    lac_lap(&w->laps, LAC_LAP_COMPRESS);
    return LAC_OK;
}

static lac_status set_up_states(struct lac_worker *w)
{
    const struct lac_method *m = w->method;
    struct lac_env *e = &w->env;
    w->client_stride = (m->client.size + 63) / 64 * 64;
    LAC_TRY(lac_arena_array(w->arena, 1, m->worker.size + 1, &w->worker_state));
    LAC_TRY(LAC_NEW(w->arena, w->count * w->client_stride + 1, &w->client_states));
    LAC_TRY(lac_state_setup(&m->worker, w->worker_state, e, w->arena));
    for (uint32_t i = 0; i < w->count; i++) {
        e->who = (struct lac_participant){.client = w->first + i, .multiplicity = 1};
        void *state = lac_worker_client_state(w, w->first + i);
        lac_tick_now(); /* memory that was never used takes its time */
        LAC_TRY(lac_state_setup(&m->client, state, e, w->arena));
    }
    return LAC_OK;
}

static lac_status set_up_ring(struct lac_worker *w)
{
    w->ring_bytes = lac_round_frame(w->method, &w->env);
    w->ring_count = lac_round_frames(w->ring_bytes);
    w->ring_at = 0;
    return LAC_NEW(w->arena, w->ring_count * w->ring_bytes, &w->ring);
}

static lac_status copy_constants(struct lac_worker *w, const struct lac_start_values *v)
{
    w->constants = v->constants;
    if (v->constants.L_i) {
        double *L_i;
        LAC_TRY(LAC_NEW(w->arena, w->env.n, &L_i));
        memcpy(L_i, v->constants.L_i, w->env.n * sizeof *L_i);
        w->constants.L_i = L_i;
    }
    return LAC_OK;
}

static lac_status deal(struct lac_worker *w)
{
    bool deals = lac_deals_batches(w->method, &w->env);
    for (uint32_t i = 0; deals && i < w->count; i++) {
        LAC_TRY(lac_deal(&w->local[i], w->config->seed, w->first + i, w->arena));
    }
    return LAC_OK;
}

static lac_status open_method(struct lac_worker *w)
{
    struct lac_absence *absence = &w->env.sampling.absence;
    LAC_TRY(lac_open_method(w->method, &w->env, w->config, w->arena));
    if (w->config->resume && !absence->round) { /* the checkpoint may list lost clients */
        LAC_TRY(lac_absence_open(absence, w->env.n, w->arena));
    }
    LAC_TRY(deal(w));
    if (lac_sampling_is_weighted(&w->env.sampling)) {
        if (!w->constants.L_i) {
            return LAC_FAIL(LAC_E_PROTOCOL, "START: it has no L_i, by which clients are drawn");
        }
        LAC_TRY(lac_sampling_weigh(&w->env.sampling, w->constants.L_i, w->arena));
    }
    if (w->env.estimator.kind == LAC_ESTIMATOR_FULL) {
        return LAC_OK;
    }
    return lac_sampler_open(&w->sampler, &w->env.estimator, w->local, w->first, w->count, w->arena);
}

static lac_status find_first_model(struct lac_worker *w, const double *sent)
{
    struct lac_first_model first;
    double *x0;
    LAC_TRY(lac_first_model_open(&first, w->config->x0));
    if ((first.kind == LAC_FIRST_FILE) != (sent != NULL)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "START: it has a first model that is no file's, or none");
    }
    LAC_TRY(LAC_NEW(w->arena, w->env.d, &x0));
    lac_first_model_fill(&first, w->config->seed, w->env.d, x0);
    if (sent) {
        vec_copy(x0, sent, w->env.d);
    }
    w->env.x0 = x0;
    return LAC_OK;
}

lac_status lac_worker_memory(struct lac_worker *w, double *bytes)
{
    const char *method = w->config->method;
    const struct lac_method *m;
    struct lac_env e = {0};
    struct lac_arena scratch = {0};
    LAC_TRY(lac_method_find(method, &m));
    lac_status status = lac_method_parameters(m, method, e.parameter, &scratch);
    lac_arena_free(&scratch);
    *bytes = (double)w->arena->bytes;
    for (uint32_t i = 0; i < w->count && status == LAC_OK && lac_deals_batches(m, &e); i++) {
        *bytes += lac_dealt_bytes(&w->local[i]);
    }
    for (uint32_t i = 0; i < w->count && w->config->overlap; i++) {
        *bytes += lac_ahead_bytes(&w->local[i].rows, w->config->clients);
    }
    return status;
}

/* Rank 0 knows its own machine and who shares it, this rank this one. */
static lac_status check_memory(const struct lac_worker *w)
{
    double states = lac_state_bytes(&w->method->worker, &w->env) +
                    (double)w->count * lac_state_bytes(&w->method->client, &w->env);
    double bytes = (double)w->arena->bytes + states * (w->config->checkpoint ? 2.0 : 1.0);
    double machine = lac_process_memory();
    if (bytes <= machine) {
        return LAC_OK;
    }
    return LAC_FAIL(
        LAC_E_USAGE,
        "worker rank %u needs %.1f GB for its rows and the states of %u client%s of %s, "
        "and its machine has %.1f GB",
        w->place.rank, 1e-9 * bytes, w->count, lac_plural(w->count), w->method->name,
        1e-9 * machine);
}

static lac_status check_start(const struct lac_method *m, const struct lac_start_values *v)
{
    unsigned starts = m->starts ? m->starts : (unsigned)LAC_START_ZERO;
    bool first = (m->traits & LAC_GIVES_EVALUATION) && (m->traits & LAC_STEPS_FIRST);
    if (!(v->start & starts) || (v->evaluate && (v->start == LAC_START_ZERO || !first))) {
        return LAC_FAIL(LAC_E_PROTOCOL, "START: %s does not start so", m->name);
    }
    return LAC_OK;
}

/* The state of that round will be loaded. */
static lac_status go_on_after(struct lac_worker *w, uint64_t round)
{
    if (!w->config->resume || round > w->config->rounds) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "START: it goes on after round %llu, which no checkpoint is of",
                        (unsigned long long)round);
    }
    lac_method_enter(w->method, &w->env, round);
    w->task = LAC_TASK_IDLE;
    return LAC_OK;
}

lac_status lac_worker_start(struct lac_worker *w, const struct lac_frame *f)
{
    struct lac_start_values v;
    struct lac_env *e = &w->env;
    if (w->started) {
        return LAC_FAIL(LAC_E_PROTOCOL, "START: the rounds have begun");
    }
    if (e->d == 0) {
        LAC_TRY(lac_worker_generate(w));
    }
    LAC_TRY(lac_take_start(f, e->n, e->d, &v));
    LAC_TRY(copy_constants(w, &v));
    LAC_TRY(lac_method_find(w->config->method, &w->method));
    LAC_TRY(check_start(w->method, &v));
    LAC_TRY(find_first_model(w, v.x0));
    e->seed = w->config->seed;
    e->first_gamma = v.gamma;
    e->p = v.p;
    e->constants = &w->constants;
    e->start = v.start;
    e->gradient = gradient_of;
    e->oracle = w;
    LAC_TRY(open_method(w));
    LAC_TRY(lac_ahead_open(w));
    LAC_TRY(check_memory(w));
    LAC_TRY(LAC_NEW(w->arena, e->n, &w->who));
    LAC_TRY(set_up_states(w));
    LAC_TRY(set_up_ring(w));
    LAC_TRY(lac_worker_track_start(w));
    LAC_TRY(lac_worker_keep_open(w));
    lac_arena_seal(w->arena);
    w->started = true;
    if (f->round > 0) {
        return go_on_after(w, f->round);
    }
    if (v.start != LAC_START_ZERO) {
        lac_message_read(&w->down, LAC_SHARED, (const unsigned char *)e->x0, e->d * sizeof(double));
        lac_worker_enter_round(w, 0, v.evaluate);
    }
    return LAC_OK;
}
