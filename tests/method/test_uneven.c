/* Parts of different sizes: minibatches, cohorts, meta epochs of a trace; steps that hold for the heaviest, rows that are all used. */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/vec.h"
#include "check.h"
#include "tap.h"

#define PROBLEM \
    "--data synth:least-squares,d=12,m=9,L=4,mu=1,noise=1 --clients 7 --x0 linear --step 0.02 "

enum { N = 7, D = 12 };

static char path[64];

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    if (file) {
        fputs(text, file);
        fclose(file);
    }
}

/* Meta epochs of 2 rounds, 3 and 1, again from the begin; and how often a client was there, also one that is odd. */
static void meta_epochs_of_any_length(void)
{
    static const uint64_t of_round[] = {0, 0, 1, 1, 1, 2, 3, 3, 4, 4, 4, 5, 6};
    struct lac_arena a = {0};
    struct lac_env e = {.d = D, .n = N, .seed = 3};
    struct lac_participant who[N];
    unsigned seen[N] = {0}, wrong = 0, misplaced = 0;
    char text[100];
    snprintf(text, sizeof text, "trace:%s", path);
    write_file("0 1 2 3\n4 5 6\n\n6 5\n4 3 5\n2 1\n\n0 1 2 3 4 5 6\n");
    bool read = lac_sampling_open(&e.sampling, text, N, &a) == LAC_OK;
    for (e.round = 1; read && e.round <= 300; e.round++) {
        uint32_t count = lac_cohort(&e, who);
        for (e.position = 0; e.position < count; e.position++) {
            e.who = who[e.position];
            misplaced += lac_turns_before(&e) != seen[e.who.client]++;
        }
        if (e.round < sizeof of_round / sizeof *of_round) {
            wrong += lac_meta_epoch(&e) != of_round[e.round - 1] ||
                     lac_ends_meta_epoch(&e) != (of_round[e.round] != of_round[e.round - 1]);
        }
    }
    tap_ok(read && wrong == 0 && misplaced == 0,
           "meta epochs of any length are counted (%u wrong), and the turns of clients (%u wrong)",
           wrong, misplaced);
    lac_arena_free(&a);
}

/* What the heaviest cohort weighs, R/n each. */
static void weighs(const char *participation, const char *trace, double heaviest, double weight)
{
    struct lac_arena a = {0};
    struct lac_sampling s;
    char text[100];
    if (trace) {
        write_file(trace);
        snprintf(text, sizeof text, "trace:%s", path);
    }
    lac_status status = lac_sampling_open(&s, trace ? text : participation, N, &a);
    double found = status == LAC_OK ? lac_sampling_weight(&s, N, heaviest) : -1.0;
    tap_ok(fabs(found - weight) < 1e-15, "%s: the heaviest cohort weighs %g (clients at most %g)",
           trace ? "a trace" : participation, found, heaviest);
    lac_arena_free(&a);
}

static void heaviest_cohorts(void)
{
    weighs("full", NULL, 2.0, 1.0);
    weighs("nice:3", NULL, 1.0, 1.0);
    weighs("cohorts:1", NULL, 1.0, 1.0);
    weighs("cohorts:7", NULL, 3.0, 1.0);
    weighs("cyclic:3", NULL, 1.0, 9.0 / 7.0);
    weighs("cohorts:3", NULL, 2.0, 18.0 / 7.0);
    weighs("cohorts:3", NULL, 7.0, 3.0);
    weighs("bernoulli:0.25", NULL, 1.0, 1.0 + 0.75 / (0.25 * 7.0));
    weighs(NULL, "0 1 2 3 4\n5\n6\n", 1.0, 15.0 / 7.0);
    weighs(NULL, "0 1\n2 3 4\n5\n6\n\n0 1 2 3 4 5 6\n", 1.0, 4.0);
    weighs(NULL, "0\n1\n", 1.0, 1.0);
}

/* The loss stays below that of the start, at the steps of the theory. */
static void stays(const char *options)
{
    static struct trace t;
    char text[600];
    snprintf(text, sizeof text,
             "--data synth:least-squares,d=12,L=4,mu=1,noise=1,%s --rounds 600 --eval-every 0",
             options);
    trace_run(&t, 1, text);
    double first = t.status ? 0.0 : t.row[0].loss,
           last = t.status ? HUGE_VAL : t.row[t.rows - 1].loss;
    tap_ok(last < first, "%s: from %g to %g%s", options, first, last,
           t.status ? lac_failure() : "");
    trace_close(&t);
}

/* Minibatches that weigh up to ten times their rows, cohorts that weigh more than the mean of their models. */
static void theory_does_not_diverge(void)
{
    char text[300];
    stays("m=1 --clients 7 --method rr-cli --participation cohorts:3");
    stays("m=2 --clients 7 --method rr-cli --participation cohorts:3");
    stays("m=1 --clients 1 --method q-rr --compressor identity");
    stays("m=1 --clients 1 --method diana-rr --compressor identity");
    stays("m=10 --clients 4 --method rr-cli --participation bernoulli:0.1");
    write_file("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14\n15\n16\n17\n18\n19\n");
    snprintf(text, sizeof text, "m=10 --clients 20 --method rr-cli --participation trace:%s", path);
    stays(text);
    snprintf(
        text, sizeof text,
        "m=10 --clients 20 --method fedavg:batches=10,epochs=20 --step 0.02 --participation trace:%s",
        path);
    stays(text);
}

/* Each row has a feature of its own: those that no step used are still 0. */
static void every_row_is_used(const char *options)
{
    static struct trace t;
    char text[600];
    unsigned used = 0;
    FILE *file = fopen(path, "w");
    for (unsigned k = 0; file && k < 40; k++) {
        fprintf(file, "1 %u:1\n", k + 1);
    }
    if (file) {
        fclose(file);
    }
    snprintf(text, sizeof text,
             "--data %s --clients 4 --objective least-squares --step 0.01 --rounds 12 %s", path,
             options);
    trace_run(&t, 2, text);
    for (size_t k = 0; k < 40 && !t.status; k++) {
        used += trace_last(&t)[k] != 0.0;
    }
    tap_ok(used == 40, "%u of 40 rows are used: %s%s", used, options,
           t.status ? lac_failure() : "");
    trace_close(&t);
}

static void kept_orders(void)
{
    static const char *const kinds[] = {"full", "cyclic:2", "cohorts:2", "cohorts:1"};
    for (size_t k = 0; k < 4; k++) {
        char options[200];
        snprintf(options, sizeof options,
                 "--method fedavg:steps=5,batches=10 --rr-order once --participation %s", kinds[k]);
        every_row_is_used(options);
    }
    every_row_is_used(
        "--method rr-cli:steps=5,batches=10 --rr-order once --participation cyclic:2");
    every_row_is_used(
        "--method fedavg:steps=20,batches=10 --rr-order once --participation bernoulli:0.7");
}

/* Meta epochs of 2 and 3 rounds, the steps of each with --step-policy inverse:1. */
static double factor_of_round(uint64_t r)
{
    static const double factors[] = {1.0, 1.0, 1.0,       1.0,       1.0,
                                     0.5, 0.5, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0};
    return factors[r - 1];
}

static void steps_of_a_trace(void)
{
    static struct trace t;
    double x[D], grad[D], worst = 0.0, s = 2.0 * 4.0 / N;
    char text[300];
    snprintf(text, sizeof text,
             PROBLEM "--method rr-cli:batches=1 --participation trace:%s --step-policy inverse:1 "
                     "--rounds 10",
             path);
    trace_run(&t, 1, text);
    for (uint64_t r = 1; r <= 10 && !t.status; r++) {
        struct lac_env e = t.run.solo.server.env;
        struct lac_participant who[N];
        e.round = r;
        uint32_t count = lac_cohort(&e, who);
        vec_copy(x, trace_model(&t, r - 1), D);
        for (uint32_t k = 0; k < count; k++) {
            gradient_at(&t.run, who[k].client, trace_model(&t, r - 1), grad);
            vec_axpy(x, -0.02 * factor_of_round(r) / s * 2.0 / N, grad, D);
        }
        worst = fmax(worst, apart(trace_model(&t, r), x, D));
    }
    tap_ok(!t.status && worst < 1e-12,
           "steps fall from meta epoch to meta epoch of a trace, of 2 and 3 rounds (%.1e)%s", worst,
           t.status ? lac_failure() : "");
    trace_close(&t);
}

/* At a model that hardly moves a leap is theta grad f, whatever the length of the meta epoch. */
static void leaps_of_a_trace(void)
{
    static struct trace t;
    static const uint64_t ends[] = {0, 2, 5, 7, 10};
    double move[D], grad[D], worst = 0.0;
    char text[300];
    snprintf(text, sizeof text,
             PROBLEM "--method rr-cli:batches=1 --participation trace:%s --step-policy inverse:1 "
                     "--rounds 10 --server-step 1e-7 --meta-step 1e-6",
             path);
    trace_run(&t, 1, text);
    for (size_t k = 1; k < 5 && !t.status; k++) {
        evaluate_at(&t.run, trace_model(&t, 0), grad);
        vec_scale(grad, 1e-6 * factor_of_round(ends[k]), grad, D);
        vec_sub(move, trace_model(&t, ends[k - 1]), trace_model(&t, ends[k]), D);
        worst = fmax(worst, apart(move, grad, D));
    }
    tap_ok(!t.status && worst < 1e-4, "leaps of a trace are of theta of their meta epoch (%.1e)%s",
           worst, t.status ? lac_failure() : "");
    trace_close(&t);
}

int main(void)
{
    snprintf(path, sizeof path, "/tmp/laconic-uneven-%ld.txt", (long)getpid());
    meta_epochs_of_any_length();
    heaviest_cohorts();
    theory_does_not_diverge();
    kept_orders();
    write_file("0 1 2 3\n4 5 6\n\n6 5\n4 3\n2 1 0\n");
    steps_of_a_trace();
    leaps_of_a_trace();
    unlink(path);
    return tap_done();
}
