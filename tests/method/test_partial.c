/* dcgd computes only the partial derivatives that its compressor will keep: the model does not tell. */
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "tap.h"

static const char *const compressors[] = {
    "permk",        "permk:draws=2",   "permk+natural", "randk:k=2",      "randk:k=9",
    "randseqk:k=3", "bernoulli:p=0.4", "natural",       "randk:20%+fp32", "identity"};

enum { COMPRESSORS = sizeof compressors / sizeof *compressors };

/* In evaluated rounds the whole gradient is computed, so with --eval-every 1 it always is. */
static void same_model(const char *problem, const char *compressor)
{
    static struct trace whole, some;
    char options[512];
    snprintf(options, sizeof options,
             "%s --method dcgd --compressor %s --step 0.01 --rounds 40 --eval-every 1", problem,
             compressor);
    trace_run(&whole, 1, options);
    snprintf(options, sizeof options,
             "%s --method dcgd --compressor %s --step 0.01 --rounds 40 --eval-every 0", problem,
             compressor);
    trace_run(&some, 2, options);
    size_t bytes = whole.d * sizeof(double);
    tap_ok(whole.status == LAC_OK && some.status == LAC_OK &&
               memcmp(trace_last(&whole), trace_last(&some), bytes) == 0 &&
               memcmp(&whole.ledger.up, &some.ledger.up, sizeof whole.ledger.up) == 0,
           "the same bits as with whole gradients: %s", options);
    trace_close(&whole);
    trace_close(&some);
}

/* How many entries of the gradient are there, in a round that is evaluated or not. */
static size_t computed(const char *compressor, bool evaluated)
{
    static struct trace t;
    static _Alignas(8) unsigned char frame[4096];
    struct lac_message up;
    char options[256];
    double g[28], capture[29];
    size_t count = 0;
    snprintf(
        options, sizeof options,
        "--data synth:least-squares,d=28,m=5,noise=1 --clients 7 --method dcgd --compressor %s "
        "--step 0.01 --rounds 1",
        compressor);
    lac_status status = trace_run(&t, 1, options);
    struct lac_env *e = &t.run.worker[1]->env;
    e->who = (struct lac_participant){.client = 3, .multiplicity = 1};
    e->position = 3;
    e->capture = evaluated ? capture : NULL;
    lac_message_begin(&up, 3, frame, sizeof frame);
    status = status == LAC_OK ? lac_partial_gradient(e, 0, &up, e->x0, g) : status;
    for (size_t j = 0; j < 28 && status == LAC_OK; j++) {
        count += g[j] != 0.0;
    }
    e->capture = NULL;
    trace_close(&t);
    return count;
}

static void only_what_is_kept(void)
{
    tap_ok(computed("permk", false) == 4 && computed("randk:k=3", false) == 3 &&
               computed("randseqk:k=5", false) == 5 && computed("permk+natural", false) == 4,
           "what is kept is computed, and nothing else");
    tap_ok(computed("permk", true) == 28, "in evaluated rounds all is computed");
    tap_ok(computed("natural", false) == 28 && computed("permk:draws=2", false) == 28 &&
               computed("randk:k=20", false) == 28,
           "and where the compressor keeps all, much, or some twice");
}

int main(void)
{
    static const char *const problems[] = {
        "--data synth:least-squares,d=14,m=5,noise=1 --clients 7",
        "--data synth:least-squares,d=33,m=70,noise=1 --clients 7 --regularizer noncvx:0.2",
        "--data synth:logistic,d=14,m=5 --clients 7 --regularizer l2:0.1",
        "--data synth:logistic,d=20,m=6 --clients 7 --objective sigmoid-squared",
        "--data synth:rare,d=24,m=6,c=0.4 --clients 7",
        "--data synth:rare,d=24,m=6,c=0.4 --clients 7 --regularizer noncvx-own:0.5",
        "--data synth:logistic,d=14,m=5 --clients 7 --gradient nice:2"};
    only_what_is_kept();
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        for (size_t k = 0; k < COMPRESSORS; k++) {
            same_model(problems[i], compressors[k]);
        }
    }
    return tap_done();
}
