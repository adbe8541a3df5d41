/* What steps are told of gradient estimates: the constants against the rows and against draws, which rules know
   of them, and vr-diana with all rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "refused.h"
#include "tap.h"

enum { N = 4, D = 24, M = 6, DRAWS = 20000 };

#define DENSE "--data synth:least-squares,d=24,m=6,L=4,mu=1,noise=1 --clients 4 "
#define TALL \
    "--data synth:least-squares,d=8,m=6,L=4,mu=1,noise=1 --clients 4 " /* no interpolation */
#define SPARSE   "--data synth:rare,d=24,m=6,c=0.3 --clients 4 "
#define LOGISTIC "--data synth:logistic,d=24,m=6 --clients 4 --regularizer noncvx:0.3 "

/* L_ij = |grad f_ij(x + t a_ij) - grad f_ij(x)|/(t |a_ij|) of least squares: the Hessian has rank one. */
static double row_smoothness(struct ranks_run *r, uint32_t i, uint32_t j)
{
    const struct lac_local *f = client_local(r, i);
    double at[D] = {0}, zero[D], a[D], *work = numbers(f->objective->work(&f->rows)), loss;
    lac_local_evaluate_batch(f, j, M, at, work, &loss, zero); /* a multiple of a_ij */
    lac_local_evaluate_batch(f, j, M, zero, work, &loss, a);
    vec_axpy(a, -1.0, zero, D);
    free(work);
    double from = vec_norm_sq(zero, D);
    return from > 0.0 ? sqrt(vec_norm_sq(a, D) / from) : 0.0;
}

/* The factor v of the estimator, TAU of M rows, by its variance: tests/method/test_estimators.c has the table. */
static double factor_of(const char *gradient)
{
    double tau = gradient[strlen(gradient) - 1] - '0';
    return strncmp(gradient, "nice", 4) == 0      ? (M - tau) / (tau * (M - 1))
           : strncmp(gradient, "uniform", 7) == 0 ? 1.0 / tau
                                                  : (M - tau) / (tau * M);
}

static void constants_of(const char *problem, const char *gradient)
{
    static struct trace t;
    char options[512];
    double variance = 0.0, most = 0.0, v = factor_of(gradient);
    snprintf(options, sizeof options,
             "%s --method marina --compressor randk:k=6 --gradient %s --rounds 1", problem,
             gradient);
    trace_run(&t, 2, options);
    const struct lac_constants *c = &t.constants;
    for (uint32_t i = 0; i < N && t.status == LAC_OK; i++) {
        for (uint32_t j = 0; j < M; j++) {
            double L = row_smoothness(&t.run, i, j);
            variance += v * L * L / (N * M);
            most = fmax(most, L);
        }
    }
    double part = (gradient[strlen(gradient) - 1] - '0') / (double)M;
    tap_ok(t.status == LAC_OK && fabs(c->fraction - part) < 1e-15 &&
               fabs(c->rows_spread / (v * most) - 1.0) < 1e-9 && c->rows_variance > 0.0 &&
               c->rows_variance <= variance,
           "part %g, spread %.6g of the rows, variance %.6g of at most %.6g: %s", c->fraction,
           c->rows_spread, c->rows_variance, variance, options);
    tap_ok(t.run.worker[1]->constants.fraction == c->fraction, "and the clients know the part");
    trace_close(&t);
}

/* E|estimate's difference - the gradient's|^2, over the clients, at most rows_variance |x - y|^2. */
static void variance_is_a_bound(const char *problem, const char *gradient)
{
    static struct trace t;
    char options[512];
    double x[D], y[D] = {0}, at_x[D], at_y[D], full_x[D], full_y[D], loss, sum = 0.0;
    struct lac_batch drawn = {.drawn = true};
    snprintf(options, sizeof options,
             "%s --method marina --compressor randk:k=6 --gradient %s --rounds 1", problem,
             gradient);
    lac_status status = trace_run(&t, 1, options);
    for (size_t j = 0; j < D; j++) {
        x[j] = 0.3 * (double)(j % 5) - 0.5;
    }
    for (uint32_t i = 0; i < N && status == LAC_OK; i++) {
        struct lac_env *e = &t.run.worker[1]->env;
        gradient_at(&t.run, i, x, full_x);
        gradient_at(&t.run, i, y, full_y);
        vec_sub(full_x, full_x, full_y, D);
        for (e->round = 1; e->round <= DRAWS / N; e->round++) {
            status |= e->gradient(e->oracle, i, x, &drawn, &loss, at_x);
            status |= e->gradient(e->oracle, i, y, &drawn, &loss, at_y);
            vec_sub(at_x, at_x, at_y, D);
            vec_sub(at_x, at_x, full_x, D);
            sum += vec_norm_sq(at_x, D) / DRAWS;
        }
    }
    double bound = t.constants.rows_variance * vec_norm_sq(x, D);
    tap_ok(status == LAC_OK && sum > 0.0 && sum <= bound,
           "differences of estimates vary by %.3f of the bound: %s", sum / bound, options);
    trace_close(&t);
}

static void constants(void)
{
    static const char *const gradients[] = {"nice:2", "uniform:3", "independent:2", "nice:5"};
    for (size_t k = 0; k < 4; k++) {
        constants_of(DENSE, gradients[k]);
        constants_of(SPARSE, gradients[k]);
        variance_is_a_bound(DENSE, gradients[k]);
        variance_is_a_bound(SPARSE, gradients[k]);
        variance_is_a_bound(LOGISTIC, gradients[k]);
    }
}

/* Rules that know of estimates; all others are said to be of full gradients. */
static bool knows(const char *method, const char *rule)
{
    return strcmp(method, "marina") == 0 || strcmp(method, "pp-marina") == 0 ||
           strcmp(method, "vr-diana") == 0 || strcmp(method, "page") == 0 ||
           strcmp(rule, "theory-sgd") == 0;
}

static void rule_says(const struct lac_method *m, const char *rule)
{
    static struct trace t;
    char options[512];
    bool compresses = lac_method_channel(m, LAC_FROM_COMPRESSOR) != NULL;
    bool counts[2];
    for (size_t k = 0; k < 2; k++) {
        snprintf(options, sizeof options,
                 SPARSE "--method %s --step %s %s --gradient %s --rounds 1", m->name, rule,
                 compresses ? "--compressor randk:k=6" : "", k ? "nice:2" : "full");
        trace_open(&t, 1, options);
        counts[k] =
            t.status == LAC_OK && !(t.run.solo.server.chosen[LAC_STEP].beyond & LAC_FOR_ESTIMATES);
        tap_ok(t.status == LAC_OK, "it has a step%s%s", t.status ? ": " : "",
               t.status ? lac_failure() : "");
        trace_close(&t);
    }
    tap_ok(counts[1] == knows(m->name, rule), "%s %s of estimates: %s", rule,
           counts[1] ? "knows" : "says that it does not know", options);
}

static void rules(void)
{
    size_t methods;
    const struct lac_method *const *method = lac_methods(&methods);
    for (size_t i = 0; i < methods; i++) {
        bool takes = method[i]->traits & LAC_TAKES_ESTIMATES;
        for (const struct lac_step_rule *r = method[i]->rules[LAC_STEP]; takes && r && r->name;
             r++) {
            rule_says(method[i], r->name);
        }
    }
    refused(DENSE "--method marina --compressor randk:k=6 --gradient minibatch:2",
            "there is no theory of minibatches");
    refused(DENSE "--method vr-diana --compressor randk:k=6 --gradient minibatch:2",
            "there is no theory of minibatches");
}

/* With --init exact the gradients of round 0 are those of the first reference point. */
static void vr_diana_starts_once(void)
{
    static struct trace t;
    const char *start[] = {"zero", "exact"};
    for (size_t k = 0; k < 2; k++) {
        char options[300];
        snprintf(options, sizeof options,
                 DENSE "--method vr-diana:p=1e-9 --compressor randk:k=6 --gradient nice:2 "
                       "--rounds 3 --init %s",
                 start[k]);
        trace_run(&t, 1, options);
        uint64_t full = t.status ? 0 : t.run.worker[1]->track.oracle_full[0];
        tap_ok(full == 1, "one full gradient of a client in three rounds, here %d: %s", (int)full,
               options);
        trace_close(&t);
    }
}

static void vr_diana_of_all_rows(void)
{
    static struct trace diana, vr;
    for (size_t k = 0; k < 4; k++) {
        char options[512];
        const char *start = k % 2 ? "--init exact" : "", *problem = k < 2 ? DENSE : LOGISTIC;
        snprintf(options, sizeof options,
                 "%s --method diana --compressor randk:k=6 %s --step 0.01 --rounds 40", problem,
                 start);
        trace_run(&diana, 1, options);
        snprintf(options, sizeof options,
                 "%s --method vr-diana --compressor randk:k=6 %s --step 0.01 --rounds 40", problem,
                 start);
        trace_run(&vr, 2, options);
        tap_ok(traces_equal(&vr, &diana), "with all rows it is diana, to the bit: %s", options);
        trace_close(&vr);
        snprintf(options, sizeof options,
                 "%s --method vr-diana --compressor randk:k=6 %s --step 0.01 --rounds 40 "
                 "--gradient nice:6",
                 problem, start);
        trace_run(&vr, 1, options);
        double worst = vr.status ? 1.0 : traces_apart(&vr, &diana, 40);
        tap_ok(worst <= 1e-11, "and drawing all of them it is, up to round-off (%.1e): %s", worst,
               options);
        trace_close(&vr);
        trace_close(&diana);
    }
}

/* |grad f|^2 after so many rounds, over that of the start. */
static double fall(const char *options, unsigned rounds)
{
    static struct trace t;
    char text[600];
    snprintf(text, sizeof text, "%s --rounds %u --eval-every 0", options, rounds);
    trace_run(&t, 1, text);
    double result = t.status ? 1.0 : t.row[t.rows - 1].grad_norm_sq / t.row[0].grad_norm_sq;
    trace_close(&t);
    return result;
}

/* No floor, unlike DIANA on the same rows. */
static void no_floor(void)
{
    static const char *const gradients[] = {"nice:2", "uniform:3", "independent:2"};
    double floor = fall(TALL "--method diana --compressor randk:k=2 --gradient nice:2", 20000);
    tap_ok(floor > 1e-6, "diana stalls at %.1e with estimates", floor);
    for (size_t k = 0; k < 3; k++) {
        static const char *const runs[] = {"vr-diana", "marina", "pp-marina --participation nice:2",
                                           "pp-marina --participation uniform:3"};
        for (size_t j = 0; j < 4; j++) {
            char options[512];
            snprintf(options, sizeof options, TALL "--method %s --compressor %s --gradient %s",
                     runs[j], j < 2 && k == 1 ? "permk" : "randk:k=2", gradients[k]);
            double reached = fall(options, 20000);
            tap_ok(reached <= 1e-10, "|grad f|^2 falls to %.1e at theory's step: %s", reached,
                   options);
        }
    }
}

/* More draws than rows: the reference moves in every round, and the step is that of p = 1. */
static void more_draws_than_rows(void)
{
    static struct trace t;
    double step[2];
    for (int k = 0; k < 2; k++) {
        char options[256];
        snprintf(options, sizeof options,
                 "--data synth:tridiagonal,d=5,m=4,s=1 --clients 3 --method vr-diana --compressor "
                 "identity --rounds 1 --gradient uniform:%d",
                 k ? 400 : 4);
        trace_run(&t, 1, options);
        step[k] = t.status ? 0.0 : t.gamma;
        trace_close(&t);
    }
    tap_ok(step[0] > 0.0 && fabs(step[1] / step[0] - 1.0) < 0.01,
           "vr-diana: the step is %.4g with as many draws as rows, %.4g with more", step[0],
           step[1]);
}

int main(void)
{
    constants();
    rules();
    vr_diana_starts_once();
    vr_diana_of_all_rows();
    no_floor();
    more_draws_than_rows();
    return tap_done();
}
