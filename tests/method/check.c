#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

double *numbers(size_t count)
{
    double *x = calloc(count > 0 ? count : 1, sizeof *x);
    if (!x) {
        printf("Bail out! out of memory\n");
        exit(1);
    }
    return x;
}

static lac_status write_row(void *listener, const struct lac_server *s)
{
    struct trace *t = listener;
    if (s->rounds_done >= MOST_ROWS || t->rows == MOST_ROWS) {
        return LAC_FAIL(LAC_E_FAILED, "the test's trace is full");
    }
    t->row[t->rows++] = s->row;
    memcpy(t->model + s->rounds_done * t->d, lac_server_model(s), t->d * sizeof(double));
    if (t->also) {
        t->also(t);
    }
    return LAC_OK;
}

lac_status trace_open(struct trace *t, uint32_t ranks, const char *options)
{
    void (*also)(struct trace *) = t->also;
    memset(t, 0, sizeof *t);
    t->also = also;
    t->status = ranks_open(&t->run, ranks, options, write_row, t);
    if (t->status == LAC_OK) {
        t->d = t->run.solo.server.d;
        t->gamma = t->run.solo.server.env.gamma;
        t->constants = t->run.solo.server.constants;
        t->model = numbers(MOST_ROWS * t->d);
    }
    return t->status;
}

lac_status trace_finish(struct trace *t)
{
    if (t->status == LAC_OK) {
        t->status = ranks_finish(&t->run);
        t->ledger = t->run.solo.server.ledger;
    }
    return t->status;
}

lac_status trace_run(struct trace *t, uint32_t ranks, const char *options)
{
    lac_status status = trace_open(t, ranks, options);
    return status == LAC_OK ? trace_finish(t) : status;
}

void trace_close(struct trace *t)
{
    free(t->model);
    t->model = NULL;
    ranks_close(&t->run);
}

const double *trace_model(const struct trace *t, uint64_t round)
{
    return t->model + round * t->d;
}

const double *trace_last(const struct trace *t)
{
    return lac_server_model(&t->run.solo.server);
}

double apart(const double *a, const double *b, size_t d)
{
    double difference = 0.0, size = 0.0;
    for (size_t j = 0; j < d; j++) {
        difference += (a[j] - b[j]) * (a[j] - b[j]);
        size += b[j] * b[j];
    }
    return difference == 0.0 ? 0.0 : size == 0.0 ? HUGE_VAL : sqrt(difference / size);
}

double traces_apart(const struct trace *a, const struct trace *b, uint64_t rounds)
{
    double worst = 0.0;
    for (uint64_t t = 0; t <= rounds; t++) {
        double one = apart(trace_model(a, t), trace_model(b, t), a->d);
        worst = one > worst ? one : worst;
    }
    return worst;
}

double rows_apart(const struct trace *a, const struct trace *b)
{
    double worst = a->rows == b->rows ? 0.0 : HUGE_VAL;
    for (size_t i = 0; i < a->rows && i < b->rows; i++) {
        double loss = fabs(a->row[i].loss - b->row[i].loss) / fabs(b->row[i].loss);
        double norm =
            fabs(a->row[i].grad_norm_sq - b->row[i].grad_norm_sq) / b->row[i].grad_norm_sq;
        double one = a->row[i].round != b->row[i].round ? HUGE_VAL : loss > norm ? loss : norm;
        worst = one > worst ? one : worst;
    }
    return worst;
}

bool traces_equal(const struct trace *a, const struct trace *b)
{
    return a->status == LAC_OK && b->status == LAC_OK && a->d == b->d &&
           memcmp(trace_last(a), trace_last(b), a->d * sizeof(double)) == 0 &&
           memcmp(&a->ledger, &b->ledger, sizeof a->ledger) == 0 && rows_apart(a, b) == 0.0;
}

/* w_i */
static double weight_of(const struct lac_server *s, uint32_t client)
{
    double all = 0.0;
    if (strcmp(s->method->name, "ef21-w") != 0) {
        return 1.0 / (double)s->n;
    }
    for (uint32_t i = 0; i < s->n; i++) {
        all += s->constants.L_i[i];
    }
    return s->constants.L_i[client] / all;
}

double mean_apart(struct ranks_run *r, const char *server, const char *client)
{
    const struct lac_server *s = &r->solo.server;
    size_t d = s->d;
    double *rest = numbers(d), size = 0.0;
    vec_copy(rest, server_vector(r, server), d);
    for (uint32_t i = 0; i < s->n; i++) {
        const double *one = client_vector(r, i, client);
        double w = weight_of(s, i);
        vec_axpy(rest, -w, one, d);
        size += w * vec_norm_sq(one, d);
    }
    double result = sqrt(vec_norm_sq(rest, d));
    free(rest);
    return result == 0.0 ? 0.0 : result / sqrt(size);
}

void gradient_at(struct ranks_run *r, uint32_t client, const double *x, double *grad)
{
    const struct lac_local *f = client_local(r, client);
    double *work = numbers(f->objective->work(&f->rows)), loss;
    lac_local_evaluate(f, x, work, &loss, grad);
    free(work);
}

double evaluate_at(struct ranks_run *r, const double *x, double *grad)
{
    size_t d = r->solo.server.d;
    uint32_t n = r->solo.server.n;
    double total = 0.0, *one = numbers(d);
    memset(grad, 0, d * sizeof *grad);
    for (uint32_t i = 0; i < n; i++) {
        const struct lac_local *f = client_local(r, i);
        double *work = numbers(f->objective->work(&f->rows)), loss;
        lac_local_evaluate(f, x, work, &loss, one);
        total += loss / (double)n;
        vec_axpy(grad, 1.0 / (double)n, one, d);
        free(work);
    }
    free(one);
    return total;
}

static bool same_rows(const struct trace *often, const struct trace *seldom, unsigned every)
{
    size_t count = every == 0 ? 2 : 1 + (30 + every - 1) / every;
    bool same = often->rows == 31 && seldom->rows == count;
    for (size_t k = 0; same && k < count; k++) {
        const struct lac_row *a = &seldom->row[k], *b = &often->row[a->round];
        uint64_t expected = k + 1 == count ? 30 : (uint64_t)every * k;
        same = a->round == expected && a->loss == b->loss && a->grad_norm_sq == b->grad_norm_sq &&
               a->bits_up == b->bits_up && a->bits_down == b->bits_down &&
               a->bits_up_paper == b->bits_up_paper;
    }
    return same;
}

/* A row against the run that ends there, and against f at that run's model. */
static double row_against_end(const struct lac_row *row, const char *options, uint32_t ranks)
{
    static struct trace t;
    char text[600];
    snprintf(text, sizeof text, "%s --rounds %llu --eval-every 0", options,
             (unsigned long long)row->round);
    trace_run(&t, ranks, text);
    const struct lac_row *last = &t.row[t.rows - 1];
    bool same = t.status == LAC_OK && last->round == row->round && last->loss == row->loss &&
                last->grad_norm_sq == row->grad_norm_sq;
    double worst = same ? 0.0 : HUGE_VAL, *grad = numbers(t.d);
    if (same) {
        double loss = evaluate_at(&t.run, trace_last(&t), grad);
        double norm = vec_norm_sq(grad, t.d);
        double off = fabs(loss - last->loss) / loss;
        double off_norm = fabs(norm - last->grad_norm_sq) / norm;
        worst = off > off_norm ? off : off_norm;
    }
    free(grad);
    trace_close(&t);
    return worst;
}

double rows_wrong(const char *options, uint32_t ranks, unsigned every)
{
    static struct trace often, seldom;
    char text[600];
    snprintf(text, sizeof text, "%s --rounds 30 --eval-every 1", options);
    trace_run(&often, ranks, text);
    snprintf(text, sizeof text, "%s --rounds 30 --eval-every %u", options, every);
    trace_run(&seldom, ranks, text);
    double worst = same_rows(&often, &seldom, every) ? 0.0 : HUGE_VAL;
    for (size_t i = 0; i < often.rows; i += getenv("LAC_TEST_SHORT") ? 9 : 1) {
        double one = row_against_end(&often.row[i], options, ranks);
        worst = one > worst ? one : worst;
    }
    trace_close(&often);
    trace_close(&seldom);
    return worst;
}

const char *runnable(const struct lac_method *m)
{
    static char text[64];
    snprintf(text, sizeof text, "%s%s", m->name, m->rules[LAC_CHANCE] ? " --p 0.4" : "");
    return text;
}

static bool has_parameter(const struct lac_method *m, const char *name)
{
    const struct lac_parameter *p = m->parameters;
    while (p && p->name && strcmp(p->name, name) != 0) {
        p++;
    }
    return p && p->name;
}

const char *as_descent(const struct lac_method *m)
{
    static char text[128];
    if (has_parameter(m, "lambda")) { /* each model its own */
        return NULL;
    }
    bool coin = has_parameter(m, "p"); /* with no noise every round would be a whole one */
    snprintf(text, sizeof text, "%s%s%s%s%s%s", m->name, coin ? ":p=0.3" : "",
             strcmp(m->name, "ef21-sgdm") == 0 ? ":eta=1" : "", /* no momentum */
             has_parameter(m, "batches") ? ":batches=1" : "",
             m->rules[LAC_SERVER_STEP] ? " --server-step 0.1" : "",
             m->rules[LAC_CHANCE] ? " --p 1" : "");
    return text;
}
