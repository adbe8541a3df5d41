/* The rounds: one loop for every method. */
#include <math.h>
#include <string.h>

#include "server/ahead.h"
#include "server/server_state.h"

void lac_server_enter(struct lac_server *s, uint64_t r)
{
    lac_method_enter(s->method, &s->env, r);
    s->who_count = lac_method_participants(s->method, &s->env, s->who);
}

/* In this round everybody computes the gradient at the model, and can be asked for it. Where clients may be lost rows are of
   questions of their own: a row is of all that answered them, whoever is lost in between. */
static bool evaluation_is_free(const struct lac_server *s)
{
    if (s->env.round >= s->asked_from) {
        return false;
    }
    unsigned both = LAC_DOWN | LAC_UP;
    bool asked = s->env.round == 0 || (lac_method_messages(s->method, &s->env) & both) == both;
    bool whole = s->env.round == 0 || s->env.estimator.kind == LAC_ESTIMATOR_FULL;
    return asked && whole && (s->method->traits & LAC_GIVES_EVALUATION) && s->who_count == s->n;
}

static bool next_is_free(struct lac_server *s)
{
    lac_server_enter(s, s->env.round + 1);
    bool is_free = evaluation_is_free(s);
    lac_server_enter(s, s->env.round - 1);
    return is_free;
}

static lac_status expect_updates(struct lac_server *s, bool evaluate)
{
    size_t count = 0;
    for (uint32_t i = 0; i < s->who_count; i++) {
        uint32_t rank = lac_rank_of(s->n, s->transport->ranks, s->who[i].client);
        struct lac_expected what = {rank, LAC_MESSAGE_UPDATE, s->who[i].client, s->env.round};
        s->expected[count++] = what;
        if (evaluate) {
            what.message = LAC_MESSAGE_ANSWER;
            s->expected[count++] = what;
        }
    }
    lac_server_late_begin(s, count);
    return lac_expect(s->transport, s->expected, count);
}

static lac_status take_of_client(struct lac_server *s, uint32_t i, uint16_t message,
                                 struct lac_frame *f)
{
    uint32_t rank = lac_rank_of(s->n, s->transport->ranks, s->who[i].client);
    double from;
    LAC_TRY(lac_server_watch(s, rank, &from));
    LAC_TRY(lac_server_take_of_client(s, s->who[i].client, message, f));
    double now = s->transport->laps ? s->clock : lac_seconds();
    lac_server_late_add(s, rank, from, now);
    s->seconds.wait += now - s->clock;
    s->clock = now;
    return LAC_OK;
}

/* Where this rank has clients of a run that overlaps, they hear of coordinates that are final. */
static lac_status foresee(struct lac_server *s)
{
    struct lac_entries block;
    if (!s->env.overlaps || !s->transport->kind->foresee || s->env.round == 0) {
        return LAC_OK;
    }
    lac_step_ahead(s->method, s->state, &s->env, &block);
    const struct lac_foreseen f = {s->env.round, s->env.who.client,
                                   lac_state_model(&s->method->server, s->state), &block};
    return s->transport->kind->foresee(s->transport, &f);
}

static void count_aggregation(struct lac_server *s)
{
    if (s->transport->laps) {
        lac_lap(s->transport->laps, LAC_LAP_OTHER);
        return;
    }
    double now = lac_seconds();
    s->seconds.aggregate += now - s->clock;
    s->clock = now;
}

static lac_status add_update(struct lac_server *s, const struct lac_frame *f)
{
    struct lac_message up;
    struct lac_bits bits = {.of[LAC_BITS_HEADER] = 8 * (uint64_t)LAC_FRAME_HEADER};
    if (s->transport->laps) {
        lac_lap(s->transport->laps, LAC_LAP_AGGREGATE);
    }
    lac_message_read(&up, s->env.who.client, f->body, f->length);
    LAC_TRY(s->method->server_add(s->state, &s->env, &up));
    lac_bits_add(&bits, &up.bits);
    if (lac_bits_total(&bits) != 8 * (LAC_FRAME_HEADER + f->length)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "client %u sent %llu bits, and %s read %llu of them",
                        s->env.who.client, 8 * (unsigned long long)f->length, s->method->name,
                        (unsigned long long)lac_bits_total(&up.bits));
    }
    lac_server_count_update(s, &bits);
    LAC_TRY(foresee(s));
    count_aggregation(s);
    return LAC_OK;
}

/* Before its turn, where the rounds overlap: all clients take part then, each at its own position. */
static lac_status add_early(void *server, const struct lac_frame *f)
{
    struct lac_server *s = server;
    struct lac_participant turn = s->env.who;
    uint32_t position = s->env.position;
    s->env.who = s->who[f->client];
    s->env.position = f->client;
    LAC_TRY(add_update(s, f));
    s->env.who = turn;
    s->env.position = position;
    return LAC_OK;
}

static lac_status add_answer(struct lac_server *s, const struct lac_frame *f)
{
    double number;
    const double *gradient;
    LAC_TRY(lac_take_answer(f, LAC_QUERY_EVALUATE, s->d, &number, &gradient));
    s->ledger.evaluation.up += 8 * (LAC_FRAME_HEADER + f->length + s->transport->more);
    lac_server_add_answer(s, f->client, number, gradient);
    return LAC_OK;
}

static lac_status take_from(struct lac_server *s, uint32_t i, bool evaluate)
{
    struct lac_frame f;
    uint32_t rank = lac_rank_of(s->n, s->transport->ranks, s->who[i].client);
    s->env.who = s->who[i];
    s->env.position = s->who[i].position;
    LAC_TRY(take_of_client(s, i, LAC_MESSAGE_UPDATE, &f));
    if (f.body) { /* else it was added before its turn */
        LAC_TRY(lac_blame(rank, add_update(s, &f)));
    }
    if (evaluate) {
        LAC_TRY(take_of_client(s, i, LAC_MESSAGE_ANSWER, &f));
        LAC_TRY(lac_blame(rank, add_answer(s, &f)));
    }
    return LAC_OK;
}

/* Who is lost before its turn did not take part. */
static lac_status take_updates(struct lac_server *s, bool evaluate)
{
    struct lac_laps *laps = s->transport->laps;
    uint32_t kept = 0;
    s->clock = lac_seconds();
    if (laps) {
        lac_laps_begin(laps, s->clock);
    }
    for (uint32_t i = 0; i < s->who_count; i++) {
        lac_status status = take_from(s, i, evaluate);
        if (status == LAC_E_LOST && lac_server_is_dropped(s, s->who[i].client)) {
            LAC_TRY(lac_server_drop(s, s->who[i].client, s->env.round, s->env.round));
            continue;
        }
        LAC_TRY(status);
        s->who[kept++] = s->who[i];
    }
    s->who_count = kept;
    if (laps) {
        lac_laps_end(laps, lac_seconds());
        s->seconds.aggregate = laps->of[LAC_LAP_AGGREGATE];
    }
    return lac_server_drop_others(s, s->env.round + 1, s->env.round);
}

static lac_status begin(struct lac_server *s, unsigned messages, bool evaluate,
                        struct lac_bits *bits)
{
    const struct lac_method *m = s->method;
    struct lac_message down;
    double before = lac_seconds();
    lac_message_begin(&down, LAC_SHARED, s->down, s->down_bytes);
    if (m->server_begin && s->env.round > 0) {
        LAC_TRY(m->server_begin(s->state, &s->env, &down));
    }
    s->seconds.step += lac_seconds() - before;
    if (!(messages & LAC_DOWN)) {
        return LAC_OK;
    }
    return lac_server_send_down(s, &down, evaluate ? LAC_FLAG_EVALUATE : 0, LAC_MESSAGE_ROUND,
                                bits);
}

static lac_status end(struct lac_server *s, unsigned messages)
{
    const struct lac_method *m = s->method;
    struct lac_message reply;
    struct lac_bits bits;
    double before = lac_seconds();
    LAC_TRY(lac_flush(s->transport)); /* the frame that went down may be written anew */
    lac_message_begin(&reply, LAC_SHARED, s->down, s->down_bytes);
    if (m->server_end && s->env.round > 0) {
        LAC_TRY(m->server_end(s->state, &s->env, &reply));
    }
    s->seconds.step += lac_seconds() - before;
    if (!(messages & LAC_REPLY)) {
        return LAC_OK;
    }
    lac_server_track_phase(s);
    LAC_TRY(lac_server_send_down(s, &reply, 0, LAC_MESSAGE_REPLY, &bits));
    lac_server_count_down(s, &bits);
    return lac_flush(s->transport);
}

static lac_status run_round(struct lac_server *s, bool evaluate)
{
    unsigned messages = lac_method_messages(s->method, &s->env);
    struct lac_bits bits = {0};
    if (evaluate) {
        lac_server_begin_sum(s);
    }
    if (messages & LAC_UP) {
        LAC_TRY(expect_updates(s, evaluate));
    }
    LAC_TRY(begin(s, messages, evaluate, &bits));
    if (messages & LAC_UP) {
        LAC_TRY(take_updates(s, evaluate));
    }
    if (messages & LAC_DOWN) {
        lac_server_count_down(s, &bits);
    }
    LAC_TRY(end(s, messages));
    lac_server_track_round(s);
    s->rounds_done = s->env.round;
    return LAC_OK;
}

/* This round's down message goes to every rank. */
static bool reaches_all(const struct lac_server *s)
{
    uint32_t reached = 0, last = 0;
    if (s->forwards || !(lac_method_messages(s->method, &s->env) & LAC_DOWN)) {
        return false;
    }
    for (uint32_t i = 0; i < s->who_count; i++) {
        uint32_t rank = lac_rank_of(s->n, s->transport->ranks, s->who[i].client);
        reached += rank != last;
        last = rank;
    }
    return reached == s->transport->ranks || (s->method->traits & LAC_DOWN_TO_ALL);
}

/* Those who wait and will get nothing in this round are told to go on. */
static lac_status let_go(struct lac_server *s, bool evaluate)
{
    unsigned char frame[LAC_FRAME_HEADER];
    struct lac_writer w;
    if (reaches_all(s)) {
        return LAC_OK;
    }
    lac_frame_begin(&w, frame, sizeof frame);
    lac_frame_end(&w, LAC_MESSAGE_GO, evaluate ? LAC_FLAG_EVALUATE : 0, LAC_NO_CLIENT,
                  s->env.round);
    return lac_server_broadcast(s, frame, w.bytes);
}

bool lac_server_row_may_wait(struct lac_server *s)
{
    bool target = isfinite(s->config->until_grad_norm_sq) || isfinite(s->config->until_loss);
    bool first = s->method->traits & LAC_STEPS_FIRST;
    return !first && !target && s->env.round < s->config->rounds && next_is_free(s);
}

/* The row of the model as it is, but for its loss and gradient. */
static lac_status take_snapshot(struct lac_server *s, struct lac_row *at)
{
    double before = lac_seconds();
    *at = lac_server_snapshot(s);
    LAC_TRY(lac_server_track(s, at));
    s->seconds.evaluate += lac_seconds() - before;
    return LAC_OK;
}

lac_status lac_server_let_row_wait(struct lac_server *s)
{
    s->is_pending = true;
    return take_snapshot(s, &s->pending);
}

/* The row of the model as it is: now, or with the next round's gradients. */
static lac_status row_of_model(struct lac_server *s)
{
    return lac_server_row_may_wait(s) ? lac_server_let_row_wait(s) : lac_server_evaluate(s);
}

/* Round 0, and the row of x^0. */
static lac_status start(struct lac_server *s)
{
    lac_server_enter(s, 0);
    bool first = s->method->traits & LAC_STEPS_FIRST;
    if (s->env.start == LAC_START_ZERO) {
        lac_server_track_round(s);
    } else {
        bool evaluate = first && evaluation_is_free(s);
        LAC_TRY(run_round(s, evaluate));
        if (evaluate) {
            struct lac_row at;
            LAC_TRY(take_snapshot(s, &at));
            return lac_server_emit_row(s, &at);
        }
    }
    return row_of_model(s);
}

/* A row that the next round was to give, where rounds give none any more. */
static lac_status go_on(struct lac_server *s)
{
    if (!s->is_pending || s->env.round + 1 < s->asked_from) {
        return LAC_OK;
    }
    s->is_pending = false;
    return lac_server_evaluate(s);
}

/* One round and the rows that it gives. Gradients of round r are at x^r where the model moves first,
   else at x^(r-1), whose row was left pending. */
static lac_status round_and_rows(struct lac_server *s, uint64_t r)
{
    lac_server_enter(s, r);
    bool first = s->method->traits & LAC_STEPS_FIRST;
    bool due = lac_config_is_due(s->config, r);
    bool evaluate = first ? due && evaluation_is_free(s) : s->is_pending;
    if (lac_config_waits_after(s->config, r - 1)) {
        LAC_TRY(let_go(s, evaluate));
    }
    lac_server_keep_before(s);
    LAC_TRY(run_round(s, evaluate));
    if (!due && !evaluate) {
        return LAC_OK;
    }
    if (evaluate) {
        struct lac_row at = s->pending;
        if (first) {
            LAC_TRY(take_snapshot(s, &at));
        }
        LAC_TRY(lac_server_emit_row(s, &at));
        s->is_pending = false;
    }
    if (!due || (first && evaluate)) {
        return LAC_OK;
    }
    lac_server_keep_before(s);
    return row_of_model(s);
}

static bool reached(const struct lac_server *s)
{
    return s->has_row && (s->row.grad_norm_sq <= s->config->until_grad_norm_sq ||
                          s->row.loss <= s->config->until_loss);
}

static bool goes_on(struct lac_server *s, uint64_t r)
{
    if (reached(s)) {
        s->end = LAC_END_TARGET;
        return false;
    }
    bool late = lac_seconds() - s->began >= s->config->max_seconds;
    if (late && !s->config->checkpoint) { /* with checkpoints it leaves, to go on another time */
        s->end = LAC_END_TIME;
        return false;
    }
    if (r < s->config->rounds && s->leaves && s->leaves(s->listener, s)) {
        s->end = LAC_END_ASKED;
        return false;
    }
    return r < s->config->rounds;
}

static lac_status after_round(struct lac_server *s)
{
    LAC_TRY(lac_server_keep(s));
    LAC_TRY(lac_server_drop_between(s));
    return s->on_round ? lac_server_put_off(s, s->on_round(s->listener, s), 0) : LAC_OK;
}

lac_status lac_server_run(struct lac_server *s)
{
    LAC_TRY(lac_server_send_start(s));
    s->started = true;
    if (s->env.overlaps && s->transport->kind->early) {
        s->transport->kind->early(s->transport, add_early, s);
    }
    lac_arena_seal(s->arena);
    s->rounds_began = lac_seconds();
    LAC_TRY(lac_server_load(s));
    s->transport->drops = s->config->on_lost == LAC_LOST_DROPS && s->transport->gone;
    LAC_TRY(s->survival.from ? go_on(s) : start(s));
    while (s->unsaved.status == LAC_OK && goes_on(s, s->rounds_done)) {
        LAC_TRY(round_and_rows(s, s->rounds_done + 1));
        LAC_TRY(s->unsaved.status == LAC_OK ? after_round(s) : LAC_OK);
    }
    if (s->unsaved.status != LAC_OK) {
        return lac_server_end_unsaved(s);
    }
    LAC_TRY(lac_server_keep_last(s));
    bool here = s->end != LAC_END_ASKED || lac_config_waits_after(s->config, s->rounds_done);
    if (here && (s->row.round != s->rounds_done || s->is_pending)) {
        LAC_TRY(lac_server_evaluate(s));
    }
    return s->unsaved.status == LAC_OK ? LAC_OK : lac_server_end_unsaved(s);
}
