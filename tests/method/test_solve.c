/* The solver against minima known otherwise, and the digest of problems. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "server/server_state.h"
#include "server/solve.h"
#include "tap.h"

enum { D = 5, ROWS = 30, CLIENTS = 4, CLASSES_D = 14, MOST = 100000 };

static char data_path[64], scratch_path[64];

static void write_lines(const char *path, size_t rows, const char *(*line)(size_t r))
{
    FILE *file = fopen(path, "w");
    if (!file) {
        printf("Bail out! cannot write %s\n", path);
        exit(1);
    }
    for (size_t r = 0; r < rows; r++) {
        fprintf(file, "%s\n", line(r));
    }
    fclose(file);
}

/* Labels of two classes, which are targets too; every feature is there. */
static const char *plain_line(size_t r)
{
    static char text[256];
    int n = snprintf(text, sizeof text, "%d", (r * 7) % 3 == 0 ? -1 : 1);
    for (size_t j = 0; j < D; j++) {
        double value = (double)((r * 5 + j * 11 + r * j * 3) % 13) / 4.0 - 1.5;
        value = value == 0.0 ? 0.125 : value;
        n += snprintf(text + n, sizeof text - (size_t)n, " %zu:%.17g", j + 1, value);
    }
    return text;
}

struct solved {
    struct ranks_run run;
    struct lac_solution solution;
    lac_status status;
};

static void solve(struct solved *v, uint32_t ranks, const char *options, double tolerance,
                  uint64_t most)
{
    char all[512];
    snprintf(all, sizeof all, "--method gd --step 1 %s", options);
    v->status = ranks_open(&v->run, ranks, all, NULL, NULL);
    if (v->status == LAC_OK) {
        v->status = lac_server_solve(&v->run.solo.server, tolerance, most, &v->solution);
    }
}

static void close_solved(struct solved *v)
{
    ranks_close(&v->run);
}

/* Gauss with pivots: the system is small and well conditioned. */
static void eliminate(double a[D][D + 1], double *x)
{
    for (size_t k = 0; k < D; k++) {
        size_t pivot = k;
        for (size_t i = k + 1; i < D; i++) {
            pivot = fabs(a[i][k]) > fabs(a[pivot][k]) ? i : pivot;
        }
        for (size_t j = 0; j <= D; j++) {
            double swap = a[k][j];
            a[k][j] = a[pivot][j];
            a[pivot][j] = swap;
        }
        for (size_t i = k + 1; i < D; i++) {
            double factor = a[i][k] / a[k][k];
            for (size_t j = k; j <= D; j++) {
                a[i][j] -= factor * a[k][j];
            }
        }
    }
    for (size_t k = D; k-- > 0;) {
        x[k] = a[k][D];
        for (size_t j = k + 1; j < D; j++) {
            x[k] -= a[k][j] * x[j];
        }
        x[k] /= a[k][k];
    }
}

/* (2/n) sum A_i^T A_i/m_i + lambda I against (2/n) sum A_i^T b_i/m_i. */
static void normal_equations(struct ranks_run *run, double lambda, double a[D][D + 1])
{
    memset(a, 0, sizeof(double[D][D + 1]));
    for (uint32_t i = 0; i < CLIENTS; i++) {
        const struct lac_rows *rows = &client_local(run, i)->rows;
        double weight = 2.0 / ((double)rows->m * CLIENTS);
        for (size_t r = 0; r < rows->m; r++) {
            const double *row = rows->dense + r * rows->stride;
            for (size_t j = 0; j < D; j++) {
                for (size_t k = 0; k < D; k++) {
                    a[j][k] += weight * row[j] * row[k];
                }
                a[j][D] += weight * row[j] * rows->label[r];
            }
        }
    }
    for (size_t j = 0; j < D; j++) {
        a[j][j] += lambda;
    }
}

static void closed_form(const char *regularizer, double lambda)
{
    static struct solved v;
    double a[D][D + 1], x[D], gradient[D];
    char options[256];
    snprintf(options, sizeof options, "--data %s --clients 4 --objective least-squares %s",
             data_path, regularizer);
    solve(&v, 3, options, 1e-13, MOST);
    if (tap_ok(v.status == LAC_OK, "least squares %s: %s", regularizer,
               v.status ? lac_failure() : "solved")) {
        normal_equations(&v.run, lambda, a);
        eliminate(a, x);
        double f = evaluate_at(&v.run, x, gradient);
        tap_ok(apart(v.solution.x, x, D) < 1e-12 && fabs(v.solution.loss - f) <= 1e-15 * f &&
                   v.solution.gradient_norm <= 1e-13 && !v.solution.at_floor,
               "least squares %s: x* of the normal equations (%g apart), f* too (%g)", regularizer,
               apart(v.solution.x, x, D), fabs(v.solution.loss - f));
    }
    close_solved(&v);
}

#define CLASSES "--data synth:logistic,d=14,m=5 --clients 7 --regularizer l2:0.1 "

static void descent_limit(void)
{
    static struct solved v;
    static struct trace t;
    TAP_OK(trace_run(&t, 1, CLASSES "--method gd --rounds 3000"));
    solve(&v, 1, CLASSES, 1e-13, MOST);
    double there = v.status == LAC_OK ? apart(v.solution.x, trace_last(&t), CLASSES_D) : HUGE_VAL;
    double loss = t.row[t.rows - 1].loss;
    tap_ok(there < 1e-12 && fabs(v.solution.loss - loss) <= 1e-15 && v.solution.iterations < 100,
           "logistic: the limit of gradient descent (%g apart), in %llu iterations", there,
           (unsigned long long)v.solution.iterations);
    trace_close(&t);
    close_solved(&v);
}

static void vanishes(const char *what, const char *options, size_t d)
{
    static struct solved v;
    double *gradient = numbers(d), norm = 0.0;
    solve(&v, 2, options, 1e-13, MOST);
    if (v.status == LAC_OK) {
        (void)evaluate_at(&v.run, v.solution.x, gradient);
        for (size_t j = 0; j < d; j++) {
            norm += gradient[j] * gradient[j];
        }
    }
    double wrong = fabs(sqrt(norm) - v.solution.gradient_norm);
    tap_ok(v.status == LAC_OK && v.solution.gradient_norm <= 1e-13 &&
               wrong <= 0.1 * v.solution.gradient_norm + 2e-15,
           "%s: grad f vanishes where it says so (%g, it says %g)%s", what, sqrt(norm),
           v.solution.gradient_norm, v.status ? lac_failure() : "");
    close_solved(&v);
    free(gradient);
}

static void same_on_any_ranks(void)
{
    static struct solved one, many;
    char options[256];
    snprintf(options, sizeof options,
             "--data %s --clients 7 --regularizer l2:0.01 --split shuffled", data_path);
    solve(&one, 1, options, 1e-13, MOST);
    for (uint32_t ranks = 3; ranks <= 5; ranks += 2) {
        solve(&many, ranks, options, 1e-13, MOST);
        tap_ok(one.status == LAC_OK && many.status == LAC_OK &&
                   memcmp(one.solution.x, many.solution.x, D * sizeof(double)) == 0 &&
                   memcmp(&one.solution.loss, &many.solution.loss, sizeof(double)) == 0 &&
                   one.solution.gradients == many.solution.gradients,
               "x* and f* are the same bytes on 1 and on %u ranks", ranks);
        close_solved(&many);
    }
    close_solved(&one);
}

static const char *far_apart(size_t r)
{
    return r % 2 ? "1 1:2" : "-1 1:-3";
}

static void honest(void)
{
    static struct solved v;
    char options[256];
    solve(&v, 1, CLASSES, 1e-300, MOST);
    tap_ok(v.status == LAC_OK && v.solution.at_floor && v.solution.gradient_norm < 1e-15 &&
               v.solution.gradient_norm <= v.solution.floor,
           "a tolerance below rounding: it says that it stopped there (%g, rounding leaves %g)",
           v.solution.gradient_norm, v.solution.floor);
    close_solved(&v);
    write_lines(scratch_path, 6, far_apart);
    snprintf(options, sizeof options, "--data %s --clients 2", scratch_path);
    solve(&v, 1, options, 1e-13, 4);
    tap_ok(v.status == LAC_E_NUMERIC && strstr(lac_failure(), "no minimum"),
           "classes that can be separated have no minimum: %s", lac_failure());
    close_solved(&v);
    solve(&v, 1, CLASSES, 1e-13, 3);
    tap_ok(v.status == LAC_E_NUMERIC && strstr(lac_failure(), "after 3 iterations"),
           "too few iterations are said: %s", lac_failure());
    close_solved(&v);
}

/* The digest of the problem on so many ranks, in a text that stands until the next call but one. */
static const char *digest(uint32_t ranks, const char *options)
{
    static char text[2][LAC_DIGEST_TEXT];
    static unsigned turn;
    static struct ranks_run run;
    char *out = text[++turn % 2];
    strcpy(out, "");
    if (ranks_open(&run, ranks, options, NULL, NULL) == LAC_OK &&
        lac_server_problem(&run.solo.server) == LAC_OK) {
        strcpy(out, run.solo.server.problem);
    } else {
        printf("# %s\n", lac_failure());
    }
    ranks_close(&run);
    return out;
}

static size_t changed_row;
static const char *changed_with;

static const char *changed_line(size_t r)
{
    return r == changed_row && changed_with ? changed_with : plain_line(r);
}

static const char *swapped_line(size_t r)
{
    return plain_line(r == 3 ? 4 : r == 4 ? 3 : r);
}

static void same_digest(const char *base, const char *what, uint32_t ranks, const char *options)
{
    const char *other = digest(ranks, options);
    tap_ok(strlen(base) == 64 && strcmp(base, other) == 0, "the digest is the same: %s", what);
}

enum { MOST_DIGESTS = 32 };
static char seen[MOST_DIGESTS][LAC_DIGEST_TEXT];
static size_t seen_count;

/* Differs from all digests so far. */
static void new_digest(const char *what, const char *options)
{
    bool is_new = true;
    const char *text = digest(1, options);
    for (size_t i = 0; i < seen_count; i++) {
        is_new = is_new && strcmp(seen[i], text) != 0;
    }
    tap_ok(is_new && strlen(text) == 64 && seen_count < MOST_DIGESTS, "the digest differs: %s",
           what);
    strcpy(seen[seen_count++], text);
}

/* The data with row 3 as this line. */
static void new_data(const char *what, const char *line, const char *(*lines)(size_t r))
{
    char options[256];
    changed_row = 3;
    changed_with = line;
    write_lines(scratch_path, ROWS, lines);
    snprintf(options, sizeof options, "--data %s --clients 4 --regularizer l2:0.1", scratch_path);
    new_digest(what, options);
}

static void digests_of_files(void)
{
    char base_options[200], options[400], base[LAC_DIGEST_TEXT];
    snprintf(base_options, sizeof base_options, "--data %s --clients 4 ", data_path);
    snprintf(options, sizeof options, "%s--regularizer l2:0.1", base_options);
    strcpy(base, digest(1, options));
    new_digest("the first", options);
    same_digest(base, "on 3 ranks", 3, options);
    same_digest(base, "on 5 ranks, more than clients", 5, options);
    static const char *const same[][2] = {
        {"the weight written otherwise", "--regularizer l2:1e-1"},
        {"another method, compressor, step, rounds",
         "--regularizer l2:0.1 --method dcgd --compressor randk:2 --step 0.1 --rounds 3"},
        {"another seed, of no draw of the data", "--regularizer l2:0.1 --seed 5"},
        {"--dim as it is anyway", "--regularizer l2:0.1 --dim 5"}};
    static const char *const other[][2] = {
        {"another weight", "--regularizer l2:0.1000000001"},
        {"another regularizer", "--regularizer noncvx:0.1"},
        {"a third regularizer", "--regularizer noncvx-own:0.1"},
        {"no regularizer", "--regularizer none"},
        {"another objective", "--regularizer l2:0.1 --objective sigmoid-squared"},
        {"targets in place of classes", "--regularizer l2:0.1 --objective least-squares"},
        {"softmax", "--regularizer l2:0.1 --objective softmax"},
        {"an intercept", "--regularizer l2:0.1 --intercept"},
        {"one more dimension", "--regularizer l2:0.1 --dim 6"},
        {"another split", "--regularizer l2:0.1 --split sorted"},
        {"a shuffled split", "--regularizer l2:0.1 --split shuffled"},
        {"the same with another seed", "--regularizer l2:0.1 --split shuffled --seed 2"},
        {"rows dropped", "--regularizer l2:0.1 --drop-remainder"},
        {"weights by samples", "--regularizer l2:0.1 --client-weights samples"},
        {"more clients", "--regularizer l2:0.1 --clients 5"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        snprintf(options, sizeof options, "%s%s", base_options, same[i][1]);
        same_digest(base, same[i][0], 1, options);
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        snprintf(options, sizeof options, "%s%s", base_options, other[i][1]);
        new_digest(other[i][0], options);
    }
    write_lines(scratch_path, ROWS, plain_line);
    snprintf(options, sizeof options, "--data %s --clients 4 --regularizer l2:0.1", scratch_path);
    same_digest(base, "a copy of the file", 1, options);
}

static void digests_of_data(void)
{
    new_data("a value", "-1 1:0.5 2:-1 3:1 4:-0.25 5:1.5000000000000002", changed_line);
    new_data("the last bit of a value", "-1 1:0.5 2:-1 3:1 4:-0.25 5:1.5", changed_line);
    new_data("a label", "1 1:0.5 2:-1 3:1 4:-0.25 5:1.5000000000000002", changed_line);
    new_data("a value that is missing", "1 1:0.5 2:-1 3:1 4:-0.25", changed_line);
    new_data("two rows swapped", NULL, swapped_line);
    new_digest("generated data", "--data synth:logistic,d=5 --clients 4 --regularizer l2:0.1");
    new_digest("generated with another seed",
               "--data synth:logistic,d=5 --clients 4 --regularizer l2:0.1 --seed 2");
    new_digest("another parameter of the generator",
               "--data synth:logistic,d=5,m=21 --clients 4 --regularizer l2:0.1");
}

static const char *sparse_line(size_t r)
{
    static char text[64];
    snprintf(text, sizeof text, "%d %zu:1 %zu:%d", r % 2 ? 1 : -1, 1 + r % 7, 20 + r % 9,
             changed_with && r == 0 ? atoi(changed_with) : 1);
    return text;
}

/* The first row has another feature. */
static const char *moved_line(size_t r)
{
    return r == 0 ? "-1 2:1 20:1" : sparse_line(r);
}

static void digests_of_sparse(void)
{
    new_data("sparse rows of ones", NULL, sparse_line);
    new_data("with a one elsewhere", NULL, moved_line);
    new_data("sparse rows with one value that is not 1", "2", sparse_line);
    new_data("with another value there", "3", sparse_line);
}

static void after_the_start(void)
{
    static struct ranks_run run;
    TAP_OK(ranks_open(&run, 2, CLASSES, NULL, NULL));
    TAP_OK(lac_server_send_start(&run.solo.server));
    tap_ok(lac_server_problem(&run.solo.server) == LAC_E_PROTOCOL,
           "a digest that is asked for after the start is refused: %s", lac_failure());
    ranks_close(&run);
}

int main(void)
{
    snprintf(data_path, sizeof data_path, "/tmp/laconic-solve-%d.svm", (int)getpid());
    snprintf(scratch_path, sizeof scratch_path, "/tmp/laconic-solve-%d.txt", (int)getpid());
    write_lines(data_path, ROWS, plain_line);
    closed_form("", 0.0);
    closed_form("--regularizer l2:0.3", 0.3);
    descent_limit();
    vanishes("softmax", "--data synth:softmax,d=6,classes=5 --regularizer l2:1e-3", 30);
    vanishes("sigmoid-squared, not convex",
             "--data synth:logistic,d=14 --objective sigmoid-squared --regularizer l2:1e-3", 14);
    vanishes("tridiagonal", "--data synth:tridiagonal,m=3", 10);
    vanishes("noncvx", "--data synth:logistic,d=14 --regularizer noncvx:1e-2", 14);
    same_on_any_ranks();
    honest();
    digests_of_files();
    digests_of_data();
    digests_of_sparse();
    after_the_start();
    unlink(data_path);
    unlink(scratch_path);
    return tap_done();
}
