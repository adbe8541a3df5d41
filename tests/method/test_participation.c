/* Samplings, and every method that admits one: the same on any ranks, true rows, the invariant in every
   round, convergence at the step of the theory; and what the rest says. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "refused.h"
#include "tap.h"

#define PROBLEM "--data synth:least-squares,d=12,m=5,L=4,mu=1,noise=1 --clients 7 "

enum { N = 7, D = 12 };

static const char *const samplings[] = {
    "nice:3",     "nice:20%",        "nice:7",        "uniform:4",
    "uniform:1",  "bernoulli:0.2",   "bernoulli:0.7", "importance:2",
    "weighted:2", "extended-nice:3", "cohorts:3",     "cohorts:4,order=partition",
    "cyclic:2"};

enum { SAMPLINGS = sizeof samplings / sizeof *samplings };

static bool takes(const struct lac_method *m, const char *sampling)
{
    struct lac_arena a = {0};
    struct lac_sampling s;
    bool fits = lac_method_sampling(m, sampling, N, &s, &a) == LAC_OK;
    lac_arena_free(&a);
    return fits;
}

static bool unbiased(const struct lac_method *m)
{
    return m->channels[0].classes & LAC_UNBIASED;
}

static const char *problem_of(const struct lac_objective *f)
{
    if (f->features > 0) {
        return "--data synth:tridiagonal,d=12,m=5,mu=0.5 --clients 7";
    }
    if (f->classes) {
        return "--data synth:softmax,d=4,m=5,classes=3 --clients 7 --regularizer l2:0.1";
    }
    return f->two_classes ? "--data synth:logistic,d=12,m=5 --clients 7 --regularizer l2:0.1"
                          : PROBLEM;
}

struct pair {
    const char *options; /* problem, method, sampling, compressor */
    const struct lac_method *method;
    const struct lac_objective *objective;
};

static void pair_with(void (*one)(const struct pair *), const struct lac_method *m,
                      const struct lac_objective *f, size_t sampling, size_t compressor)
{
    char options[512];
    const char *compressors[] = {unbiased(m) ? "randk:k=4" : "topk:k=3", "permk", "natural"};
    bool compressed = m->channels[0].option == LAC_FROM_COMPRESSOR;
    const char *batches = m->traits & LAC_DEALS_BATCHES ? ":batches=1" : "";
    snprintf(options, sizeof options, "%s --objective %s --method %s%s --participation %s %s%s",
             problem_of(f), f->name, m->name, batches, samplings[sampling],
             compressed ? "--compressor " : "", compressed ? compressors[compressor] : "");
    one(&(struct pair){options, m, f});
}

/* Calls one() for every method and every sampling that it admits, with a compressor and an objective in
   turn; in long tests with three compressors and all objectives. */
static void for_each(void (*one)(const struct pair *))
{
    size_t methods, objectives, all = getenv("LAC_TEST_LONG") != NULL;
    const struct lac_method *const *method = lac_methods(&methods);
    const struct lac_objective *const *objective = lac_objectives(&objectives);
    for (size_t i = 0; i < methods; i++) {
        for (size_t k = 0; k < SAMPLINGS && method[i]->participation; k++) {
            for (size_t j = 0; j < (all ? 3 * objectives : 1) && takes(method[i], samplings[k]);
                 j++) {
                pair_with(one, method[i], objective[(i + k + j) % objectives], k, (k + j) % 3);
            }
        }
    }
}

static void same_on_any_ranks(const struct pair *p)
{
    const char *options = p->options;
    static struct trace one, many;
    char text[600];
    bool equal = true;
    for (unsigned every = 0; every <= 3; every += 3) {
        snprintf(text, sizeof text, "%s --step 0.01 --rounds 40 --eval-every %u", options, every);
        trace_run(&one, 1, text);
        for (uint32_t ranks = 2; ranks <= 5; ranks += ranks == 3 ? 2 : 1) {
            trace_run(&many, ranks, text);
            equal = equal && traces_equal(&one, &many);
            trace_close(&many);
        }
        trace_close(&one);
    }
    tap_ok(equal, "the same on 1, 2, 3 and 5 ranks: %s", options);
}

static void rows_are_true(const struct pair *p)
{
    char text[600];
    snprintf(text, sizeof text, "%s --step 0.01", p->options);
    double worst = rows_wrong(text, 2, 7);
    tap_ok(worst <= 1e-11, "every row is f at its model (%.1e): %s", worst, p->options);
}

static const char *server_name, *client_name;

static bool has_both;

static void watch_mean(struct trace *t)
{
    has_both = server_vector(&t->run, server_name) && client_vector(&t->run, 0, client_name);
    double one = has_both ? mean_apart(&t->run, server_name, client_name) : 0.0;
    t->worst = one > t->worst ? one : t->worst;
}

/* The pairs (server's, clients') of vectors of which the first is the mean of the others. */
static void mean_is_kept(const char *options, const char *start)
{
    static const char *const pairs[][2] = {
        {"h", "h_i"}, {"g", "g_i"}, {"target", "g_i"}, {"c", "c_i"}};
    static struct trace t;
    char text[600];
    snprintf(text, sizeof text, "%s %s --step 0.01 --rounds 100", options, start);
    for (size_t k = 0; k < 4; k++) {
        if (k == 1 && strstr(options, "ef21-bc")) {
            continue; /* its g follows the mean */
        }
        server_name = pairs[k][0];
        client_name = pairs[k][1];
        t.also = watch_mean;
        trace_run(&t, 3, text);
        if (has_both || t.status) {
            tap_ok(t.status == LAC_OK && t.rows == 101 && t.worst <= 1e-12,
                   "%s is the mean of the %s in every round (%.1e): %s", server_name, client_name,
                   t.worst, text);
        }
        trace_close(&t);
    }
    t.also = NULL;
}

static void invariants(const struct pair *p)
{
    const struct lac_method *m = p->method;
    if (m->starts & LAC_START_EXACT) {
        mean_is_kept(p->options, "--init exact");
    }
    if (m->start_default != LAC_START_EXACT) {
        mean_is_kept(p->options, "");
    }
}

static void invariants_of_full(void)
{
    size_t methods;
    const struct lac_method *const *method = lac_methods(&methods);
    for (size_t i = 0; i < methods; i++) {
        static const char *const compressors[] = {"randk:k=3", "natural", "permk"};
        for (size_t k = 0; k < 3 && lac_method_channels(method[i]) > 0; k++) {
            char options[512];
            if (method[i]->channels[0].option == LAC_FROM_COMPRESSOR) {
                snprintf(options, sizeof options, PROBLEM "--method %s --compressor %s",
                         runnable(method[i]), compressors[k]);
                invariants(&(struct pair){options, method[i], NULL});
            }
        }
    }
    mean_is_kept(PROBLEM "--method vr-diana --gradient nice:2 --compressor randk:k=4", "");
    mean_is_kept(PROBLEM "--method vr-diana --gradient nice:2 --compressor natural",
                 "--init exact");
    mean_is_kept(
        PROBLEM "--method cofig:independent=1 --participation nice:3 --compressor randk:k=4", "");
    mean_is_kept(PROBLEM "--method frecon:newest=1 --participation nice:3 --compressor randk:k=4",
                 "");
    mean_is_kept(PROBLEM "--method frecon --participation nice:3 --compressor randk:k=4",
                 "--init zero");
}

#define SHARED "--data synth:least-squares,d=12,m=5,L=4,mu=1" /* a minimiser of all clients */

static void converge_one(const struct pair *p)
{
    static struct trace t;
    char text[700];
    bool ball = p->method->traits & LAC_REACHES_A_BALL;
    bool meets = ball && strcmp(p->objective->name, "least-squares") == 0;
    const struct lac_step_rule *second = p->method->rules[LAC_SERVER_STEP];
    bool theory = p->method->rules[LAC_STEP];
    bool slow = second && second->needs; /* a sixteenth and less of what would do */
    unsigned rounds = p->objective->convex ? 16000 : 32000;
    double factor = (ball && !meets ? 0.1 : 1.0) * (theory ? 1.0 : 0.02);
    snprintf(text, sizeof text, "%s %s --rounds %u --eval-every 2000 --step %s%g %s", p->options,
             meets ? SHARED : "", rounds, theory ? "theory*" : "", factor,
             slow ? "--server-step theory*16" : "");
    trace_run(&t, 1, text);
    double fall = t.status ? 1.0 : t.row[t.rows - 1].grad_norm_sq / t.row[0].grad_norm_sq;
    double asked = ball && !meets ? 0.3 : 1e-8;
    tap_ok(fall <= asked, "%s: |grad f|^2 falls to %.1e at theory's step %.2e: %s%s",
           p->method->name, fall, t.gamma, text, t.status ? lac_failure() : "");
    trace_close(&t);
}

static double mean_of_rows(const char *options)
{
    static struct trace t;
    double sum = 0.0;
    trace_run(&t, 1, options);
    for (size_t i = t.rows / 2; i < t.rows && t.status == LAC_OK; i++) {
        sum += t.row[i].grad_norm_sq / (double)(t.rows - t.rows / 2);
    }
    trace_close(&t);
    return sum;
}

/* Elsewhere a ball, as large as the step is: also where nothing is compressed. */
static void stays_in_a_ball(const struct pair *p)
{
    char text[700];
    double at[2];
    if (!(p->method->traits & LAC_REACHES_A_BALL) || strstr(p->options, "nice:7")) {
        return;
    }
    bool compresses = lac_method_channel(p->method, LAC_FROM_COMPRESSOR) != NULL;
    bool second = p->method->rules[LAC_SERVER_STEP] != NULL;
    bool regularized = strstr(p->options, "cohorts:") || strstr(p->options, "cyclic:");
    for (unsigned k = 0; k < 2; k++) {
        double step = k ? 0.002 : 0.008;
        char number[32];
        snprintf(number, sizeof number, "%g", step);
        snprintf(text, sizeof text,
                 "%s " PROBLEM "--objective least-squares --regularizer none %s "
                 "--rounds 20000 --step %g --eval-every 5 %s %s",
                 p->options, compresses ? "--compressor identity" : "", step,
                 second ? "--server-step" : "", second ? number : "");
        at[k] = mean_of_rows(text);
    }
    double power = regularized ? 4.0 : 1.0; /* |x - x*|^2 ~ gamma^2, not gamma */
    tap_ok(at[0] > 2.0 * power * at[1] && at[0] < 8.0 * power * at[1],
           "%s: |grad f|^2 stays at %.1e, and at %.1e with a quarter of the step", text, at[0],
           at[1]);
}

/* Every rank has the server's vectors of these names, whenever a row is written. */
static const char *const *replicas;

static void watch_replicas(struct trace *t)
{
    for (size_t k = 0; replicas[k]; k++) {
        const double *ours = server_vector(&t->run, replicas[k]);
        for (uint32_t rank = 1; rank <= t->run.ranks; rank++) {
            const double *theirs = worker_vector(&t->run, rank, replicas[k]);
            t->worst += memcmp(ours, theirs, t->d * sizeof *ours) == 0 ? 0.0 : 1.0;
        }
    }
}

static void replicas_follow(void)
{
    static const char *const bc[] = {"x", "g", NULL}, *const p[] = {"w", NULL};
    static const char *const compressors[] = {"topk:k=3", "randk:k=6", "natural", "permk"};
    static struct trace t;
    for (size_t i = 0; i < 8; i++) {
        char options[512];
        const char *name = i < 4 ? "ef21-bc" : "ef21-p", *up = compressors[i % 4];
        snprintf(options, sizeof options,
                 PROBLEM "--method %s --compressor %s --compressor-down %s --step 0.01 --rounds 50",
                 name, up, compressors[(i + 1) % 4]);
        replicas = i < 4 ? bc : p;
        t.also = watch_replicas;
        trace_run(&t, 3, options);
        tap_ok(t.status == LAC_OK && t.worst == 0.0 && t.rows == 51 &&
                   t.ledger.frames_down == UINT64_C(50) * N,
               "%s with %s: every rank follows the server to the bit; down goes to every client",
               name, up);
        trace_close(&t);
    }
    t.also = NULL;
}

/* COFIG's two sets, by the roles. */
static unsigned drawn_apart;

static void watch_sets(struct trace *t)
{
    struct lac_participant who[N];
    struct lac_server *s = &t->run.solo.server;
    uint32_t count = lac_method_participants(s->method, &s->env, who), g = 0, h = 0, both = 0;
    for (uint32_t i = 0; i < count; i++) {
        g += who[i].role & 1;
        h += who[i].role >> 1;
        both += who[i].role == 3;
    }
    bool start = s->env.round == 0;
    t->worst += start || (g == 3 && h == 3 && count + both == 6) ? 0.0 : 1.0;
    drawn_apart += both < 3;
}

static void sets_of_cofig(void)
{
    static struct trace t;
    for (unsigned independent = 0; independent < 2; independent++) {
        char options[512];
        snprintf(options, sizeof options,
                 PROBLEM
                 "--method cofig:independent=%u --participation nice:3 --compressor natural "
                 "--step 0.02 --rounds 40",
                 independent);
        t.also = watch_sets;
        drawn_apart = 0;
        trace_run(&t, 1, options);
        uint64_t frames = t.ledger.frames_up, least = UINT64_C(40) * 3;
        bool apart = drawn_apart > 20 && frames > least && frames < 2 * least;
        bool one = drawn_apart <= 1 && frames == least; /* round 0 has no roles */
        tap_ok(t.status == LAC_OK && t.worst == 0.0 && (independent ? apart : one) &&
                   t.ledger.frames_down == frames,
               "cofig:independent=%u: two sets of 3 clients, %u times apart; %llu frames each way",
               independent, drawn_apart, (unsigned long long)frames);
        trace_close(&t);
    }
    t.also = NULL;
}

static void sections_of_frecon(void)
{
    static struct trace t;
    trace_run(&t, 1,
              PROBLEM "--method frecon --participation nice:2 --compressor randk:k=3 --step 0.02 "
                      "--rounds 10");
    const struct lac_bits *up = &t.ledger.up, *down = &t.ledger.down;
    tap_ok(up->of[LAC_BITS_VALUE] == 64 * (N * D + 10 * 2 * 2 * 3) &&
               up->paper == up->of[LAC_BITS_VALUE] / 2 &&
               down->of[LAC_BITS_VALUE] == 64 * 10 * 2 * 2 * D &&
               up->of[LAC_BITS_HEADER] == 256 * (N + 20),
           "frecon: two sections of 3 values go up, two models come down");
    trace_close(&t);
}

/* |g - grad f(x)|^2 of the row before; 0: there was none. */
static double frecon_error;

static void watch_halving(struct trace *t)
{
    double rest[D];
    evaluate_at(&t->run, server_vector(&t->run, "x"), rest);
    vec_axpy(rest, -1.0, server_vector(&t->run, "g"), D);
    double error = vec_norm_sq(rest, D);
    double off = frecon_error > 0.0 ? fabs(4.0 * error / frecon_error - 1.0) : 0.0;
    t->worst = off > t->worst ? off : t->worst;
    frecon_error = error;
}

/* No round has everybody, and what g lacks at first is forgotten at the rate 1 - lambda. */
static void frecon_from_zero(void)
{
    static struct trace t;
    trace_run(&t, 1,
              PROBLEM "--method frecon --init zero --participation nice:2 --compressor randk:k=4 "
                      "--rounds 16000 --eval-every 2000");
    double fall = t.status ? 1.0 : t.row[t.rows - 1].grad_norm_sq / t.row[0].grad_norm_sq;
    tap_ok(fall <= 1e-8 && t.ledger.frames_up == 32000 && t.ledger.frames_down == 32000 &&
               lac_bits_total(&t.ledger.start) == 0,
           "frecon from zero: two clients a round and no start; |grad f|^2 falls to %.1e", fall);
    trace_close(&t);
    t.also = watch_halving;
    frecon_error = 0.0;
    trace_run(&t, 2,
              PROBLEM "--method frecon --init zero --compressor identity --step 0.02 --rounds 15 "
                      "--until-loss -1");
    tap_ok(t.status == LAC_OK && t.rows == 16 && frecon_error > 0.0 && t.worst <= 1e-8,
           "frecon from zero with C = identity: the error of g halves in every round (%.1e)",
           t.worst);
    trace_close(&t);
    t.also = NULL;
}

static void refusals(void)
{
    size_t methods;
    const struct lac_method *const *method = lac_methods(&methods);
    for (size_t i = 0; i < methods; i++) {
        for (size_t k = 0; k < SAMPLINGS; k++) {
            char options[512];
            snprintf(options, sizeof options, PROBLEM "--method %s --step 0.1 --participation %s",
                     runnable(method[i]), samplings[k]);
            if (!takes(method[i], samplings[k])) {
                refused(options, "it knows: full");
            }
        }
    }
    refused(PROBLEM "--method cofig --participation nice:0", "from 1 to 7");
    refused(PROBLEM "--method cofig --participation nice:8", "from 1 to 7");
    refused(PROBLEM "--method cofig --participation nice:2.5", "from 1 to 7");
    refused(PROBLEM "--method cofig --participation nice", "nice:TAU");
    refused(PROBLEM "--method cofig --participation nice:x", "--participation");
    refused(PROBLEM "--method cofig --participation nicer:3", "did you mean 'nice'");
    refused(PROBLEM "--method ef21 --participation bernoulli:0", "probability");
    refused(PROBLEM "--method ef21 --participation bernoulli:1.5", "probability");
    refused(PROBLEM "--method ef21 --participation full:3", "full");
    refused(PROBLEM "--method ef21 --compressor-down natural",
            "--compressor-down: the server of ef21");
    refused(PROBLEM "--method ef21-bc --compressor-down topq", "topk");
    refused(PROBLEM "--method ef14", "give a number");
    refused(PROBLEM "--method vr-marina:p=0.1", "it is marina with --gradient");
    refused(PROBLEM "--method ef21-pp", "it is ef21 with --participation");
    refused(PROBLEM "--method dasha-pp", "it is dasha with --participation");
    refused(PROBLEM "--method nastya", "it is q-nastya with --compressor identity");
    refused(PROBLEM "--method vr-marinas", "did you mean");
}

int main(void)
{
    for_each(same_on_any_ranks);
    for_each(rows_are_true);
    for_each(invariants);
    invariants_of_full();
    if (!getenv("LAC_TEST_SHORT")) {
        for_each(converge_one);
        for_each(stays_in_a_ball);
    }
    replicas_follow();
    sets_of_cofig();
    sections_of_frecon();
    frecon_from_zero();
    refusals();
    return tap_done();
}
