/*
 * personal_optimum OPTION...: the least value of
 *
 *   F(x_1, ..., x_n) = (1/n) sum f_i(x_i) + (lambda/(2 n)) sum |x_i - xbar|^2
 *
 * for the options of a `laconic train` whose method has this lambda, and how far from the least it is at most. By
 * Nesterov's accelerated gradient descent on n F, which is mu-strongly convex and (L_max + lambda)-smooth:
 * F(x) - F* <= |grad n F(x)|^2/(2 mu n).
 */
#include <math.h>
#include <stdio.h>

#include "base/vec.h"
#include "method/solo_run.h"

static const double GAP = 1e-13;
enum { MOST_STEPS = 1000000 };

struct problem {
    struct lac_worker *w;
    size_t d, n;
    double lambda, mu, L;
    double *x, *before, *y, *grad; /* (n, d) */
    double *mean;                  /* (d) */
};

static lac_status open_problem(struct problem *p, struct solo_run *r)
{
    const struct lac_server *s = &r->server;
    *p = (struct problem){.w = r->worker,
                          .d = s->d,
                          .n = s->n,
                          .mu = r->config.convex ? r->config.strong : 0.0,
                          .L = s->constants.L_max};
    if (!s->method->coupling || !(p->mu > 0.0) || !(p->L > 0.0)) {
        return LAC_FAIL(LAC_E_USAGE, "it needs a method of personal models, convex losses with "
                                     "--regularizer l2:LAMBDA and a --step by a rule");
    }
    p->lambda = s->method->coupling(&s->env);
    struct lac_arena *a = &r->worker_arena;
    LAC_TRY(LAC_NEW(a, p->n * p->d, &p->x));
    LAC_TRY(LAC_NEW(a, p->n * p->d, &p->before));
    LAC_TRY(LAC_NEW(a, p->n * p->d, &p->y));
    LAC_TRY(LAC_NEW(a, p->n * p->d, &p->grad));
    return LAC_NEW(a, p->d, &p->mean);
}

/* F(x); p->grad <- grad n F(x) */
static double evaluate(struct problem *p, const double *x)
{
    double loss, total = 0.0, spread = 0.0;
    vec_zero(p->mean, p->d);
    for (size_t i = 0; i < p->n; i++) {
        vec_axpy(p->mean, 1.0 / (double)p->n, x + i * p->d, p->d);
    }
    for (size_t i = 0; i < p->n; i++) {
        const double *x_i = x + i * p->d;
        double *g = p->grad + i * p->d;
        lac_local_evaluate(&p->w->local[i], x_i, p->w->work, &loss, g);
        total += loss;
        for (size_t j = 0; j < p->d; j++) {
            double off = x_i[j] - p->mean[j];
            spread += off * off;
            g[j] += p->lambda * off;
        }
    }
    return (total + 0.5 * p->lambda * spread) / (double)p->n;
}

static lac_status minimise(struct problem *p)
{
    size_t size = p->n * p->d;
    double root = sqrt((p->L + p->lambda) / p->mu), momentum = (root - 1.0) / (root + 1.0);
    for (unsigned k = 0; k < MOST_STEPS; k++) {
        double value = evaluate(p, p->y), gap = vec_norm_sq(p->grad, size) / (2.0 * p->mu);
        if (gap <= GAP * (double)p->n) {
            printf("%.17g %.1e\n", value, gap / (double)p->n);
            return LAC_OK;
        }
        vec_copy(p->before, p->x, size);
        vec_copy(p->x, p->y, size);
        vec_axpy(p->x, -1.0 / (p->L + p->lambda), p->grad, size);
        vec_scale(p->y, 1.0 + momentum, p->x, size);
        vec_axpy(p->y, -momentum, p->before, size);
    }
    return LAC_FAIL(LAC_E_NUMERIC, "F* was not reached in %d steps", MOST_STEPS);
}

int main(int argc, char **argv)
{
    static struct solo_run r;
    struct problem p;
    char options[4096] = "";
    size_t length = 0;
    for (int i = 1; i < argc && length < sizeof options; i++) {
        length += (size_t)snprintf(options + length, sizeof options - length, "%s ", argv[i]);
    }
    lac_status status = LAC_OK;
    if (length >= sizeof options) {
        status = LAC_FAIL(LAC_E_USAGE, "too many options");
    }
    if (status == LAC_OK) {
        status = solo_open(&r, options, NULL, NULL);
    }
    if (status == LAC_OK) {
        status = open_problem(&p, &r);
    }
    if (status == LAC_OK) {
        status = minimise(&p);
    }
    if (status != LAC_OK) {
        fprintf(stderr, "personal_optimum: %s\n", lac_failure());
    }
    solo_close(&r);
    return status == LAC_OK ? 0 : 1;
}
