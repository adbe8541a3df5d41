/* Sketches against their listings, step by step. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "refused.h"
#include "sketches.h"
#include "tap.h"

#define PROBLEM "--data synth:least-squares,d=12,m=5,L=4,mu=1,noise=1 --clients 7 "

enum { N = 7, D = 12 };

/* How far the mean over `count` minibatches is from the whole, for one client. */
static double batches_apart(const struct lac_local *f, const double *x, uint32_t count)
{
    double grad[D], one[D], mean[D] = {0}, all, loss, total = 0.0;
    double *work = numbers(f->objective->work(&f->rows));
    lac_local_evaluate(f, x, work, &all, grad);
    for (uint32_t j = 0; j < count; j++) {
        lac_local_evaluate_batch(f, j, count, x, work, &loss, one);
        vec_axpy(mean, 1.0 / count, one, D);
        total += loss / count;
    }
    free(work);
    double off = apart(mean, grad, D), off_loss = fabs(total - all) / all;
    return off > off_loss ? off : off_loss;
}

static void batches_average(void)
{
    static struct trace t;
    double worst = 0.0, x[D];
    trace_run(&t, 1, PROBLEM "--method gd --step 0.1 --rounds 1 --regularizer l2:0.1");
    for (size_t j = 0; j < D; j++) {
        x[j] = 0.3 * (double)j - 1.0;
    }
    for (uint32_t count = 1; count <= 7; count++) { /* of 5 rows: some batches are empty */
        for (uint32_t i = 0; i < N; i++) {
            double one = batches_apart(client_local(&t.run, i), x, count);
            worst = one > worst ? one : worst;
        }
    }
    tap_ok(worst <= 1e-14, "minibatches average to f_i and grad f_i, whatever their number (%.1e)",
           worst);
    trace_close(&t);
}

static void diana_rr_shifts(void)
{
    static struct trace t, plain;
    trace_run(&t, 3,
              PROBLEM
              "--method diana-rr:batches=4 --compressor randk:k=6 --step 0.004 --rounds 4001 "
              "--eval-every 4000");
    bool same = t.status == LAC_OK;
    for (uint32_t i = 0; i < N && same; i++) {
        const double *ours = server_vector(&t.run, "shift") + i * 4 * D,
                     *theirs = client_vector(&t.run, i, "shift");
        same = memcmp(ours, theirs, 4 * D * sizeof *ours) == 0 && vec_norm_sq(theirs, 4 * D) > 0.0;
    }
    tap_ok(same, "diana-rr: server and clients keep the same shifts, to the bit");
    trace_run(&plain, 1,
              PROBLEM "--method q-rr:batches=4 --compressor randk:k=6 --step 0.004 "
                      "--rounds 4001 --eval-every 4000");
    double ratio = plain.row[1].grad_norm_sq / t.row[1].grad_norm_sq;
    tap_ok(ratio >= 100.0,
           "diana-rr: its floor is far below that of q-rr at the same step (%.0f times)", ratio);
    trace_close(&t);
    trace_close(&plain);
}

struct codes_finder {
    struct lac_visitor visitor;
    uint32_t codes[D];
};

static void keep_integers(struct lac_visitor *v, const char *name, uint32_t *x, size_t count)
{
    struct codes_finder *f = (struct codes_finder *)(void *)v;
    if (strcmp(name, "codes") == 0 && count == D) {
        memcpy(f->codes, x, sizeof f->codes);
    }
}

static void pass_vector(struct lac_visitor *v, const char *name, double *x, size_t d)
{
    (void)v;
    (void)name;
    (void)x;
    (void)d;
}

static struct {
    double x[D];
    uint32_t codes[D];
    uint64_t flips;
    bool begun;
} pv;

/* At a row the server is one step ahead of the ranks. */
static void watch_pv(struct trace *t)
{
    struct codes_finder f = {.visitor = {.vector = pass_vector, .integers = keep_integers}}, g = f;
    const struct lac_server *s = &t->run.solo.server;
    bool finished = t->rows == 61;
    lac_state_visit(&sketch_pv.server, s->state, &s->env, &f.visitor);
    for (uint32_t rank = 1; rank <= t->run.ranks && pv.begun && !finished; rank++) {
        struct lac_worker *w = t->run.worker[rank];
        lac_state_visit(&sketch_pv.worker, w->worker_state, &w->env, &g.visitor);
        bool same = memcmp(worker_vector(&t->run, rank, "x"), pv.x, sizeof pv.x) == 0 &&
                    memcmp(g.codes, pv.codes, sizeof pv.codes) == 0;
        t->worst += same ? 0.0 : 1.0;
    }
    for (uint32_t j = 0; j < D && pv.begun && !finished; j++) {
        pv.flips += f.codes[j] != pv.codes[j];
    }
    memcpy(pv.x, server_vector(&t->run, "x"), sizeof pv.x);
    memcpy(pv.codes, f.codes, sizeof pv.codes);
    pv.begun = true;
}

static void pv_tuning(void)
{
    static struct trace t;
    t.also = watch_pv;
    trace_run(&t, 3,
              "--data synth:least-squares,d=12,m=5,L=2,mu=1,noise=3 --clients 7 "
              "--method pv-tuning:entries=3,flips=2 --compressor identity --step 0.5 --rounds 60");
    bool falls = t.rows == 61;
    for (size_t i = 1; i < t.rows; i++) {
        falls = falls && t.row[i].loss <= t.row[i - 1].loss * (1.0 + 1e-15);
    }
    double first = t.row[0].loss, last = t.row[t.rows - 1].loss;
    tap_ok(falls && last < 0.9 * first,
           "pv-tuning: the loss never grows, and falls from %.3f to %.3f", first, last);
    tap_ok(
        t.status == LAC_OK && t.worst == 0.0 && pv.flips >= 3,
        "pv-tuning: the ranks have the server's codes and values of the round (%llu codes changed)",
        (unsigned long long)pv.flips);
    const struct lac_bits *down = &t.ledger.down;
    tap_ok(down->of[LAC_BITS_INDEX] == N * (60 * 32 + 32 * pv.flips) &&
               down->of[LAC_BITS_VALUE] == N * (60 * 3 * 64 + 8 * pv.flips) &&
               down->of[LAC_BITS_HEADER] == N * 60 * 256 && t.ledger.frames_down == N * 60,
           "pv-tuning: down go the codes that changed and the codebook, to every client");
    trace_close(&t);
}

static void parameters(void)
{
    refused(PROBLEM "--step 0.1 --method diana-rr:batches=0", "batches is a whole number from 1");
    refused(PROBLEM "--step 0.1 --method diana-rr:batches=1.5", "batches is a whole number");
    refused(PROBLEM "--step 0.1 --method diana-rr:bathces=3", "batches");
    refused(PROBLEM "--step 0.1 --method proxskip --p 1.5", "at most 1");
    refused(PROBLEM "--step 0.1 --method gd --p 0.5", "--p: gd has none");
    refused(PROBLEM "--step 0.1 --method gd --server-step 0.5", "--server-step: gd has none");
    refused(PROBLEM "--step 0.1 --method fedavg --meta-step 0.5", "--meta-step: fedavg has none");
    refused(PROBLEM "--step 0.1 --method gd --rr-order once", "no minibatches of its own");
    refused(PROBLEM "--step 0.1 --method gd --step-policy sqrt", "sqrt:S");
    refused(PROBLEM "--step 0.1 --method q-rr --rr-order twice", "did you mean 'once'");
    refused(PROBLEM "--step 0.1 --method ef21:p=1", "p");
    refused(PROBLEM "--step 0.1 --method marina:p=x", "p");
    refused(PROBLEM "--step 0.1 --method marena:p=0.1", "did you mean 'marina'");
    refused(PROBLEM "--method fedavg", "give a number");
}

int main(void)
{
    TAP_OK(sketches_add());
    batches_average();
    diana_rr_shifts();
    pv_tuning();
    parameters();
    return tap_done();
}
