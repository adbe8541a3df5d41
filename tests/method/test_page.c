/* PAGE: its estimator against the listing, its steps against dense matrices, and what it refuses. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "refused.h"
#include "tap.h"

#define PROBLEM "--data synth:least-squares,d=12,m=5,L=4,mu=1,noise=1 --clients 7 "

enum { N = 7, D = 12, M = 5 };

/* g as 1.4 of the listing defines it, from the gradients themselves. */
static struct {
    double g[D];
    uint32_t most;
    uint64_t sampled, whole;
} page;

static void page_estimator(struct trace *t, const struct lac_env *e, double *g)
{
    struct ranks_run *r = &t->run;
    struct lac_participant who[N];
    double grad[D];
    if (e->round == 0 || lac_coin(e, 0, e->parameter[0])) {
        evaluate_at(r, server_vector(r, "x"), g);
        page.whole++;
        return;
    }
    uint32_t count = lac_cohort(e, who);
    page.sampled++;
    for (uint32_t i = 0; i < count; i++) {
        double weight = who[i].multiplicity * lac_law_factor(&e->sampling.law, who[i].client);
        page.most = who[i].multiplicity > page.most ? who[i].multiplicity : page.most;
        gradient_at(r, who[i].client, server_vector(r, "x"), grad);
        vec_axpy(g, weight, grad, D);
        gradient_at(r, who[i].client, server_vector(r, "previous"), grad);
        vec_axpy(g, -weight, grad, D);
    }
}

static void watch_page(struct trace *t)
{
    const double *now = server_vector(&t->run, "g");
    page_estimator(t, &t->run.solo.server.env, page.g);
    double one = apart(now, page.g, D);
    t->worst = one > t->worst ? one : t->worst;
    vec_copy(page.g, now, D);
}

static void listing(void)
{
    static const char *const samplings[] = {"nice:3",        "uniform:4",  "importance:4",
                                            "bernoulli:0.4", "weighted:3", "extended-nice:5"};
    static struct trace t;
    for (size_t k = 0; k < 6; k++) {
        char options[256];
        page.most = 0;
        page.sampled = page.whole = 0;
        snprintf(options, sizeof options,
                 PROBLEM "--method page:p=0.2 --step 0.02 --rounds 60 --participation %s",
                 samplings[k]);
        t.also = watch_page;
        trace_run(&t, 3, options);
        bool again = strstr("uniform:4 importance:4 extended-nice:5", samplings[k]) != NULL;
        tap_ok(t.status == LAC_OK && t.worst <= 1e-12 && page.sampled > 30 && page.whole > 3 &&
                   again == (page.most > 1),
               "%s: g is what the listing says (%.1e), clients drawn up to %u times, %llu of %llu "
               "rounds sampled",
               samplings[k], t.worst, page.most, (unsigned long long)page.sampled,
               (unsigned long long)(page.sampled + page.whole));
        trace_close(&t);
    }
    t.also = NULL;
}

/* Dense symmetric matrices, here. */
typedef double matrix[D][D];

static void add_matrix(matrix sum, double scale, matrix a)
{
    for (size_t i = 0; i < D; i++) {
        vec_axpy(sum[i], scale, a[i], D);
    }
}

static void square(matrix a, matrix out)
{
    memset(out, 0, sizeof(matrix));
    for (size_t i = 0; i < D; i++) {
        for (size_t k = 0; k < D; k++) {
            vec_axpy(out[i], a[i][k], a[k], D);
        }
    }
}

/* By squaring again and again: for positive semidefinite matrices. */
static double largest(matrix a)
{
    matrix p, q;
    double scale = 1.0, power = 1.0, log_sum = 0.0;
    memcpy(p, a, sizeof p);
    for (int k = 0; k < 60; k++) {
        double trace = 0.0;
        for (size_t i = 0; i < D; i++) {
            trace += p[i][i];
        }
        if (trace <= 0.0) {
            return 0.0;
        }
        log_sum += power * log(trace);
        for (size_t i = 0; i < D; i++) {
            vec_scale(p[i], 1.0 / trace, p[i], D);
        }
        square(p, q);
        memcpy(p, q, sizeof p);
        power /= 2.0;
    }
    return scale * exp(log_sum);
}

/* H_ij = 2 a a^T of row j. */
static void row_matrix(const struct lac_local *f, size_t j, matrix h)
{
    const double *a = f->rows.dense + j * f->rows.stride;
    memset(h, 0, sizeof(matrix));
    for (size_t i = 0; i < D; i++) {
        vec_axpy(h[i], 2.0 * a[i], a, D);
    }
}

/* sum <- (1/k) sum noise_i H_i^2 - less mean^2 of k matrices */
static void noise_matrix(matrix *h, size_t k, const struct lac_law *law, double less, matrix sum)
{
    matrix mean = {{0}}, twice;
    memset(sum, 0, sizeof(matrix));
    for (size_t i = 0; i < k; i++) {
        square(h[i], twice);
        add_matrix(sum, lac_law_noise(law, i) / (double)k, twice);
        add_matrix(mean, 1.0 / (double)k, h[i]);
    }
    square(mean, twice);
    add_matrix(sum, -less, twice);
}

/* The largest eigenvalue of that with less = B; law's weights by L_i = their largest eigenvalues. */
static double noise_of(matrix *h, size_t k, enum lac_law_kind kind, double tau, bool vanilla,
                       struct lac_law *law, struct lac_arena *a)
{
    double L[16] = {0};
    matrix sum;
    for (size_t i = 0; i < k; i++) {
        L[i] = largest(h[i]);
    }
    lac_status status = lac_law_open(law, kind, k, tau, L, a);
    if (vanilla) {
        bool all = law->A == 0.0;
        status = status ? status : lac_law_open(law, LAC_LAW_UNIFORM, k, tau, L, a);
        law->A = all ? 0.0 : law->A;
        law->B = 0.0;
    }
    noise_matrix(h, k, law, law->B, sum);
    return status == LAC_OK && law->A > 0.0 ? largest(sum) : 0.0;
}

/* H_i, and the H_ij of the client's rows. */
static void client_matrix(struct ranks_run *r, uint32_t i, matrix row[M], matrix h)
{
    memset(h, 0, sizeof(matrix));
    for (size_t j = 0; j < M; j++) {
        row_matrix(client_local(r, i), j, row[j]);
        add_matrix(h, 1.0 / M, row[j]);
    }
}

/* 1/gamma of section 1.6 for least squares. */
static double by_hand(struct ranks_run *r, enum lac_law_kind outer, double tau,
                      enum lac_law_kind inner, double batch, bool vanilla, double p)
{
    static matrix client[N], row[M], mean;
    struct lac_law law, rows_law;
    struct lac_arena a = {0};
    double rows[N], inside = 0.0;
    memset(mean, 0, sizeof mean);
    for (uint32_t i = 0; i < N; i++) {
        client_matrix(r, i, row, client[i]);
        rows[i] = noise_of(row, M, inner, batch, vanilla, &rows_law, &a);
        add_matrix(mean, 1.0 / N, client[i]);
    }
    double outside = noise_of(client, N, outer, tau, vanilla, &law, &a);
    for (uint32_t i = 0; i < N; i++) {
        inside += (lac_law_noise(&law, i) + (1.0 - law.B) / N) * rows[i] / N;
    }
    lac_arena_free(&a);
    return largest(mean) + sqrt((1.0 - p) / p * (outside + inside));
}

static void steps(void)
{
    static const struct {
        const char *options;
        enum lac_law_kind outer, inner;
        double tau, batch, p;
        bool vanilla;
    } cases[] = {
        {"--participation nice:3", LAC_LAW_NICE, LAC_LAW_NICE, 3, 5, 3.0 / 10.0, false},
        {"--participation uniform:2", LAC_LAW_UNIFORM, LAC_LAW_NICE, 2, 5, 2.0 / 9.0, false},
        {"--participation uniform:2 --step vanilla", LAC_LAW_UNIFORM, LAC_LAW_NICE, 2, 5, 2.0 / 9.0,
         true},
        {"--participation importance:1", LAC_LAW_IMPORTANCE, LAC_LAW_NICE, 1, 5, 1.0 / 8.0, false},
        {"--participation bernoulli:0.5", LAC_LAW_INDEPENDENT, LAC_LAW_NICE, 3.5, 5, 1.0 / 3.0,
         false},
        {"--participation weighted:2", LAC_LAW_WEIGHTED, LAC_LAW_NICE, 2, 5, 2.0 / 9.0, false},
        {"--participation extended-nice:2", LAC_LAW_EXTENDED_NICE, LAC_LAW_NICE, 2, 5, 2.0 / 9.0,
         false},
        {"--gradient nice:2", LAC_LAW_NICE, LAC_LAW_NICE, 7, 2, 2.0 / 7.0, false},
        {"--gradient uniform:2 --step vanilla", LAC_LAW_NICE, LAC_LAW_UNIFORM, 7, 2, 2.0 / 7.0,
         true},
        {"--gradient importance:1", LAC_LAW_NICE, LAC_LAW_IMPORTANCE, 7, 1, 1.0 / 6.0, false},
        {"--participation uniform:3 --gradient weighted:2", LAC_LAW_UNIFORM, LAC_LAW_WEIGHTED, 3, 2,
         6.0 / 41.0, false},
        {"--participation importance:2 --gradient extended-nice:3", LAC_LAW_IMPORTANCE,
         LAC_LAW_EXTENDED_NICE, 2, 3, 6.0 / 41.0, false},
        {"--participation bernoulli:0.2 --gradient independent:1", LAC_LAW_INDEPENDENT,
         LAC_LAW_INDEPENDENT, 1.4, 1, 1.4 / 36.4, false},
    };
    static struct trace t;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char options[256];
        snprintf(options, sizeof options, PROBLEM "--method page --rounds 1 %s", cases[k].options);
        trace_open(&t, 2, options);
        double expected = 1.0 / by_hand(&t.run, cases[k].outer, cases[k].tau, cases[k].inner,
                                        cases[k].batch, cases[k].vanilla, cases[k].p);
        trace_finish(&t);
        tap_ok(t.status == LAC_OK && fabs(t.gamma / expected - 1.0) < 1e-8,
               "page %s: the step is %.9g, from dense matrices %.9g", cases[k].options, t.gamma,
               expected);
        trace_close(&t);
    }
}

/* L_plus_w and L_pm_w of section 1.3, whose w_i are those of the sampling of clients. */
static void weighted_constants(const char *participation, enum lac_law_kind kind, double tau)
{
    static matrix client[N], row[M], sum;
    static struct trace t;
    struct lac_arena a = {0};
    struct lac_law law;
    char options[256];
    snprintf(options, sizeof options, PROBLEM "--method page --rounds 1 --participation %s",
             participation);
    lac_status status = trace_run(&t, 2, options);
    for (uint32_t i = 0; i < N && status == LAC_OK; i++) {
        client_matrix(&t.run, i, row, client[i]);
    }
    noise_of(client, N, kind, tau, false, &law, &a);
    noise_matrix(client, N, &law, 0.0, sum);
    double plus = sqrt(largest(sum) / law.A);
    noise_matrix(client, N, &law, law.A, sum);
    double pm = sqrt(largest(sum) / law.A);
    const struct lac_constants *c = &t.constants;
    tap_ok(status == LAC_OK && fabs(c->L_plus_w / plus - 1.0) < 1e-8 &&
               fabs(c->L_pm_w / pm - 1.0) < 1e-8 && pm < 0.999 * plus,
           "%s: L_plus_w = %.9g and L_pm_w = %.9g, from dense matrices %.9g and %.9g",
           participation, c->L_plus_w, c->L_pm_w, plus, pm);
    trace_close(&t);
    lac_arena_free(&a);
}

/* All clients in every round: the sampling has no constants. */
static void everybody(void)
{
    static struct trace t;
    trace_run(&t, 1, PROBLEM "--method page --gradient nice:2 --rounds 1");
    const struct lac_constants *c = &t.constants;
    tap_ok(t.status == LAC_OK && c->L_plus_w == 0.0 && c->L_pm_w == 0.0 &&
               c->clients_noise == 0.0 && c->rows_noise > 0.0,
           "everybody in every round: no constants of the sampling of clients, %.4g of the rows'",
           c->rows_noise);
    trace_close(&t);
}

/* With a regularizer that is no quadratic the constants are bounds: both L_rms for uniform draws. */
static void bounds(void)
{
    static struct trace t;
    double p = 2.0 / 9.0;
    trace_run(&t, 1,
              PROBLEM
              "--method page --participation uniform:2 --regularizer noncvx:0.1 --rounds 1");
    const struct lac_constants *c = &t.constants;
    double expected = 1.0 / (c->L + sqrt((1.0 - p) / (2.0 * p)) * c->L_rms);
    tap_ok(t.status == LAC_OK && fabs(t.gamma / expected - 1.0) < 1e-12,
           "page with noncvx: the step is %.6g, by the bounds %.6g", t.gamma, expected);
    trace_close(&t);
}

/* Quadratics in proportion: drawn in proportion to their smoothness they are one function, L_{pm,w} = 0 and
   the step is 1/L (1.7 (b)); drawn uniformly they are not. */
static void no_noise(void)
{
    static const char *const options[] = {
        "--clients 40 --participation importance:1", "--clients 1 --gradient importance:1",
        "--clients 40 --participation uniform:1", "--clients 1 --gradient uniform:1"};
    static struct trace t;
    for (size_t k = 0; k < 4; k++) {
        char text[256];
        snprintf(text, sizeof text,
                 "--data synth:tridiagonal,d=10,m=%d,s=2,family=lipt_different --method page "
                 "--rounds 1 %s",
                 k % 2 ? 40 : 1, options[k]);
        trace_run(&t, 2, text);
        double noise = t.status ? 1.0 : 1.0 / (t.gamma * t.constants.L) - 1.0;
        tap_ok(k < 2 ? fabs(noise) < 1e-6 : t.status == LAC_OK && noise > 1.0,
               "page %s: the noise adds %.1e L to 1/gamma", options[k], noise);
        trace_close(&t);
    }
}

static void refusals(void)
{
    refused(PROBLEM "--method page --gradient minibatch:2", "no theory of minibatches");
    refused(PROBLEM "--method page:p=2", "p is a number from 1e-09 to 1");
    refused(PROBLEM "--method page:p=0", "p is a number from 1e-09 to 1");
    refused(PROBLEM "--method page --participation importance", "importance:TAU");
    refused(PROBLEM "--method page --participation importance:8", "number of clients from 1 to 7");
    refused(PROBLEM "--method page --gradient weighted:6", "client 0 has 5 rows, fewer than 6");
    refused(PROBLEM "--method ef21 --participation importance:2", "it knows: full");
}

int main(void)
{
    listing();
    steps();
    weighted_constants("nice:3", LAC_LAW_NICE, 3);
    weighted_constants("importance:2", LAC_LAW_IMPORTANCE, 2);
    weighted_constants("bernoulli:0.5", LAC_LAW_INDEPENDENT, 3.5);
    weighted_constants("extended-nice:2", LAC_LAW_EXTENDED_NICE, 2);
    everybody();
    bounds();
    no_noise();
    refusals();
    return tap_done();
}
