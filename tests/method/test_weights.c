/* --client-weights samples: f is the mean over all rows, whatever the split, for every objective, regularizer and
   method; local steps know no weights. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "check.h"
#include "refused.h"
#include "tap.h"

enum { ROWS = 60, FEATURES = 5 };

static char path[64];

/* Rows with every feature; labels of two classes, or of three. */
static void write_rows(const struct lac_objective *o)
{
    FILE *file = fopen(path, "w");
    size_t features = o->features ? o->features : FEATURES;
    for (unsigned r = 0; file && r < ROWS; r++) {
        fprintf(file, "%u", (r * r + r / 7) % (o->two_classes ? 2 : 3));
        for (size_t j = 0; j < features; j++) {
            fprintf(file, " %zu:%g", j + 1, 0.2 + (double)((7 * r + 5 * j * r) % 11) / 8.0);
        }
        fprintf(file, "\n");
    }
    if (file) {
        fclose(file);
    }
}

static void write_options(char *text, size_t size, const struct lac_objective *o, const char *more)
{
    snprintf(text, size, "--data %s --objective %s %s --split dirichlet:alpha=0.7 %s", path,
             o->name, o->features ? "--dim 6" : "", more);
}

/* f and its gradient at x, of all rows alike, from the objective alone. */
static double pooled(struct trace *t, const double *x, double *grad)
{
    double rows = 0.0, total = 0.0, *one = numbers(t->d), *work = numbers(1 << 16);
    memset(grad, 0, t->d * sizeof *grad);
    for (uint32_t i = 0; i < t->run.solo.server.n; i++) {
        const struct lac_local *f = client_local(&t->run, i);
        double loss = 0.0, m = (double)f->rows.m;
        f->objective->evaluate(&f->rows, x, work, &loss, one);
        lac_local_regularize(f, x, &loss, one);
        total += m * loss;
        rows += m;
        vec_axpy(grad, m, one, t->d);
    }
    vec_scale(grad, 1.0 / rows, grad, t->d);
    free(one);
    free(work);
    return total / rows;
}

static double last_row_wrong(struct trace *t)
{
    const struct lac_row *row = &t->row[t->rows - 1];
    double *grad = numbers(t->d), loss = pooled(t, trace_last(t), grad);
    double norm = vec_norm_sq(grad, t->d);
    free(grad);
    return fmax(fabs(row->loss - loss) / fabs(loss),
                fabs(row->grad_norm_sq - norm) / t->row[0].grad_norm_sq);
}

/* The same of two runs; norms against the first, as the last are nearly 0. */
static double rows_differ(const struct trace *a, const struct trace *b)
{
    double worst = a->rows == b->rows ? 0.0 : HUGE_VAL;
    for (size_t k = 0; k < a->rows && k < b->rows; k++) {
        worst = fmax(worst, fabs(a->row[k].loss - b->row[k].loss) / fabs(b->row[k].loss));
        worst = fmax(worst, fabs(a->row[k].grad_norm_sq - b->row[k].grad_norm_sq) /
                                b->row[0].grad_norm_sq);
    }
    return worst;
}

static bool uneven(const struct trace *t)
{
    return t->run.solo.server.least_weight < 0.8 && t->run.solo.server.most_weight > 1.2;
}

/* Losses, gradients and L are those of one client that has all rows. */
static void as_pooled(const struct lac_objective *o, const char *regularizer)
{
    static struct trace split, whole;
    char text[600], more[200];
    snprintf(more, sizeof more, "--method gd --rounds 20 --regularizer %s", regularizer);
    write_options(text, sizeof text, o, more);
    strcat(text, " --clients 1");
    trace_run(&whole, 1, text);
    write_options(text, sizeof text, o, more);
    strcat(text, " --clients 4 --client-weights samples");
    trace_run(&split, 3, text);
    bool ran = !split.status && !whole.status;
    double L = ran ? fabs(split.constants.L / whole.constants.L - 1.0) : 1.0;
    double model = ran ? apart(trace_last(&split), trace_last(&whole), whole.d) : 1.0;
    double rows = ran ? rows_differ(&split, &whole) : 1.0;
    double wrong = ran ? last_row_wrong(&split) : 1.0;
    tap_ok(ran && uneven(&split) && L < 1e-10 && model < 1e-12 && rows < 1e-12 && wrong < 1e-12,
           "%s, %s: samples are one client with all rows (L %.0e, models %.0e, rows %.0e, %.0e)%s",
           o->name, regularizer, L, model, rows, wrong, ran ? "" : lac_failure());
    trace_close(&split);
    trace_close(&whole);
}

static void objectives(void)
{
    static const char *const regularizers[] = {"none", "l2:0.3", "noncvx:0.3", "noncvx-own:0.3"};
    size_t count;
    const struct lac_objective *const *o = lac_objectives(&count);
    for (size_t i = 0; i < count; i++) {
        write_rows(o[i]);
        for (size_t k = 0; k < (o[i]->features ? 2 : 4); k++) {
            as_pooled(o[i], regularizers[k]);
        }
    }
}

/* As gradient descent on all rows where nothing is lost; the last row is true. */
static void follows(const struct lac_method *m, const struct lac_objective *o,
                    const struct trace *whole)
{
    static struct trace t;
    char text[600], more[300];
    bool compresses = lac_method_channel(m, LAC_FROM_COMPRESSOR) != NULL;
    snprintf(more, sizeof more,
             "--method %s %s --step 0.1 --rounds 30 --clients 4 --client-weights samples",
             as_descent(m), compresses ? "--compressor identity" : "");
    write_options(text, sizeof text, o, more);
    trace_run(&t, 2, text);
    double model = t.status ? 1.0 : apart(trace_last(&t), trace_last(whole), t.d);
    double wrong = t.status ? 1.0 : last_row_wrong(&t);
    tap_ok(!t.status && uneven(&t) && model < 1e-12 && wrong < 1e-10,
           "%s by samples follows gradient descent on all rows (%.1e, rows %.1e)%s", m->name, model,
           wrong, t.status ? lac_failure() : "");
    trace_close(&t);
}

static void methods(const struct lac_objective *o)
{
    static struct trace whole;
    size_t count;
    char text[600];
    const struct lac_method *const *m = lac_methods(&count);
    write_rows(o);
    write_options(text, sizeof text, o, "--method gd --step 0.1 --rounds 30 --clients 1");
    trace_run(&whole, 1, text);
    for (size_t i = 0; i < count; i++) {
        if (as_descent(m[i])) {
            follows(m[i], o, &whole);
        }
    }
    trace_close(&whole);
}

/* sum (m_i/sum m) y_i^K, y_i by steps on the client's own mean loss. */
static void local_steps(const struct lac_objective *o, const char *method, double mu)
{
    static struct trace t;
    char text[600], more[200];
    snprintf(more, sizeof more,
             "--method %s --step 0.1 --rounds 1 --clients 4 --client-weights samples --x0 linear",
             method);
    write_options(text, sizeof text, o, more);
    trace_run(&t, 2, text);
    double mean[32] = {0}, y[32], grad[32], loss, *work = numbers(1 << 16);
    for (uint32_t i = 0; i < 4 && !t.status; i++) {
        const struct lac_local *f = client_local(&t.run, i);
        vec_copy(y, trace_model(&t, 0), t.d);
        for (unsigned k = 0; k < 3; k++) {
            f->objective->evaluate(&f->rows, y, work, &loss, grad);
            vec_axpy(grad, mu, y, t.d);
            vec_axpy(grad, -mu, trace_model(&t, 0), t.d);
            vec_axpy(y, -0.1, grad, t.d);
        }
        vec_axpy(mean, (double)f->rows.m / ROWS, y, t.d);
    }
    tap_ok(!t.status && apart(trace_last(&t), mean, t.d) < 1e-13,
           "%s: local models by steps without weights, their mean by rows%s", method,
           t.status ? lac_failure() : "");
    free(work);
    trace_close(&t);
}

/* What the worker tells of a client whose f_i is doubled. */
static double noise_at(struct lac_worker *w, enum lac_query query, double weight)
{
    double value = 0.0;
    w->query = query;
    w->local[0].weight = weight;
    return lac_worker_rows(w, w->first, &value) == LAC_OK ? value : -1.0;
}

static void constants(const struct lac_objective *o)
{
    static struct trace t;
    char text[600];
    write_options(text, sizeof text, o,
                  "--method marina --compressor natural --gradient nice:2 --rounds 1 --clients 4");
    trace_open(&t, 1, text);
    struct lac_worker *w = t.run.worker[1];
    double variance =
               noise_at(w, LAC_QUERY_ROWS_NOISE, 2.0) / noise_at(w, LAC_QUERY_ROWS_NOISE, 1.0),
           spread =
               noise_at(w, LAC_QUERY_ROWS_SPREAD, 2.0) / noise_at(w, LAC_QUERY_ROWS_SPREAD, 1.0),
           row = noise_at(w, LAC_QUERY_ROWS_SMOOTHNESS, 2.0) /
                 noise_at(w, LAC_QUERY_ROWS_SMOOTHNESS, 1.0),
           light = noise_at(w, LAC_QUERY_ROWS_SMOOTHNESS, 0.5) /
                   noise_at(w, LAC_QUERY_ROWS_SMOOTHNESS, 1.0);
    tap_ok(!t.status && fabs(variance - 4.0) < 1e-9 && fabs(spread - 2.0) < 1e-12 &&
               fabs(row - 2.0) < 1e-12 && fabs(light - 1.0) < 1e-12,
           "constants of rows follow a weight of 2: %g, %g, %g; L_row not one of 1/2: %g", variance,
           spread, row, light);
    trace_close(&t);
}

/* L_i and mu by the weights. */
static void constants_of_clients(const struct lac_objective *o)
{
    static struct trace even, t;
    char text[600];
    double worst = 0.0, least = HUGE_VAL;
    write_options(text, sizeof text, o,
                  "--method proxskip --regularizer l2:0.3 --rounds 1 --clients 4");
    trace_open(&even, 1, text);
    strcat(text, " --client-weights samples");
    trace_open(&t, 1, text);
    for (uint32_t i = 0; i < 4 && !even.status && !t.status; i++) {
        double weight = 4.0 * (double)client_local(&t.run, i)->rows.m / ROWS;
        double L_i = t.run.solo.server.L_i[i], alone = even.run.solo.server.L_i[i];
        worst = fmax(worst, fabs(L_i / (weight * alone) - 1.0));
        least = fmin(least, weight);
    }
    double p = sqrt(0.3 * least / t.constants.L_max);
    tap_ok(!even.status && !t.status && worst < 1e-8 &&
               fabs(t.run.solo.server.env.p / p - 1.0) < 1e-12,
           "L_i follow the weights (%.1e), mu is that of the lightest client", worst);
    trace_close(&even);
    trace_close(&t);
}

/* Cohorts of two of four, R = 2: each weighs 2 (w_i + w_j)/4, at most the heaviest w, and at most 2. */
static void server_steps(const struct lac_objective *o)
{
    static struct trace t;
    static const struct {
        const char *options;
        bool follows; /* the weights; those of scaffold are in its local steps */
    } cases[] = {{"fedavg:steps=3 --participation cohorts:2", true},
                 {"rr-cli:steps=3 --participation cyclic:2", true},
                 {"scaffold:steps=3 --participation cohorts:2", false},
                 {"fedavg:steps=3", false}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char text[600], more[200];
        double most = 1.0;
        snprintf(more, sizeof more, "--step 0.1 --clients 4 --client-weights samples --method %s",
                 cases[k].options);
        write_options(text, sizeof text, o, more);
        trace_open(&t, 1, text);
        for (uint32_t i = 0; i < 4 && !t.status && cases[k].follows; i++) {
            most = fmax(most, 4.0 * (double)client_local(&t.run, i)->rows.m / ROWS);
        }
        double eta = t.run.solo.server.env.eta, s = fmin(most, 2.0);
        tap_ok(!t.status && fabs(eta * s / 0.3 - 1.0) < 1e-12 && (s > 1.1) == cases[k].follows,
               "no step goes past the mean of models that weigh up to %g: %s%s", most,
               cases[k].options, t.status ? lac_failure() : "");
        trace_close(&t);
    }
}

/* The sum of all rows comes from outside: it is at least the client's own. */
static void refused_sums(void)
{
    static struct trace t;
    static const double sums[] = {-1.0, 8.0, (double)NAN, (double)INFINITY, 1e300};
    double sum[5] = {0};
    unsigned caught = 0;
    trace_open(&t, 1, "--data synth:logistic,d=5,m=9 --clients 2 --method gd --rounds 1");
    struct lac_worker *w = t.run.worker[1];
    for (size_t k = 0; k < sizeof sums / sizeof *sums && !t.status; k++) {
        const unsigned char *frame;
        size_t bytes;
        sum[0] = sums[k];
        w->query = LAC_QUERY_WEIGHT;
        w->query_vector = sum;
        w->cursor = 0;
        caught += lac_worker_answer(w, &frame, &bytes) == LAC_E_PROTOCOL;
    }
    tap_ok(!t.status && caught == 5 && w->local[0].weight == 1.0,
           "refused: %u of 5 sums of rows that cannot be", caught);
    trace_close(&t);
}

int main(void)
{
    const struct lac_objective *logistic, *squares;
    snprintf(path, sizeof path, "/tmp/laconic-weights-%ld.txt", (long)getpid());
    objectives();
    if (lac_objective_find("logistic", &logistic) ||
        lac_objective_find("least-squares", &squares)) {
        return 1;
    }
    methods(logistic);
    local_steps(logistic, "fedavg:steps=3", 0.0);
    local_steps(logistic, "fedprox:steps=3,mu=2", 2.0);
    local_steps(logistic, "rr-cli:steps=3,batches=1", 0.0);
    constants(logistic);
    write_rows(squares);
    constants(squares);
    constants_of_clients(squares);
    server_steps(squares);
    refused_sums();
    refused("--client-weights rows", "--client-weights: 'rows'");
    unlink(path);
    return tap_done();
}
