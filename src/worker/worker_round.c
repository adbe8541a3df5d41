/* The clients' half of a round. */
#include <math.h>
#include <string.h>

#include "worker/worker_state.h"

/* Rank 0 may ask for an evaluation after this round, or end the run, and has not said that it does not. */
static bool may_be_asked(const struct lac_worker *w)
{
    uint64_t r = w->env.round;
    return (r >= w->config->rounds || lac_config_waits_after(w->config, r)) && r >= w->released;
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
    if (w->times_phase) {
        lac_laps_end(&w->laps, lac_seconds());
        w->times_phase = false;
    }
    w->task = LAC_TASK_IDLE;
    w->reply_due = w->addressed && (lac_method_messages(w->method, &w->env) & LAC_REPLY);
    return w->env.round > 0 ? check_read(w, "ROUND", &w->down) : LAC_OK; /* not x^0 */
}

static bool is_mine(const struct lac_worker *w, uint32_t at)
{
    return at < w->who_count && w->who[at].client < w->first + w->count;
}

/* Moves to round r: who takes part, and the cursor before the first participant of this rank. */
void lac_worker_enter_round(struct lac_worker *w, uint64_t r, bool evaluate)
{
    lac_method_enter(w->method, &w->env, r);
    w->who_count = lac_method_participants(w->method, &w->env, w->who);
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
    if (w->ahead && body && w->env.round > 0) {
        struct lac_message model = w->down; /* its section is left for the method */
        const double *x;
        LAC_TRY(lac_get(&w->env, &model, &x));
        lac_ahead_complete(w, x);
    }
    if (w->method->worker_begin && w->addressed) {
        return w->method->worker_begin(w->worker_state, &w->env, &w->down);
    }
    return LAC_OK;
}

/* In one process the server begins and ends it, to add up what comes between the steps. */
static void begin_phase(struct lac_worker *w)
{
    if (!w->laps.runs) {
        lac_laps_begin(&w->laps, lac_seconds());
        w->times_phase = true;
    }
}

/* One participant's step, into a frame. */
static lac_status step_one(struct lac_worker *w, const unsigned char **frame, size_t *count)
{
    struct lac_env *e = &w->env;
    struct lac_message up;
    unsigned char *bytes = lac_worker_frame(w);
    begin_phase(w);
    e->who = w->who[w->cursor++];
    e->position = e->who.position;
    e->weight = w->local[e->who.client - w->first].weight;
    e->capture = w->evaluate ? w->capture : NULL;
    e->captured = false;
    lac_worker_measure(w);
    w->down.at = 0;
    lac_message_begin(&up, e->who.client, bytes, w->ring_bytes);
    lac_lap(&w->laps, LAC_LAP_COMPRESS);
    LAC_TRY(w->method->client_step(w->worker_state, lac_worker_client_state(w, e->who.client), e,
                                   &w->down, &up));
    lac_worker_measured(w);
    if (w->evaluate && !e->captured) {
        return LAC_FAIL(LAC_E_FAILED,
                        "%s says that it gives the evaluation, but computed no gradient",
                        w->method->name);
    }
    lac_frame_end(&up.out, LAC_MESSAGE_UPDATE, 0, e->who.client, e->round);
    lac_lap(&w->laps, LAC_LAP_OTHER);
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
        lac_worker_enter_round(w, w->env.round + 1, false);
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
    lac_worker_enter_round(w, f->round, f->flags & LAC_FLAG_EVALUATE);
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
        w->env.position = w->who[i].position;
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
    lac_worker_enter_round(w, w->env.round + 1, false);
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
