/* Estimates of gradients: unbiased, with the variance of their table, the same on any ranks. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "check.h"
#include "refused.h"
#include "tap.h"

enum { D = 24, M = 6, DRAWS = 39996 };

#define DENSE        "--data synth:least-squares,d=24,m=6,L=4,mu=1,noise=1 --clients 4 "
#define SPARSE       "--data synth:rare,d=24,m=6,c=0.3 --clients 4 "
#define CLASSES      "--data synth:softmax,d=6,m=6,classes=4 --clients 4 "
#define COEFFICIENTS "--data synth:tridiagonal,d=24,m=6,s=1 --clients 4 "

/* What a client's rows say: a_j (M, D) and their mean. */
struct rows_of {
    double a[M][D], mean[D];
};

static struct rows_of look(struct solo_run *r)
{
    struct rows_of o = {0};
    const struct lac_local *f = &r->worker->local[0];
    double loss;
    for (uint32_t j = 0; j < M; j++) {
        lac_local_evaluate_batch(f, j, M, r->worker->env.x0, r->worker->work, &loss, o.a[j]);
        vec_axpy(o.mean, 1.0 / M, o.a[j], D);
    }
    return o;
}

/* E|S(a) - mean|^2 as the client's law says it; laws themselves are tried in test_law.c. */
static double variance(const struct lac_law *law, const struct rows_of *o)
{
    double sum = -law->B * vec_norm_sq(o->mean, D);
    for (size_t j = 0; j < M; j++) {
        sum += lac_law_noise(law, j) * vec_norm_sq(o->a[j], D) / M;
    }
    return sum;
}

static void moments_of(const char *problem, const struct lac_choice *entry, const char *size)
{
    static struct solo_run r;
    char options[256];
    double mean[D] = {0}, loss, g[D], second = 0.0;
    snprintf(options, sizeof options, "%s --method gd --step 0.01 --rounds 1 --gradient %s:%s",
             problem, entry->name, size);
    lac_status status = solo_open(&r, options, NULL, NULL);
    status = status == LAC_OK ? solo_finish(&r) : status;
    struct lac_env *e = &r.worker->env;
    struct rows_of o = look(&r);
    for (e->round = 1; e->round <= DRAWS && status == LAC_OK; e->round++) {
        struct lac_batch drawn = {.drawn = true};
        status = e->gradient(e->oracle, 0, e->x0, &drawn, &loss, g);
        vec_axpy(mean, 1.0 / DRAWS, g, D);
        vec_sub(g, g, o.mean, D);
        second += vec_norm_sq(g, D) / DRAWS;
    }
    double expected = variance(&r.worker->sampler.law[0], &o), off = apart(mean, o.mean, D);
    double sigma = sqrt(second / DRAWS / vec_norm_sq(o.mean, D));
    if (entry->kind == LAC_ESTIMATOR_MINIBATCH) { /* whole epochs */
        tap_ok(status == LAC_OK && off < 1e-12 && second > 0.0,
               "%s:%s: the mean over whole epochs is the gradient (%.1e): %s", entry->name, size,
               off, problem);
    } else {
        tap_ok(status == LAC_OK && off < 5.0 * sigma && fabs(second / expected - 1.0) < 0.05,
               "%s: unbiased (%.1e), variance %.4f of its formula: %s", entry->name, off,
               second / expected, problem);
    }
    solo_close(&r);
}

static void moments(void)
{
    const struct lac_choice *entry = lac_estimators.entries;
    for (size_t i = 1; i < lac_estimators.count; i++) {
        _Static_assert(DRAWS % M == 0, "whole epochs");
        moments_of(DENSE, &entry[i], "2");
        moments_of(SPARSE, &entry[i], "2");
        moments_of(CLASSES, &entry[i], "2");
        moments_of(COEFFICIENTS, &entry[i], "2");
    }
    moments_of(DENSE, &entry[lac_estimators.count - 1], "2,order=once");
    moments_of(SPARSE, &entry[lac_estimators.count - 1], "2,order=exhaust");
    moments_of(DENSE, &entry[lac_estimators.count - 1], "4");               /* 3 and 3 rows */
    moments_of(DENSE, &entry[lac_estimators.count - 1], "4,order=exhaust"); /* 4 and 2 */
    moments_of(CLASSES, &entry[lac_estimators.count - 1], "5,order=exhaust");
}

/* An epoch of minibatches has every row once; the order changes between epochs, or does not. */
static void epochs(const char *gradient, unsigned batches, bool changes)
{
    static struct solo_run r;
    char options[256];
    unsigned wrong = 0, moved = 0, seen[M] = {0}, order[M] = {0}, before[M] = {0}, at = 0;
    size_t size[M];
    snprintf(options, sizeof options, SPARSE "--method gd --step 0.01 --rounds 1 --gradient %s",
             gradient);
    lac_status status = solo_open(&r, options, NULL, NULL);
    status = status == LAC_OK ? solo_finish(&r) : status;
    struct lac_env *e = &r.worker->env;
    for (e->round = 1; e->round <= 40 * batches && status == LAC_OK; e->round++) {
        struct lac_batch drawn = {.drawn = true};
        double loss, g[D];
        status = e->gradient(e->oracle, 0, e->x0, &drawn, &loss, g);
        size[(e->round - 1) % batches] = r.worker->sampler.rows.m;
        for (size_t k = 0; k < r.worker->sampler.rows.m; k++) {
            unsigned row = r.worker->sampler.chosen[k];
            order[at++ % M] = row;
            seen[row]++;
        }
        if (e->round % batches == 0) {
            for (unsigned j = 0; j < M; j++) {
                wrong += seen[j] != e->round / batches;
                moved += e->round > batches && before[j] != order[j];
                before[j] = order[j];
            }
        }
    }
    bool exhausts = strstr(gradient, "exhaust") != NULL;
    tap_ok(status == LAC_OK && wrong == 0 && (changes ? moved > 100 : moved == 0) &&
               (batches == M || size[0] == (exhausts ? 4 : 3)),
           "%s: every row once an epoch; %u of %u places of the order change", gradient, moved,
           39 * M);
    solo_close(&r);
}

static void same_on_any_ranks(const struct lac_method *m, const char *gradient)
{
    static struct trace one, many;
    char options[512];
    bool equal = true;
    const char *compressor = lac_method_channels(m) && m->channels[0].option == LAC_FROM_COMPRESSOR
                                 ? "--compressor randk:k=6"
                                 : "";
    for (unsigned every = 0; every <= 3; every += 3) {
        snprintf(options, sizeof options,
                 DENSE "--method %s %s --gradient %s --step 0.005 --rounds 30 --eval-every %u",
                 runnable(m), compressor, gradient, every);
        trace_run(&one, 1, options);
        for (uint32_t ranks = 2; ranks <= 3; ranks++) {
            trace_run(&many, ranks, options);
            equal = equal && traces_equal(&one, &many);
            trace_close(&many);
        }
        trace_close(&one);
    }
    tap_ok(equal, "the same on 1, 2 and 3 ranks: %s", options);
    snprintf(options, sizeof options, DENSE "--method %s %s --gradient %s --step 0.005",
             runnable(m), compressor, gradient);
    double worst = rows_wrong(options, 2, 7);
    tap_ok(worst <= 1e-11, "every row is f at its model, not an estimate (%.1e): %s", worst,
           options);
}

static void methods(void)
{
    static const char *const gradients[] = {"nice:2",         "uniform:20%", "independent:3",
                                            "minibatch:2",    "weighted:2",  "importance:3",
                                            "extended-nice:2"};
    size_t count;
    const struct lac_method *const *method = lac_methods(&count);
    for (size_t i = 0; i < count; i++) {
        if (method[i]->traits & LAC_TAKES_ESTIMATES) {
            same_on_any_ranks(method[i], gradients[i % 7]);
        } else {
            char options[256];
            snprintf(options, sizeof options, DENSE "--method %s --gradient nice:2",
                     runnable(method[i]));
            refused(options, "needs the gradients of all rows");
        }
    }
}

/* Draws with replacement may be more than the rows. */
static void more_draws(const char *gradient)
{
    static struct trace t;
    char options[256];
    snprintf(options, sizeof options, DENSE "--method gd --step 0.001 --rounds 3 --gradient %s",
             gradient);
    lac_status status = trace_run(&t, 1, options);
    tap_ok(status == LAC_OK && t.run.worker[1]->sampler.rows.m == 2 * M, "%s of %d rows: %zu draws",
           gradient, M, t.run.worker[1]->sampler.rows.m);
    trace_close(&t);
}

/* The whole as a sample is the gradient itself, and full rows stay full. */
static void all_rows(const char *problem)
{
    static const char *const all[] = {"nice:100%", "independent:100%", "minibatch:100%", "nice:6",
                                      "weighted:100%"};
    static struct trace full, t;
    char options[512];
    snprintf(options, sizeof options,
             "%s --method ef21 --compressor topk:k=3 --step 0.01 --rounds 20 --gradient ", problem);
    size_t end = strlen(options);
    strcpy(options + end, "full");
    trace_run(&full, 1, options);
    for (size_t i = 0; i < 5; i++) {
        strcpy(options + end, all[i]);
        trace_run(&t, 1, options);
        double worst = t.status ? 1.0 : traces_apart(&t, &full, 20);
        tap_ok(worst <= 1e-12, "--gradient %s is the full gradient (%.1e): %s", all[i], worst,
               problem);
        trace_close(&t);
    }
    trace_close(&full);
}

/* Percentages of a client's rows, rounded up, but where the product is whole. */
static void percentages(const struct lac_choice *entry)
{
    static const struct {
        const char *percent;
        size_t m, rows;
    } cases[] = {{"20%", 6, 2},  {"34%", 6, 3},  {"50%", 6, 3},      {"10%", 6, 1},
                 {"0.1%", 6, 1}, {"100%", 6, 6}, {"7%", 10000, 700}, {"10%", 101, 11}};
    size_t wrong = 0;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct lac_arena a = {0};
        struct lac_estimator s;
        char text[64];
        snprintf(text, sizeof text, "%s:%s", entry->name, cases[k].percent);
        bool opens = lac_estimator_open(&s, text, &a) == LAC_OK;
        wrong += !opens || lac_estimator_rows(&s, cases[k].m) != cases[k].rows;
        lac_arena_free(&a);
    }
    tap_ok(wrong == 0, "%s: percentages of rows are rounded up", entry->name);
}

int main(void)
{
    for (size_t i = 1; i < lac_estimators.count; i++) {
        percentages(&lac_estimators.entries[i]);
    }
    moments();
    epochs("minibatch:1", M, true);
    epochs("minibatch:1,order=once", M, false);
    epochs("minibatch:4", 2, true);
    epochs("minibatch:4,order=exhaust", 2, true);
    methods();
    more_draws("uniform:12");
    more_draws("importance:12");
    all_rows(DENSE);
    all_rows(CLASSES);
    all_rows(COEFFICIENTS);
    refused(DENSE "--method gd --gradient nice:7", "client 0 has 6 rows, fewer than 7");
    refused(DENSE "--method gd --gradient extended-nice:7", "client 0 has 6 rows, fewer than 7");
    refused(DENSE "--method gd --gradient weighted:7", "client 0 has 6 rows, fewer than 7");
    refused(DENSE "--method gd --gradient nice", "nice:TAU");
    refused(DENSE "--method gd --gradient nice:0", "number of rows");
    refused(DENSE "--method gd --gradient nice:1.5", "number of rows");
    refused(DENSE "--method gd --gradient uniform:101%", "percentage");
    refused(DENSE "--method gd --gradient minibatch:2,order=twice", "reshuffle, once or exhaust");
    refused(DENSE "--method gd --gradient nice:2,order=once", "no parameter 'order'");
    refused(DENSE "--method gd --gradient nicer:2", "did you mean 'nice'");
    refused(DENSE "--method gd --gradient full:2", "full");
    return tap_done();
}
