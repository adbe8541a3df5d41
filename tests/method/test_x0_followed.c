/* Every method from a first model that is not zero: --x0 linear. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "tap.h"

#define PROBLEM "--data synth:least-squares,d=14,m=5,L=4,mu=1,noise=1 --clients 7 --x0 linear "

/* The largest distance of the models of rounds 1 to 30; row 0 stands for the first. */
static double models_apart(const struct trace *t, const struct trace *gd)
{
    double worst = 0.0;
    for (uint64_t round = 1; round <= 30; round++) {
        worst = fmax(worst, apart(trace_model(t, round), trace_model(gd, round), gd->d));
    }
    return worst;
}

static void follow(const struct lac_method *m, const struct trace *gd)
{
    static struct trace t;
    char options[512];
    bool compresses = lac_method_channel(m, LAC_FROM_COMPRESSOR) != NULL;
    const char *start = m->starts & LAC_START_EXACT ? "--init exact" : "";
    if (!as_descent(m)) {
        return;
    }
    snprintf(options, sizeof options, PROBLEM "--method %s %s %s --step 0.1 --rounds 30",
             as_descent(m), compresses ? "--compressor identity" : "", start);
    trace_run(&t, 3, options);
    double models = t.status ? 1.0 : models_apart(&t, gd);
    double rows = t.status ? 1.0 : rows_apart(&t, gd);
    tap_ok(models <= 1e-12 && rows <= 1e-11,
           "%s follows gradient descent from there (models %.1e, rows %.1e)%s", m->name, models,
           rows, t.status ? lac_failure() : "");
    trace_close(&t);
}

static void draws(const struct trace *gd)
{
    static struct trace other;
    const double *x = gd->run.solo.server.env.x0, radius = 1.0 / sqrt(14.0);
    unsigned inside = 0, positive = 0;
    for (size_t j = 0; j < 14; j++) {
        inside += x[j] != 0.0 && fabs(x[j]) <= radius;
        positive += x[j] > 0.0;
    }
    tap_ok(inside == 14 && positive > 2 && positive < 12, "x^0 lies in [-1/sqrt d, 1/sqrt d)");
    trace_run(&other, 1, PROBLEM "--seed 7 --method gd --step 0.1 --rounds 1");
    tap_ok(other.status == LAC_OK && apart(other.run.solo.server.env.x0, x, 14) > 0.1,
           "and another seed draws another");
    trace_close(&other);
}

int main(void)
{
    static struct trace gd;
    size_t methods;
    const struct lac_method *const *method = lac_methods(&methods);
    trace_run(&gd, 1, PROBLEM "--method gd --step 0.1 --rounds 30");
    draws(&gd);
    for (size_t i = 0; i < methods; i++) {
        follow(method[i], &gd);
    }
    trace_close(&gd);
    return tap_done();
}
