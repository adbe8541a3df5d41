/*
 * What a local epoch costs beside the gradients of its minibatches: solo rounds of fedavg against the same gradients
 * alone, in turns; medians of CPU time. Target: 1.10. LACONIC_DATA names the folder of real data.
 */
#include <string.h>

#include "../tests/method/solo_run.h"
#include "bench.h"
#include "method/minibatch.h"

enum { MOST = 100, UNTIMED = 3 };

struct job {
    struct solo_run run;
    uint32_t batches;
    double before, *gradient;
    uint32_t
        *order; /* (clients, batches) of the round: rows that do not follow each other cost more */
    int count;
    double round[MOST], gradients[MOST], ratio[MOST];
};

static void draw_orders(struct job *k)
{
    struct lac_env e = k->run.worker->env;
    for (e.who.client = 0; e.who.client < e.n; e.who.client++) {
        for (uint32_t j = 0; j < k->batches; j++) {
            k->order[e.who.client * k->batches + j] = lac_batch_of(&e, k->batches, e.round - 1, j);
        }
    }
}

/* All minibatches of all clients, as the round took them. */
static void gradients(struct job *k)
{
    struct lac_worker *w = k->run.worker;
    const double *x = lac_server_model(&k->run.server);
    double loss;
    for (uint32_t i = 0; i < w->count; i++) {
        for (uint32_t j = 0; j < k->batches; j++) {
            lac_local_evaluate_batch(&w->local[i], k->order[i * k->batches + j], k->batches, x,
                                     w->work, &loss, k->gradient);
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
    snprintf(options, sizeof options,
             "--data %s --clients %u --method fedavg:batches=%u --regularizer l2:0.01 --step 1e-9 "
             "--eval-every 0 --rounds %d",
             data, clients, k->batches, MOST + UNTIMED);
    LAC_TRY(solo_open(&k->run, options, NULL, NULL));
    k->run.server.on_round = after_round;
    k->run.server.listener = k;
    k->gradient = calloc(k->run.server.d, sizeof *k->gradient);
    k->order = calloc((size_t)clients * k->batches, sizeof *k->order);
    k->before = bench_now();
    lac_status status = k->gradient && k->order ? solo_finish(&k->run) : LAC_E_MEMORY;
    free(k->order);
    free(k->gradient);
    return status;
}

static bool epoch(const char *name, const char *data, uint32_t clients, uint32_t batches)
{
    static struct job k;
    char row[80];
    memset(&k, 0, sizeof k);
    k.batches = batches;
    snprintf(row, sizeof row, "%s, %u clients, batches=%u", name, clients, batches);
    if (measure(&k, data, clients) != LAC_OK) {
        printf("%s: %s\n", row, lac_failure());
        return false;
    }
    struct bench_time time = bench_scaled(bench_summary(k.round, k.count), 1e3);
    bool met = bench_row_ratio(row, time, "ms", bench_summary(k.ratio, k.count).median, -1.1,
                               "its gradients");
    solo_close(&k.run);
    return met;
}

static bool both(const char *name, const char *data, uint32_t clients, uint32_t rows)
{
    bool few = epoch(name, data, clients, 10);
    return epoch(name, data, clients, rows) && few;
}

int main(void)
{
    const char *folder = getenv("LACONIC_DATA");
    char path[512];
    bench_clock = CLOCK_THREAD_CPUTIME_ID;
    bench_header("A local epoch and its gradients");
    bool met = both("400 rows x 100", "synth:logistic,d=100,m=400", 20, 400);
    met = both("100 rows x 1000", "synth:logistic,d=1000,m=100", 10, 100) && met;
    met = both("100 rows x 10000", "synth:logistic,d=10000,m=100", 10, 100) && met;
    if (folder) {
        snprintf(path, sizeof path, "%s/libsvm/mushrooms", folder);
        met = both("mushrooms", path, 20, 406) && met;
        snprintf(path, sizeof path, "%s/libsvm/a9a", folder);
        met = both("a9a", path, 20, 1628) && met;
    }
    return met ? 0 : 1;
}
