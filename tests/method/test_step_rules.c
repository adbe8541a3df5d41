/* The step of each rule against its formula, written out for small numbers. */
#include <math.h>

#include "check.h"
#include "tap.h"

/* gamma of the options times what it should be the inverse of is 1. */
static void step_is(const char *options, double (*inverse)(const struct lac_constants *c))
{
    static struct trace t;
    char text[600];
    snprintf(text, sizeof text, "--data synth:least-squares,d=12,m=5,L=4,mu=1 --clients 7 %s",
             options);
    trace_open(&t, 1, text);
    double product = t.status ? 0.0 : t.gamma * inverse(&t.constants);
    tap_ok(fabs(product - 1.0) < 1e-12, "its step is that of its formula: %s%s", options,
           t.status ? lac_failure() : "");
    trace_close(&t);
}

static double xi_of(double alpha)
{
    return sqrt(1.0 - alpha) / (1.0 - sqrt(1.0 - alpha));
}

/* arXiv:2402.10774: p = 1/2, with rho* written out */
static double partial_of(double alpha, double L, double size)
{
    double theta = 1.0 - sqrt(1.0 - alpha), a = 0.5 * (1.0 - alpha) / theta + 0.5;
    double rho = (sqrt(0.25 + a * 0.5 * theta) - 0.5) / a;
    return L + size / rho;
}

static double partial(double L, double size)
{
    return partial_of(0.25, L, size);
}

static double ef21_new(const struct lac_constants *c)
{
    return partial(c->L, c->L_mean);
}
static double ef21_old(const struct lac_constants *c)
{
    return partial(c->L, c->L_rms);
}
static double ef21_sgd(const struct lac_constants *c)
{
    return partial_of(0.125, c->L, c->L_mean);
}
/* Rare rows: c of 7 clients, TopK by 3 of a client's r features. */
static double ef21_rf(const struct lac_constants *c)
{
    return partial_of(3.0 / c->held, c->L, sqrt(c->owners / 7.0) * c->L_plus);
}
static double ef21_lrf(const struct lac_constants *c)
{
    return partial_of(3.0 / c->held, c->L, c->L_rf);
}
static double ef21_old_r(const struct lac_constants *c)
{
    return partial_of(3.0 / c->held, c->L, c->L_rms);
}
static double ef21_coin(const struct lac_constants *c)
{
    return c->L + c->L_mean * xi_of(0.125);
}
/* r = 3 of 7, omega = 2, p = (3/7)/3 = 1/7 */
static double pp_nice(const struct lac_constants *c)
{
    return c->L_rms * (1.0 + sqrt(6.0 * 3.0 / 3.0));
}
static double pp_uniform(const struct lac_constants *c)
{
    return c->L_rms * (1.0 + sqrt(6.0 * (1.0 + 2.0 * (1.0 + 2.0 / 7.0)) / 3.0));
}
static double cofig_convex(const struct lac_constants *c)
{
    return c->L_max * (2.0 + 8.0 * 3.0 / 2.0);
}
static double cofig_nonconvex(const struct lac_constants *c)
{
    double a = 5.0 * 3.0 * pow(7.0, 2.0 / 3.0) / 2.0, b = 5.0 * pow(3.0, 1.5) * sqrt(7.0) / 2.0;
    return c->L_max * fmax(2.0, fmax(a, b));
}
static double frecon(const struct lac_constants *c)
{
    return c->L_max * (1.0 + sqrt(10.0 * 9.0 * 7.0 / 4.0));
}
static double diana_convex(const struct lac_constants *c)
{
    return c->L_max * (1.0 + 4.0 * 2.0 / 7.0);
}
static double diana_nonconvex(const struct lac_constants *c)
{
    return 10.0 * c->L_max * sqrt(1.0 + 2.0 / 7.0) * 4.0;
}
static double marina(const struct lac_constants *c)
{
    return c->L_rms * (1.0 + sqrt(2.0 * 2.0 / 7.0));
}
/* omega = 1/8: p = 8/9, though all rows are more than half of what a round with c = 1 needs */
static double marina_natural(const struct lac_constants *c)
{
    return c->L_rms * (1.0 + sqrt(1.0 / 8.0 / 8.0 / 7.0));
}
static double pp_natural(const struct lac_constants *c)
{
    double p = 3.0 / 7.0 * 8.0 / 9.0;
    return c->L_rms * (1.0 + sqrt((1.0 - p) / (p * 3.0) * (1.0 + 1.0 / 8.0)));
}
static double dasha(const struct lac_constants *c)
{
    return c->L + c->L_rms * sqrt(16.0 * 2.0 * 5.0 / 7.0);
}
static double bc(const struct lac_constants *c)
{
    double up = xi_of(0.25), down = xi_of(0.5);
    return c->L + c->L_mean * (up + down * (1.0 + 2.0 * up));
}
static double ef21_p(const struct lac_constants *c)
{
    double up = xi_of(0.25), down = xi_of(0.5);
    return c->L + c->L * down + c->L_mean * up * (1.0 + 2.0 * down);
}

static double sgdm(const struct lac_constants *c)
{
    return c->L + c->L_mean * (xi_of(0.25) + 4.0);
}

/* omega of 7 clients' permk is 6; the mean over the cohort has variance 1, and 1 + (3-1)/7 where clients repeat. */
static double pp_permk(const struct lac_constants *c, double again)
{
    double p = 3.0 / 7.0 / 7.0;
    return c->L_rms * (1.0 + sqrt((1.0 - p) / p * again));
}
static double pp_permk_nice(const struct lac_constants *c)
{
    return pp_permk(c, 1.0);
}
static double pp_permk_uniform(const struct lac_constants *c)
{
    return pp_permk(c, 1.0 + 2.0 / 7.0);
}

#define RARE "--data synth:rare,d=24,m=6,c=0.4 --compressor topk:k=3 --participation bernoulli:0.5 "

static void steps(void)
{
    step_is("--method pp-marina --compressor permk --participation nice:3", pp_permk_nice);
    step_is("--method pp-marina:p=0.06122448979591837 --compressor permk --participation uniform:3",
            pp_permk_uniform);
    step_is("--method ef21-sgdm:eta=0.2 --compressor topk:k=3", sgdm);
    step_is("--compressor topk:k=3 --participation bernoulli:0.5", ef21_new);
    step_is("--method ef21-w --compressor topk:k=3 --participation bernoulli:0.5", ef21_new);
    step_is("--compressor topk:k=3 --participation bernoulli:0.5 --step theory-old", ef21_old);
    step_is("--compressor topk:k=3 --participation bernoulli:0.5 --step theory-coin", ef21_coin);
    step_is("--compressor topk:k=3 --participation bernoulli:0.5 --step theory-sgd", ef21_sgd);
    step_is(RARE "--step theory-rf", ef21_rf);
    step_is(RARE "--step theory-lrf", ef21_lrf);
    step_is(RARE "--step theory-lrf --method ef21-w", ef21_lrf);
    step_is(RARE "--step theory-old-r", ef21_old_r);
    step_is("--method pp-marina --compressor randk:k=4 --participation nice:3", pp_nice);
    step_is("--method pp-marina --compressor randk:k=4 --participation uniform:3", pp_uniform);
    step_is("--method cofig --compressor randk:k=4 --participation nice:2", cofig_convex);
    step_is("--method cofig --compressor randk:k=4 --participation nice:2 --regularizer noncvx:0.1",
            cofig_nonconvex);
    step_is("--method cofig --compressor randk:k=4 --participation nice:2 --step theory-nonconvex",
            cofig_nonconvex);
    step_is("--method marina --compressor natural", marina_natural);
    step_is("--method pp-marina --compressor natural --participation nice:3", pp_natural);
    step_is("--method frecon --compressor randk:k=4 --participation nice:2", frecon);
    step_is("--method diana --compressor randk:k=4", diana_convex);
    step_is("--method diana --compressor randk:k=4 --regularizer noncvx:0.1", diana_nonconvex);
    step_is("--method marina --compressor randk:k=4", marina);
    step_is("--method dasha --compressor randk:k=4", dasha);
    step_is("--method ef21-bc --compressor topk:k=3 --compressor-down topk:k=6", bc);
    step_is("--method ef21-p --compressor topk:k=3 --compressor-down topk:k=6", ef21_p);
}

/* Which of estimates, cohorts and non-convex functions the rule says nothing of. */
static void says(const char *options, unsigned expected)
{
    static struct trace t;
    char text[600];
    snprintf(text, sizeof text, "--data synth:least-squares,d=12,m=5,L=4,mu=1 --clients 7 %s",
             options);
    trace_open(&t, 1, text);
    unsigned said = t.status ? ~0U : t.run.solo.server.chosen[LAC_STEP].beyond;
    tap_ok(said == expected, "outside of its scope is %u, by hand %u: %s%s", said, expected,
           options, t.status ? lac_failure() : "");
    trace_close(&t);
}

static void scopes(void)
{
    says("--compressor topk:k=3 --participation bernoulli:0.5", 0);
    says("--compressor topk:k=3 --participation nice:2 --step theory-lrf", 0);
    says("--compressor topk:k=3 --participation nice:2 --step theory-code", LAC_FOR_COHORTS);
    says("--compressor topk:k=3 --participation nice:2 --gradient nice:2 --step theory-sgd", 0);
    says("--compressor topk:k=3 --participation nice:2 --gradient nice:2 --step theory-rf",
         LAC_FOR_ESTIMATES);
    says("--compressor topk:k=3 --participation nice:2 --gradient nice:2", LAC_FOR_ESTIMATES);
    says("--compressor topk:k=3 --participation nice:2 --gradient nice:2 --step 0.1", 0);
    says("--method diana --compressor randk:k=4 --regularizer noncvx:0.1", 0);
    says("--method diana --compressor randk:k=4 --regularizer noncvx:0.1 --step theory-convex",
         LAC_FOR_CONVEX);
    says("--method dcgd --compressor randk:k=4 --gradient nice:2 --regularizer noncvx:0.1",
         LAC_FOR_ESTIMATES | LAC_FOR_CONVEX);
}

int main(void)
{
    steps();
    scopes();
    return tap_done();
}
