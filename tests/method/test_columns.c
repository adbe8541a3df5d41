/* Every column on request with every method: taken or refused by name, the same on any ranks, that of a recomputation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "check.h"
#include "method/minibatch.h"
#include "store/columns.h"
#include "tap.h"

enum { D = 12, N = 6, ROUNDS = 10 };

#define PROBLEM "--data synth:logistic,d=12,m=5 --clients 6 --regularizer l2:0.1 --step 0.05 "

static char test_path[64], solution_path[64];

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        printf("Bail out! cannot write %s\n", path);
        exit(1);
    }
    return file;
}

static void write_files(void)
{
    FILE *file = create(test_path);
    fputs("1 1:0.5 3:-1\n-1 2:1 12:0.25\n1 4:1\n", file);
    fclose(file);
    file = create(solution_path);
    for (int j = 0; j < D; j++) {
        fprintf(file, "%d\n", j % 3 - 1);
    }
    fclose(file);
}

static void options_of(char *out, size_t size, const struct lac_method *m, const char *more)
{
    bool takes = m->channels[0].option == LAC_FROM_COMPRESSOR && lac_method_channels(m) > 0;
    snprintf(out, size, PROBLEM "--method %s %s--rounds %d %s", runnable(m),
             takes ? "--compressor natural " : "", ROUNDS, more);
}

/* What a column needs besides its name. */
static const char *needs(const char *column)
{
    static char text[200];
    bool of_test = strncmp(column, "test_", 5) == 0;
    bool of_solution = strcmp(column, "distance_sq") == 0 || strcmp(column, "loss_gap") == 0;
    snprintf(text, sizeof text, "%s%s%s", of_test ? "--test " : "",
             of_test                                  ? test_path
             : of_solution                            ? "--solution "
             : strcmp(column, "personal_gap") == 0    ? "--optimum 0.1"
             : strcmp(column, "network_seconds") == 0 ? "--network latency=5ms"
                                                      : "",
             of_solution ? solution_path : "");
    return text;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The name that the method's papers have for what stands for grad f, or NULL; of a client for its grad f_i. */
static const char *estimate_of(struct ranks_run *r)
{
    static const char *const names[] = {"target", "g"};
    for (size_t i = 0; i < 2; i++) {
        if (server_vector(r, names[i])) {
            return names[i];
        }
    }
    return NULL;
}

static const char *shift_of(struct ranks_run *r)
{
    static const char *const names[] = {"g_i", "h_i", "h_m", "c_i", "h"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (client_vector(r, 0, names[i])) {
            return names[i];
        }
    }
    bool reshuffles = strncmp(r->solo.server.method->name, "diana-rr", 8) == 0;
    return reshuffles && client_vector(r, 0, "shift") ? "shift" : NULL;
}

static bool applies(struct ranks_run *r, const char *column)
{
    const struct lac_method *m = r->solo.server.method;
    bool one_model = lac_state_has_model(&m->server);
    if (strcmp(column, "estimate_error_sq") == 0) {
        return estimate_of(r) != NULL;
    }
    if (strcmp(column, "shift_error") == 0) {
        return shift_of(r) != NULL;
    }
    if (begins(column, "average_") || begins(column, "drawn_")) {
        return one_model;
    }
    if (strcmp(column, "personal_objective") == 0 || strcmp(column, "personal_gap") == 0) {
        return m->coupling != NULL;
    }
    return one_model ? !begins(column, "personal_") && !begins(column, "model_") : true;
}

/* Each column alone: it opens where it applies, and is refused where not. The names of those that apply: out. */
static void each_alone(const struct lac_method *m, char *out, size_t size)
{
    static struct trace plain, t;
    char options[1024], more[400];
    unsigned wrong = 0;
    size_t used = 0, taken = 0;
    options_of(options, sizeof options, m, "--rounds 0");
    trace_run(&plain, 1, options);
    for (size_t c = LAC_ROW_COLUMN_COUNT; c < LAC_COLUMN_COUNT; c++) {
        const char *name = lac_columns[c].name;
        snprintf(more, sizeof more, "--rounds 0 --track %s %s", name, needs(name));
        options_of(options, sizeof options, m, more);
        bool opened = trace_open(&t, 1, options) == LAC_OK;
        bool named = strstr(lac_failure(), "--track") && strstr(lac_failure(), m->name) &&
                     !strchr(lac_failure(), '\n');
        bool fits = applies(&plain.run, name);
        bool bad = opened != fits || (!opened && !named);
        wrong += bad;
        if (bad) {
            printf("# %s with %s: %s\n", name, m->name, opened ? "taken" : lac_failure());
        }
        trace_close(&t);
        if (fits && strcmp(name, "personal_gap") != 0) {
            used += (size_t)snprintf(out + used, size - used, "%s%s", taken++ > 0 ? "," : "", name);
        }
    }
    tap_ok(wrong == 0, "%s takes %zu columns, and refuses the others by their names and its own",
           m->name, taken);
    trace_close(&plain);
}

/* Everything that a row has but times, memory and what MPI carried. */
static struct lac_row steady(const struct lac_row *row)
{
    struct lac_row r = *row;
    r.seconds = r.seconds_send = r.seconds_wait = r.seconds_aggregate = r.seconds_step =
        r.seconds_evaluate = 0.0;
    r.mpi_server = r.mpi_workers = r.memory_server = r.memory_worker = 0;
    return r;
}

static bool same_columns(const struct trace *a, const struct trace *b)
{
    bool same = a->status == LAC_OK && b->status == LAC_OK && a->rows == b->rows && a->rows > 0;
    for (size_t i = 0; same && i < a->rows; i++) {
        struct lac_row x = steady(&a->row[i]), y = steady(&b->row[i]);
        same = lac_row_check(0, &x, UINT64_MAX >> (64 - LAC_COLUMN_COUNT)) ==
               lac_row_check(0, &y, UINT64_MAX >> (64 - LAC_COLUMN_COUNT));
    }
    return same;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-10 * (fabs(b) + 1e-4);
}

static double estimate_error(struct trace *t, const double *gradient)
{
    const double *g = server_vector(&t->run, estimate_of(&t->run));
    double sum = 0.0;
    for (size_t j = 0; j < D; j++) {
        sum += (g[j] - gradient[j]) * (g[j] - gradient[j]);
    }
    return sum;
}

/* (1/B) sum_j |h_i^j - grad f_i^j(x)|^2 */
static double error_of_batches(struct trace *t, uint32_t i, const double *x, uint32_t batches)
{
    const double *h = client_vector(&t->run, i, "shift");
    double gradient[D], work[256], loss, sum = 0.0;
    for (uint32_t j = 0; j < batches; j++) {
        (void)lac_local_evaluate_batch(client_local(&t->run, i), j, batches, x, work, &loss,
                                       gradient);
        vec_axpy(gradient, -1.0, h + (size_t)j * D, D);
        sum += vec_norm_sq(gradient, D) / batches;
    }
    return sum;
}

static double shift_error(struct trace *t, const double *x)
{
    const struct lac_server *s = &t->run.solo.server;
    bool weighted = strcmp(s->method->name, "ef21-w") == 0; /* its g_i stand for grad f_i/(n w_i) */
    bool of_batches = strcmp(s->method->name, "diana-rr") == 0;
    double gradient[D], sum = 0.0;
    for (uint32_t i = 0; i < N; i++) {
        if (of_batches) {
            sum += error_of_batches(t, i, x, lac_method_batches(s->method, &s->env)) / N;
            continue;
        }
        const double *h = client_vector(&t->run, i, shift_of(&t->run));
        double factor = weighted ? s->L_i[i] / s->constants.L_mean : 1.0;
        gradient_at(&t->run, i, x, gradient);
        for (size_t j = 0; j < D; j++) {
            double off = factor * h[j] - gradient[j];
            sum += off * off / N;
        }
    }
    return sum;
}

static void client_losses(struct trace *t, const double *x, double losses[N])
{
    double gradient[D], work[256];
    for (uint32_t i = 0; i < N; i++) {
        const struct lac_local *f = client_local(&t->run, i);
        lac_local_evaluate(f, x, work, &losses[i], gradient);
        losses[i] /= f->weight;
    }
}

static int ascending(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static bool losses_are(struct trace *t, const struct lac_row *row, const double *x)
{
    double losses[N];
    client_losses(t, x, losses);
    bool good = near(row->client_loss_max, losses[row->client_loss_worst]);
    qsort(losses, N, sizeof *losses, ascending);
    return good && near(row->client_loss_max, losses[N - 1]) &&
           near(row->client_loss_p10, losses[0]) && near(row->client_loss_p50, losses[2]) &&
           near(row->client_loss_p90, losses[5]);
}

static bool iterates_are(struct trace *t, const struct lac_row *row)
{
    double mean[D] = {0.0}, gradient[D];
    if (!lac_state_has_model(&t->run.solo.server.method->server)) {
        return true;
    }
    for (uint64_t r = 0; r <= row->round; r++) {
        vec_axpy(mean, 1.0 / ((double)row->round + 1.0), trace_model(t, r), D);
    }
    bool good = near(row->average_loss, evaluate_at(&t->run, mean, gradient)) &&
                near(row->average_grad_norm_sq, vec_norm_sq(gradient, D));
    const double *drawn = trace_model(t, row->drawn_round);
    return good && row->drawn_round <= row->round &&
           near(row->drawn_loss, evaluate_at(&t->run, drawn, gradient)) &&
           near(row->drawn_grad_norm_sq, vec_norm_sq(gradient, D));
}

/* Called with each row, when the state is that of its model. */
static void recompute(struct trace *t)
{
    const struct lac_server *s = &t->run.solo.server;
    const struct lac_row *row = &s->row, *before = t->rows > 1 ? &t->row[t->rows - 2] : row;
    const double *x = lac_server_model(s);
    double gradient[D], least = t->rows > 1 ? before->grad_norm_sq_min : HUGE_VAL;
    (void)evaluate_at(&t->run, x, gradient);
    bool good = row->grad_norm_sq_min == fmin(least, row->grad_norm_sq);
    good = good &&
           (!estimate_of(&t->run) || near(row->estimate_error_sq, estimate_error(t, gradient)));
    good = good && (!shift_of(&t->run) || near(row->shift_error, shift_error(t, x)));
    good = good && losses_are(t, row, x) && iterates_are(t, row);
    good = good &&
           row->bits_up == row->bits_up_value + row->bits_up_index + row->bits_up_header +
                               row->bits_up_seal + row->bits_up_padding &&
           row->bits_down == row->bits_down_value + row->bits_down_index + row->bits_down_header +
                                 row->bits_down_seal + row->bits_down_padding;
    good = good && row->seconds_evaluate >= before->seconds_evaluate &&
           row->memory_server > 1000000 && row->memory_worker > 1000000 &&
           row->network_seconds >= before->network_seconds;
    if (!good) {
        printf("# round %llu is not as computed here\n", (unsigned long long)row->round);
    }
    t->worst += good ? 0.0 : 1.0;
}

static bool same_numbers(const double *a, const double *b)
{
    bool same = true;
    for (size_t j = 0; j < D; j++) {
        same = same && a[j] == b[j];
    }
    return same;
}

static void all_together(const struct lac_method *m, const char *columns)
{
    static struct trace plain, waiting, ranks, at_once;
    char options[2048], at_once_options[2100], more[1800];
    options_of(options, sizeof options, m, "");
    trace_run(&plain, 1, options);
    snprintf(more, sizeof more,
             "--track %s --test %s --solution %s --network up=1Mbit,server=1Gbit", columns,
             test_path, solution_path);
    options_of(options, sizeof options, m, more);
    trace_run(&waiting, 1, options);
    trace_run(&ranks, 4, options);
    snprintf(at_once_options, sizeof at_once_options, "%s --until-loss -1",
             options); /* no row waits for the next round's gradients */
    at_once.also = recompute;
    at_once.worst = 0.0;
    trace_run(&at_once, 2, at_once_options);
    tap_ok(waiting.status == LAC_OK && plain.rows == waiting.rows &&
               same_numbers(trace_last(&plain), trace_last(&waiting)) &&
               memcmp(&plain.ledger.up, &waiting.ledger.up, sizeof plain.ledger.up) == 0 &&
               memcmp(&plain.ledger.down, &waiting.ledger.down, sizeof plain.ledger.up) == 0,
           "%s: all of them change neither the model nor the rounds' bits%s", m->name,
           waiting.status == LAC_OK ? "" : lac_failure());
    tap_ok(same_columns(&waiting, &ranks) && same_columns(&waiting, &at_once),
           "%s: they are the same on 1, 2 and 4 ranks, whether rows wait or not", m->name);
    tap_ok(at_once.status == LAC_OK && at_once.rows == ROUNDS + 1 && at_once.worst == 0.0,
           "%s: each of %zu rows is that of its state (%g are not)", m->name, at_once.rows,
           at_once.worst);
    at_once.also = NULL;
    trace_close(&plain);
    trace_close(&waiting);
    trace_close(&ranks);
    trace_close(&at_once);
}

/* Each of 0 .. t is drawn alike: of 1000 seeds, chi-square of 10 places below its 99.9 % point. */
static void drawn_uniformly(void)
{
    static struct trace t;
    unsigned count[10] = {0};
    double chi = 0.0;
    for (int seed = 1; seed <= 1000; seed++) {
        char options[256];
        snprintf(options, sizeof options,
                 "--data synth:logistic,d=4,m=2 --clients 2 --method gd --step 0.1 --rounds 9 "
                 "--eval-every 0 --track drawn_round --seed %d",
                 seed);
        trace_run(&t, 1, options);
        count[t.row[t.rows - 1].drawn_round % 10]++;
        trace_close(&t);
    }
    for (size_t k = 0; k < 10; k++) {
        chi += ((double)count[k] - 100.0) * ((double)count[k] - 100.0) / 100.0;
    }
    tap_ok(chi < 27.9, "the drawn round is uniform over the seeds (chi-square %.1f)", chi);
}

static void recompute_losses(struct trace *t)
{
    const struct lac_server *s = &t->run.solo.server;
    t->worst += losses_are(t, &s->row, lac_server_model(s)) ? 0.0 : 1.0;
}

/* 15 rows on 6 clients: three have 3, three have 2, and weigh so. */
static void weighted(void)
{
    static struct trace t;
    char options[512];
    FILE *file = create(test_path);
    for (int r = 0; r < 15; r++) {
        fprintf(file, "%d %d:%d 12:1\n", r % 2, 1 + r % 11, r - 7);
    }
    fclose(file);
    snprintf(options, sizeof options,
             "--data %s --clients 6 --method gd --step 0.1 --rounds 5 --until-loss -1 "
             "--client-weights samples --track client_loss_max,client_loss_worst,client_loss_p10,"
             "client_loss_p50,client_loss_p90",
             test_path);
    t.also = recompute_losses;
    t.worst = 0.0;
    trace_run(&t, 3, options);
    tap_ok(t.status == LAC_OK && t.rows == 6 && t.worst == 0.0 &&
               client_local(&t.run, 0)->weight != 1.0,
           "losses of clients are without their weights in f (%g rows are not)%s", t.worst,
           t.status == LAC_OK ? "" : lac_failure());
    t.also = NULL;
    trace_close(&t);
}

/* At 0 all losses are log 2; and one process has the memory of the server and of all workers. */
static void first_of_several(void)
{
    static struct trace t;
    trace_run(&t, 3,
              "--data synth:logistic,d=12,m=5 --clients 6 --method gd --step 0.05 --rounds 2 "
              "--track client_loss_max,client_loss_worst,client_loss_p10,memory_server,"
              "memory_worker");
    const struct lac_row *row = t.row;
    tap_ok(t.status == LAC_OK && row->client_loss_max == row->client_loss_p10 &&
               row->client_loss_worst == 0,
           "of clients whose losses are equal the first is the worst: %llu",
           (unsigned long long)row->client_loss_worst);
    tap_ok(row->memory_worker > 0 && (double)row->memory_worker < 1.5 * (double)row->memory_server,
           "the worker that has most memory is one, not all: %.1f MB of %.1f",
           1e-6 * (double)row->memory_worker, 1e-6 * (double)row->memory_server);
    trace_close(&t);
}

int main(void)
{
    size_t methods;
    const struct lac_method *const *method = lac_methods(&methods);
    snprintf(test_path, sizeof test_path, "/tmp/laconic-columns-%ld.svm", (long)getpid());
    snprintf(solution_path, sizeof solution_path, "/tmp/laconic-columns-%ld.txt", (long)getpid());
    write_files();
    for (size_t i = 0; i < methods; i++) {
        char columns[1600] = "";
        each_alone(method[i], columns, sizeof columns);
        all_together(method[i], columns);
    }
    drawn_uniformly();
    weighted();
    first_of_several();
    unlink(test_path);
    unlink(solution_path);
    return tap_done();
}
