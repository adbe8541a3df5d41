/* The clients' half of a round. */
#include <math.h>
#include <string.h>

#include "base/machine.h"
#include "base/vec.h"
#include "method/first_model.h"
#include "method/minibatch.h"
#include "worker/worker_state.h"

/* Rank 0 may ask for an evaluation after this round, or end the run, and has not said that it does not. */
static bool may_be_asked(const struct lac_worker *w)
{
    uint64_t every = w->config->eval_every, r = w->env.round;
    bool pause = r == 0 || r >= w->config->rounds || (every > 0 && r % every == 0) ||
                 isfinite(w->config->max_seconds);
    return pause && r >= w->released;
}

/* What the method read of a message is all of it. */
static lac_status check_read(const struct lac_worker *w, const char *name,
                             const struct lac_message *m)
{
    if (m->counted < m->length) {
        return LAC_FAIL(LAC_E_PROTOCOL, "%s: %s reads %zu of its %zu bytes in round %llu", name,
                        w->method->name, m->counted, m->length, (unsigned long long)w->env.round);
    }
    return LAC_OK;
}

/* The round of this rank ends: its messages are made. */
static lac_status end_round(struct lac_worker *w)
{
    w->task = LAC_TASK_IDLE;
    w->reply_due = w->addressed && (lac_method_messages(w->method, &w->env) & LAC_REPLY);
    return w->env.round > 0 ? check_read(w, "ROUND", &w->down) : LAC_OK; /* not x^0 */
}

static lac_status gradient_of(void *oracle, uint32_t client, const double *x,
                              const struct lac_batch *batch, double *loss, double *g)
{
    struct lac_worker *w = oracle;
    const struct lac_local *f = &w->local[client - w->first];
    double before = lac_seconds();
    if (batch && batch->only) {
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
    w->seconds_gradient += lac_seconds() - before;
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

static bool is_mine(const struct lac_worker *w, uint32_t at)
{
    return at < w->who_count && w->who[at].client < w->first + w->count;
}

/* Moves to round r: who takes part, and the cursor before the first participant of this rank. */
static void enter_round(struct lac_worker *w, uint64_t r, bool evaluate)
{
    lac_method_enter(w->method, &w->env, r);
    w->who_count = lac_method_participants(w->method, &w->env, w->who);
    w->env.cohort = w->who_count;
    w->evaluate = evaluate;
    w->answer_next = false;
    w->cursor = 0;
    while (w->cursor < w->who_count && w->who[w->cursor].client < w->first) {
        w->cursor++;
    }
    w->addressed = is_mine(w, w->cursor) || (w->method->traits & LAC_DOWN_TO_ALL);
    w->task = LAC_TASK_ROUND;
}

/* The rank's half of the round's beginning; body NULL where no message came down. */
static lac_status begin(struct lac_worker *w, const unsigned char *body, uint64_t length)
{
    lac_message_read(&w->down, LAC_SHARED, body, length);
    if (w->method->worker_begin && w->addressed) {
        return w->method->worker_begin(w->worker_state, &w->env, &w->down);
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
    const struct lac_config *c = w->config;
    struct lac_method_texts texts = {.method = c->method,
                                     .compressor = c->compressor,
                                     .compressor_down = c->compressor_down,
                                     .wire = c->wire,
                                     .participation = c->participation,
                                     .gradient = c->gradient,
                                     .rr_order = c->rr_order,
                                     .step_policy = c->step_policy};
    LAC_TRY(lac_method_open(w->method, &w->env, &texts, w->arena));
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
    return status;
}

/* Rank 0 knows its own machine, this rank this one. */
static lac_status check_memory(const struct lac_worker *w)
{
    double bytes = (double)w->arena->bytes + lac_state_bytes(&w->method->worker, &w->env) +
                   (double)w->count * lac_state_bytes(&w->method->client, &w->env);
    double machine = lac_machine_memory();
    if (bytes <= machine) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "worker rank %u needs %.1f GB for its rows and the states of %u clients of %s, "
                    "and its machine has %.1f GB",
                    w->place.rank, 1e-9 * bytes, w->count, w->method->name, 1e-9 * machine);
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
    LAC_TRY(check_memory(w));
    LAC_TRY(LAC_NEW(w->arena, e->n, &w->who));
    LAC_TRY(set_up_states(w));
    LAC_TRY(set_up_ring(w));
    lac_arena_seal(w->arena);
    w->started = true;
    if (v.start != LAC_START_ZERO) {
        lac_message_read(&w->down, LAC_SHARED, (const unsigned char *)e->x0, e->d * sizeof(double));
        enter_round(w, 0, v.evaluate);
    }
    return LAC_OK;
}

/* One participant's step, into a frame. */
static lac_status step_one(struct lac_worker *w, const unsigned char **frame, size_t *count)
{
    struct lac_env *e = &w->env;
    struct lac_message up;
    unsigned char *bytes = lac_worker_frame(w);
    e->who = w->who[w->cursor];
    e->position = w->cursor++;
    e->capture = w->evaluate ? w->capture : NULL;
    e->captured = false;
    w->down.at = 0;
    lac_message_begin(&up, e->who.client, bytes, w->ring_bytes);
    double before = lac_seconds(), gradient = w->seconds_gradient;
    LAC_TRY(w->method->client_step(w->worker_state, lac_worker_client_state(w, e->who.client), e,
                                   &w->down, &up));
    if (w->evaluate && !e->captured) {
        return LAC_FAIL(LAC_E_FAILED,
                        "%s says that it gives the evaluation, but computed no gradient",
                        w->method->name);
    }
    lac_frame_end(&up.out, LAC_MESSAGE_UPDATE, 0, e->who.client, e->round);
    w->seconds_compress += lac_seconds() - before - (w->seconds_gradient - gradient);
    w->answer_next = w->evaluate;
    *frame = bytes;
    *count = up.out.bytes;
    return LAC_OK;
}

/* The round ends with its last frame, not when a next one is asked for: a reply may come between. */
static lac_status end_where_done(struct lac_worker *w)
{
    return is_mine(w, w->cursor) || w->answer_next ? LAC_OK : end_round(w);
}

/* Silent steps of the round at work, those that send nothing, until a frame is there to be made. */
static lac_status step_silently(struct lac_worker *w)
{
    const unsigned char *frame;
    size_t count;
    while (w->task == LAC_TASK_ROUND && is_mine(w, w->cursor)) {
        LAC_TRY(step_one(w, &frame, &count));
    }
    return end_round(w);
}

static lac_status check_replied(const struct lac_worker *w)
{
    return w->reply_due ? LAC_FAIL(LAC_E_PROTOCOL, "the reply of round %llu did not come",
                                   (unsigned long long)w->env.round)
                        : LAC_OK;
}

lac_status lac_worker_go_on(struct lac_worker *w, uint64_t up_to)
{
    if (up_to > w->config->rounds) {
        return LAC_FAIL(LAC_E_PROTOCOL, "round %llu lies behind the last",
                        (unsigned long long)up_to);
    }
    LAC_TRY(check_replied(w));
    if (w->count == 0 && w->env.round < up_to) { /* no client of this rank was in any of them */
        w->env.round = up_to;
    }
    while (w->env.round < up_to) {
        enter_round(w, w->env.round + 1, false);
        unsigned messages = lac_method_messages(w->method, &w->env);
        bool missed = (messages & LAC_DOWN) && w->addressed;
        if (missed || ((messages & LAC_UP) && is_mine(w, w->cursor))) {
            return LAC_FAIL(LAC_E_PROTOCOL, "round %llu was skipped",
                            (unsigned long long)w->env.round);
        }
        LAC_TRY(begin(w, NULL, 0));
        LAC_TRY(step_silently(w));
        LAC_TRY(check_replied(w));
    }
    return LAC_OK;
}

lac_status lac_worker_begin_round(struct lac_worker *w, const struct lac_frame *f)
{
    if (!w->started || f->round <= w->env.round || f->round > w->config->rounds) {
        return LAC_FAIL(LAC_E_PROTOCOL, "ROUND: number %llu of %llu came after number %llu",
                        (unsigned long long)f->round, (unsigned long long)w->config->rounds,
                        (unsigned long long)w->env.round);
    }
    LAC_TRY(lac_worker_go_on(w, f->round - 1));
    enter_round(w, f->round, f->flags & LAC_FLAG_EVALUATE);
    unsigned messages = lac_method_messages(w->method, &w->env);
    bool gives = w->method->traits & LAC_GIVES_EVALUATION;
    if (!(messages & LAC_DOWN) || !w->addressed || (w->evaluate && !gives)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "ROUND: %s sends this rank no such message in round %llu",
                        w->method->name, (unsigned long long)f->round);
    }
    LAC_TRY(begin(w, f->body, f->length));
    if (!(messages & LAC_UP)) {
        return step_silently(w); /* at once: the frame is borrowed */
    }
    return end_where_done(w);
}

lac_status lac_worker_reply(struct lac_worker *w, const struct lac_frame *f)
{
    const struct lac_method *m = w->method;
    struct lac_message reply;
    if (!w->started || f->round != w->env.round || !w->reply_due) {
        return LAC_FAIL(LAC_E_PROTOCOL, "REPLY: one of round %llu came in round %llu, %s",
                        (unsigned long long)f->round, (unsigned long long)w->env.round,
                        w->reply_due ? "which waits for its own" : "which waits for none");
    }
    lac_message_read(&reply, LAC_SHARED, f->body, f->length);
    if (m->worker_end) {
        LAC_TRY(m->worker_end(w->worker_state, &w->env, &reply));
    }
    for (uint32_t i = 0; i < w->who_count && m->client_end; i++) {
        uint32_t client = w->who[i].client;
        if (client < w->first || client >= w->first + w->count) {
            continue;
        }
        w->env.who = w->who[i];
        w->env.position = i;
        reply.at = 0;
        LAC_TRY(
            m->client_end(w->worker_state, lac_worker_client_state(w, client), &w->env, &reply));
    }
    w->reply_due = false;
    return check_read(w, "REPLY", &reply);
}

static void captured_answer(struct lac_worker *w, const unsigned char **frame, size_t *count)
{
    struct lac_writer out;
    unsigned char *bytes = lac_worker_frame(w);
    lac_frame_begin(&out, bytes, w->ring_bytes);
    lac_put_answer(&out, w->capture[0], w->capture + 1, w->env.d);
    lac_frame_end(&out, LAC_MESSAGE_ANSWER, 0, w->env.who.client, w->env.round);
    w->answer_next = false;
    *frame = bytes;
    *count = out.bytes;
}

/* Begins the next round without being asked, where no message comes down to this rank and nothing is
   waited for. */
static lac_status begin_unasked(struct lac_worker *w)
{
    if (w->task != LAC_TASK_IDLE || !w->started || w->reply_due || may_be_asked(w) ||
        w->count == 0) {
        return LAC_OK;
    }
    enter_round(w, w->env.round + 1, false);
    if (w->addressed && (lac_method_messages(w->method, &w->env) & LAC_DOWN)) {
        w->env.round--;
        w->task = LAC_TASK_IDLE;
        return LAC_OK;
    }
    return begin(w, NULL, 0);
}

static lac_status make_frame(struct lac_worker *w, const unsigned char **frame, size_t *count)
{
    if (w->answer_next) {
        captured_answer(w, frame, count);
    } else {
        LAC_TRY(step_one(w, frame, count));
    }
    return end_where_done(w);
}

lac_status lac_worker_update(struct lac_worker *w, const unsigned char **frame, size_t *count)
{
    *count = 0;
    for (;;) {
        LAC_TRY(begin_unasked(w));
        if (w->task != LAC_TASK_ROUND) {
            return LAC_OK;
        }
        bool up = lac_method_messages(w->method, &w->env) & LAC_UP;
        if (up && (w->answer_next || is_mine(w, w->cursor))) {
            return make_frame(w, frame, count);
        }
        LAC_TRY(step_silently(w)); /* none of the clients here, in a round of others */
    }
}
