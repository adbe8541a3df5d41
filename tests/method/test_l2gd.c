/* Compressed L2GD: the listing by hand, silent rounds, special cases, rules of the coin and the step, and the columns of
   models that live on the clients. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "refused.h"
#include "tap.h"

#define PROBLEM "--data synth:least-squares,d=12,m=5,L=4,mu=1,noise=1 --clients 7 "

enum { N = 7, D = 12 };

/* Algorithm 1 with C = identity; x (N, D), coin of round r in coins[r]. */
static void l2gd_by_hand(struct trace *t, const bool *coins, uint64_t rounds, double lambda,
                         double p, double *x)
{
    double ref[D] = {0}, grad[D], eta = t->gamma, theta = eta * lambda / (N * p);
    bool before = true;
    for (uint64_t k = 1; k <= rounds; k++) {
        if (coins[k] && !before) {
            vec_zero(ref, D);
            for (uint32_t i = 0; i < N; i++) {
                vec_axpy(ref, 1.0 / N, x + i * D, D);
            }
        }
        for (uint32_t i = 0; i < N; i++) {
            if (coins[k]) {
                vec_sub(grad, x + i * D, ref, D);
                vec_axpy(x + i * D, -theta, grad, D);
            } else {
                gradient_at(&t->run, i, x + i * D, grad);
                vec_axpy(x + i * D, -eta / (N * (1.0 - p)), grad, D);
            }
        }
        before = coins[k];
    }
}

/* Coins of rounds 1 .. rounds behind xi_{-1} = 1, and how often they go from 0 to 1. */
static uint64_t toss(const struct lac_env *env, double p, uint64_t rounds, bool *coins)
{
    struct lac_env e = *env;
    uint64_t switches = 0;
    coins[0] = true;
    for (e.round = 1; e.round <= rounds; e.round++) {
        coins[e.round] = lac_coin(&e, 0, p);
        switches += coins[e.round] && !coins[e.round - 1];
    }
    return switches;
}

static void frames_of_switches(const struct trace *t, uint64_t switches)
{
    const struct lac_transport *tr = t->run.solo.transport;
    tap_ok(switches > 15 && t->ledger.frames_up == N * switches &&
               t->ledger.frames_down == N * switches &&
               lac_bits_total(&t->ledger.up) == N * switches * (256 + 64 * D) &&
               lac_bits_total(&t->ledger.down) == N * switches * (256 + 64 * D) &&
               tr->sent_by_message[LAC_MESSAGE_ROUND] == 0 &&
               tr->received_by_message[LAC_MESSAGE_UPDATE] == N * switches * (32 + 8 * D) &&
               tr->sent_by_message[LAC_MESSAGE_REPLY] == 3 * switches * (32 + 8 * D),
           "frames, both ways, only in the %llu rounds of 100 whose coin goes from 0 to 1",
           (unsigned long long)switches);
}

static void listing(void)
{
    static const double lambdas[] = {0.0, 2.0, 40.0};
    static struct trace t;
    for (size_t i = 0; i < 3; i++) {
        char options[512];
        double x[N * D] = {0}, worst = 0.0;
        bool coins[101];
        snprintf(options, sizeof options,
                 PROBLEM "--method l2gd:lambda=%g --p 0.4 --compressor identity --step 0.05 "
                         "--rounds 100 --eval-every 0",
                 lambdas[i]);
        trace_run(&t, 3, options);
        uint64_t switches = toss(&t.run.solo.server.env, 0.4, 100, coins);
        l2gd_by_hand(&t, coins, 100, lambdas[i], 0.4, x);
        for (uint32_t k = 0; k < N; k++) {
            double one = apart(client_vector(&t.run, k, "x"), x + k * D, D);
            worst = one > worst ? one : worst;
        }
        tap_ok(t.status == LAC_OK && worst <= 1e-12,
               "lambda %g: every client's model is the listing's (%.1e)", lambdas[i], worst);
        frames_of_switches(&t, switches);
        trace_close(&t);
    }
}

/* lambda = 0: gradient descent of each client alone, whatever the channels do to what nobody looks at. */
static void apart_without_lambda(const char *compressor)
{
    static struct trace t;
    char options[512];
    bool coins[61], same = true;
    double grad[D];
    unsigned steps = 0;
    snprintf(options, sizeof options,
             PROBLEM "--method l2gd:lambda=0 --p 0.4 --compressor %s --step 0.3 --rounds 60 "
                     "--eval-every 0 --x0 normal",
             compressor);
    trace_run(&t, 3, options);
    toss(&t.run.solo.server.env, 0.4, 60, coins);
    for (uint32_t i = 0; i < N && t.status == LAC_OK; i++) {
        double x[D];
        vec_copy(x, t.run.solo.server.env.x0, D);
        steps = 0;
        for (uint64_t k = 1; k <= 60; k++) {
            if (!coins[k]) {
                gradient_at(&t.run, i, x, grad);
                vec_axpy(x, -0.3 / (N * (1.0 - 0.4)), grad, D);
                steps++;
            }
        }
        same = same && memcmp(x, client_vector(&t.run, i, "x"), sizeof x) == 0;
    }
    tap_ok(t.status == LAC_OK && same && steps > 20,
           "lambda = 0 with %s: each client's model is that of %u steps of gradient descent on its "
           "own loss, to the bit",
           compressor, steps);
    trace_close(&t);
}

/* theta = 28 0.1/(7 0.4) = 1: after a step to the mean all models are what was broadcast. */
static void meets(const char *compressor)
{
    static struct trace t;
    char options[512];
    bool coins[65], same = true;
    struct lac_env e = {.seed = 1};
    uint64_t last = 60;
    toss(&e, 0.4, 60, coins);
    while (!coins[last]) {
        last--;
    }
    snprintf(options, sizeof options,
             PROBLEM "--method l2gd:lambda=28 --p 0.4 --compressor %s --step 0.1 --rounds %llu "
                     "--eval-every 0 --track model_spread",
             compressor, (unsigned long long)last);
    trace_run(&t, 2, options);
    if (!tap_ok(t.status == LAC_OK, "theta = 1 with %s runs", compressor)) {
        trace_close(&t);
        return;
    }
    const double *ref = worker_vector(&t.run, 1, "ref");
    for (uint32_t i = 0; i < N; i++) {
        same = same && memcmp(client_vector(&t.run, i, "x"), ref, D * sizeof *ref) == 0;
    }
    const struct lac_row *row = &t.row[t.rows - 1];
    double personal = t.run.solo.server.personal_loss;
    tap_ok(same && vec_norm_sq(ref, D) > 0.0 && row->model_spread == 0.0 &&
               fabs(row->loss - personal) <= 1e-13 * personal,
           "theta = 1 with %s: every model is the broadcast, and the loss at their mean the "
           "personal loss",
           compressor);
    trace_close(&t);
}

/* The expected number of switches after K rounds is p (1 - p) (K - 1). */
static void switches(uint64_t rounds, uint64_t seeds, double tolerance)
{
    static const double chances[] = {0.1, 0.3, 0.5, 0.7, 0.9, 0.95};
    static bool coins[2001];
    for (size_t k = 0; k < sizeof chances / sizeof *chances; k++) {
        double p = chances[k], total = 0.0, n = (double)seeds;
        for (uint64_t seed = 1; seed <= seeds; seed++) {
            struct lac_env e = {.seed = seed};
            total += (double)toss(&e, p, rounds, coins);
        }
        double ratio = total / (n * p * (1.0 - p) * (double)(rounds - 1));
        tap_ok(fabs(ratio - 1.0) <= tolerance,
               "%llu rounds, p = %g: %.1f switches on average, %.3f of p (1 - p) (K - 1)",
               (unsigned long long)rounds, p, total / n, ratio);
    }
}

/* The columns against the models as they stand. */
static void watch_models(struct trace *t)
{
    const struct lac_row *row = &t->row[t->rows - 1];
    const struct lac_server *s = &t->run.solo.server;
    double mean[D] = {0}, loss = 0.0, spread = 0.0, wrong[4];
    for (uint32_t i = 0; i < N; i++) {
        vec_axpy(mean, 1.0 / N, client_vector(&t->run, i, "x"), D);
    }
    for (uint32_t i = 0; i < N; i++) {
        const double *x = client_vector(&t->run, i, "x");
        const struct lac_local *f = client_local(&t->run, i);
        double grad[D], one, work[256];
        lac_local_evaluate(f, x, work, &one, grad);
        loss += one / N;
        for (size_t j = 0; j < D; j++) {
            spread += (x[j] - mean[j]) * (x[j] - mean[j]) / N;
        }
    }
    double objective = loss + 1.5 * spread; /* lambda = 3 */
    bool own = s->method->coupling != NULL;
    wrong[0] = fabs(row->personal_loss - loss) / loss;
    wrong[1] = fabs(row->model_spread - spread) / (spread + 1e-20 * vec_norm_sq(mean, D));
    wrong[2] = own ? fabs(row->personal_objective - objective) / objective : 0.0;
    wrong[3] = own ? fabs(row->personal_gap - (objective - 0.25)) / objective : 0.0;
    for (size_t k = 0; k < 4; k++) {
        t->worst = wrong[k] > t->worst ? wrong[k] : t->worst;
    }
}

static void columns(const char *method, const char *more)
{
    static struct trace t, other;
    char options[512];
    bool same = true;
    snprintf(options, sizeof options,
             PROBLEM "--method %s --p 0.4 --step 0.05 --rounds 30 --eval-every 3 %s", method, more);
    t.also = watch_models;
    trace_run(&t, 3, options);
    trace_run(&other, 1, options);
    for (size_t i = 0; i < t.rows; i++) {
        const struct lac_row *a = &t.row[i], *b = &other.row[i];
        same = same && a->personal_loss == b->personal_loss && a->model_spread == b->model_spread &&
               a->personal_objective == b->personal_objective && a->personal_gap == b->personal_gap;
    }
    tap_ok(
        t.status == LAC_OK && t.rows == 11 && t.worst <= 1e-9 && t.row[10].model_spread > 0.0 &&
            same,
        "%s %s: the personal columns are those of the models (%.1e), the same on 1 and 3 ranks%s",
        method, more, t.worst, t.status ? lac_failure() : "");
    trace_close(&t);
    trace_close(&other);
    t.also = NULL;
}

static void all_columns(void)
{
#define PERSONAL  "--track personal_loss,model_spread"
#define OBJECTIVE ",personal_objective,personal_gap --optimum 0.25 "
    columns("l2gd:lambda=3", PERSONAL OBJECTIVE "--compressor natural");
    columns("l2gd:lambda=3", PERSONAL OBJECTIVE "--compressor identity --x0 normal:1e6");
    columns("proxskip", PERSONAL);
    columns("gradskip", PERSONAL);
    refused(PROBLEM "--method gd --step 0.1 --track personal_loss", "one model for all");
    refused(PROBLEM "--method gd --step 0.1 --track model_spread", "one model for all");
    refused(PROBLEM "--method proxskip --p 0.4 --step 0.1 --track personal_objective",
            "solve no problem");
    refused(PROBLEM "--method l2gd --p 0.4 --step 0.1 --compressor natural --track personal_gap",
            "--optimum VALUE");
    refused(PROBLEM "--method l2gd --p 0.4 --step 0.1 --compressor natural --track model_spread "
                    "--optimum 1",
            "no column reads it");
}

/* The theorem's gamma, of which p* is the best p for the number of rounds (or of switches). */
struct theorem {
    double n, lambda, L, mu, w, master;
};

static double theorem_gamma(const struct theorem *t, double p)
{
    double alpha = 4.0 * (4.0 * t->w + 4.0 * t->n * t->master * (1.0 + t->w)) / t->mu;
    double noise = alpha * t->lambda * t->lambda * (1.0 - p) / (2.0 * t->n * t->n * p);
    double local = t->L / (t->n * (1.0 - p));
    double pull = t->lambda / t->n * (1.0 + 4.0 * (1.0 - p) / p);
    return noise + (local > pull ? local : pull);
}

/* max{p_e, p_A} by the formulas as published. */
static double chance_by_hand(const struct theorem *t, bool rate)
{
    double l = t->lambda, L = t->L, n = t->n;
    double p_e = (7.0 * l + L - sqrt(l * l + 14.0 * l * L + L * L)) / (6.0 * l);
    double alpha = 4.0 * (4.0 * t->w + 4.0 * n * t->master * (1.0 + t->w)) / t->mu;
    double strong = alpha * l * l, p_A;
    if (!rate) {
        p_A = strong > 0.0 ? 1.0 - L * n / strong : 0.0;
    } else {
        p_A =
            (-2.0 * strong + 2.0 * l * sqrt(2.0 * alpha * n * L)) / (2.0 * (2.0 * n * L - strong));
    }
    return p_e > p_A ? p_e : p_A;
}

static void chance(const char *rule, const char *channels, double lambda, double w, double master)
{
    static struct trace t;
    char options[512];
    snprintf(options, sizeof options,
             PROBLEM "--regularizer l2:0.5 --method l2gd:lambda=%g --p %s --step base %s", lambda,
             rule, channels);
    trace_open(&t, 1, options);
    const struct lac_server *s = &t.run.solo.server;
    struct theorem f = {N, lambda, t.constants.L_max, 0.5, w, master};
    bool rate = strcmp(rule, "communication-optimal") != 0;
    double p = s->chosen[LAC_CHANCE].value, hand = chance_by_hand(&f, rate), least = HUGE_VAL;
    double at_p = theorem_gamma(&f, p) * (rate ? 1.0 : p * (1.0 - p));
    for (double q = 1e-4; q < 1.0; q += 1e-4) {
        double one = theorem_gamma(&f, q) * (rate ? 1.0 : q * (1.0 - q));
        least = one < least ? one : least;
    }
    tap_ok(t.status == LAC_OK && fabs(p / hand - 1.0) < 1e-11 && at_p <= least * (1.0 + 1e-9),
           "--p %s, lambda %g, %s: %.6f is the formula's %.6f, and no other p is better%s", rule,
           lambda, channels, p, hand, t.status ? lac_failure() : "");
    trace_close(&t);
}

static void chances(void)
{
    static const double lambdas[] = {0.01, 1.0, 50.0};
    static const char *const rules[] = {"theory", "rate-optimal", "communication-optimal"};
    for (size_t i = 0; i < 9; i++) {
        const char *rule = rules[i % 3];
        double lambda = lambdas[i / 3];
        chance(rule, "--compressor identity", lambda, 0.0, 0.0);
        chance(rule, "--compressor randk:k=4 --compressor-down identity", lambda, 2.0, 0.0);
        chance(rule, "--compressor identity --compressor-down randk:k=6", lambda, 0.0, 1.0);
        chance(rule, "--compressor randk:k=4 --compressor-down natural", lambda, 2.0, 0.125);
    }
}

/* The safe step: A = w (1 + w_M)/n + w_M. */
static double safe(const struct theorem *t, double p)
{
    double A = t->w * (1.0 + t->master) / t->n + t->master;
    double local = t->L / (t->n * (1.0 - p)), pull = t->lambda / (t->n * p);
    double a = 2.0 * (local > pull ? local : pull);
    return 1.0 / (a + 2.0 * A * t->lambda * t->lambda / (t->n * t->mu * p));
}

static void step(const char *rule, const char *channels, double p, double w, double master)
{
    static struct trace t;
    char options[512];
    snprintf(options, sizeof options,
             PROBLEM "--regularizer l2:0.5 --method l2gd:lambda=2 --p %g --step %s %s", p, rule,
             channels);
    trace_open(&t, 1, options);
    struct theorem f = {N, 2.0, t.constants.L_max, 0.5, w, master};
    struct theorem calm = f, base = f;
    calm.w = calm.master = base.w = base.master = 0.0;
    double hand = safe(&f, p);
    if (strcmp(rule, "base") == 0) {
        hand = safe(&base, p);
    } else if (strcmp(rule, "theory") != 0 || w + master == 0.0) {
        hand = 1.0 / (2.0 * theorem_gamma(&calm, p));
    }
    double theta = t.gamma * 2.0 / (N * p);
    tap_ok(t.status == LAC_OK && fabs(t.gamma / hand - 1.0) < 1e-12 && theta <= 0.5 * (1 + 1e-12),
           "--step %s, p %g, %s: %.6g is the formula's, theta %.3f is at most 1/2%s", rule, p,
           channels, t.gamma, theta, t.status ? lac_failure() : "");
    trace_close(&t);
}

static void steps(void)
{
    static const char *const rules[] = {"theory", "theory-uncompressed", "base"};
    for (size_t i = 0; i < 6; i++) {
        double p = i < 3 ? 0.15 : 0.8; /* either branch of the maxima */
        step(rules[i % 3], "--compressor identity", p, 0.0, 0.0);
        step(rules[i % 3], "--compressor randk:k=4 --compressor-down identity", p, 2.0, 0.0);
        step(rules[i % 3], "--compressor identity --compressor-down randk:k=6", p, 0.0, 1.0);
        step(rules[i % 3], "--compressor randk:k=4 --compressor-down natural", p, 2.0, 0.125);
    }
}

/* Whether a run of the options ends well. */
static void runs(const char *options)
{
    static struct trace t;
    trace_run(&t, 2, options);
    double fall = t.status ? 1.0 : t.row[t.rows - 1].loss / t.row[0].loss;
    tap_ok(fall < 0.9, "runs, the loss falls to %.2f of its start: %s%s", fall, options,
           t.status ? lac_failure() : "");
    trace_close(&t);
}

static void refusals(void)
{
#define L2 PROBLEM "--regularizer l2:0.5 --method l2gd "
    refused(L2 "--compressor topk:k=3", "--p: 'theory' is for unbiased compressors");
    refused(L2 "--compressor natural --compressor-down topk:k=3 --p communication-optimal",
            "topk:k=3 is contractive only");
    refused(L2 "--compressor topk:k=3 --p 0.4", "--step: 'theory' is for unbiased compressors");
    runs(L2 "--compressor topk:k=6 --p 0.4 --step base --rounds 200");
    runs(L2 "--compressor topk:k=6 --p 0.4 --step 0.5 --rounds 200");
    refused(PROBLEM "--method l2gd --compressor natural", "--p: 'theory' divides by mu");
    refused(PROBLEM "--method l2gd --compressor identity --compressor-down natural --p 0.4",
            "--step: 'theory' divides by mu");
    refused(PROBLEM "--method l2gd --regularizer noncvx:0.1 --compressor natural --p 0.4",
            "--regularizer l2:LAMBDA");
    runs(PROBLEM
         "--method l2gd --compressor natural --p 0.4 --step theory-uncompressed --rounds 200");
    runs(PROBLEM "--method l2gd --compressor identity --rounds 200");
    refused(L2 "--compressor natural --p 1 --step 0.1", "no gradient is ever taken");
    refused(L2 "--compressor natural --p 0.4 --step 2.9", "a step of at most 2.8");
    refused(L2 "--compressor natural --p 0.4 --step theory*40", "theta");
    refused(PROBLEM "--method l2gd:lambda=-1 --compressor natural", "lambda is a number from 0");
    refused(PROBLEM "--method l2gd:lambda=0 --compressor identity", "--p: theory gives 0");
}

int main(void)
{
    listing();
    apart_without_lambda("identity");
    apart_without_lambda("natural");
    meets("identity");
    meets("natural");
    switches(100, 100, 0.08);
    switches(2000, 40, 0.03);
    all_columns();
    chances();
    steps();
    refusals();
    return tap_done();
}
