#include "worker/worker.h"

#include <string.h>

#include "base/machine.h"
#include "worker/worker_state.h"

unsigned char *lac_worker_frame(struct lac_worker *w)
{
    unsigned char *frame = w->ring + w->ring_at * w->ring_bytes;
    w->ring_at = (w->ring_at + 1) % w->ring_count;
    return frame;
}

static void hello(struct lac_worker *w, const unsigned char **frame, size_t *count)
{
    struct lac_writer out;
    struct lac_hello h = {.version = LAC_VERSION,
                          .version_length = strlen(LAC_VERSION),
                          .host = w->place.host,
                          .host_length = strlen(w->place.host),
                          .trajectory = w->config->shared,
                          .trajectory_length = strlen(w->config->shared)};
    lac_frame_begin(&out, w->small, LAC_SMALL_FRAME);
    lac_put_hello(&out, &h);
    lac_frame_end(&out, LAC_MESSAGE_HELLO, 0, LAC_NO_CLIENT, 0);
    *frame = w->small;
    *count = out.bytes;
}

static void report(struct lac_worker *w, const unsigned char **frame, size_t *count)
{
    struct lac_writer out;
    struct lac_worker_report r = {.gradient = w->laps.of[LAC_LAP_GRADIENT],
                                  .compress = w->laps.of[LAC_LAP_COMPRESS],
                                  .total = lac_seconds() - w->seconds_start,
                                  .arena_bytes = w->arena->bytes,
                                  .resident_bytes = (uint64_t)lac_process_resident()};
    lac_frame_begin(&out, w->small, LAC_SMALL_FRAME);
    lac_put_report(&out, &r);
    lac_frame_end(&out, LAC_MESSAGE_REPORT, 0, LAC_NO_CLIENT, w->env.round);
    *frame = w->small;
    *count = out.bytes;
}

static lac_status worker_next(void *self, const unsigned char **frame, size_t *count)
{
    struct lac_worker *w = self;
    *count = 0;
    if (w->doomed != LAC_OK) {
        return w->doomed;
    }
    switch (w->task) {
    case LAC_TASK_HELLO:
        hello(w, frame, count);
        bool scans = !lac_config_generated(w->config) &&
                     (!w->config->data_path || strcmp(w->config->data_path, "-") != 0);
        w->task = scans ? LAC_TASK_SCAN : LAC_TASK_IDLE;
        return LAC_OK;
    case LAC_TASK_SCAN:
        w->task = LAC_TASK_IDLE;
        return lac_worker_scan(w, frame, count);
    case LAC_TASK_QUERY:
        return lac_worker_answer(w, frame, count);
    case LAC_TASK_IDLE:
    case LAC_TASK_ROUND:
        return lac_worker_update(w, frame, count);
    case LAC_TASK_KEPT:
        lac_worker_kept(w, frame, count);
        return LAC_OK;
    case LAC_TASK_REPORT:
        report(w, frame, count);
        w->task = LAC_TASK_DONE;
        return LAC_OK;
    case LAC_TASK_FAILED:
    case LAC_TASK_DONE:
        return LAC_OK;
    }
    return LAC_OK;
}

/* Round f->round begins: what this rank waited for after the one before will not come. */
static lac_status go(struct lac_worker *w, const struct lac_frame *f)
{
    if (!w->started || f->round <= w->released || f->round <= w->env.round ||
        f->round > w->config->rounds) {
        return LAC_FAIL(LAC_E_PROTOCOL, "GO: it is of round %llu, where no rank waits",
                        (unsigned long long)f->round);
    }
    w->released = f->round;
    return LAC_OK;
}

static lac_status worker_accept(void *self, const unsigned char *bytes, size_t count)
{
    struct lac_worker *w = self;
    struct lac_frame f;
    LAC_TRY(lac_frame_parse(bytes, count, &f));
    LAC_TRY(lac_check_header(&f));
    if (f.message == LAC_MESSAGE_STOP) {
        w->apart = f.flags & LAC_FLAG_APART;
        w->task = LAC_TASK_REPORT;
        return LAC_OK;
    }
    if (w->task == LAC_TASK_FAILED) {
        return LAC_OK;
    }
    switch (f.message) {
    case LAC_MESSAGE_PLAN:
    case LAC_MESSAGE_ROWS:
        return lac_worker_plan(w, &f);
    case LAC_MESSAGE_START:
        return lac_worker_start(w, &f);
    case LAC_MESSAGE_ROUND:
        return lac_worker_begin_round(w, &f);
    case LAC_MESSAGE_REPLY:
        return lac_worker_reply(w, &f);
    case LAC_MESSAGE_QUERY:
        return lac_worker_begin_query(w, &f);
    case LAC_MESSAGE_GO:
        return go(w, &f);
    case LAC_MESSAGE_KEEP:
        return lac_worker_keep(w, &f);
    default:
        return LAC_FAIL(LAC_E_PROTOCOL, "a worker does not take the message %s",
                        lac_message_name(f.message));
    }
}

static lac_status worker_failure(void *self, lac_status status, const unsigned char **frame,
                                 size_t *count)
{
    struct lac_worker *w = self;
    struct lac_writer out;
    w->doomed = LAC_OK;
    w->task = LAC_TASK_FAILED;
    lac_frame_begin(&out, w->last_words, LAC_SMALL_FRAME);
    lac_put_error(&out, status, lac_failure());
    lac_frame_end(&out, LAC_MESSAGE_ERROR, 0, LAC_NO_CLIENT, w->env.round);
    *frame = w->last_words;
    *count = out.bytes;
    return LAC_OK;
}

static size_t worker_in_flight(void *self)
{
    struct lac_worker *w = self;
    return w->ring_count > 0 ? w->ring_count : 1;
}

static size_t worker_longest(void *self)
{
    struct lac_worker *w = self;
    size_t rounds = w->ring_bytes > LAC_KEEP_FRAME ? w->ring_bytes : LAC_KEEP_FRAME;
    return w->started ? rounds : 0; /* down and up have one bound */
}

static size_t worker_set_up(void *self)
{
    return lac_worker_longest_of_set_up(self);
}

static size_t worker_dimension(void *self)
{
    struct lac_worker *w = self;
    return w->env.d;
}

static void worker_foresee(void *self, const struct lac_foreseen *f)
{
    struct lac_worker *w = self;
    if (w->ahead) {
        lac_ahead_add(w, f);
    }
}

static bool worker_done(void *self)
{
    struct lac_worker *w = self;
    return w->task == LAC_TASK_DONE;
}

static lac_status open_worker(struct lac_worker *w)
{
    size_t text = strlen(w->config->shared) + strlen(w->place.host);
    if (text > LAC_SMALL_FRAME - 256) {
        return LAC_FAIL(LAC_E_USAGE, "the options are longer than %d bytes", LAC_SMALL_FRAME - 256);
    }
    w->first = lac_first_client(w->config->clients, w->place.ranks, w->place.rank);
    w->count = lac_first_client(w->config->clients, w->place.ranks, w->place.rank + 1) - w->first;
    lac_worker_expect_generated(w);
    return LAC_NEW(w->arena, w->count + 1, &w->local);
}

lac_status lac_worker_open(struct lac_peer *peer, const struct lac_config *config,
                           const struct lac_place *place, lac_status before, struct lac_arena *a)
{
    struct lac_worker *w;
    LAC_TRY(LAC_NEW(a, 1, &w));
    w->config = config;
    w->place = *place;
    w->arena = a;
    w->seconds_start = lac_seconds();
    LAC_TRY(LAC_NEW(a, LAC_SMALL_FRAME, &w->small));
    LAC_TRY(LAC_NEW(a, LAC_SMALL_FRAME, &w->last_words));
    w->doomed = before == LAC_OK ? open_worker(w) : before;
    *peer = (struct lac_peer){.self = w,
                              .laps = &w->laps,
                              .accept = worker_accept,
                              .next = worker_next,
                              .failure = worker_failure,
                              .in_flight = worker_in_flight,
                              .longest = worker_longest,
                              .set_up = worker_set_up,
                              .dimension = worker_dimension,
                              .foresee = worker_foresee,
                              .done = worker_done};
    return LAC_OK;
}

void lac_worker_seal(struct lac_peer *peer, const unsigned char *key)
{
    struct lac_worker *w = peer->self;
    w->key = key;
}

bool lac_worker_ends_apart(const struct lac_peer *peer)
{
    const struct lac_worker *w = peer->self;
    return w->apart;
}

void lac_worker_close(struct lac_peer *peer)
{
    struct lac_worker *w = peer->self;
    lac_keeper_close(&w->keeper);
    lac_worker_close_text(w);
}
