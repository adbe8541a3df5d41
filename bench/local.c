/*
 * What a local epoch costs beside the gradients of its minibatches: solo rounds of fedavg of eight epochs, and of one
 * beside which frames and server weigh more, against the same gradients alone, in turns; medians of CPU time. Target:
 * 1.10 for the eight. LACONIC_DATA names the folder of real data.
 */
#include <string.h>

#include "../tests/method/solo_run.h"
#include "bench.h"
#include "method/minibatch.h"

enum { MOST = 100, UNTIMED = 3, EPOCHS = 8 };

struct job {
    struct solo_run run;
    uint32_t batches, epochs;
    double before, *gradient;
    uint32_t *
        order; /* (clients, epochs, batches) of the round: rows that do not follow each other cost more */
    int count;
    double round[MOST], gradients[MOST], ratio[MOST];
};

static void draw_orders(struct job *k)
{
    struct lac_env e = k->run.worker->env;
    uint32_t *next = k->order;
    for (e.who.client = 0; e.who.client < e.n; e.who.client++) {
        for (uint32_t j = 0; j < k->epochs * k->batches; j++) {
            uint64_t epoch = (e.round - 1) * k->epochs + j / k->batches;
            *next++ = lac_batch_of(&e, k->batches, epoch, j % k->batches);
        }
    }
}

/* All minibatches of all clients, as the round took them. */
static void gradients(struct job *k)
{
    struct lac_worker *w = k->run.worker;
    const double *x = lac_server_model(&k->run.server);
    const uint32_t *next = k->order;
    double loss;
    for (uint32_t i = 0; i < w->count; i++) {
        for (uint32_t j = 0; j < k->epochs * k->batches; j++) {
            lac_local_evaluate_batch(&w->local[i], *next++, k->batches, x, w->work, &loss,
                                     k->gradient);
        }
    }
}

static lac_status after_round(void *listener, const struct lac_server *s)
{
    struct job *k = listener;
    double end = bench_now();
    draw_orders(k);
    double begin = bench_now();
    gradients(k);
    double alone = bench_now() - begin;
    if (s->rounds_done > UNTIMED && k->count < MOST) {
        k->round[k->count] = end - k->before;
        k->gradients[k->count] = alone;
        k->ratio[k->count] = (end - k->before) / alone;
        k->count++;
    }
    k->before = bench_now();
    return LAC_OK;
}

static lac_status measure(struct job *k, const char *data, uint32_t clients)
{
    char options[512];
    snprintf(
        options, sizeof options,
        "--data %s --clients %u --method fedavg:batches=%u,epochs=%u --regularizer l2:0.01 --step 1e-9 "
        "--eval-every 0 --rounds %d",
        data, clients, k->batches, k->epochs, MOST + UNTIMED);
    LAC_TRY(solo_open(&k->run, options, NULL, NULL));
    k->run.server.on_round = after_round;
    k->run.server.listener = k;
    k->gradient = calloc(k->run.server.d, sizeof *k->gradient);
    k->order = calloc((size_t)clients * k->epochs * k->batches, sizeof *k->order);
    k->before = bench_now();
    lac_status status = k->gradient && k->order ? solo_finish(&k->run) : LAC_E_MEMORY;
    free(k->order);
    free(k->gradient);
    return status;
}

static bool round_of(const char *name, const char *data, uint32_t clients, uint32_t batches,
                     uint32_t epochs)
{
    static struct job k;
    char row[80];
    memset(&k, 0, sizeof k);
    k.batches = batches;
    k.epochs = epochs;
    snprintf(row, sizeof row, "%u x %s, batches=%u, epochs=%u", clients, name, batches, epochs);
    if (measure(&k, data, clients) != LAC_OK) {
        printf("%s: %s\n", row, lac_failure());
        return false;
    }
    struct bench_time time = bench_scaled(bench_summary(k.round, k.count), 1e3);
    bool met = bench_row_ratio(row, time, "ms", bench_summary(k.ratio, k.count).median,
                               epochs > 1 ? -1.1 : 0.0, "its gradients");
    solo_close(&k.run);
    return met;
}

static bool all_of(const char *name, const char *data, uint32_t clients, uint32_t rows)
{
    bool met = true;
    for (uint32_t epochs = 1; epochs <= EPOCHS; epochs += EPOCHS - 1) {
        met = round_of(name, data, clients, 10, epochs) && met;
        met = round_of(name, data, clients, rows, epochs) && met;
    }
    return met;
}

int main(void)
{
    const char *folder = getenv("LACONIC_DATA");
    char path[512];
    bench_clock = CLOCK_THREAD_CPUTIME_ID;
    bench_header("A local epoch and its gradients");
    bool met = all_of("400 rows x 100", "synth:logistic,d=100,m=400", 20, 400);
    met = all_of("100 rows x 1000", "synth:logistic,d=1000,m=100", 10, 100) && met;
    met = all_of("100 rows x 10000", "synth:logistic,d=10000,m=100", 10, 100) && met;
    if (folder) {
        snprintf(path, sizeof path, "%s/libsvm/mushrooms", folder);
        met = all_of("mushrooms", path, 20, 406) && met;
        snprintf(path, sizeof path, "%s/libsvm/a9a", folder);
        met = all_of("a9a", path, 20, 1628) && met;
    }
    return met ? 0 : 1;
}
