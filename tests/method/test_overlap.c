/* --overlap: the same method to rounding, the same bits on any number of ranks and with any evaluation. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "tap.h"

static struct trace plain, other;

static bool same_end(const struct trace *a, const struct trace *b)
{
    return a->status == LAC_OK && b->status == LAC_OK && a->d == b->d &&
           memcmp(trace_last(a), trace_last(b), a->d * sizeof(double)) == 0;
}

static void with_data(const char *data)
{
    char options[512];
    snprintf(options, sizeof options,
             "--data %s --clients 5 --method dcgd --compressor permk --rounds 25", data);
    TAP_OK(trace_run(&plain, 1, options));
    strcat(options, " --overlap");
    TAP_OK(trace_run(&other, 1, options));
    double difference = apart(trace_last(&other), trace_last(&plain), plain.d);
    tap_ok(difference < 1e-12 && difference > 0.0,
           "%s: the model is that without --overlap but for the last bits (%.1e)", data,
           difference);
    trace_close(&plain);
    for (uint32_t ranks = 2; ranks <= MOST_RANKS; ranks++) {
        TAP_OK(trace_run(&plain, ranks, options));
        tap_ok(same_end(&plain, &other), "%s: the same bits on %u ranks", data, ranks);
        trace_close(&plain);
    }
    strcat(options, " --eval-every 7");
    TAP_OK(trace_run(&plain, 2, options));
    tap_ok(same_end(&plain, &other), "%s: the same bits where fewer rounds are evaluated", data);
    trace_close(&plain);
    trace_close(&other);
}

/* Of another objective than the data are made for, with values in other codings. */
static void with_options(const char *more)
{
    char options[512];
    snprintf(options, sizeof options,
             "--data synth:logistic,d=41,m=20 --clients 4 --method dcgd --rounds 12 %s", more);
    TAP_OK(trace_run(&plain, 1, options));
    strcat(options, " --overlap");
    TAP_OK(trace_run(&other, 3, options));
    double difference = apart(trace_last(&other), trace_last(&plain), plain.d);
    tap_ok(other.status == LAC_OK && difference < 1e-6, "%s: to rounding (%.1e)", more, difference);
    trace_close(&plain);
    trace_close(&other);
}

int main(void)
{
    with_data("synth:least-squares,d=50,m=12");
    with_data("synth:logistic,d=57,m=30");
    with_data("synth:least-squares,d=5,m=4"); /* blocks of one coordinate */
    with_options("--compressor permk --objective sigmoid-squared --step 0.1");
    with_options("--compressor permk --wire fp32 --regularizer l2:0.1");
    with_options("--compressor permk --regularizer noncvx:0.01 --step 0.1 --x0 linear");
    return tap_done();
}
