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
    {"l2gd:lambda=1 --p 0.4", "natural", "0.3"},
    {"gradskip --p 0.4", NULL, "0.05"},
    {"diana-rr:batches=5", "randk:k=6", "0.005"},
    {"diana-rr-1s:batches=3", "natural", "0.02"},
    {"q-rr:batches=3", "natural", "0.02"},
    {"diana-nastya:batches=3 --participation nice:3", "natural", "0.02"},
    {"scaffold:batches=3 --participation cohorts:3", NULL, "0.02"},
    {"rr-cli:batches=3 --participation cohorts:3 --meta-step 0.3", NULL, "0.02"},
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
    static const char *const methods[] = {"local-rounds:steps=1"};
    static struct trace gd, t;
    char options[512];
    trace_run(&gd, 1, PROBLEM "--method gd --step 0.1 --rounds 40");
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        bool lossless = strstr(methods[i], "local") != NULL;
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

static void all_converge(void)
{
    static const struct subject good[] = {
        {"diana-rr:batches=5", "randk:k=6", "0.002"},
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
    TAP_OK(sketches_add());
    same_on_any_ranks();
    rows_are_true();
    follow_gradient_descent();
    all_converge();
    return tap_done();
}
