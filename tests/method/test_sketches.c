/* Sketches of published methods on the method interface: what the papers promise, on any number of
   ranks. */
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "sketches.h"
#include "tap.h"

#define PROBLEM "--data synth:least-squares,d=12,m=5,L=4,mu=1,noise=1 --clients 7 "

/* How a sketch is run in tests that go over all of them. */
struct subject {
    const char *method, *compressor, *step;
};

static const struct subject subjects[] = {
    {"diana", "randk:k=3", "0.02"},
    {"diana", "permk", "0.02"},
    {"marina:p=0.3", "natural", "0.05"},
    {"page:tau=4", NULL, "0.05"},
    {"cofig:set=3", "randk:k=4", "0.02"},
    {"cofig:set=2", "permk", "0.01"},
    {"cofig:set=6", "randk:k=4", "0.01"}, /* now and then everybody is in one of the sets */
    {"cofig:set=3,same=1", "natural", "0.05"},
    {"frecon:set=3", "randk:k=4", "0.02"},
    {"ef21-bc", "topk:k=3", "0.05"},
    {"ef21-bc", "randk:k=6", "0.02"},
    {"ef21-bc:p=0.2", "permk", "0.01"},
    {"ef21-bc:p=0.8", "topk:k=3", "0.02"},
    {"ef21-pp:p=0.2", "topk:k=3", "0.02"},
    {"ef21-pp:p=0.2", "permk", "0.01"},
    {"l2gd:lambda=1,p=0.4", "natural", "0.3"},
    {"diana-rr:batches=5", "randk:k=6", "0.005"},
    {"diana-rr:batches=3,shifts=0", "natural", "0.02"},
    {"pv-tuning", "identity", "0.25"},
    {"local-rounds:steps=3,set=2", NULL, "0.05"},
    {"local-rounds:steps=2,set=1", NULL, "0.05"},
    {"local-rounds:steps=1,set=2", NULL, "0.05"},
    {"local-rounds:steps=2,set=1,late=1", NULL, "0.05"},
    {"local-rounds:steps=3,set=2,late=1", NULL, "0.05"},
};

enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static void options_of(const struct subject *s, const char *more, char out[512])
{
    snprintf(out, 512, PROBLEM "--method %s %s%s --step %s %s", s->method,
             s->compressor ? "--compressor " : "", s->compressor ? s->compressor : "", s->step,
             more);
}

static void same_on_any_ranks(void)
{
    static const char *const evaluations[] = {"1", "3", "0"};
    static struct trace one, many;
    for (size_t i = 0; i < SUBJECTS; i++) {
        const struct subject *s = &subjects[i];
        bool equal = true;
        for (size_t j = 0; j < 3; j++) {
            char more[64], options[512];
            snprintf(more, sizeof more, "--rounds 40 --eval-every %s", evaluations[j]);
            options_of(s, more, options);
            trace_run(&one, 1, options);
            for (uint32_t ranks = 2; ranks <= 5; ranks += ranks == 3 ? 2 : 1) {
                trace_run(&many, ranks, options);
                equal = equal && traces_equal(&one, &many);
                trace_close(&many);
            }
            trace_close(&one);
        }
        tap_ok(equal, "%s with %s is the same on 1, 2, 3 and 5 ranks, evaluated often or not",
               s->method, s->compressor ? s->compressor : "no compressor");
    }
}

static void rows_are_true(void)
{
    for (size_t i = 0; i < SUBJECTS; i++) {
        char options[512];
        options_of(&subjects[i], "", options);
        double worst = rows_wrong(options, 2, 7);
        tap_ok(worst <= 1e-11, "%s: every row is f at its model, whenever it is asked for (%.1e)",
               subjects[i].method, worst);
    }
}

static void follow_gradient_descent(void)
{
    static const char *const methods[] = {
        "diana",       "marina:p=0.3",       "marina:p=0.000001",   "page:p=1",
        "cofig:set=7", "cofig:set=7,same=1", "frecon:set=7",        "ef21-bc",
        "ef21-pp:p=1", "diana-rr:batches=1", "local-rounds:steps=1"};
    static struct trace gd, t;
    char options[512];
    trace_run(&gd, 1, PROBLEM "--method gd --step 0.1 --rounds 40");
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        bool lossless = strstr(methods[i], "page") || strstr(methods[i], "local");
        snprintf(options, sizeof options, PROBLEM "--method %s %s --step 0.1 --rounds 40",
                 methods[i], lossless ? "" : "--compressor identity");
        trace_run(&t, 2, options);
        double models = t.status ? 1.0 : traces_apart(&t, &gd, 40);
        double rows = t.status ? 1.0 : rows_apart(&t, &gd);
        tap_ok(
            models <= 1e-12 && rows <= 1e-11,
            "%s with C = identity and everybody follows gradient descent (models %.1e, rows %.1e)%s",
            methods[i], models, rows, t.status ? lac_failure() : "");
        trace_close(&t);
    }
    trace_close(&gd);
}

static const char *server_name, *client_name;

static void watch_mean(struct trace *t)
{
    double one = mean_apart(&t->run, server_name, client_name);
    t->worst = one > t->worst ? one : t->worst;
}

/* The server keeps without a message what is the mean over the clients. */
static void invariants(void)
{
    static const struct {
        const char *options, *server, *client;
    } cases[] = {
        {"--method diana --compressor randk:k=3 --step 0.02", "h", "h_i"},
        {"--method diana --compressor natural --step 0.05", "h", "h_i"},
        {"--method cofig:set=3 --compressor randk:k=4 --step 0.02", "h", "h_i"},
        {"--method cofig:set=2,same=1 --compressor natural --step 0.02", "h", "h_i"},
        {"--method frecon:set=3 --compressor randk:k=4 --step 0.02", "h", "h_i"},
        {"--method ef21-bc --compressor topk:k=2 --step 0.02", "target", "g_i"},
        {"--method ef21-bc --compressor randk:k=2 --init exact --step 0.01", "target", "g_i"},
        {"--method ef21-bc:p=0.3 --compressor topk:k=2 --step 0.02", "target", "g_i"},
        {"--method ef21-pp:p=0.3 --compressor topk:k=2 --step 0.02", "g", "g_i"},
        {"--method ef21-pp:p=0.1 --compressor natural --init exact --step 0.02", "g", "g_i"},
    };
    static struct trace t;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char options[512];
        snprintf(options, sizeof options, PROBLEM "--rounds 100 %s", cases[i].options);
        server_name = cases[i].server;
        client_name = cases[i].client;
        t.also = watch_mean;
        trace_run(&t, 3, options);
        tap_ok(t.status == LAC_OK && t.rows == 101 && t.worst <= 1e-12,
               "%s is the mean of the %s in every round (%.1e): %s", server_name, client_name,
               t.worst, cases[i].options);
        trace_close(&t);
    }
    t.also = NULL;
}

static void watch_replicas(struct trace *t)
{
    const double *x = server_vector(&t->run, "x"), *g = server_vector(&t->run, "g");
    for (uint32_t rank = 1; rank <= t->run.ranks; rank++) {
        bool same = memcmp(worker_vector(&t->run, rank, "x"), x, t->d * sizeof *x) == 0 &&
                    memcmp(worker_vector(&t->run, rank, "g"), g, t->d * sizeof *g) == 0;
        t->worst += same ? 0.0 : 1.0;
    }
}

static void replicas_of_ef21_bc(void)
{
    static const char *const compressors[] = {"topk:k=3", "randk:k=6", "natural", "permk"};
    static struct trace t;
    for (size_t i = 0; i < 8; i++) {
        char options[512];
        snprintf(options, sizeof options,
                 PROBLEM "--method ef21-bc:p=%g --compressor %s --step 0.01 --rounds 50",
                 i < 4 ? 1.0 : 0.2, compressors[i % 4]);
        t.also = watch_replicas;
        trace_run(&t, 3, options);
        tap_ok(t.status == LAC_OK && t.worst == 0.0,
               "ef21-bc with %s%s: every rank has the server's x and g to the bit%s%s",
               compressors[i % 4], i < 4 ? "" : " and few clients", t.status ? ": " : "",
               t.status ? lac_failure() : "");
        trace_close(&t);
    }
    t.also = NULL;
    trace_run(&t, 3, PROBLEM "--method ef21-bc --compressor topk:k=3 --step 0.01 --rounds 10");
    tap_ok(t.ledger.frames_down == UINT64_C(10) * 7,
           "its message down is counted for every client");
    trace_close(&t);
}

static void all_converge(void)
{
    static const struct subject good[] = {
        {"diana", "randk:k=3", "theory"},      {"marina", "randk:k=3", "theory"},
        {"page:tau=3", NULL, "theory"},        {"cofig:set=3", "randk:k=6", "0.03"},
        {"frecon:set=3", "randk:k=6", "0.03"}, {"ef21-bc", "topk:k=4", "0.03"},
        {"ef21-pp:p=0.5", "topk:k=4", "0.03"}, {"diana-rr:batches=5", "randk:k=6", "0.002"},
    };
    static struct trace t;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char options[512];
        options_of(&good[i], "--rounds 1500 --eval-every 100", options);
        trace_run(&t, 2, options);
        double fall = t.status ? 1.0 : t.row[t.rows - 1].grad_norm_sq / t.row[0].grad_norm_sq;
        double target = strstr(good[i].method, "rr") ? 1e-4 : 1e-8;
        tap_ok(fall <= target,
               "%s with %s, step %s: |grad f|^2 falls to %.1e of its start (%.0e asked)%s",
               good[i].method, good[i].compressor ? good[i].compressor : "no compressor",
               good[i].step, fall, target, t.status ? lac_failure() : "");
        trace_close(&t);
    }
}

int main(void)
{
    sketches_extend();
    same_on_any_ranks();
    rows_are_true();
    follow_gradient_descent();
    invariants();
    replicas_of_ef21_bc();
    all_converge();
    return tap_done();
}
