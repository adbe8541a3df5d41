/* Constants of the steps for rare features (arXiv:2305.15264), against the clients' rows and gradients. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "method/steps.h"
#include "refused.h"
#include "tap.h"

enum { N = 10, D = 24, STEPS = 400 };

#define PROBLEM "--data synth:rare,d=24,m=5,c=0.2 --clients 10 --compressor topk:k=2 --rounds 1 "

#define RARE_ROWS "--data synth:rare,d=24,m=5,c=0.2 --clients 10 --rounds 1 "

/* Least squares: H_i v = grad f_i(v) - grad f_i(0). */
static void product(struct ranks_run *r, uint32_t i, const double *v, double *hv)
{
    double zero[D] = {0}, at_zero[D];
    gradient_at(r, i, v, hv);
    gradient_at(r, i, zero, at_zero);
    vec_axpy(hv, -1.0, at_zero, D);
}

/* The largest eigenvalue of (1/n) sum H_i^2, by the power method. */
static double largest_of_squares(struct ranks_run *r)
{
    double v[D], one[D], two[D], sum[D], value = 0.0;
    for (size_t j = 0; j < D; j++) {
        v[j] = 1.0 + 0.1 * (double)j;
    }
    for (size_t t = 0; t < STEPS; t++) {
        vec_scale(v, 1.0 / sqrt(vec_norm_sq(v, D)), v, D);
        vec_zero(sum, D);
        for (uint32_t i = 0; i < N; i++) {
            product(r, i, v, one);
            product(r, i, one, two);
            vec_axpy(sum, 1.0 / N, two, D);
        }
        value = vec_dot(v, sum, D);
        vec_copy(v, sum, D);
    }
    return value;
}

/* Which features a client's gradient moves in: H_i e_j is not zero. */
static void features(struct ranks_run *r, uint32_t i, double *mark)
{
    for (size_t j = 0; j < D; j++) {
        double unit[D] = {0}, column[D];
        unit[j] = 1.0;
        product(r, i, unit, column);
        mark[j] = vec_norm_sq(column, D) > 0.0 ? 1.0 : 0.0;
    }
}

static void constants(void)
{
    static struct trace t;
    double owners[D] = {0}, L_sum[D] = {0}, held = 0.0, most = 0.0, L_rf = 0.0;
    trace_run(&t, 3, PROBLEM "--step theory-rf");
    const struct lac_constants *c = &t.run.solo.server.constants;
    for (uint32_t i = 0; i < N && t.status == LAC_OK; i++) {
        double mark[D];
        features(&t.run, i, mark);
        vec_axpy(owners, 1.0, mark, D);
        vec_axpy(L_sum, c->L_i[i] / N, mark, D);
        held = fmax(held, vec_sum(mark, D));
    }
    for (size_t j = 0; j < D; j++) {
        most = fmax(most, owners[j]);
        L_rf = fmax(L_rf, L_sum[j]);
    }
    double plus = sqrt(largest_of_squares(&t.run));
    tap_ok(t.status == LAC_OK && c->owners == most && most == 2.0 && c->held == held && held < D,
           "c = %g clients share a feature at most, a client has r = %g of %d at most", c->owners,
           c->held, D);
    tap_ok(fabs(c->L_rf / L_rf - 1.0) < 1e-12 && c->L_rf < c->L_mean, "L_rf = %.6g < L_mean = %.6g",
           c->L_rf, c->L_mean);
    tap_ok(c->L_plus >= plus * (1.0 - 1e-12) && c->L_plus <= plus * (1.0 + 1e-6),
           "L_plus = %.9g, by the power method %.9g", c->L_plus, plus);
    double gamma = 1.0 / (c->L + sqrt(most / N) * c->L_plus * lac_xi(2.0 / held));
    tap_ok(fabs(t.gamma / gamma - 1.0) < 1e-12, "theory-rf is 1/(L + sqrt(c/n) L_plus xi(k/r))");
    trace_close(&t);
}

static void step_is(const char *method, const char *rule, double size, double alpha, double L)
{
    static struct trace t;
    char options[512];
    snprintf(options, sizeof options, PROBLEM "--method %s --step %s", method, rule);
    trace_open(&t, 1, options);
    double gamma = 1.0 / (L + size * lac_xi(alpha));
    tap_ok(t.status == LAC_OK && fabs(t.gamma / gamma - 1.0) < 1e-12, "%s, %s: %.6g by its formula",
           method, rule, t.gamma);
    trace_close(&t);
}

static void rules(void)
{
    static struct trace t;
    trace_open(&t, 1, PROBLEM "--step theory-rf");
    struct lac_constants c = t.constants;
    trace_close(&t);
    double r = 2.0 / c.held, d = 2.0 / D, rare = sqrt(c.owners / N) * c.L_plus;
    step_is("ef21", "theory-lrf", c.L_rf, r, c.L);
    step_is("ef21-w", "theory-lrf", c.L_rf, r, c.L);
    step_is("ef21", "theory-old-r", c.L_rms, r, c.L);
    step_is("ef21:by-d=1", "theory-rf", rare, d, c.L);
    step_is("ef21:by-d=1", "theory-lrf", c.L_rf, d, c.L);
}

/* The regularizer goes into L, 2 lambda as it stands, and not into L_plus. */
static void code_of_the_paper(void)
{
    static struct trace bare, t;
    trace_open(&bare, 1, PROBLEM "--step theory-rf");
    trace_open(&t, 1, PROBLEM "--step theory-code --regularizer noncvx-own:7");
    struct lac_constants b = bare.constants, *c = &t.constants;
    double size = sqrt(b.owners / N) * b.L_plus, L = b.L + 14.0;
    tap_ok(t.status == LAC_OK && fabs(c->L_loss / b.L - 1.0) < 1e-7 &&
               fabs(c->L_plus_loss / b.L_plus - 1.0) < 1e-7,
           "the loss alone has L = %.9g, L_plus = %.9g, with a regularizer beside it", b.L,
           b.L_plus);
    tap_ok(fabs(t.gamma * (L + size * lac_xi(2.0 / b.held)) - 1.0) < 1e-7,
           "theory-code is 1/(L + 2 lambda + sqrt(c/n) L_plus xi(k/r)): %.6g", t.gamma);
    trace_close(&bare);
    trace_close(&t);
}

/* With k >= r nothing is left out of a client's r features: alpha = 1, the step 1/L, for any k and d, though
   (k/d)(d/k) may round to less than 1 or to more, as 9/11 and 14/25 do. */
static void more_kept_than_held(void)
{
    static struct trace t;
    static const char *const rules[] = {"theory-rf", "theory-lrf", "theory-old-r"};
    static const char *const kept[] = {"d=24,m=5,c=0.2 --compressor topk:k=23",
                                       "d=11,m=4,c=0.34 --compressor topk:k=9",
                                       "d=25,m=4,c=0.2 --compressor topk:k=14"};
    for (size_t k = 0; k < 9; k++) {
        char options[256];
        snprintf(options, sizeof options, "--data synth:rare,%s --clients 10 --rounds 1 --step %s",
                 kept[k / 3], rules[k % 3]);
        trace_open(&t, 1, options);
        const struct lac_constants *c = &t.constants;
        tap_ok(t.status == LAC_OK && c->held < 10.0 && fabs(t.gamma * c->L - 1.0) < 1e-7,
               "all of r = %g features are kept, the step is %.6g: %s", c->held, t.gamma, options);
        trace_close(&t);
    }
}

/* A regularizer of weight 0 is none: L_plus is exact. */
static void no_weight(void)
{
    static struct trace bare, t;
    trace_open(&bare, 1, PROBLEM "--step theory-rf");
    trace_open(&t, 1, PROBLEM "--step theory-rf --regularizer l2:0");
    tap_ok(t.status == LAC_OK && t.constants.L_plus == bare.constants.L_plus &&
               t.gamma == bare.gamma,
           "l2:0 is no regularizer: L_plus = %.6g as without", t.constants.L_plus);
    trace_close(&bare);
    trace_close(&t);
}

/* Not quadratic: a bound; and the classical step where features are not rare is never longer. */
static void bounds(void)
{
    static struct trace t;
    trace_open(&t, 1,
               "--data synth:logistic,d=9,m=5 --clients 4 --compressor topk:k=2 --rounds 1 --step "
               "theory-rf");
    const struct lac_constants *c = &t.run.solo.server.constants;
    tap_ok(t.status == LAC_OK && c->owners == 4.0 && c->held == 9.0 &&
               fabs(c->L_plus / c->L_rms - 1.0) < 1e-12 && fabs(c->L_rf / c->L_mean - 1.0) < 1e-12,
           "logistic, all features everywhere: c = n, r = d, L_plus = L_rms, L_rf = L_mean");
    trace_close(&t);
    lac_status status = trace_open(
        &t, 1, PROBLEM "--step theory-rf --regularizer l2:0.1 --objective least-squares");
    tap_ok(status == LAC_E_USAGE && strstr(lac_failure(), "--regularizer none"), "refused: %s",
           lac_failure());
    trace_close(&t);
}

#define OWN PROBLEM "--step theory-rf --regularizer noncvx-own:0.7 --rounds 200"

/* A regularizer on each client's own features: gradients and beliefs stay on them, and L_i grows by 2 lambda. */
static void own_features(void)
{
    static struct trace bare, t;
    unsigned strayed = 0, regular = 0;
    double worst = 0.0, most = 0.0;
    trace_run(&bare, 1, PROBLEM "--step theory-rf");
    trace_run(&t, 2, OWN);
    for (uint32_t i = 0; i < N && t.status == LAC_OK; i++) {
        double mark[D], x[D], with[D], without[D];
        for (size_t j = 0; j < D; j++) {
            x[j] = 0.4 * (double)(j % 7) - 1.1;
        }
        features(&bare.run, i, mark);
        gradient_at(&t.run, i, x, with);
        gradient_at(&bare.run, i, x, without);
        for (size_t j = 0; j < D; j++) {
            double u = 1.0 + x[j] * x[j], slope = mark[j] * 0.7 * 2.0 * x[j] / (u * u);
            worst = fmax(worst, fabs(with[j] - without[j] - slope));
            strayed +=
                mark[j] == 0.0 && (with[j] != 0.0 || client_vector(&t.run, i, "g_i")[j] != 0.0);
            regular += mark[j] != 0.0;
        }
        double L = t.run.solo.server.constants.L_i[i];
        most = fmax(most, fabs(L / (bare.run.solo.server.constants.L_i[i] + 1.4) - 1.0));
    }
    const struct lac_constants *c = &t.run.solo.server.constants;
    tap_ok(t.status == LAC_OK && worst < 1e-13 && strayed == 0 && regular > 0 && regular < N * D,
           "noncvx-own adds its slope on a client's features (%.1e), and nothing strays from them",
           worst);
    tap_ok(most < 1e-6 && c->owners == 2.0 && c->held == bare.run.solo.server.constants.held,
           "L_i grows by 2 lambda (%.1e), c = %g and r = %g stay", most, c->owners, c->held);
    tap_ok(c->L_plus <= c->L_rms && c->L_plus <= sqrt(c->owners / N) * c->L_max * (1.0 + 1e-12) &&
               c->L_plus > bare.run.solo.server.constants.L_plus,
           "L_plus = %.6g knows the regularizer: %.6g without", c->L_plus,
           bare.run.solo.server.constants.L_plus);
    tap_ok(t.row[t.rows - 1].grad_norm_sq < t.row[0].grad_norm_sq && !t.run.solo.config.convex,
           "and it trains, as a non-convex problem");
    trace_close(&bare);
    trace_close(&t);
}

static double least_c;

static void watch_c(struct trace *t)
{
    double c = *server_vector(&t->run, "c");
    t->worst += c > 0.0 && c <= N ? 0.0 : 1.0;
    least_c = c < least_c ? c : least_c;
}

/* c falls from n to what the features allow, the step grows, and it is the same on any ranks; the errors go up
   whole, and the papers' count leaves them out. */
static void measured(void)
{
    static struct trace plain, one, many;
    char options[512];
    snprintf(options, sizeof options,
             "--data synth:rare,d=24,m=5,c=0.2 --clients 10 --compressor topk:k=2 --method ef21 "
             "--step theory-old --rounds 300");
    trace_run(&plain, 1, options);
    snprintf(options, sizeof options,
             "--data synth:rare,d=24,m=5,c=0.2 --clients 10 --compressor topk:k=2 --method "
             "ef21:measured-c=1 --step theory-old --rounds 300");
    one.also = watch_c;
    least_c = N;
    trace_run(&one, 1, options);
    tap_ok(one.status == LAC_OK && one.worst == 0.0 && least_c < 2.0,
           "the measured c lies in (0, n] and falls to %.3f", least_c);
    double ours = one.row[one.rows - 1].grad_norm_sq,
           theirs = plain.row[plain.rows - 1].grad_norm_sq;
    tap_ok(ours < 0.5 * theirs, "|grad f|^2 falls to %.2e, without it to %.2e", ours, theirs);
    uint64_t errors = UINT64_C(300) * N * D * 64;
    uint64_t values = one.ledger.up.of[LAC_BITS_VALUE] - plain.ledger.up.of[LAC_BITS_VALUE];
    tap_ok(values == errors && one.ledger.up.paper == plain.ledger.up.paper,
           "the errors are counted, and stand not in the papers' count");
    trace_run(&many, 3, options);
    tap_ok(traces_equal(&one, &many), "the same on 1 and 3 ranks: %s", options);
    trace_close(&plain);
    trace_close(&one);
    trace_close(&many);
    refused(RARE_ROWS "--method ef21 --compressor sign --step theory-rf", "leaves zeros zero");
    refused(RARE_ROWS "--method ef21 --compressor rankk:k=1 --step theory-old-r",
            "leaves zeros zero");
    refused(RARE_ROWS "--method ef21-w --compressor topk:9+sign --step theory-lrf",
            "leaves zeros zero");
    refused(PROBLEM "--method ef21:measured-c=1 --step 0.1", "--step theory-old");
    refused(PROBLEM "--method ef21:measured-c=1 --step theory-old --participation nice:3",
            "--participation full");
    refused(PROBLEM "--method ef21:measured-c=1 --step theory-old --gradient nice:3",
            "--gradient full");
    refused(PROBLEM "--method ef21-w:measured-c=1", "measured-c");
}

int main(void)
{
    constants();
    rules();
    code_of_the_paper();
    more_kept_than_held();
    no_weight();
    bounds();
    own_features();
    measured();
    return tap_done();
}
