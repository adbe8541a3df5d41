/* Steps against constants that are computed here, from the rows, by another algorithm. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "check.h"
#include "method/steps.h"
#include "tap.h"

enum { N = 5, D = 6 };

struct constants {
    double L, L_i[N], mean, rms, max;
};

/* Cyclic Jacobi on a symmetric (D, D) matrix: its largest eigenvalue. */
static void rotate(double a[D][D], size_t p, size_t q)
{
    double theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    double t = (theta >= 0.0 ? 1.0 : -1.0) / (fabs(theta) + sqrt(theta * theta + 1.0));
    double c = 1.0 / sqrt(t * t + 1.0), s = t * c;
    for (size_t k = 0; k < D; k++) {
        double left = a[k][p], right = a[k][q];
        a[k][p] = c * left - s * right;
        a[k][q] = s * left + c * right;
    }
    for (size_t k = 0; k < D; k++) {
        double left = a[p][k], right = a[q][k];
        a[p][k] = c * left - s * right;
        a[q][k] = s * left + c * right;
    }
}

static double largest_eigenvalue(double a[D][D])
{
    double most = 0.0;
    for (size_t turn = 0; turn < (size_t)30 * D * D; turn++) {
        size_t p = turn / D % D, q = turn % D;
        if (p < q && fabs(a[p][q]) > 1e-300) {
            rotate(a, p, q);
        }
    }
    for (size_t k = 0; k < D; k++) {
        most = a[k][k] > most ? a[k][k] : most;
    }
    return most;
}

/* h += (factor/m) A^T A */
static void add_hessian(const struct lac_rows *rows, double factor, double h[D][D])
{
    for (size_t r = 0; r < rows->m; r++) {
        const double *row = rows->dense + r * rows->stride;
        for (size_t i = 0; i < D; i++) {
            for (size_t j = 0; j < D; j++) {
                h[i][j] += factor / (double)rows->m * row[i] * row[j];
            }
        }
    }
}

/* curvature: 2 for least squares, 1/4 for logistic; plus: the regularizer's. */
static void by_hand(const char *data, double curvature, double plus, struct constants *c)
{
    struct lac_arena a = {0};
    struct lac_spec spec;
    double all[D][D] = {{0}}, sum = 0.0, squares = 0.0;
    bool ok = lac_spec_parse(&spec, data, &a) == LAC_OK;
    c->max = 0.0;
    for (uint32_t i = 0; i < N && ok; i++) {
        struct lac_rows rows;
        double own[D][D] = {{0}};
        ok = lac_generate(&spec, 1, N, i, 1, &rows, &a) == LAC_OK;
        add_hessian(&rows, curvature, own);
        add_hessian(&rows, curvature / N, all);
        c->L_i[i] = largest_eigenvalue(own) + plus;
        sum += c->L_i[i];
        squares += c->L_i[i] * c->L_i[i];
        c->max = c->L_i[i] > c->max ? c->L_i[i] : c->max;
    }
    c->L = largest_eigenvalue(all) + plus;
    c->mean = sum / N;
    c->rms = sqrt(squares / N);
    lac_arena_free(&a);
}

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance * fabs(b);
}

/* Steps are never above theory, and below it by no more than the margin of the spectral bound. */
static bool safe(double gamma, double theory)
{
    return gamma <= theory * (1.0 + 1e-14) && gamma >= theory * (1.0 - 1e-8);
}

static void expect(const char *problem, const char *options, double theory)
{
    static struct trace t;
    char text[512];
    snprintf(text, sizeof text, "%s --clients 5 --rounds 1 %s", problem, options);
    trace_open(&t, 2, text);
    tap_ok(t.status == LAC_OK && safe(t.gamma, theory), "%s: step %.12g is %.12g%s%s", options,
           t.gamma, theory, t.status ? ": " : "", t.status ? lac_failure() : "");
    trace_close(&t);
}

static void steps_of(const char *problem, const struct constants *c)
{
    double xi_third = sqrt(2.0 / 3.0) / (1.0 - sqrt(2.0 / 3.0));   /* topk:k=2 of 6 */
    double xi_natural = sqrt(1.0 / 9.0) / (1.0 - sqrt(1.0 / 9.0)); /* alpha = 1/(1 + 1/8) */
    double xi_randk = sqrt(0.5) / (1.0 - sqrt(0.5));               /* randk:k=3 of 6, scaled */
    expect(problem, "--method gd", 1.0 / c->L);
    expect(problem, "--method gd --step theory*8", 8.0 / c->L);
    expect(problem, "--method dcgd --compressor identity", 1.0 / c->L);
    expect(problem, "--method dcgd --compressor randk:k=2", 1.0 / (c->L + 2.0 * 2.0 * c->max / N));
    expect(problem, "--method dcgd --compressor natural", 1.0 / (c->L + 2.0 * 0.125 * c->max / N));
    expect(problem, "--method dcgd --compressor permk", 1.0 / c->max);
    expect(problem, "--method dcgd --compressor permk+natural", 8.0 / 9.0 / c->max);
    expect(problem, "--method ef21 --compressor topk:k=2", 1.0 / (c->L + c->mean * xi_third));
    expect(problem, "--method ef21 --compressor topk:k=2 --step theory-old",
           1.0 / (c->L + c->rms * xi_third));
    expect(problem, "--method ef21 --compressor topk:k=2 --step theory-old*0.5",
           0.5 / (c->L + c->rms * xi_third));
    expect(problem, "--method ef21 --compressor natural", 1.0 / (c->L + c->mean * xi_natural));
    expect(problem, "--method ef21 --compressor randk:k=3", 1.0 / (c->L + c->mean * xi_randk));
    expect(problem, "--method ef21 --compressor identity", 1.0 / c->L);
    expect(problem, "--method ef21-w --compressor topk:k=2", 1.0 / (c->L + c->mean * xi_third));
    expect(problem, "--method ef21-w --compressor topk:k=2 --step theory*8",
           8.0 / (c->L + c->mean * xi_third));
}

static void constants_of(const char *problem, const struct constants *c)
{
    static struct trace t;
    char text[512];
    snprintf(text, sizeof text, "%s --clients 5 --rounds 1 --method ef21-w --compressor topk:k=2",
             problem);
    trace_open(&t, 2, text);
    bool same = t.status == LAC_OK && near(t.constants.L, c->L, 1e-8) &&
                near(t.constants.L_mean, c->mean, 1e-8) && near(t.constants.L_rms, c->rms, 1e-8) &&
                near(t.constants.L_max, c->max, 1e-8);
    for (size_t i = 0; i < N && same; i++) {
        double L_i = t.run.solo.server.constants.L_i[i];
        same = near(L_i, c->L_i[i], 1e-8) && L_i >= c->L_i[i] * (1.0 - 1e-14);
    }
    tap_ok(same, "L %.9g, L_mean %.9g, L_rms %.9g, L_max %.9g and every L_i: %s", c->L, c->mean,
           c->rms, c->max, problem);
    trace_close(&t);
}

static void problems(void)
{
    static const struct {
        const char *data, *regularizer;
        double curvature, plus;
    } all[] = {
        {"synth:least-squares,d=6,m=4,L=3,mu=1,noise=1", "none", 2.0, 0.0},
        {"synth:lvar,kappa=2,d=6,m=5", "none", 2.0, 0.0},
        {"synth:lvar,kappa=1,d=6,m=5", "noncvx:0.25", 2.0, 0.5},
        {"synth:logistic,d=6,m=5", "l2:0.125", 0.25, 0.125},
        {"synth:logistic,d=6,m=5", "noncvx:0.01", 0.25, 0.02},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct constants c;
        char problem[256];
        by_hand(all[i].data, all[i].curvature, all[i].plus, &c);
        snprintf(problem, sizeof problem, "--data %s --regularizer %s", all[i].data,
                 all[i].regularizer);
        constants_of(problem, &c);
        steps_of(problem, &c);
    }
}

static void a_number(void)
{
    static struct trace t;
    trace_open(&t, 1,
               "--data synth:lvar --clients 5 --method ef21 --compressor topk:k=2 --step 0.0625");
    tap_ok(t.gamma == 0.0625 && t.constants.L == 0.0 && !t.run.solo.server.constants.L_i &&
               t.run.solo.transport->sent_by_message[LAC_MESSAGE_QUERY] == LAC_FRAME_HEADER + 8,
           "a number is the step and costs no constants: the one question is that for memory");
    trace_close(&t);
}

static void a_number_with_its_sign(void)
{
    static struct trace t;
    lac_status status = trace_open(&t, 1, "--data synth:lvar --clients 5 --method gd --step +0.5");
    tap_ok(status == LAC_OK && t.gamma == 0.5, "+0.5 is a number too");
    trace_close(&t);
}

/* Rows without features: every L_i is 0. */
static void nothing_to_train(void)
{
    static struct trace t;
    char path[64], options[256];
    snprintf(path, sizeof path, "/tmp/laconic-empty-%ld.txt", (long)getpid());
    FILE *file = fopen(path, "w");
    bool written = file && fputs("1\n-1\n1\n-1\n", file) >= 0 && fclose(file) == 0;
    snprintf(options, sizeof options,
             "--data %s --dim 3 --clients 2 --method ef21-w --compressor topk:k=1", path);
    lac_status status = trace_open(&t, 1, options);
    tap_ok(written && status == LAC_E_INPUT && strstr(lac_failure(), "nothing to train"),
           "refused: %s", status ? lac_failure() : "nothing");
    trace_close(&t);
    unlink(path);
}

static void refused(const char *options, const char *sentence)
{
    static struct trace t;
    char text[512];
    snprintf(text, sizeof text, "--data synth:lvar --clients 5 --rounds 1 %s", options);
    lac_status status = trace_open(&t, 1, text);
    tap_ok(status == LAC_E_USAGE && strstr(lac_failure(), sentence), "refused: %s", lac_failure());
    trace_close(&t);
}

static void xi_values(void)
{
    static const double alpha[] = {0.2, 0.1, 1.0 / 38, 1.0 / 276, 1.0 / 500, 1.0, 0.75};
    static const double xi[] = {8.4721360, 18.4868330, 74.4966665, 550.4995, 998.4997, 0.0, 1.0};
    static const double tolerance[] = {7e-9, 3e-9, 7e-10, 1e-7, 6e-8, 0.0, 1e-15};
    for (size_t i = 0; i < 7; i++) {
        tap_ok(near(lac_xi(alpha[i]), xi[i], tolerance[i]), "xi(%.7g) = %.9g", alpha[i],
               lac_xi(alpha[i]));
    }
    double tiny = 1e-12; /* xi(alpha) = 2/alpha - 3/2 - O(alpha) */
    tap_ok(near(lac_xi(tiny), 2.0 / tiny - 1.5, 1e-15), "xi keeps its digits where alpha is tiny");
}

int main(void)
{
    xi_values();
    problems();
    a_number();
    a_number_with_its_sign();
    nothing_to_train();
    refused("--method ef21 --compressor topk:k=2 --step theoory", "theory theory-old");
    refused("--method gd --step theory-old", "knows: theory");
    refused("--method gd --step -1", "positive");
    refused("--method gd --step 0", "positive");
    refused("--method gd --step theory*x", "factor");
    refused("--method gd --step theory*1.7e308", "positive");
    return tap_done();
}
