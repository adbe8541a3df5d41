/* Columns on request: asked for and computed at the model of a row, in the evaluation account. */
#include <math.h>

#include "base/machine.h"
#include "base/vec.h"
#include "server/track_parts.h"

static const uint64_t of_bits = LAC_TRACK(bits_up_value) | LAC_TRACK(bits_up_index) |
                                LAC_TRACK(bits_up_header) | LAC_TRACK(bits_up_seal) |
                                LAC_TRACK(bits_up_padding) | LAC_TRACK(bits_down_value) |
                                LAC_TRACK(bits_down_index) | LAC_TRACK(bits_down_header) |
                                LAC_TRACK(bits_down_seal) | LAC_TRACK(bits_down_padding);
static const uint64_t of_seconds = LAC_TRACK(seconds_send) | LAC_TRACK(seconds_wait) |
                                   LAC_TRACK(seconds_aggregate) | LAC_TRACK(seconds_step) |
                                   LAC_TRACK(seconds_evaluate) | LAC_TRACK(network_seconds);

static void add_number(void *server, uint32_t client, double number, const double *v)
{
    struct lac_server *s = server;
    (void)client;
    s->track.sum += number;
    if (v && s->track.gradient) {
        vec_axpy(s->track.gradient, 1.0, v, s->d);
    }
}

lac_status lac_track_ask(struct lac_server *s, enum lac_query kind, const double *x)
{
    s->track.sum = 0.0;
    s->track.answers = 0;
    if (s->track.gradient) {
        vec_zero(s->track.gradient, s->d);
    }
    return lac_server_ask(s, kind, x, add_number, s);
}

lac_status lac_track_take_count(enum lac_query kind, double sum, uint64_t *count)
{
    if (sum > LAC_MOST_COUNT) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "the clients' answers to question %d add up to %g, too much", (int)kind,
                        sum);
    }
    *count = (uint64_t)sum;
    return LAC_OK;
}

lac_status lac_track_ask_count(struct lac_server *s, enum lac_query kind, const double *x,
                               uint64_t *count)
{
    LAC_TRY(lac_track_ask(s, kind, x));
    return lac_track_take_count(kind, s->track.sum, count);
}

/* The columns of models on the clients, and of an objective of theirs. */
static lac_status open_personal(struct lac_server *s)
{
    uint64_t objective = LAC_TRACK(personal_objective) | LAC_TRACK(personal_gap);
    uint64_t spread = LAC_TRACK(model_spread) | objective;
    if (lac_tracks(s, spread | LAC_TRACK(personal_loss)) &&
        lac_state_has_model(&s->method->server)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--track: with %s there is one model for all; the columns personal_... and "
                        "model_spread are of methods whose clients have their own",
                        s->method->name);
    }
    if (lac_tracks(s, objective) && !s->method->coupling) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--track: the clients' models of %s solve no problem of their own; "
                        "personal_loss and model_spread are there",
                        s->method->name);
    }
    return lac_tracks(s, spread) ? LAC_NEW(s->arena, s->d, &s->track.running) : LAC_OK;
}

static lac_status open_estimate(struct lac_server *s)
{
    const struct lac_method *m = s->method;
    if (lac_tracks(s, LAC_TRACK(estimate_error_sq)) &&
        !lac_state_has(&m->server, &s->env, LAC_ESTIMATE)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--track: the server of %s keeps no estimate of grad f between rounds; "
                        "estimate_error_sq is of methods whose server does",
                        m->name);
    }
    return LAC_OK;
}

static lac_status open_network(struct lac_server *s)
{
    const struct lac_config *c = s->config;
    if (c->network.text && s->forwards && (s->copies_down == 0)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--network: sealed blocks take other ways with --topology %s; "
                        "it is for star",
                        c->topology);
    }
    return lac_network_open(&s->track.network, &c->network, s->n, s->arena);
}

static bool asks_gradients(const struct lac_server *s)
{
    return lac_tracks(s, LAC_TRACK(test_loss) | LAC_TRACK(test_grad_norm_sq) | LAC_TRACK(loss_gap) |
                             LAC_TRACK(average_loss) | LAC_TRACK(average_grad_norm_sq) |
                             LAC_TRACK(drawn_loss) | LAC_TRACK(drawn_grad_norm_sq));
}

lac_status lac_server_track_open(struct lac_server *s)
{
    s->track.columns = s->config->tracked;
    s->track.kept.least = HUGE_VAL;
    LAC_TRY(open_personal(s));
    if (asks_gradients(s)) {
        LAC_TRY(LAC_NEW(s->arena, s->d, &s->track.gradient));
    }
    if (s->config->test) {
        LAC_TRY(lac_track_ask_count(s, LAC_QUERY_TEST_ROWS, NULL, &s->track.test_rows));
        if (s->track.test_rows == 0 || s->track.test_rows > UINT32_MAX) {
            return LAC_FAIL(LAC_E_PROTOCOL, "all clients together say that --test has %llu rows",
                            (unsigned long long)s->track.test_rows);
        }
    }
    LAC_TRY(lac_track_open_iterates(s));
    LAC_TRY(lac_track_open_clients(s));
    LAC_TRY(open_estimate(s));
    LAC_TRY(open_network(s));
    LAC_TRY(lac_track_open_solution(s));
    return lac_track_measure_by(s);
}

/* Of the clients that the row is of. */
static double test_rows(const struct lac_server *s)
{
    uint64_t rows = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        bool counts = !lac_is_uncounted(&s->env.sampling.absence, i, s->env.round);
        rows += counts ? lac_server_test_rows(s, i) : 0;
    }
    return (double)rows;
}

static lac_status ask_test(struct lac_server *s, const double *x, struct lac_row *row)
{
    double m = test_rows(s);
    uint64_t correct;
    if (lac_tracks(s, LAC_TRACK(test_loss) | LAC_TRACK(test_grad_norm_sq))) {
        LAC_TRY(lac_track_ask(s, LAC_QUERY_TEST, x));
        row->test_loss = s->track.sum / m;
        row->test_grad_norm_sq = vec_norm_sq(s->track.gradient, s->d) / (m * m);
    }
    if (lac_tracks(s, LAC_TRACK(test_accuracy))) {
        LAC_TRY(lac_track_ask_count(s, LAC_QUERY_TEST_CORRECT, x, &correct));
        row->test_accuracy = (double)correct / m;
    }
    return LAC_OK;
}

static double distance_sq(const double *x, const double *y, size_t d)
{
    double sum = 0.0;
    for (size_t j = 0; j < d; j++) {
        sum += (x[j] - y[j]) * (x[j] - y[j]);
    }
    return sum;
}

/* Welford's sums: the spread keeps its digits where the models are large and nearly one. */
void lac_server_track_model(struct lac_server *s, uint32_t client, const double *x)
{
    double *mean = s->track.running, before = (double)client, sum = 0.0;
    for (size_t j = 0; mean && j < s->d; j++) {
        double off = client == 0 ? 0.0 : x[j] - mean[j];
        sum += off * off;
        mean[j] = client == 0 ? x[j] : mean[j] + off / (before + 1.0);
    }
    s->track.spread_sum = client == 0 ? 0.0 : s->track.spread_sum + before / (before + 1.0) * sum;
}

static void put_personal(const struct lac_server *s, struct lac_row *row)
{
    double lambda = s->method->coupling ? s->method->coupling(&s->env) : 0.0;
    double spread = s->track.spread_sum / (double)s->n;
    double objective = s->personal_loss + 0.5 * lambda * spread;
    row->personal_loss = lac_tracks(s, LAC_TRACK(personal_loss)) ? s->personal_loss : 0.0;
    row->model_spread = lac_tracks(s, LAC_TRACK(model_spread)) ? spread : 0.0;
    row->personal_objective = lac_tracks(s, LAC_TRACK(personal_objective)) ? objective : 0.0;
    row->personal_gap =
        lac_tracks(s, LAC_TRACK(personal_gap)) ? objective - s->track.personal_optimum : 0.0;
}

static void put_bits(const struct lac_server *s, struct lac_row *row)
{
    const struct lac_bits *up = &s->ledger.up, *down = &s->ledger.down;
    row->bits_up_value = up->of[LAC_BITS_VALUE];
    row->bits_up_index = up->of[LAC_BITS_INDEX];
    row->bits_up_header = up->of[LAC_BITS_HEADER];
    row->bits_up_seal = up->of[LAC_BITS_SEAL];
    row->bits_up_padding = up->of[LAC_BITS_PADDING];
    row->bits_down_value = down->of[LAC_BITS_VALUE];
    row->bits_down_index = down->of[LAC_BITS_INDEX];
    row->bits_down_header = down->of[LAC_BITS_HEADER];
    row->bits_down_seal = down->of[LAC_BITS_SEAL];
    row->bits_down_padding = down->of[LAC_BITS_PADDING];
}

/* Of all starts of the run. */
static struct lac_seconds stages(const struct lac_server *s)
{
    const struct lac_seconds *now = &s->seconds, *before = &s->track.before;
    return (struct lac_seconds){.send = before->send + now->send,
                                .wait = before->wait + now->wait,
                                .aggregate = before->aggregate + now->aggregate,
                                .step = before->step + now->step,
                                .evaluate = before->evaluate + now->evaluate};
}

static void put_seconds(const struct lac_server *s, struct lac_row *row)
{
    struct lac_seconds t = stages(s);
    row->seconds_send = t.send;
    row->seconds_wait = t.wait;
    row->seconds_aggregate = t.aggregate;
    row->seconds_step = t.step;
    row->seconds_evaluate = t.evaluate;
    row->network_seconds = s->track.kept.network_seconds;
}

static void keep_most(void *server, uint32_t client, double number, const double *v)
{
    struct lac_server *s = server;
    (void)client;
    (void)v;
    s->track.sum = fmax(s->track.sum, number);
}

static lac_status put_memory(struct lac_server *s, struct lac_row *row)
{
    if (lac_tracks(s, LAC_TRACK(memory_server))) {
        row->memory_server = (uint64_t)lac_process_resident();
    }
    if (lac_tracks(s, LAC_TRACK(memory_worker))) {
        s->track.sum = 0.0;
        LAC_TRY(lac_server_ask(s, LAC_QUERY_RESIDENT, NULL, keep_most, s));
        row->memory_worker = (uint64_t)s->track.sum;
    }
    return LAC_OK;
}

void lac_server_track_round(struct lac_server *s)
{
    lac_track_add_iterate(s);
    lac_server_track_phase(s);
}

void lac_server_track_phase(struct lac_server *s)
{
    if (s->track.network.access) {
        s->track.kept.network_seconds += lac_network_end_phase(&s->track.network);
    }
}

void lac_server_track_note(struct lac_server *s)
{
    s->track.kept.stages = stages(s);
}

void lac_server_track_recall(struct lac_server *s)
{
    s->track.before = s->track.kept.stages;
}

lac_status lac_server_track(struct lac_server *s, struct lac_row *row)
{
    const double *x = lac_server_model(s);
    if (lac_tracks(s, LAC_TRACK(x_norm))) {
        row->x_norm = sqrt(vec_norm_sq(x, s->d));
    }
    if (lac_tracks(s, LAC_TRACK(distance_sq))) {
        row->distance_sq = distance_sq(x, s->track.solution, s->d);
    }
    put_personal(s, row);
    if (lac_tracks(s, of_bits)) {
        put_bits(s, row);
    }
    LAC_TRY(lac_track_counts(s, row));
    LAC_TRY(ask_test(s, x, row));
    LAC_TRY(lac_track_clients(s, row));
    LAC_TRY(lac_track_iterates(s, row));
    LAC_TRY(put_memory(s, row));
    if (lac_tracks(s, of_seconds)) {
        put_seconds(s, row);
    }
    return LAC_OK;
}

/* |g - grad f|^2 of the gradients at hand. */
static double estimate_error(const struct lac_server *s, uint64_t round)
{
    const double *g = lac_state_of(&s->method->server, &s->env, LAC_ESTIMATE, s->state);
    double sum = 0.0, n = lac_counted(&s->env.sampling.absence, s->n, round);
    for (size_t j = 0; j < s->d; j++) {
        double off = g[j] - s->sum[j] / n;
        sum += off * off;
    }
    return sum;
}

void lac_server_track_loss(struct lac_server *s, struct lac_row *row)
{
    struct lac_track_kept *kept = &s->track.kept;
    kept->least = fmin(kept->least, row->grad_norm_sq);
    row->grad_norm_sq_min = lac_tracks(s, LAC_TRACK(grad_norm_sq_min)) ? kept->least : 0.0;
    if (lac_tracks(s, LAC_TRACK(estimate_error_sq))) {
        row->estimate_error_sq = estimate_error(s, row->round);
    }
    lac_track_losses(s, row);
    lac_track_keep_counts(s, row->round);
    if (lac_tracks(s, LAC_TRACK(loss_gap))) {
        row->loss_gap = row->loss - s->track.optimum;
    }
    if (lac_tracks(s, LAC_TRACK(grad_client_mean_sq))) {
        row->grad_client_mean_sq =
            s->track.squares_sum / lac_counted(&s->env.sampling.absence, s->n, row->round);
    }
}
