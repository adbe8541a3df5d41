/* Clients that are lost: over the registry of methods, those that admit it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "method/absence.h"
#include "refused.h"
#include "tap.h"

#define PROBLEM "--data synth:least-squares,d=12,m=5,L=4,mu=1,noise=1 --clients 7 --rounds 30 "

enum { N = 7 };

static struct trace whole, lost, spread;

static bool has_theory(const struct lac_method *m)
{
    return m->rules[LAC_STEP] != NULL;
}

/* Options that are runnable, with a sampling that the method admits. */
static void options_of(const struct lac_method *m, const char *more, char out[512])
{
    const char *drawn = m->participation & LAC_SAMPLING_NICE ? "nice:5" : "cohorts:3";
    snprintf(out, 512, PROBLEM "--method %s%s --participation %s%s", runnable(m),
             has_theory(m) ? "" : " --step 0.05", drawn, more);
}

static void loses(const struct lac_method *m)
{
    char options[512];
    options_of(m, "", options);
    TAP_OK(trace_run(&whole, 1, options));
    options_of(m, ",lost=2-3@10+5@20/19", options);
    TAP_OK(trace_run(&lost, 1, options));
    TAP_OK(trace_run(&spread, 3, options));
    char name[128];
    snprintf(name, sizeof name, "%s goes on without lost clients, the same on any ranks", m->name);
    tap_ok(traces_equal(&lost, &spread) && rows_apart(&lost, &spread) == 0.0, "%s", name);
    bool before = true;
    for (uint64_t round = 0; round < 10; round++) {
        before = before && memcmp(trace_model(&whole, round), trace_model(&lost, round),
                                  whole.d * sizeof(double)) == 0;
    }
    tap_ok(before, "what was before the loss is as it would have been");
    bool after = memcmp(trace_last(&whole), trace_last(&lost), whole.d * sizeof(double)) != 0;
    tap_ok(after, "and what was after it is not");
    trace_close(&whole);
    trace_close(&lost);
    trace_close(&spread);
}

/* Those who are gone add nothing: with gradient descent the step is gamma/n times the sum over the others. */
static void adds_nothing(void)
{
    double *sum = numbers(12), *grad = numbers(12);
    TAP_OK(trace_open(&lost, 1,
                      PROBLEM "--method dcgd --compressor identity --step 0.1 --participation "
                              "full:lost=0@1+3@1"));
    vec_zero(sum, 12);
    TAP_OK(trace_finish(&lost));
    for (uint32_t i = 0; i < N; i++) {
        gradient_at(&lost.run, i, trace_model(&lost, 0), grad);
        vec_axpy(sum, i == 0 || i == 3 ? 0.0 : -0.1 / N, grad, 12);
    }
    vec_axpy(sum, 1.0, trace_model(&lost, 0), 12);
    tap_ok(apart(sum, trace_model(&lost, 1), 12) < 1e-14,
           "who is lost adds nothing to a sum over all");
    double loss = 0.0;
    for (uint32_t i = 0; i < N; i++) {
        loss += lost.row[0].loss / N;
    }
    tap_ok(loss > 0.0 && lost.row[0].round == 0 && lost.row[1].loss != lost.row[0].loss,
           "rows go on");
    trace_close(&lost);
    free(sum);
    free(grad);
}

/* A row is of those who are left: with one left it is its loss. */
static void rows_are_of_the_rest(void)
{
    TAP_OK(trace_run(&lost, 1,
                     PROBLEM "--method dcgd --compressor identity --step 0.1 "
                             "--participation full:lost=0-2@5/4+4-6@5/5"));
    double *grad = numbers(12);
    gradient_at(&lost.run, 3, trace_last(&lost), grad);
    double last = lost.row[lost.rows - 1].grad_norm_sq, wanted = vec_norm_sq(grad, 12);
    tap_ok(last > 0.999999 * wanted && last < 1.000001 * wanted,
           "loss and gradient of a row are of the clients that are left");
    trace_close(&lost);
    TAP_OK(trace_run(&whole, 1, PROBLEM "--method dcgd --compressor identity --step 0.1"));
    TAP_OK(trace_run(&lost, 1,
                     PROBLEM "--method dcgd --compressor identity --step 0.1 "
                             "--participation full:lost=1@5/4"));
    tap_ok(whole.row[3].loss == lost.row[3].loss && whole.row[4].loss != lost.row[4].loss &&
               memcmp(trace_model(&whole, 4), trace_model(&lost, 4), 12 * sizeof(double)) == 0,
           "@5/4: in round 4, and not in its row");
    trace_close(&whole);
    trace_close(&lost);
    free(grad);
}

/* What a client did before it was lost was done: as of its last row. */
static void gradients_stay_counted(void)
{
    enum { M = 5, EVERY = 4 };
    unsigned wrong = 0;
    TAP_OK(trace_run(&lost, 3,
                     PROBLEM "--method ef21 --participation full:lost=2@10+3@20/19 "
                             "--eval-every 4 --track oracle_rows,oracle_full"));
    for (size_t i = 0; i < lost.rows; i++) {
        uint64_t t = lost.row[i].round, early = t < 10 ? t : 8, late = t < 19 ? t : 16;
        uint64_t full = (N - 2) * (t + 1) + (early + 1) + (late + 1);
        wrong += lost.row[i].oracle_full != full || lost.row[i].oracle_rows != M * full;
    }
    tap_ok(lost.rows == 30 / EVERY + 2 && wrong == 0,
           "gradients of lost clients stay counted, as of their last rows (%u of %zu rows are not)",
           wrong, lost.rows);
    trace_close(&lost);
}

static void round_trip(const char *text)
{
    struct lac_arena a = {0};
    struct lac_absence b = {0};
    char out[128];
    TAP_OK(lac_absence_read(&b, lac_absence_text(text), N, &a));
    size_t length = lac_absence_write(&b, N, out, sizeof out);
    tap_ok(strcmp(out, strchr(text, 'l')) == 0 && length == strlen(out), "%s", text);
    lac_arena_free(&a);
}

static void writes(void)
{
    struct lac_arena a = {0};
    struct lac_absence b = {0};
    char out[16];
    round_trip(":lost=2@5");
    round_trip(",lost=0-5@0");
    round_trip(",lost=0@3+1-3@5/4+6@12");
    TAP_OK(lac_absence_open(&b, N, &a));
    tap_ok(lac_absence_write(&b, N, out, sizeof out) == 0 && !*out, "nobody lost is no text");
    TAP_OK(lac_absence_read(&b, "lost=0@3+1-3@5/4+6@12", N, &a));
    tap_ok(lac_absence_write(&b, N, out, sizeof out) == 21 && strlen(out) == 15,
           "what does not fit is cut, and its length told");
    tap_ok(!lac_absence_text("trace:lost=1") || lac_absence_text("trace:lost=1")[5] == '1',
           "a name is not searched within words");
    tap_ok(!lac_absence_text("trace:notlost=1"), "nor at their ends");
    lac_arena_free(&a);
}

int main(void)
{
    size_t count, admitting = 0;
    const struct lac_method *const *methods = lac_methods(&count);
    for (size_t i = 0; i < count; i++) {
        if (methods[i]->traits & LAC_ADMITS_LOSS) {
            admitting++;
            loses(methods[i]);
        } else {
            char options[512];
            snprintf(options, sizeof options,
                     PROBLEM "--method %s --step 0.01 --participation full:lost=1@5",
                     methods[i]->name);
            tap_ok(trace_run(&lost, 1, options) == LAC_E_USAGE &&
                       strstr(lac_failure(), "needs every client in every round"),
                   "%s is refused", methods[i]->name);
            trace_close(&lost);
        }
    }
    tap_ok(admitting > 10, "methods of partial participation admit losses");
    adds_nothing();
    rows_are_of_the_rest();
    gradients_stay_counted();
    writes();
    return tap_done();
}
