/* Methods with local steps: the special cases and invariants that their pages name. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "check.h"
#include "refused.h"
#include "tap.h"

#define PROBLEM \
    "--data synth:least-squares,d=12,m=9,L=4,mu=1,noise=1 --clients 7 --x0 linear --step 0.02 "

enum { N = 7, D = 12 };

static char path[64];

/* Two runs of PROBLEM and their options; how far their models are apart, HUGE_VAL where one failed. */
static double differ(const char *options, const char *others, uint64_t rounds)
{
    static struct trace a, b;
    char text[600];
    snprintf(text, sizeof text, PROBLEM "%s --rounds %u", options, (unsigned)rounds);
    trace_run(&a, 2, text);
    snprintf(text, sizeof text, PROBLEM "%s --rounds %u", others, (unsigned)rounds);
    trace_run(&b, 1, text);
    double result = a.status || b.status ? HUGE_VAL : traces_apart(&a, &b, rounds);
    trace_close(&a);
    trace_close(&b);
    return result;
}

static void same(const char *options, const char *others, double tolerance)
{
    double apart = differ(options, others, 40);
    tap_ok(apart <= tolerance, "the same models (%.1e): %s as %s%s", apart, options, others,
           apart < HUGE_VAL ? "" : lac_failure());
}

/* arXiv:2302.03662, special cases. */
static void rr_cli_is_nastya(void)
{
    const char *nastya = "--method q-nastya:batches=3 --compressor identity --server-step 0.05";
    same("--method rr-cli:batches=3 --participation cohorts:7 --server-step 0.05", nastya, 0.0);
    same("--method rr-cli:batches=3 --server-step 0.05", nastya, 0.0);
    same("--method rr-cli:batches=3 --server-step 0.01 --meta-step 0.05", nastya, 1e-12);
}

static void rr_cli_is_fedavg(void)
{
    static const char *const cohorts[] = {"cohorts:2", "cohorts:3,order=partition",
                                          "cyclic:3",  "cyclic:2,order=listed",
                                          "nice:2",    "bernoulli:0.4"};
    char one[300], other[300];
    for (size_t k = 0; k <= sizeof cohorts / sizeof *cohorts; k++) {
        char trace[80];
        snprintf(trace, sizeof trace, "trace:%s", path);
        const char *who = k < sizeof cohorts / sizeof *cohorts ? cohorts[k] : trace;
        snprintf(one, sizeof one, "--method rr-cli:batches=3,epochs=2 --participation %s", who);
        snprintf(other, sizeof other, "--method fedavg:batches=3,epochs=2 --participation %s", who);
        same(one, other, 0.0);
    }
}

/* N = 1, C = 1, R = M: x <- x - gamma grad f_pi(r)(x), each client once in a meta epoch. */
static void classical_reshuffling(void)
{
    static struct trace t;
    double x[D], grad[D], worst = 0.0;
    unsigned whole = 0;
    trace_run(&t, 2, PROBLEM "--method rr-cli:batches=1 --participation cohorts:1 --rounds 21");
    for (uint64_t epoch = 0; epoch < 3 && !t.status; epoch++) {
        unsigned seen = 0;
        for (uint64_t r = 1; r <= N; r++) {
            struct lac_env e = t.run.solo.server.env;
            struct lac_participant who[N];
            e.round = epoch * N + r;
            uint32_t count = lac_cohort(&e, who);
            seen |= count == 1 ? 1u << who[0].client : 0;
            vec_copy(x, trace_model(&t, e.round - 1), D);
            gradient_at(&t.run, who[0].client, x, grad);
            vec_axpy(x, -0.02, grad, D);
            worst = fmax(worst, apart(trace_model(&t, e.round), x, D));
        }
        whole += seen == (1u << N) - 1;
    }
    tap_ok(!t.status && whole == 3 && worst < 1e-12,
           "rr-cli with cohorts of one and whole gradients is random reshuffling of clients (%.1e)",
           worst);
    trace_close(&t);
}

/* At a model that does not move, the pseudo-gradients of a meta epoch add up to R grad f, whatever C. */
static void meta_epochs_are_unbiased(void)
{
    static struct trace t;
    static const char *const kinds[] = {"cohorts:%u", "cohorts:%u,order=partition", "cyclic:%u"};
    for (uint32_t k = 0; k < 3 * N; k++) {
        double grad[D], sum[D], eta = 1e-9;
        uint32_t size = 1 + k / 3, rounds = (N + size - 1) / size;
        char kind[64], text[600];
        snprintf(kind, sizeof kind, kinds[k % 3], size);
        snprintf(text, sizeof text,
                 "--data synth:least-squares,d=12,m=9,L=4,mu=1,noise=1 --clients 7 --method "
                 "rr-cli:batches=1 --step 1e-9 --server-step %g --participation %s --rounds %u",
                 eta, kind, rounds);
        trace_run(&t, 1, text);
        if (!t.status) {
            vec_scale(sum, -1.0 / (eta * rounds), trace_last(&t), D);
            evaluate_at(&t.run, trace_model(&t, 0), grad);
        }
        tap_ok(!t.status && apart(sum, grad, D) < 1e-7, "%s of 7 clients without bias: %.1e%s",
               kind, t.status ? 0.0 : apart(sum, grad, D), t.status ? lac_failure() : "");
        trace_close(&t);
    }
}

/* x_1 = x_0 - theta (x_0 - x_0^R)/(eta R) */
static void leaps(void)
{
    static struct trace plain, far;
    double x[D];
    const char *same_part =
        PROBLEM "--method rr-cli:batches=3 --participation cohorts:3 --server-step 0.05 --rounds 3";
    char text[600];
    trace_run(&plain, 1, same_part);
    snprintf(text, sizeof text, "%s --meta-step 0.4", same_part);
    trace_run(&far, 2, text);
    double worst = HUGE_VAL;
    if (!plain.status && !far.status) {
        vec_sub(x, trace_model(&plain, 0), trace_model(&plain, 3), D);
        vec_scale(x, -0.4 / (0.05 * 3.0), x, D);
        vec_axpy(x, 1.0, trace_model(&plain, 0), D);
        worst = fmax(apart(trace_model(&far, 3), x, D), traces_apart(&plain, &far, 2));
    }
    tap_ok(worst < 1e-12, "theta other than eta R leaps at the end of a meta epoch alone (%.1e)",
           worst);
    trace_close(&plain);
    trace_close(&far);
}

static void relatives_of_fedavg(void)
{
    const char *fedavg = "--method fedavg:steps=5,batches=3 --participation nice:3";
    same("--method fedprox:steps=5,batches=3,mu=0 --participation nice:3", fedavg, 0.0);
    same("--method fedpaq:steps=5,batches=3 --compressor identity --participation nice:3", fedavg,
         0.0);
    same("--method fedcom:steps=5,batches=3 --compressor identity --participation nice:3 "
         "--server-step 0.1",
         fedavg, 0.0);
    double apart = differ("--method fedprox:steps=5,mu=3", "--method fedavg:steps=5", 5);
    tap_ok(apart > 1e-3 && apart < HUGE_VAL, "fedprox with mu = 3 is not fedavg (%.1e)", apart);
    apart = differ("--method fedcom:steps=5 --compressor identity --server-step 0.2",
                   "--method fedavg:steps=5", 5);
    tap_ok(apart > 1e-3 && apart < HUGE_VAL, "a server step of its own is felt (%.1e)", apart);
}

/* All steps fall together, those of rr-cli once in a meta epoch. */
static void steps_fall_together(void)
{
    static struct trace t;
    double x[D], grad[D], worst = 0.0;
    same("--method fedavg --step-policy inverse:2",
         "--method q-rr:batches=1 --compressor identity --step-policy inverse:2", 1e-12);
    trace_run(&t, 1,
              PROBLEM "--method rr-cli:batches=1 --participation cohorts:3 --step-policy "
                      "inverse:1 --rounds 12");
    for (uint64_t r = 1; r <= 12 && !t.status; r++) {
        struct lac_env e = t.run.solo.server.env;
        struct lac_participant who[N];
        uint64_t epoch = (r - 1) / 3;
        e.round = r;
        uint32_t count = lac_cohort(&e, who);
        vec_copy(x, trace_model(&t, r - 1), D);
        for (uint32_t k = 0; k < count; k++) {
            gradient_at(&t.run, who[k].client, trace_model(&t, r - 1), grad);
            vec_axpy(x, -0.02 / (epoch > 0 ? (double)epoch : 1.0) * 3.0 / N, grad, D);
        }
        worst = fmax(worst, apart(trace_model(&t, r), x, D));
    }
    tap_ok(!t.status && worst < 1e-12, "rr-cli's steps fall from meta epoch to meta epoch (%.1e)",
           worst);
    trace_close(&t);
}

static double last_gradient(const char *options)
{
    static struct trace t;
    char text[600];
    snprintf(text, sizeof text, PROBLEM "%s", options);
    trace_run(&t, 1, text);
    double norm = t.status ? HUGE_VAL : t.row[t.rows - 1].grad_norm_sq;
    trace_close(&t);
    return norm;
}

/* Clients of different minimisers: local steps drift, shifts keep them from it. */
static void corrected(void)
{
    double drifts = last_gradient("--method fedavg:steps=8 --rounds 1500");
    double scaffold = last_gradient("--method scaffold:steps=8,batches=1 --rounds 1500");
    double few = last_gradient("--method scaffold:steps=8,batches=1 --participation nice:3 "
                               "--server-step 0.08 --rounds 6000");
    tap_ok(drifts > 1e-4 && drifts < 10.0 && scaffold < 1e-22 && few < 1e-22,
           "scaffold converges (%.1e, with cohorts %.1e) where fedavg stalls (%.1e)", scaffold, few,
           drifts);
    double proxskip = last_gradient("--method proxskip --p 0.2 --rounds 2000");
    double gradskip = last_gradient("--method gradskip --p 0.2 --rounds 2000");
    tap_ok(proxskip < 1e-22 && gradskip < 1e-22,
           "so do proxskip (%.1e) and gradskip (%.1e) with five local steps a meeting", proxskip,
           gradskip);
}

/* |sum h_i| over the root of the mean |h_i|^2, in rounds in which models were averaged. */
static unsigned meetings, elsewhere;

static void watch_shifts(struct trace *t)
{
    struct lac_server *s = &t->run.solo.server;
    double sum[D] = {0}, size = 0.0;
    if (s->rounds_done == 0 || !(lac_method_messages(s->method, &s->env) & LAC_UP)) {
        elsewhere++;
        return;
    }
    meetings++;
    for (uint32_t i = 0; i < N; i++) {
        const double *h = client_vector(&t->run, i, "h");
        vec_axpy(sum, 1.0, h, D);
        size += vec_norm_sq(h, D) / N;
    }
    t->worst = fmax(t->worst, sqrt(vec_norm_sq(sum, D) / size));
}

static void shifts_add_up_to_nothing(const char *method)
{
    static struct trace t;
    char text[600];
    snprintf(text, sizeof text, PROBLEM "--method %s --p 0.3 --rounds 60", method);
    meetings = elsewhere = 0;
    t.also = watch_shifts;
    trace_run(&t, 3, text);
    tap_ok(!t.status && meetings > 8 && elsewhere > 20 && t.worst < 1e-10,
           "%s: sum h_i = 0 after each of %u meetings (%.1e)", method, meetings, t.worst);
    trace_close(&t);
    t.also = NULL;
}

/* Linear: no slower than (1 - min(gamma mu, p^2))^t of the theory, at its own step and probability. */
static void proxskip_is_linear(const char *method)
{
    static struct trace t;
    char text[600];
    snprintf(
        text, sizeof text,
        "--data synth:least-squares,d=12,m=9,L=4,mu=1,noise=1 --clients 7 --regularizer l2:0.5 "
        "--method %s --rounds 400",
        method);
    trace_run(&t, 1, text);
    double p = t.run.solo.server.env.p, L = t.constants.L_max;
    double rate = 1.0 - fmin(0.5 / L, p * p), first = t.row[0].grad_norm_sq;
    bool by_theory = fabs(p - sqrt(0.5 / L)) < 1e-12 && fabs(t.gamma * L - 1.0) < 1e-12;
    double half = t.status ? HUGE_VAL : t.row[200].grad_norm_sq / first,
           whole = t.status ? HUGE_VAL : t.row[400].grad_norm_sq / first;
    double slack = 100.0 * L * L; /* Psi^0 and |grad f|^2 over |x - x*|^2 */
    tap_ok(by_theory && half < slack * pow(rate, 200.0) && whole < slack * pow(rate, 400.0) &&
               whole < 1e-6 * half,
           "%s: linear at the step and p of the theory, %.1e and %.1e after 200 and 400 rounds",
           method, half, whole);
    trace_close(&t);
}

/* sqrt(mu/L_max) is 0 where mu is 0 or not known. */
static void chance_without_mu(const char *method)
{
    static struct trace t;
    char text[600];
    static const char *const regularizers[] = {"", "--regularizer noncvx:0.1"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, PROBLEM "--method %s %s", method, regularizers[i]);
        refused(text, "--p: 'theory' needs mu > 0");
        refused(text, "--regularizer l2:LAMBDA; else give --p a number");
        snprintf(text, sizeof text, PROBLEM "--method %s %s --p 0.3 --rounds 20", method,
                 regularizers[i]);
        lac_status status = trace_run(&t, 1, text);
        tap_ok(!status, "%s %s with a number for --p runs", method, regularizers[i]);
        trace_close(&t);
    }
}

/* Clients with the same features have the same L_i: all q_i are 1, and no gradient is skipped. */
static void write_equal_clients(void)
{
    FILE *file = fopen(path, "w");
    for (unsigned i = 0; file && i < 4; i++) {
        for (unsigned r = 0; r < 3; r++) {
            fprintf(file, "%u 1:%u 2:%g 3:%g\n", (7 * i + 3 * r) % 5, 1 + r, 0.5 * r,
                    1.0 / (1.0 + r));
        }
    }
    if (file) {
        fclose(file);
    }
}

static double rows_computed(struct trace *t, const char *method, const char *problem, double p)
{
    char text[600];
    snprintf(text, sizeof text, "%s --method %s --p %g --rounds 300 --track oracle_rows", problem,
             method, p);
    trace_run(t, 1, text);
    return t->status ? 0.0 : (double)t->row[t->rows - 1].oracle_rows;
}

static void gradients_are_skipped(void)
{
    static struct trace one, other;
    char equal[200];
    write_equal_clients();
    snprintf(equal, sizeof equal,
             "--data %s --clients 4 --objective least-squares --regularizer l2:0.1", path);
    double all = rows_computed(&one, "proxskip", equal, 0.2),
           kept = rows_computed(&other, "gradskip", equal, 0.2);
    tap_ok(all == 300.0 * 12.0 && kept == all && traces_equal(&one, &other),
           "gradskip is proxskip where all L_i are equal (%g and %g rows)", all, kept);
    trace_close(&one);
    trace_close(&other);
    const char *unequal = "--data synth:lvar,kappa=5,d=12,m=9 --clients 7 --regularizer l2:0.01 ";
    all = rows_computed(&one, "proxskip", unequal, 0.1);
    kept = rows_computed(&other, "gradskip", unequal, 0.1);
    tap_ok(all == 300.0 * 63.0 && kept > 0.0 && kept < 0.8 * all,
           "gradskip skips gradients where they differ: %g rows of %g", kept, all);
    double end = other.row[other.rows - 1].grad_norm_sq / other.row[0].grad_norm_sq;
    double same_end = one.row[one.rows - 1].grad_norm_sq / one.row[0].grad_norm_sq;
    tap_ok(end < 10.0 * same_end && end < 0.1, "and comes as far (%.1e, proxskip %.1e)", end,
           same_end);
    trace_close(&one);
    trace_close(&other);
}

/* max 2 |a|^2 of the rows, and the regularizer's 1/2 */
static double largest_row(struct ranks_run *r)
{
    double most = 0.0;
    for (uint32_t i = 0; i < N; i++) {
        const struct lac_rows *rows = &client_local(r, i)->rows;
        for (size_t k = 0; k < rows->m; k++) {
            most = fmax(most, 2.0 * vec_norm_sq(rows->dense + k * rows->stride, D));
        }
    }
    return most + 0.5;
}

/* What the rules give, times unit: 1 or 1/L_row. */
static void rules_give(const char *options, bool by_row, double gamma, double eta, double theta)
{
    static struct trace t;
    char text[600];
    snprintf(
        text, sizeof text,
        "--data synth:least-squares,d=12,m=9,L=4,mu=1,noise=1 --clients 7 --regularizer l2:0.5 "
        "--method %s",
        options);
    trace_open(&t, 2, text);
    const struct lac_env *e = &t.run.solo.server.env;
    double unit = t.status ? 0.0 : by_row ? 1.0 / largest_row(&t.run) : 1.0;
    bool right = fabs(e->gamma / (gamma * unit) - 1.0) < 1e-12 &&
                 fabs(e->eta / (eta * unit) - 1.0) < 1e-12 &&
                 (theta == 0.0 ? e->theta == 0.0 : fabs(e->theta / (theta * unit) - 1.0) < 1e-12);
    tap_ok(!t.status && right, "steps as by hand: %s%s", options, t.status ? lac_failure() : "");
    trace_close(&t);
}

/* Cohorts of 3 of 7: R = 3. */
static void rules(void)
{
    rules_give("rr-cli:batches=4 --participation cohorts:3", true, 1.0, 4.0, 12.0);
    rules_give("rr-cli:steps=5,batches=4 --participation nice:3", true, 1.0, 5.0, 15.0);
    rules_give("rr-cli:epochs=2,batches=4 --participation cyclic:3 --step theory-leap "
               "--server-step theory-leap --meta-step theory-leap",
               true, 1.0 / (16.0 * 8.0 * 3.0), 1.0 / (16.0 * 3.0), 1.0 / 16.0);
    rules_give("rr-cli:batches=4 --participation cohorts:3 --step 0.1 --server-step theory*2",
               false, 0.1, 0.8, 2.4);
    rules_give("fedavg:steps=3 --step 0.1", false, 0.1, 0.3, 0.0);
    rules_give("fedprox:epochs=2,batches=3 --step 0.1", false, 0.1, 0.6, 0.0);
    rules_give("fedpaq:steps=3 --step 0.1 --compressor natural", false, 0.1, 0.3, 0.0);
    rules_give("fedcom:steps=3 --step 0.1 --compressor natural", false, 0.1, 0.3, 0.0);
    rules_give("scaffold:steps=3 --step 0.1", false, 0.1, 0.3, 0.0);
}

static void write_trace(void)
{
    FILE *file = fopen(path, "w");
    if (file) {
        fputs("4 0 1\n2 3 6\n5\n\n5 6 0\n1 2\n3 4\n", file);
        fclose(file);
    }
}

int main(void)
{
    snprintf(path, sizeof path, "/tmp/laconic-local-%ld.txt", (long)getpid());
    write_trace();
    rr_cli_is_nastya();
    rr_cli_is_fedavg();
    classical_reshuffling();
    meta_epochs_are_unbiased();
    leaps();
    relatives_of_fedavg();
    steps_fall_together();
    corrected();
    shifts_add_up_to_nothing("proxskip");
    shifts_add_up_to_nothing("gradskip");
    proxskip_is_linear("proxskip");
    proxskip_is_linear("gradskip");
    chance_without_mu("proxskip");
    chance_without_mu("gradskip");
    gradients_are_skipped();
    rules();
    unlink(path);
    return tap_done();
}
