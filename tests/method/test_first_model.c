/* --x0: the kinds, the same on both sides; files, text and run files; what is refused. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "check.h"
#include "method/first_model.h"
#include "tap.h"

enum { D = 14 };

#define PROBLEM \
    "--data synth:least-squares,d=14,m=5,L=4,mu=1,noise=1 --clients 7 --rounds 5 --step 0.05 "

static char path[64];

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        printf("Bail out! cannot write %s\n", path);
        exit(1);
    }
}

/* x^0 of rank 0; NULL where the run was refused, or a worker rank has another. */
static const double *first_model(struct trace *t, uint32_t ranks, const char *kind)
{
    char options[512];
    snprintf(options, sizeof options, PROBLEM "--method ef21 --compressor topk:k=3 --x0 %s", kind);
    trace_run(t, ranks, options);
    const double *x0 = t->run.solo.server.env.x0;
    for (uint32_t rank = 1; t->status == LAC_OK && rank <= ranks; rank++) {
        const double *theirs = t->run.worker[rank]->env.x0;
        if (memcmp(x0, theirs, D * sizeof *x0) != 0) {
            return NULL;
        }
    }
    return t->status == LAC_OK ? x0 : NULL;
}

static void kinds(void)
{
    static struct trace t, u;
    const double *x = first_model(&t, 3, "zero");
    tap_ok(x && vec_norm_sq(x, D) == 0.0, "zero: every coordinate is 0");
    trace_close(&t);
    x = first_model(&t, 3, "e1:-2.5");
    tap_ok(x && x[0] == -2.5 && vec_norm_sq(x, D) == 6.25, "e1:A: A in the first coordinate alone");
    trace_close(&t);
    x = first_model(&t, 3, "uniform:2");
    bool inside = x != NULL, spread = false;
    for (size_t j = 0; j < D && x; j++) {
        inside = inside && x[j] >= 0.0 && x[j] < 2.0;
        spread = spread || x[j] > 1.0;
    }
    const double *y = first_model(&u, 1, "uniform");
    bool twice = x && y;
    for (size_t j = 0; j < D && twice; j++) {
        twice = x[j] == 2.0 * y[j];
    }
    tap_ok(inside && spread, "uniform:2: all in [0, 2), some above 1");
    tap_ok(twice, "and twice what uniform draws, on any ranks");
    trace_close(&t);
    trace_close(&u);
    x = first_model(&t, 2, "normal");
    y = first_model(&u, 2, "normal --seed 2");
    tap_ok(x && y && apart(x, y, D) > 0.1 && fabs(vec_norm_sq(x, D) / D - 1.0) < 0.9,
           "normal: of norm near the root of d, another with another seed");
    trace_close(&t);
    trace_close(&u);
}

/* Mean, variance and fourth moment of many coordinates, in units of A, 1/sqrt d taken out for linear. */
static void statistics(const char *name, double mean, double variance, double fourth)
{
    enum { MANY = 40000 };
    const double A = 3.0;
    double *x = numbers(MANY), sum[4] = {0}, scale = strcmp(name, "linear") ? A : A / 200.0;
    struct lac_first_model m;
    char text[32];
    snprintf(text, sizeof text, "%s:3", name);
    TAP_OK(lac_first_model_open(&m, text));
    lac_first_model_fill(&m, 5, MANY, x);
    for (size_t j = 0; j < MANY; j++) {
        double one = x[j] / scale - mean, next = x[(j + 1) % MANY] / scale - mean;
        sum[0] += one / MANY;
        sum[1] += one * one / MANY;
        sum[2] += one * one * one * one / MANY;
        sum[3] += one * next / MANY;
    }
    double sigma = sqrt(variance / MANY);
    tap_ok(fabs(sum[0]) < 5.0 * sigma && fabs(sum[1] / variance - 1.0) < 0.05 &&
               fabs(sum[2] / fourth - 1.0) < 0.1 && fabs(sum[3]) < 5.0 * variance / 200.0,
           "%s: mean %.4f, variance %.4f, fourth moment %.4f of A, coordinates uncorrelated", text,
           sum[0] + mean, sum[1], sum[2]);
    free(x);
}

/* Linear and uniform are one draw: U[-1, 1) is 2 U[0, 1) - 1. */
static void linear(void)
{
    struct lac_first_model one, other;
    double x[D], u[D], worst = 0.0;
    TAP_OK(lac_first_model_open(&one, "linear:-4"));
    TAP_OK(lac_first_model_open(&other, "uniform"));
    lac_first_model_fill(&one, 9, D, x);
    lac_first_model_fill(&other, 9, D, u);
    for (size_t j = 0; j < D; j++) {
        worst = fmax(worst, fabs(x[j] + 4.0 * (2.0 * u[j] - 1.0) / sqrt((double)D)));
    }
    tap_ok(worst < 1e-15, "linear:A: A (2u - 1)/sqrt d, u being what uniform draws (%.1e)", worst);
}

static void files(void)
{
    static struct trace t, u, v;
    char word[128];
    snprintf(word, sizeof word, "%s", path);
    write_file("1\n-2.5\n 0.125 \n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n1e-3\n\n");
    const double *x = first_model(&t, 1, word), *y = first_model(&u, 3, word);
    tap_ok(x && y && x[0] == 1.0 && x[1] == -2.5 && x[2] == 0.125 && x[13] == 1e-3,
           "a file's numbers are the first model, on every rank");
    tap_ok(traces_equal(&t, &u), "and the run is the same on one rank and on three");
    first_model(&v, 1, "zero");
    uint64_t sent = t.ledger.set_up.down - v.ledger.set_up.down;
    tap_ok(sent == 64 * D * 7 && t.ledger.evaluation.down == v.ledger.evaluation.down,
           "it is counted once per client in set-up (%llu bits)", (unsigned long long)sent);
    trace_close(&t);
    trace_close(&u);
    trace_close(&v);
}

static void refused(const char *text, const char *words)
{
    static struct trace t;
    char word[128];
    snprintf(word, sizeof word, "%s", path);
    write_file(text);
    first_model(&t, 2, word);
    tap_ok(t.status != LAC_OK && strstr(lac_failure(), words) && !strchr(lac_failure(), '\n'),
           "refused: %s", lac_failure());
    trace_close(&t);
}

int main(void)
{
    static struct trace t;
    snprintf(path, sizeof path, "/tmp/laconic-x0-%ld.txt", (long)getpid());
    kinds();
    statistics("uniform", 0.5, 1.0 / 12.0, 1.0 / 80.0);
    statistics("normal", 0.0, 1.0, 3.0);
    statistics("linear", 0.0, 1.0 / 3.0, 1.0 / 5.0);
    linear();
    files();
    refused("1\n2\n3\n", "has 3 numbers; the problem has d = 14");
    refused("1\n2\n3\nfour\n", ".txt:4: 'four' is no number");
    refused("1\ninf\n", ".txt:2: 'inf' is not a finite number");
    refused("1\n\n3\n", ".txt:2: '' is no number");
    refused("0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n", "has 15 numbers");
    unlink(path);
    first_model(&t, 1, "unifrom");
    tap_ok(t.status != LAC_OK && strstr(lac_failure(), "unifrom") != NULL &&
               strstr(lac_failure(), "linear[:A]") != NULL,
           "refused: %s", lac_failure());
    trace_close(&t);
    first_model(&t, 1, "zero:1");
    tap_ok(t.status == LAC_E_USAGE, "refused: %s", lac_failure());
    trace_close(&t);
    return tap_done();
}
