#include "server/server.h"

#include <string.h>
#include <unistd.h>

#include "method/first_model.h"
#include "protocol/open_method.h"
#include "server/server_state.h"
#include "server/vector_file.h"
#include "transport/post.h"

static lac_status take(struct lac_server *s, const struct lac_expected *what, struct lac_frame *f)
{
    LAC_TRY(lac_receive(s->transport, what, f));
    LAC_TRY(lac_blame(what->rank, lac_check_header(f)));
    if (f->message == LAC_MESSAGE_ERROR) {
        return lac_take_error(f, what->rank);
    }
    if (f->message != what->message) {
        return LAC_FAIL(LAC_E_PROTOCOL, "[rank %u] sent %s where %s was expected", what->rank,
                        lac_message_name(f->message), lac_message_name(what->message));
    }
    return LAC_OK;
}

lac_status lac_server_take(struct lac_server *s, uint32_t rank, uint16_t message,
                           struct lac_frame *f)
{
    const struct lac_expected what = {rank, message, LAC_NO_CLIENT, s->env.round};
    return take(s, &what, f);
}

lac_status lac_server_take_of_client(struct lac_server *s, uint32_t client, uint16_t message,
                                     struct lac_frame *f)
{
    uint32_t rank = lac_rank_of(s->n, s->transport->ranks, client);
    const struct lac_expected what = {rank, message, client, s->env.round};
    LAC_TRY(take(s, &what, f));
    if (f->client != client || f->round != s->env.round) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "[rank %u] client %u of round %llu answered where client %u of round %llu "
                        "was expected",
                        rank, f->client, (unsigned long long)f->round, client,
                        (unsigned long long)s->env.round);
    }
    return LAC_OK;
}

lac_status lac_server_broadcast(struct lac_server *s, const unsigned char *frame, size_t count)
{
    for (uint32_t rank = 1; rank <= s->transport->ranks; rank++) {
        LAC_TRY(lac_send(s->transport, rank, frame, count));
    }
    return lac_flush(s->transport);
}

void lac_server_name_difference(const struct lac_two_texts *t, char *out, size_t size)
{
    enum { MOST = 200 };
    const char *a = t->text[0], *a_end = a + t->length[0], *b = t->text[1],
               *b_end = b + t->length[1];
    while (a < a_end && b < b_end) {
        const char *a_line = memchr(a, '\n', (size_t)(a_end - a));
        const char *b_line = memchr(b, '\n', (size_t)(b_end - b));
        size_t m = (size_t)((a_line ? a_line : a_end) - a);
        size_t n = (size_t)((b_line ? b_line : b_end) - b);
        if (m != n || memcmp(a, b, m) != 0) {
            snprintf(out, size, "'%.*s' %s, '%.*s' %s", (int)(m < MOST ? m : MOST), a, t->where[0],
                     (int)(n < MOST ? n : MOST), b, t->where[1]);
            return;
        }
        a += m + 1;
        b += n + 1;
    }
    bool is_first = a < a_end;
    const char *more = is_first ? a : b, *end = is_first ? a_end : b_end;
    const char *line = more < end ? memchr(more, '\n', (size_t)(end - more)) : NULL;
    size_t m = more < end ? (size_t)((line ? line : end) - more) : 0;
    snprintf(out, size, "'%.*s' %s alone", (int)(m < MOST ? m : MOST), more, t->where[!is_first]);
}

static lac_status check_hello(struct lac_server *s, uint32_t rank, const struct lac_hello *h)
{
    char difference[500];
    const char *ours = s->config->shared;
    const struct lac_two_texts both = {
        {h->trajectory, ours}, {h->trajectory_length, strlen(ours)}, {"there", "here"}};
    if (h->version_length != strlen(LAC_VERSION) ||
        memcmp(h->version, LAC_VERSION, h->version_length) != 0) {
        return LAC_FAIL(LAC_E_USAGE, "rank %u on %.*s runs laconic %.*s, rank 0 runs %s", rank,
                        (int)h->host_length, h->host, (int)h->version_length, h->version,
                        LAC_VERSION);
    }
    if (h->trajectory_length != strlen(ours) || memcmp(h->trajectory, ours, strlen(ours)) != 0) {
        lac_server_name_difference(&both, difference, sizeof difference);
        return LAC_FAIL(LAC_E_USAGE, "rank %u on %.*s was started with other options: %s", rank,
                        (int)h->host_length, h->host, difference);
    }
    return LAC_OK;
}

static bool has_name(const struct lac_machine *m, const char *host, size_t length)
{
    return strlen(m->host) == length && memcmp(m->host, host, length) == 0;
}

/* Where the rank runs; those below it are placed. */
static lac_status place(struct lac_server *s, uint32_t rank, const char *host, size_t length)
{
    char *name;
    for (uint32_t r = 0; r < rank; r++) {
        if (s->machine[r].first == r && has_name(&s->machine[r], host, length)) {
            s->machine[rank] = s->machine[r];
            return LAC_OK;
        }
    }
    LAC_TRY(LAC_NEW(s->arena, length + 1, &name));
    memcpy(name, host, length);
    s->machine[rank] = (struct lac_machine){.host = name, .first = rank};
    return LAC_OK;
}

static lac_status greet(struct lac_server *s)
{
    LAC_TRY(LAC_NEW(s->arena, s->transport->ranks + 1, &s->machine));
    const char *here = s->host ? s->host : "";
    LAC_TRY(place(s, 0, here, strlen(here)));
    for (uint32_t rank = 1; rank <= s->transport->ranks; rank++) {
        struct lac_frame f;
        struct lac_hello h;
        LAC_TRY(lac_server_take(s, rank, LAC_MESSAGE_HELLO, &f));
        LAC_TRY(lac_blame(rank, lac_take_hello(&f, &h)));
        LAC_TRY(check_hello(s, rank, &h));
        LAC_TRY(place(s, rank, h.host, h.host_length));
    }
    return LAC_OK;
}

static lac_status find_start(struct lac_server *s)
{
    const char *given = s->config->start;
    const struct lac_method *m = s->method;
    const char *const names[] = {"zero", "compressed", "exact"};
    const enum lac_start starts[] = {LAC_START_ZERO, LAC_START_COMPRESSED, LAC_START_EXACT};
    if (!given) {
        s->env.start = m->starts ? m->start_default : LAC_START_ZERO;
        return LAC_OK;
    }
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(given, names[i]) == 0 && (m->starts & starts[i])) {
            s->env.start = starts[i];
            return LAC_OK;
        }
    }
    if (!m->starts) {
        return LAC_FAIL(LAC_E_USAGE, "--init: %s has no round 0; leave the option out", m->name);
    }
    return LAC_FAIL(LAC_E_USAGE, "--init: '%s' is none of those that %s knows:%s%s%s", given,
                    m->name, m->starts & LAC_START_ZERO ? " zero" : "",
                    m->starts & LAC_START_COMPRESSED ? " compressed" : "",
                    m->starts & LAC_START_EXACT ? " exact" : "");
}

static lac_status find_first_model(struct lac_server *s)
{
    struct lac_first_model first;
    double *x0;
    LAC_TRY(lac_first_model_open(&first, s->config->x0));
    LAC_TRY(LAC_NEW(s->arena, s->d, &x0));
    lac_first_model_fill(&first, s->config->seed, s->d, x0);
    s->env.x0 = x0;
    s->sends_x0 = first.kind == LAC_FIRST_FILE;
    if (s->sends_x0 && access(first.path, F_OK) != 0) {
        char known[200];
        lac_choices_usage(&lac_first_models, known, sizeof known);
        return LAC_FAIL(LAC_E_INPUT, "--x0: there is no file '%s', and it is none of %s",
                        first.path, known);
    }
    return s->sends_x0 ? lac_vector_read("--x0", first.path, s->d, x0, &s->x0_warning, s->arena)
                       : LAC_OK;
}

static lac_status open_method(struct lac_server *s)
{
    struct lac_env *e = &s->env;
    LAC_TRY(lac_method_find(s->config->method, &s->method));
    e->d = s->d;
    e->n = s->n;
    e->seed = s->config->seed;
    e->constants = &s->constants;
    LAC_TRY(find_first_model(s));
    LAC_TRY(find_start(s));
    double before = (double)s->arena->bytes;
    LAC_TRY(lac_open_method(s->method, e, s->config, s->arena));
    s->method_bytes = (double)s->arena->bytes - before;
    return LAC_OK;
}

static lac_status allocate(struct lac_server *s)
{
    s->down_bytes = lac_round_frame(s->method, &s->env);
    LAC_TRY(LAC_NEW(s->arena, s->down_bytes, &s->down));
    LAC_TRY(LAC_NEW(s->arena, s->n, &s->who));
    LAC_TRY(LAC_NEW(s->arena, 2 * (size_t)s->n, &s->expected));
    LAC_TRY(LAC_NEW(s->arena, s->transport->ranks + 1, &s->late.seconds));
    LAC_TRY(LAC_NEW(s->arena, s->d, &s->sum));
    LAC_TRY(LAC_NEW(s->arena, s->d, &s->mean));
    LAC_TRY(LAC_NEW(s->arena, s->n, &s->L_i));
    struct lac_room room = lac_round_room(s->method, &s->env);
    room.buffer = s->config->server_buffer;
    return lac_window(s->transport, &room, s->arena);
}

lac_status lac_server_set_up(struct lac_server *s)
{
    s->n = s->config->clients;
    s->forwards = lac_config_forwards(s->config);
    bool star = strcmp(s->config->topology, lac_topology_name(LAC_STAR)) == 0;
    s->copies_up = s->forwards && !star ? s->n - 1 : 1;
    s->copies_down = s->forwards && star ? s->n : 0;
    LAC_TRY(greet(s));
    LAC_TRY(lac_server_data(s));
    LAC_TRY(lac_server_find_checkpoint(s));
    LAC_TRY(open_method(s));
    LAC_TRY(lac_server_absence_open(s));
    LAC_TRY(allocate(s));
    LAC_TRY(lac_server_weigh(s));
    if (s->config->out || s->config->out_private || s->config->checkpoint ||
        lac_config_wants_optimum(s->config)) {
        LAC_TRY(lac_server_problem(s));
    }
    LAC_TRY(lac_server_track_open(s));
    LAC_TRY(lac_server_memory(s));
    LAC_TRY(lac_server_rules(s));
    LAC_TRY(lac_arena_array(s->arena, 1, s->method->server.size + 1, &s->state));
    LAC_TRY(lac_state_setup(&s->method->server, s->state, &s->env, s->arena));
    LAC_TRY(lac_server_keep_open(s));
    LAC_TRY(lac_server_check_problem(s, false));
    LAC_TRY(lac_server_find_rows(s));
    s->seconds.setup = lac_seconds() - s->began;
    return LAC_OK;
}

bool lac_server_model_is_whole(const struct lac_server *s)
{
    return !s->env.overlaps || s->rounds_done == s->env.round;
}

const double *lac_server_model(const struct lac_server *s)
{
    const double *x = lac_state_model(&s->method->server, s->state);
    return x ? x : s->mean;
}

/* Frames of a failed run are still on their way: they are read off until the rank's report. A rank's
   failure that nobody asked for until now becomes the run's. */
static lac_status take_report(struct lac_server *s, uint32_t rank)
{
    lac_status failure = LAC_OK;
    for (;;) {
        struct lac_frame f;
        const struct lac_expected what = {rank, LAC_MESSAGE_REPORT, LAC_NO_CLIENT, s->env.round};
        LAC_TRY(lac_receive(s->transport, &what, &f));
        LAC_TRY(lac_blame(rank, lac_check_header(&f)));
        if (f.message == LAC_MESSAGE_ERROR) {
            failure = lac_take_error(&f, rank);
        }
        if (f.message == LAC_MESSAGE_REPORT) {
            LAC_TRY(lac_blame(rank, lac_take_report(&f, &s->reports[rank])));
            return failure;
        }
    }
}

lac_status lac_server_stop(struct lac_server *s)
{
    unsigned char frame[LAC_FRAME_HEADER];
    struct lac_writer w;
    bool apart = s->transport->gone_count > 0;
    s->transport->drops = apart; /* else all meet at the end, and who does not come is lost there */
    lac_forget(s->transport);
    lac_frame_begin(&w, frame, sizeof frame);
    lac_frame_end(&w, LAC_MESSAGE_STOP, apart ? LAC_FLAG_APART : 0, LAC_NO_CLIENT, s->env.round);
    LAC_TRY(lac_server_broadcast(s, frame, w.bytes));
    lac_status status = LAC_OK;
    for (uint32_t rank = 1; rank <= s->transport->ranks; rank++) {
        lac_status reported = lac_is_gone(s->transport, rank) ? LAC_OK : take_report(s, rank);
        if (reported == LAC_E_LOST && lac_is_gone(s->transport, rank)) {
            reported = LAC_OK; /* all that it had to give was taken */
        }
        status = status == LAC_OK ? reported : status;
    }
    s->seconds.total = lac_seconds() - s->began;
    return status;
}
