/* Columns on request: each against a recomputation, on any ranks, and nothing else changes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "check.h"
#include "store/columns.h"
#include "tap.h"

enum { D = 14, N = 7, M = 5, TEST_ROWS = 17, ROUNDS = 12 };

#define CLASSES "--data synth:logistic,d=14,m=5 --clients 7 --regularizer l2:0.1 --step 0.05 "
#define ALL                                                                            \
    "--track oracle_rows,oracle_full,x_norm,distance_sq,loss_gap,grad_client_mean_sq," \
    "test_loss,test_grad_norm_sq,test_accuracy "

static char test_path[64], solution_path[64];
static double test_value[TEST_ROWS][D], test_label[TEST_ROWS], solution[D];

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file) {
        printf("Bail out! cannot write %s\n", path);
        exit(1);
    }
    return file;
}

static void write_files(void)
{
    FILE *file = create(test_path);
    for (size_t r = 0; r < TEST_ROWS; r++) {
        test_label[r] = r % 3 == 0 ? -1.0 : 1.0;
        fprintf(file, "%g", test_label[r]);
        for (size_t j = 0; j < D; j++) {
            bool there = (r + j) % 4 != 0;
            test_value[r][j] = there ? (double)((r * 5 + j * 11) % 13) / 4.0 - 1.5 : 0.0;
            if (there) {
                fprintf(file, " %zu:%.17g", j + 1, test_value[r][j]);
            }
        }
        fprintf(file, "\n");
    }
    fclose(file);
    file = create(solution_path);
    for (size_t j = 0; j < D; j++) {
        solution[j] = 0.25 * (double)j - 1.0;
        fprintf(file, "%.17g\n", solution[j]);
    }
    fclose(file);
}

static void options_of(char *out, size_t size, const char *method, const char *more)
{
    const struct lac_method *m = NULL;
    bool takes = lac_method_find(method, &m) == LAC_OK &&
                 m->channels[0].option == LAC_FROM_COMPRESSOR && lac_method_channels(m) > 0;
    snprintf(out, size, CLASSES "--method %s %s --rounds %d %s", method,
             takes ? "--compressor natural" : "", ROUNDS, more);
}

static void tracked_options(char *out, size_t size, const char *method, const char *more)
{
    char all[400];
    snprintf(all, sizeof all, ALL "--test %s --solution %s %s", test_path, solution_path, more);
    options_of(out, size, method, all);
}

static bool same_bits(const struct lac_bits *a, const struct lac_bits *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Equal but for the times, and the bytes that MPI carried. */
static bool same_columns(const struct trace *a, const struct trace *b)
{
    bool same = a->status == LAC_OK && b->status == LAC_OK && a->rows == b->rows && a->rows > 0;
    for (size_t i = 0; same && i < a->rows; i++) {
        struct lac_row x = a->row[i], y = b->row[i];
        x.seconds = y.seconds = 0.0;
        x.mpi_server = y.mpi_server = x.mpi_workers = y.mpi_workers = 0;
        same = memcmp(&x, &y, sizeof x) == 0;
    }
    return same;
}

static void changes_nothing_else(const char *method)
{
    static struct trace plain, tracked, ranks, waiting;
    char options[1024];
    options_of(options, sizeof options, method, "");
    trace_run(&plain, 2, options);
    tracked_options(options, sizeof options, method, "");
    trace_run(&waiting, 1, options);
    trace_run(&ranks, 3, options);
    tracked_options(options, sizeof options, method, "--until-loss -1"); /* no row waits */
    trace_run(&tracked, 1, options);
    const struct lac_ledger *a = &plain.ledger, *b = &waiting.ledger;
    tap_ok(plain.status == LAC_OK && waiting.status == LAC_OK && same_bits(&a->up, &b->up) &&
               same_bits(&a->down, &b->down) && same_bits(&a->start, &b->start) &&
               a->frames_up == b->frames_up && a->frames_down == b->frames_down &&
               memcmp(trace_last(&plain), trace_last(&waiting), D * sizeof(double)) == 0,
           "%s: model and the rounds' account are those of the run without --track", method);
    uint64_t number = 8 * N * (LAC_FRAME_HEADER + 8), vector = number + 8 * N * 8 * D;
    uint64_t rows = ROUNDS + 1; /* x*, two counts, the test's loss and classes */
    tap_ok(
        b->evaluation.up - a->evaluation.up == vector + rows * (3 * number + vector) &&
            b->evaluation.down - a->evaluation.down == vector + rows * (2 * number + 2 * vector) &&
            b->set_up.up - a->set_up.up ==
                2 * number && /* how many the test's rows are, and their digest */
            b->set_up.down - a->set_up.down == 2 * number,
        "%s: the questions stand in the account of evaluation, that of rows in set-up's", method);
    tap_ok(same_columns(&waiting, &ranks), "%s: the columns are the same on 1 and on 3 ranks",
           method);
    tap_ok(same_columns(&waiting, &tracked),
           "%s: and where a row's loss comes with the next round's gradients", method);
    trace_close(&plain);
    trace_close(&tracked);
    trace_close(&ranks);
    trace_close(&waiting);
}

struct recomputed {
    double test_loss, test_grad_norm_sq, test_accuracy;
};

static struct recomputed recompute_test(const double *x)
{
    struct recomputed c = {0};
    double gradient[D] = {0};
    for (size_t r = 0; r < TEST_ROWS; r++) {
        double z = 0.0, b = test_label[r];
        for (size_t j = 0; j < D; j++) {
            z += test_value[r][j] * x[j];
        }
        c.test_loss += log1p(exp(-b * z)) / TEST_ROWS;
        c.test_accuracy += ((z > 0.0) == (b > 0.0)) / (double)TEST_ROWS;
        for (size_t j = 0; j < D; j++) {
            gradient[j] -= b * test_value[r][j] / (1.0 + exp(b * z)) / TEST_ROWS;
        }
    }
    for (size_t j = 0; j < D; j++) {
        c.test_grad_norm_sq += gradient[j] * gradient[j];
    }
    return c;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-11 * (fabs(b) + 1e-3);
}

static double mean_square(struct ranks_run *r, const double *x)
{
    double gradient[D], sum = 0.0;
    for (uint32_t i = 0; i < N; i++) {
        gradient_at(r, i, x, gradient);
        for (size_t j = 0; j < D; j++) {
            sum += gradient[j] * gradient[j] / N;
        }
    }
    return sum;
}

static void against_models(void)
{
    static struct trace t;
    char options[1024];
    double gradient[D];
    unsigned wrong[7] = {0};
    tracked_options(options, sizeof options, "ef21", "--until-loss -1 --x0 normal");
    trace_run(&t, 2, options);
    for (size_t i = 0; i < t.rows; i++) {
        const struct lac_row *row = &t.row[i];
        const double *x = trace_model(&t, row->round);
        struct recomputed c = recompute_test(x);
        double norm = 0.0, distance = 0.0;
        for (size_t j = 0; j < D; j++) {
            norm += x[j] * x[j];
            distance += (x[j] - solution[j]) * (x[j] - solution[j]);
        }
        double gap = evaluate_at(&t.run, x, gradient) - evaluate_at(&t.run, solution, gradient);
        wrong[0] += !near(row->x_norm, sqrt(norm));
        wrong[1] += !near(row->distance_sq, distance);
        wrong[2] += !near(row->loss_gap, gap);
        wrong[3] += !near(row->grad_client_mean_sq, mean_square(&t.run, x));
        wrong[4] += !near(row->test_loss, c.test_loss);
        wrong[5] += !near(row->test_grad_norm_sq, c.test_grad_norm_sq);
        wrong[6] += !near(row->test_accuracy, c.test_accuracy);
    }
    const char *const names[] = {
        "x_norm",    "distance_sq",       "loss_gap",     "grad_client_mean_sq",
        "test_loss", "test_grad_norm_sq", "test_accuracy"};
    for (size_t k = 0; k < 7; k++) {
        tap_ok(t.status == LAC_OK && t.rows == ROUNDS + 1 && wrong[k] == 0,
               "%s of %zu rows is that of their models (%u are not)", names[k], t.rows, wrong[k]);
    }
    trace_close(&t);
}

/* Gradients of a round: `full` whole ones of clients, of `rows` rows together; as many at the start. */
static void counted(const char *method, const char *more, uint64_t start, uint64_t rows,
                    uint64_t full)
{
    static struct trace t;
    char options[1024];
    unsigned wrong = 0;
    tracked_options(options, sizeof options, method, more);
    trace_run(&t, 3, options);
    for (size_t i = 0; i < t.rows; i++) {
        const struct lac_row *row = &t.row[i];
        wrong += row->oracle_rows != start * N * M + row->round * rows;
        wrong += row->oracle_full != start * N + row->round * full;
    }
    tap_ok(t.status == LAC_OK && t.rows == ROUNDS + 1 && wrong == 0,
           "%s %s: %llu gradients of rows a round, %llu full ones (%u of the counts are not)%s",
           method, more, (unsigned long long)rows, (unsigned long long)full, wrong,
           t.status ? lac_failure() : "");
    trace_close(&t);
}

/* MARINA's rounds are told apart by their bits: a dense one is one gradient, another is two. */
static void counted_by_coin(void)
{
    static struct trace t;
    char options[1024];
    unsigned wrong = 0, dense = 0;
    snprintf(options, sizeof options,
             CLASSES "--method marina --compressor randk:k=4 --track oracle_full --rounds %d",
             ROUNDS);
    trace_run(&t, 2, options);
    for (size_t i = 1; i < t.rows; i++) {
        bool whole = t.row[i].bits_up - t.row[i - 1].bits_up >= N * 64 * D;
        wrong += t.row[i].oracle_full - t.row[i - 1].oracle_full != (whole ? 1 : 2) * N;
        dense += whole;
    }
    tap_ok(t.status == LAC_OK && t.rows == ROUNDS + 1 && wrong == 0 && dense > 0 && dense < ROUNDS,
           "marina: two gradients a round, one in %u rounds by the coin (%u wrong)", dense, wrong);
    trace_close(&t);
}

static void refused(const char *words, const char *more)
{
    static struct trace t;
    char options[1024];
    options_of(options, sizeof options, "gd", more);
    trace_run(&t, 2, options);
    tap_ok(t.status != LAC_OK && strstr(lac_failure(), words) && !strchr(lac_failure(), '\n'),
           "refused: %s", lac_failure());
    trace_close(&t);
}

static void refused_test(const char *words, const char *text)
{
    char more[200];
    FILE *file = create(test_path);
    fputs(text, file);
    fclose(file);
    snprintf(more, sizeof more, "--track test_loss --test %s", test_path);
    refused(words, more);
}

/* Several classes: the class of the largest a.x_k, and the loss of the right one; with fewer rows than clients too, some of
   whom then have none. */
static void several_classes(int rows)
{
    enum { K = 4, F = 3 };
    static struct trace t;
    char options[512];
    double right = 0.0, loss = 0.0;
    FILE *file = create(test_path);
    for (int r = 0; r < rows; r++) {
        fprintf(file, "%d 1:%d 2:%d 3:%d\n", r % K, r % 3 - 1, 2 - r % 4, r % 5);
    }
    fclose(file);
    snprintf(options, sizeof options,
             "--data synth:softmax,d=3,m=6,classes=4 --clients 4 --method gd --rounds 9 --test %s "
             "--track test_loss,test_accuracy",
             test_path);
    trace_run(&t, 3, options);
    for (int r = 0; r < rows && t.status == LAC_OK; r++) {
        const double *x = trace_last(&t);
        double a[F] = {r % 3 - 1, 2 - r % 4, r % 5}, z[K], sum = 0.0;
        int most = 0;
        for (int k = 0; k < K; k++) {
            z[k] = a[0] * x[k * F] + a[1] * x[k * F + 1] + a[2] * x[k * F + 2];
            sum += exp(z[k]);
            most = z[k] > z[most] ? k : most;
        }
        right += (most == r % K) / (double)rows;
        loss += (log(sum) - z[r % K]) / (double)rows;
    }
    const struct lac_row *last = &t.row[t.rows - 1];
    tap_ok(t.status == LAC_OK && fabs(last->test_accuracy - right) < 1e-12 && right > 0.0 &&
               fabs(last->test_loss / loss - 1.0) < 1e-12,
           "softmax: %.3f of %d test rows have the right class, their loss is %.4f%s",
           last->test_accuracy, rows, last->test_loss, t.status ? lac_failure() : "");
    trace_close(&t);
    file = create(test_path);
    fprintf(file, "0 1:1\n7 1:1\n");
    fclose(file);
    lac_status status = trace_run(&t, 1, options);
    tap_ok(status == LAC_E_INPUT &&
               strstr(lac_failure(),
                      ":2: label 7 is no class of the training rows, which have 0, 1, 2, 3"),
           "refused: %s", lac_failure());
    trace_close(&t);
}

static void refusals(void)
{
    refused("did you mean 'oracle_rows'", "--track x_norm,oracle_row");
    refused("--test FILE", "--track test_loss");
    refused("--track test_loss", "--test somewhere.svm");
    refused("--solution", "--track distance_sq");
    refused("--optimum", "--track loss_gap");
    refused("--optimum", "--track x_norm --optimum 1");
    refused("nowhere.txt", "--track distance_sq --solution nowhere.txt");
    refused("nowhere.svm", "--track test_loss --test nowhere.svm");
    refused_test(".svm:2: index 15 is larger than the 14 features", "1 1:1\n-1 15:1\n");
    refused_test(".svm:3: label 3 is no class", "1 1:1\n-1 2:1\n3 2:1\n");
    refused_test(".svm:1: label 2 is no class of the training rows, which have -1, 1",
                 "2 1:1\n3 2:1\n");
    refused_test(".svm:2: label 0 is no class of the training rows", "1 1:1\n0 2:1\n");
    refused_test(".svm:2:", "1 1:1\n-1 x:1\n");
    refused_test(".svm:1: no rows", "");
    refused("needs classes",
            "--objective least-squares --track test_accuracy --test somewhere.svm");
}

int main(void)
{
    size_t methods;
    const struct lac_method *const *method = lac_methods(&methods);
    snprintf(test_path, sizeof test_path, "/tmp/laconic-track-%ld.svm", (long)getpid());
    snprintf(solution_path, sizeof solution_path, "/tmp/laconic-track-%ld.txt", (long)getpid());
    write_files();
    for (size_t i = 0; i < methods; i++) {
        changes_nothing_else(runnable(method[i]));
    }
    against_models();
    counted("gd", "", 0, N * M, N);
    counted("ef21", "--init exact", 1, N * M, N);
    counted("ef21", "--init zero", 0, N * M, N);
    counted("ef21", "--participation nice:3", 1, 3 * M, 3);
    counted("dcgd", "--gradient nice:2", 0, 2 * N, 0);
    counted("dasha", "--init exact", 1, N * M, N);
    counted("frecon", "--participation nice:3", 1, 2 * 3 * M, 2 * 3);
    counted_by_coin();
    several_classes(9);
    several_classes(3);
    refusals();
    unlink(test_path);
    unlink(solution_path);
    return tap_done();
}
