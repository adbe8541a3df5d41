/* A run of a trial: rank 0 and up to five ranks of workers in this process, each with its own states. */
#include <float.h>
#include <string.h>

#include "base/clock.h"
#include "command/launch_parts.h"
#include "command/train_parts.h"
#include "command/trial.h"
#include "worker/worker.h"

enum { MOST_WORDS = 64 };

/* A worker with variables of its own, whose frames may be changed before rank 0 has them. */
struct changed {
    struct lac_peer peer;
    struct lac_trial_statics *statics;
    uint32_t rank;
    lac_trial_change *change;
    void *context;
    unsigned char *frame;
    size_t capacity;
    struct lac_arena *arena;
};

static lac_status changed_accept(void *self, const unsigned char *frame, size_t count)
{
    struct changed *c = self;
    lac_trial_statics_enter(c->statics, c->rank);
    lac_status status = c->peer.accept(c->peer.self, frame, count);
    lac_trial_statics_enter(c->statics, 0);
    return status;
}

/* An UPDATE gets another body, and the checksum of that. */
static lac_status rewrite(struct changed *c, const struct lac_frame *f, size_t *count)
{
    struct lac_writer w;
    size_t length = (size_t)f->length;
    if (*count > c->capacity) {
        c->capacity = *count;
        LAC_TRY(LAC_NEW(c->arena, c->capacity, &c->frame));
    }
    lac_frame_begin(&w, c->frame, c->capacity);
    memcpy(c->frame + LAC_FRAME_HEADER, f->body, length);
    c->change(c->context, c->frame + LAC_FRAME_HEADER, &length);
    if (length > 0) {
        (void)lac_write_room(&w, LAC_BITS_VALUE, length);
    }
    lac_frame_end(&w, f->message, f->flags, f->client, f->round);
    *count = w.bytes;
    return LAC_OK;
}

static lac_status changed_next(void *self, const unsigned char **frame, size_t *count)
{
    struct changed *c = self;
    struct lac_frame f;
    lac_trial_statics_enter(c->statics, c->rank);
    lac_status status = c->peer.next(c->peer.self, frame, count);
    lac_trial_statics_enter(c->statics, 0);
    LAC_TRY(status);
    if (!c->change || *count == 0 || lac_frame_parse(*frame, *count, &f) != LAC_OK ||
        f.message != LAC_MESSAGE_UPDATE) {
        return LAC_OK;
    }
    LAC_TRY(rewrite(c, &f, count));
    *frame = c->frame;
    return LAC_OK;
}

/* What a run needs from begin to end. */
struct trial {
    struct lac_config config;
    struct lac_trial_run *out;
    uint32_t ranks;
    struct lac_arena arena, frames, worker_arena[LAC_TRIAL_RANKS];
    struct lac_trial_statics statics;
    struct lac_peer peer[LAC_TRIAL_RANKS];
    struct changed changed[LAC_TRIAL_RANKS];
    struct lac_peer seen[LAC_TRIAL_RANKS]; /* by the transport */
};

static lac_status on_row(void *listener, const struct lac_server *s)
{
    struct trial *t = listener;
    t->out->rows++;
    t->out->first = s->first_row;
    t->out->last = s->row;
    return LAC_OK;
}

/* One of its rules gave what no run can have. */
static bool has_no_step(const struct lac_server *s)
{
    bool found = false;
    for (size_t k = 0; k < LAC_QUANTITIES; k++) {
        double most = k == LAC_CHANCE ? 1.0 : DBL_MAX, value = s->chosen[k].value;
        found = found || (s->chosen[k].rule && !(value > 0.0 && value <= most));
    }
    return found;
}

static lac_status serve(void *context, struct lac_server *s)
{
    struct trial *t = context;
    s->on_row = on_row;
    s->listener = t;
    lac_status status = lac_server_set_up(s);
    t->out->is_no_step = has_no_step(s);
    LAC_TRY(status);
    LAC_TRY(lac_server_run(s));
    t->out->up = s->ledger.up;
    t->out->down = s->ledger.down;
    t->out->rows_check = s->rows_check;
    t->out->step = s->env.first_gamma;
    t->out->is_beyond = s->chosen[LAC_STEP].beyond != 0;
    lac_model_digest(lac_server_model(s), s->d, t->out->digest);
    return LAC_OK;
}

static lac_status configure(struct trial *t, const char *options)
{
    char *words[MOST_WORDS], *copy, *rest = NULL;
    int count = 0;
    bool help;
    size_t bytes = strlen(options) + 1;
    LAC_TRY(LAC_NEW(&t->arena, bytes, &copy));
    memcpy(copy, options, bytes);
    for (char *word = strtok_r(copy, " ", &rest); word && count < MOST_WORDS;
         word = strtok_r(NULL, " ", &rest)) {
        words[count++] = word;
    }
    LAC_TRY(lac_config_read(&t->config, count, words, &t->arena, &help));
    return lac_train_resolve(&t->config, &t->arena);
}

static lac_status open_workers(struct trial *t, lac_trial_change *change, void *context,
                               uint32_t *opened)
{
    for (*opened = 0; *opened < t->ranks; ++*opened) {
        uint32_t i = *opened;
        struct lac_place place = {.rank = i + 1, .ranks = t->ranks, .host = "trial"};
        LAC_TRY(lac_worker_open(&t->peer[i], &t->config, &place, LAC_OK, &t->worker_arena[i]));
        t->changed[i] = (struct changed){.peer = t->peer[i],
                                         .statics = &t->statics,
                                         .rank = i + 1,
                                         .change = change,
                                         .context = context,
                                         .arena = &t->frames};
        t->seen[i] = t->peer[i];
        t->seen[i].self = &t->changed[i];
        t->seen[i].accept = changed_accept;
        t->seen[i].next = changed_next;
    }
    return LAC_OK;
}

static lac_status run(struct trial *t, lac_trial_change *change, void *context)
{
    uint32_t opened;
    struct lac_seat seat = {.host = "trial"};
    struct lac_job job = {
        .config = &t->config, .began = lac_seconds(), .serve = serve, .context = t};
    LAC_TRY(lac_trial_statics_open(&t->statics, t->ranks, &t->arena));
    lac_status status = open_workers(t, change, context, &opened);
    if (status == LAC_OK) {
        status = lac_solo_open_ranks(&seat.transport, t->seen, t->ranks, &t->arena);
    }
    if (status == LAC_OK) {
        status = lac_launch_serve(&job, &seat, &t->arena);
    }
    for (uint32_t i = 0; i < opened; i++) {
        lac_worker_close(&t->peer[i]);
    }
    return status;
}

lac_status lac_trial_run(struct lac_trial_run *out, uint32_t ranks, const char *options,
                         lac_trial_change *change, void *context)
{
    struct trial t = {.out = out, .ranks = ranks};
    *out = (struct lac_trial_run){0};
    LAC_ASSERT(ranks >= 1 && ranks <= LAC_TRIAL_RANKS);
    lac_status status = configure(&t, options);
    if (status == LAC_OK) {
        status = run(&t, change, context);
    }
    lac_arena_free(&t.arena);
    lac_arena_free(&t.frames);
    for (uint32_t i = 0; i < ranks; i++) {
        lac_arena_free(&t.worker_arena[i]);
    }
    return status;
}

bool lac_trial_same(const struct lac_trial_run *a, const struct lac_trial_run *b)
{
    return strcmp(a->digest, b->digest) == 0 && a->rows == b->rows &&
           memcmp(&a->up, &b->up, sizeof a->up) == 0 &&
           memcmp(&a->down, &b->down, sizeof a->down) == 0 && a->last.loss == b->last.loss;
}
