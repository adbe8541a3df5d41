/* Random reshuffling with compression: whose shifts they are, special cases, and what they come to. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "method/minibatch.h"
#include "tap.h"

enum { N = 7, D = 12, M = 13 };
#define PROBLEM "--data synth:least-squares,d=12,m=13,L=4,mu=1,noise=1 --clients 7 "

/* sum <- mean over the clients of the gradient of the minibatch that is theirs in this round */
static void batch_mean(struct trace *t, const struct lac_env *e, uint32_t batches, const double *x,
                       double *sum)
{
    double grad[D], work[64], loss;
    struct lac_env own = *e;
    memset(sum, 0, D * sizeof *sum);
    for (uint32_t i = 0; i < N; i++) {
        own.who.client = i;
        uint32_t j = lac_batch_of(&own, batches, (e->round - 1) / batches,
                                  (uint32_t)((e->round - 1) % batches));
        lac_local_evaluate_batch(client_local(&t->run, i), j, batches, x, work, &loss, grad);
        vec_axpy(sum, 1.0 / N, grad, D);
    }
}

/* The listing of SGD with random reshuffling, without compression; returns how far the run is from it. */
static double from_listing(struct trace *t, uint32_t batches, bool once, bool inverse)
{
    struct lac_env e = {.d = D, .n = N, .seed = t->run.solo.config.seed, .keeps_order = once};
    double x[D] = {0}, g[D], worst = 0.0;
    for (e.round = 1; e.round <= t->run.solo.config.rounds; e.round++) {
        double epoch = floor((double)(e.round - 1) / batches);
        batch_mean(t, &e, batches, x, g);
        vec_axpy(x, -0.05 / (inverse ? epoch + 1.0 : 1.0), g, D);
        worst = fmax(worst, apart(trace_model(t, e.round), x, D));
    }
    return worst;
}

/* omega = 0: no shift changes what is sent. 13 rows in 4 minibatches do not divide. */
static void uncompressed(void)
{
    static const char *const methods[] = {"q-rr", "diana-rr", "diana-rr-1s"};
    static struct trace t;
    for (size_t k = 0; k < 12; k++) {
        bool once = k % 4 == 1 || k % 4 == 3, inverse = k % 4 >= 2;
        char options[300];
        snprintf(options, sizeof options,
                 PROBLEM "--method %s:batches=4 --compressor identity --step 0.05 --rounds 18 "
                         "--rr-order %s --step-policy %s",
                 methods[k / 4], once ? "once" : "reshuffle", inverse ? "inverse:0" : "constant");
        trace_run(&t, 2, options);
        double right = t.status ? 1.0 : from_listing(&t, 4, once, inverse);
        double wrong = t.status ? 0.0 : from_listing(&t, 4, !once, inverse);
        tap_ok(
            right < 1e-12 && wrong > 1e-3,
            "uncompressed it is SGD with random reshuffling (%.1e; of the other order %.1e): %s%s",
            right, wrong, options + sizeof PROBLEM - 1, t.status ? lac_failure() : "");
        trace_close(&t);
    }
}

/* With alpha = 1 a shift is its minibatch's gradient when that was last its turn: at a model that hardly moves, now. */
static void whose_shift(void)
{
    static struct trace t;
    double grad[D], work[64], loss, worst = 0.0;
    bool same = true;
    trace_run(
        &t, 3,
        PROBLEM
        "--method diana-rr:batches=4 --compressor identity --step 1e-13 --rounds 12 --x0 normal");
    for (uint32_t i = 0; i < N && !t.status; i++) {
        for (uint32_t j = 0; j < 4; j++) {
            const double *h = client_vector(&t.run, i, "shift") + (size_t)j * D;
            lac_local_evaluate_batch(client_local(&t.run, i), j, 4, trace_last(&t), work, &loss,
                                     grad);
            worst = fmax(worst, apart(h, grad, D));
        }
    }
    tap_ok(!t.status && worst < 1e-10, "a shift is its minibatch's, not its turn's (%.1e)%s", worst,
           t.status ? lac_failure() : "");
    trace_close(&t);
    trace_run(&t, 3,
              PROBLEM "--method diana-rr:batches=4 --compressor randk:3 --step 0.01 --rounds 61");
    for (uint32_t i = 0; i < N && !t.status; i++) {
        const double *replica = server_vector(&t.run, "shift") + (size_t)i * 4 * D;
        same = same &&
               memcmp(replica, client_vector(&t.run, i, "shift"), 4 * D * sizeof *replica) == 0;
    }
    tap_ok(!t.status && same, "the server's replicas of the shifts are the clients', to the bit");
    trace_close(&t);
    trace_run(&t, 3,
              PROBLEM
              "--method diana-rr-1s:batches=4 --compressor randk:3 --step 0.01 --rounds 61");
    worst = t.status ? 1.0 : mean_apart(&t.run, "shift", "shift");
    tap_ok(worst < 1e-12, "of one shift each the server keeps the mean (%.1e)", worst);
    trace_close(&t);
}

/* The models of all rounds and the bits up, to the last one. */
static bool same_rounds(const struct trace *a, const struct trace *b)
{
    size_t bytes = (1 + (size_t)a->run.solo.config.rounds) * D * sizeof(double);
    return a->status == LAC_OK && b->status == LAC_OK && memcmp(a->model, b->model, bytes) == 0 &&
           lac_bits_total(&a->ledger.up) == lac_bits_total(&b->ledger.up);
}

static void equal(const char *one, const char *other, const char *more)
{
    static struct trace a, b;
    char options[300];
    snprintf(options, sizeof options, PROBLEM "--step 0.02 --rounds 20 --method %s %s", one, more);
    trace_run(&a, 2, options);
    snprintf(options, sizeof options, PROBLEM "--step 0.02 --rounds 20 --method %s %s", other,
             more);
    trace_run(&b, 2, options);
    tap_ok(same_rounds(&a, &b), "%s is %s, to the bit: %s", one, other, more);
    trace_close(&a);
    trace_close(&b);
}

static void special_cases(void)
{
    static const char *const compressors[] = {"identity", "randk:3", "permk", "natural",
                                              "qsgd:levels=4"};
    for (size_t k = 0; k < 5; k++) {
        char more[60];
        snprintf(more, sizeof more, "--compressor %s", compressors[k]);
        equal("q-rr:batches=1", "dcgd", more);
        equal("q-rr:batches=1", "qsgd", more);
        equal("diana-rr:batches=1", "diana", more);
        equal("diana-rr-1s:batches=1", "diana", more);
    }
    equal("q-nastya:batches=4", "q-nastya:batches=4 --participation nice:7",
          "--compressor randk:3 --server-step 0.05");
}

/* Algorithm 6 with C = M is algorithm 4: the mean of the replicas is the server's h. */
static void everybody_partial(void)
{
    static struct trace full, partial;
    const char *options =
        PROBLEM "--method diana-nastya:batches=4 --compressor randk:3 --step 0.01 "
                "--server-step 0.05 --rounds 40";
    char text[300];
    trace_run(&full, 2, options);
    snprintf(text, sizeof text, "%s --participation nice:7", options);
    trace_run(&partial, 2, text);
    bool ran = !full.status && !partial.status;
    double worst = ran ? traces_apart(&full, &partial, 40) : 1.0;
    double h = ran ? mean_apart(&full.run, "h", "h_m") : 1.0;
    tap_ok(worst < 1e-12 && h < 1e-12,
           "diana-nastya with nice:M is the one of everybody (%.1e), h the mean of the h_m (%.1e)",
           worst, h);
    trace_close(&full);
    trace_close(&partial);
    snprintf(text, sizeof text, "%s --participation nice:3", options);
    trace_run(&partial, 3, text);
    bool same = !partial.status;
    for (uint32_t i = 0; i < N && same; i++) {
        same = memcmp(server_vector(&partial.run, "h") + (size_t)i * D,
                      client_vector(&partial.run, i, "h_m"), D * sizeof(double)) == 0;
    }
    tap_ok(same, "with few clients a round the server's replicas are their shifts, to the bit");
    trace_close(&partial);
}

static double reached(const char *options)
{
    static struct trace t;
    trace_run(&t, 1, options);
    double norm = t.status ? HUGE_VAL : t.row[t.rows - 1].grad_norm_sq;
    trace_close(&t);
    return norm;
}

/* At one step; what is left of DIANA-RR's is the order's. */
static void plateaus(void)
{
#define SLOWLY PROBLEM "--compressor randk:3 --step 0.004 --rounds 16000 --eval-every 0 --method "
    double q = reached(SLOWLY "q-rr:batches=4"), one = reached(SLOWLY "diana-rr-1s:batches=4");
    double each = reached(SLOWLY "diana-rr:batches=4");
    tap_ok(
        1000.0 * each < fmin(one, q),
        "at one step |grad f|^2 of diana-rr is far below that of one shift and of q-rr: %.1e, %.1e, %.1e",
        each, one, q);
}

/* Minibatches of any number average to the gradient, also where some are empty. */
static void averages(void)
{
    static struct trace t;
    double x[D], g[D], whole[D], mean[D], work[64], loss, worst = 0.0;
    trace_open(&t, 1,
               PROBLEM
               "--method q-rr --compressor identity --step 0.1 --rounds 1 --regularizer l2:0.3");
    trace_finish(&t);
    for (size_t j = 0; j < D; j++) {
        x[j] = (double)j - 4.5;
    }
    for (uint32_t count = 1; count < 30 && !t.status; count++) {
        memset(mean, 0, sizeof mean);
        for (uint32_t j = 0; j < count; j++) {
            lac_local_evaluate_batch(client_local(&t.run, 3), j, count, x, work, &loss, g);
            vec_axpy(mean, 1.0 / count, g, D);
        }
        gradient_at(&t.run, 3, x, whole);
        worst = fmax(worst, apart(mean, whole, D));
    }
    tap_ok(!t.status && worst < 1e-14,
           "1 to 29 minibatches of 13 rows average to the gradient (%.1e)%s", worst,
           t.status ? lac_failure() : "");
    trace_close(&t);
    double norm = reached(PROBLEM "--method diana-rr:batches=5 --compressor randk:6 --step 1e-3 "
                                  "--rounds 30000 --eval-every 0 --step-policy inverse:1500");
    tap_ok(norm < 1e-6, "so that diana-rr comes to the minimum of f: |grad f|^2 = %.1e", norm);
}

/* A step times what it should be the inverse of is 1; `of` the smoothness of the roughest row, with the regularizer. */
static void step_is(enum lac_quantity which, const char *options, double of, double more)
{
    static struct trace t;
    trace_open(&t, 1, options);
    const struct lac_server *s = &t.run.solo.server;
    double product = t.status ? 0.0 : s->chosen[which].value * (of * s->constants.L_row + more);
    tap_ok(fabs(product - 1.0) < 1e-12, "the %s is that of its formula: %s%s",
           which == LAC_STEP ? "step" : "server step", options, t.status ? lac_failure() : "");
    trace_close(&t);
}

/* omega = 2, n = 7; permk 1; mu = 1000 of omega = 11, alpha = 1/12, n = 400 */
static void steps(void)
{
#define RANDK PROBLEM "--compressor randk:4 --method "
#define STRONG \
    "--data synth:least-squares,d=12,m=13,L=4,mu=1 --clients 400 --compressor randk:1 --regularizer l2:1000 --method "
    step_is(LAC_STEP, RANDK "q-rr", 1.0 + 4.0 / 7.0, 0.0);
    step_is(LAC_STEP, RANDK "qsgd --gradient uniform:2", 1.0 + 4.0 / 7.0, 0.0);
    step_is(LAC_STEP, PROBLEM "--compressor permk --method q-rr", 3.0, 0.0);
    step_is(LAC_STEP, RANDK "diana --step theory-rows --gradient uniform:2", 1.0 + 12.0 / 7.0, 0.0);
    step_is(LAC_STEP, RANDK "diana-rr:batches=4", 1.0 + 12.0 / 7.0, 0.0);
    step_is(LAC_STEP, RANDK "diana-rr-1s", 1.0 + 12.0 / 7.0, 0.0);
    step_is(LAC_STEP, STRONG "diana-rr:batches=4", 0.0, 2.0 * 4.0 * 1000.0 * 12.0);
    step_is(LAC_STEP, RANDK "q-nastya:batches=4 --participation nice:3", 5.0 * 4.0, 0.0);
    step_is(LAC_STEP, RANDK "q-nastya:batches=4,epochs=2", 5.0 * 8.0, 0.0);
    step_is(LAC_SERVER_STEP, RANDK "q-nastya:batches=4", 16.0 * (1.0 + 2.0 / 7.0), 0.0);
    step_is(LAC_SERVER_STEP, RANDK "q-nastya --participation nice:3", 16.0 * (1.0 + 2.0 / 3.0),
            0.0);
    step_is(LAC_STEP, RANDK "diana-nastya:batches=4", 16.0 * 4.0, 0.0);
    step_is(LAC_STEP, RANDK "diana-nastya:batches=4 --participation nice:3", 5.0 * 4.0, 0.0);
    step_is(LAC_SERVER_STEP, RANDK "diana-nastya", 16.0 * (1.0 + 18.0 / 7.0), 0.0);
    step_is(LAC_SERVER_STEP, STRONG "diana-nastya", 0.0, 2.0 * 1000.0 * 12.0);
    step_is(LAC_SERVER_STEP, RANDK "diana-nastya --participation nice:3", 80.0 * (1.0 + 2.0 / 3.0),
            0.0);
    step_is(LAC_SERVER_STEP, STRONG "diana-nastya --participation nice:2", 0.0,
            1000.0 * 12.0 * 200.0);
}

int main(void)
{
    steps();
    uncompressed();
    whose_shift();
    special_cases();
    everybody_partial();
    plateaus();
    averages();
    return tap_done();
}
