/* Columns on request: asked for and computed at the model of a row, in the evaluation account. */
#include <math.h>

#include "base/vec.h"
#include "server/server_state.h"
#include "server/vector_file.h"
#include "store/optimum.h"

static bool tracks(const struct lac_server *s, uint64_t columns)
{
    return s->track.columns & columns;
}

static void add_number(void *server, uint32_t client, double number, const double *v)
{
    struct lac_server *s = server;
    (void)client;
    s->track.sum += number;
    if (v && s->track.gradient) {
        vec_axpy(s->track.gradient, 1.0, v, s->d);
    }
}

/* The sum over the clients, in their order, of what they answer. */
static lac_status ask_sum(struct lac_server *s, enum lac_query kind, const double *x)
{
    s->track.sum = 0.0;
    if (s->track.gradient) {
        vec_zero(s->track.gradient, s->d);
    }
    return lac_server_ask(s, kind, x, add_number, s);
}

/* The same of answers that are counts. */
static lac_status ask_count(struct lac_server *s, enum lac_query kind, const double *x,
                            uint64_t *count)
{
    LAC_TRY(ask_sum(s, kind, x));
    if (s->track.sum > LAC_MOST_COUNT) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "the clients' answers to question %d add up to %g, too much", (int)kind,
                        s->track.sum);
    }
    *count = (uint64_t)s->track.sum;
    return LAC_OK;
}

/* What `laconic solve` stored; the method is that of a coupled problem, NULL: of f. */
static lac_status find_stored(struct lac_server *s, const char *problem, const char *method,
                              struct lac_optimum *found)
{
    const struct lac_config *c = s->config;
    const char *folder, *words;
    LAC_TRY(lac_optimum_folder(c->optima, s->arena, &folder));
    LAC_TRY(lac_optimum_find(folder, problem, found, s->arena));
    if (!found->x) {
        LAC_TRY(lac_config_solve_words(lac_config_value, c, method, c->optima, s->arena, &words));
        return LAC_FAIL(LAC_E_INPUT, "--%s: '%s' has no optimum of this problem yet: %s",
                        c->optimum_solved ? "optimum" : "solution", folder, words);
    }
    if (found->d != s->d) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' has %zu numbers; the problem has d = %u", found->path,
                        found->d, s->d);
    }
    return LAC_OK;
}

/* f* and x*. */
static lac_status find_solved(struct lac_server *s)
{
    const struct lac_config *c = s->config;
    struct lac_optimum found;
    LAC_TRY(find_stored(s, s->problem, NULL, &found));
    if (c->solution_solved) {
        LAC_TRY(LAC_NEW(s->arena, s->d, &s->track.solution));
        vec_copy(s->track.solution, found.x, s->d);
    }
    s->track.optimum = isfinite(c->optimum) ? c->optimum : found.value;
    return LAC_OK;
}

/* F*, the least of another problem than f*: that of the clients' own models. */
static lac_status find_personal(struct lac_server *s)
{
    const struct lac_config *c = s->config;
    char problem[LAC_DIGEST_TEXT];
    struct lac_optimum found;
    if (!c->optimum_solved || !tracks(s, LAC_TRACK(personal_gap))) {
        s->track.personal_optimum = c->optimum;
        return LAC_OK;
    }
    lac_optimum_coupled(s->problem, s->method->coupling(&s->env) + 0.0, problem);
    LAC_TRY(find_stored(s, problem, c->method, &found));
    s->track.personal_optimum = found.value;
    return LAC_OK;
}

/* x*, and f* where only x* is given: f there. */
static lac_status open_solution(struct lac_server *s)
{
    const struct lac_config *c = s->config;
    s->track.optimum = c->optimum;
    LAC_TRY(find_personal(s));
    if (c->solution_solved || (c->optimum_solved && tracks(s, LAC_TRACK(loss_gap)))) {
        LAC_TRY(find_solved(s));
    }
    if (!c->solution || c->solution_solved) {
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(s->arena, s->d, &s->track.solution));
    LAC_TRY(lac_vector_read("--solution", c->solution, s->d, s->track.solution,
                            &s->solution_warning, s->arena));
    if (!tracks(s, LAC_TRACK(loss_gap)) || isfinite(s->track.optimum)) {
        return LAC_OK;
    }
    LAC_TRY(ask_sum(s, LAC_QUERY_EVALUATE, s->track.solution));
    s->track.optimum = s->track.sum / (double)s->n;
    if (!isfinite(s->track.optimum)) {
        return LAC_FAIL(LAC_E_NUMERIC, "--solution: the loss at '%s' is not finite", c->solution);
    }
    return LAC_OK;
}

/* The columns of models on the clients, and of an objective of theirs. */
static lac_status open_personal(struct lac_server *s)
{
    uint64_t objective = LAC_TRACK(personal_objective) | LAC_TRACK(personal_gap);
    uint64_t spread = LAC_TRACK(model_spread) | objective;
    if (tracks(s, spread | LAC_TRACK(personal_loss)) && lac_state_has_model(&s->method->server)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--track: with %s there is one model for all; the columns personal_... and "
                        "model_spread are of methods whose clients have their own",
                        s->method->name);
    }
    if (tracks(s, objective) && !s->method->coupling) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--track: the clients' models of %s solve no problem of their own; "
                        "personal_loss and model_spread are there",
                        s->method->name);
    }
    return tracks(s, spread) ? LAC_NEW(s->arena, s->d, &s->track.running) : LAC_OK;
}

lac_status lac_server_track_open(struct lac_server *s)
{
    s->track.columns = s->config->tracked;
    LAC_TRY(open_personal(s));
    if (tracks(s, LAC_TRACK(test_loss) | LAC_TRACK(test_grad_norm_sq) | LAC_TRACK(loss_gap))) {
        LAC_TRY(LAC_NEW(s->arena, s->d, &s->track.gradient));
    }
    if (s->config->test) {
        LAC_TRY(ask_count(s, LAC_QUERY_TEST_ROWS, NULL, &s->track.test_rows));
        if (s->track.test_rows == 0 || s->track.test_rows > UINT32_MAX) {
            return LAC_FAIL(LAC_E_PROTOCOL, "all clients together say that --test has %llu rows",
                            (unsigned long long)s->track.test_rows);
        }
    }
    return open_solution(s);
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
    if (tracks(s, LAC_TRACK(test_loss) | LAC_TRACK(test_grad_norm_sq))) {
        LAC_TRY(ask_sum(s, LAC_QUERY_TEST, x));
        row->test_loss = s->track.sum / m;
        row->test_grad_norm_sq = vec_norm_sq(s->track.gradient, s->d) / (m * m);
    }
    if (tracks(s, LAC_TRACK(test_accuracy))) {
        LAC_TRY(ask_count(s, LAC_QUERY_TEST_CORRECT, x, &correct));
        row->test_accuracy = (double)correct / m;
    }
    return LAC_OK;
}

static lac_status ask_oracle(struct lac_server *s, struct lac_row *row)
{
    if (tracks(s, LAC_TRACK(oracle_rows))) {
        LAC_TRY(ask_count(s, LAC_QUERY_ORACLE_ROWS, NULL, &row->oracle_rows));
    }
    if (tracks(s, LAC_TRACK(oracle_full))) {
        LAC_TRY(ask_count(s, LAC_QUERY_ORACLE_FULL, NULL, &row->oracle_full));
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
    row->personal_loss = tracks(s, LAC_TRACK(personal_loss)) ? s->personal_loss : 0.0;
    row->model_spread = tracks(s, LAC_TRACK(model_spread)) ? spread : 0.0;
    row->personal_objective = tracks(s, LAC_TRACK(personal_objective)) ? objective : 0.0;
    row->personal_gap =
        tracks(s, LAC_TRACK(personal_gap)) ? objective - s->track.personal_optimum : 0.0;
}

lac_status lac_server_track(struct lac_server *s, struct lac_row *row)
{
    const double *x = lac_server_model(s);
    double before = lac_seconds();
    if (tracks(s, LAC_TRACK(x_norm))) {
        row->x_norm = sqrt(vec_norm_sq(x, s->d));
    }
    if (tracks(s, LAC_TRACK(distance_sq))) {
        row->distance_sq = distance_sq(x, s->track.solution, s->d);
    }
    put_personal(s, row);
    LAC_TRY(ask_oracle(s, row));
    LAC_TRY(ask_test(s, x, row));
    s->seconds.evaluate += lac_seconds() - before;
    return LAC_OK;
}

void lac_server_track_loss(const struct lac_server *s, struct lac_row *row)
{
    if (tracks(s, LAC_TRACK(loss_gap))) {
        row->loss_gap = row->loss - s->track.optimum;
    }
    if (tracks(s, LAC_TRACK(grad_client_mean_sq))) {
        row->grad_client_mean_sq =
            s->track.squares_sum / lac_counted(&s->env.sampling.absence, s->n, row->round);
    }
}
