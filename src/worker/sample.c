#include "worker/sample.h"

#include <string.h>

#include "base/vec.h"

static size_t longest_row(const struct lac_rows *rows)
{
    uint64_t longest = 0;
    for (size_t r = 0; rows->start && r < rows->m; r++) {
        uint64_t length = rows->start[r + 1] - rows->start[r];
        longest = length > longest ? length : longest;
    }
    return (size_t)longest;
}

static size_t most_rows(const struct lac_estimator *k, size_t m)
{
    return k->kind == LAC_ESTIMATOR_INDEPENDENT ? m : lac_estimator_rows(k, m);
}

lac_status lac_sampler_open(struct lac_sampler *s, const struct lac_estimator *estimator,
                            const struct lac_local *local, uint32_t first, uint32_t count,
                            struct lac_arena *a)
{
    size_t most = 1, entries = 1, doubles = 1;
    for (uint32_t i = 0; i < count; i++) {
        const struct lac_rows *rows = &local[i].rows;
        size_t tau = lac_estimator_rows(estimator, rows->m), room = most_rows(estimator, rows->m);
        if (tau > rows->m && rows->m > 0 && estimator->kind != LAC_ESTIMATOR_UNIFORM) {
            return LAC_FAIL(LAC_E_USAGE, "--gradient: client %u has %zu rows, fewer than %zu",
                            first + i, rows->m, tau);
        }
        size_t length = room * longest_row(rows), dense = rows->dense ? room * rows->stride : 0;
        most = room > most ? room : most;
        entries = length > entries ? length : entries;
        doubles = dense > doubles ? dense : doubles;
    }
    LAC_TRY(LAC_NEW(a, most, &s->chosen));
    LAC_TRY(LAC_NEW(a, most, &s->label));
    LAC_TRY(LAC_NEW(a, most + 1, &s->start));
    LAC_TRY(LAC_NEW(a, entries, &s->index));
    LAC_TRY(LAC_NEW(a, entries, &s->value));
    return LAC_NEW(a, doubles, &s->dense);
}

static struct lac_stream stream_of(const struct lac_env *e, uint32_t client, uint64_t round)
{
    return (struct lac_stream){
        .seed = e->seed, .round = round, .client = client, .purpose = LAC_PURPOSE_BATCH};
}

static void choose_first(struct lac_sampler *s, const struct lac_stream *stream, size_t m,
                         size_t first, size_t count)
{
    struct lac_permutation pi;
    lac_permutation_init(&pi, stream, m);
    for (size_t k = 0; k < count; k++) {
        s->chosen[k] = (uint32_t)lac_permutation_at(&pi, first + k);
    }
}

/* Batch (round - 1) mod E of its epoch's order; returns E. */
static size_t choose_batch(struct lac_sampler *s, const struct lac_env *e, uint32_t client,
                           size_t m, size_t *count)
{
    size_t batch = lac_estimator_rows(&e->estimator, m), batches = (m + batch - 1) / batch;
    uint64_t epoch = (e->round - 1) / batches, j = (e->round - 1) % batches;
    size_t first = (size_t)(j * m / batches), after = (size_t)((j + 1) * m / batches);
    struct lac_stream stream = stream_of(e, client, epoch);
    choose_first(s, &stream, m, first, after - first);
    *count = after - first;
    return batches;
}

/* Chooses rows; returns the factor of their mean in the estimate. */
static double choose(struct lac_sampler *s, const struct lac_env *e, uint32_t client, size_t m,
                     size_t *count)
{
    const struct lac_estimator *k = &e->estimator;
    size_t tau = lac_estimator_rows(k, m);
    struct lac_stream stream = stream_of(e, client, e->round);
    struct lac_rng r;
    if (k->kind == LAC_ESTIMATOR_MINIBATCH) {
        double batches = (double)choose_batch(s, e, client, m, count);
        return (double)*count * batches / (double)m;
    }
    if (k->kind == LAC_ESTIMATOR_NICE) {
        choose_first(s, &stream, m, 0, *count = tau);
        return 1.0;
    }
    lac_rng_init(&r, &stream);
    if (k->kind == LAC_ESTIMATOR_UNIFORM) {
        for (*count = 0; *count < tau; ++*count) {
            s->chosen[*count] = (uint32_t)lac_rng_below(&r, m);
        }
        return 1.0;
    }
    *count = 0;
    for (size_t row = 0; row < m; row++) {
        if (lac_rng_uniform(&r) < (double)tau / (double)m) {
            s->chosen[(*count)++] = (uint32_t)row;
        }
    }
    return (double)*count / (double)tau;
}

static void gather(struct lac_sampler *s, const struct lac_rows *all, size_t count)
{
    s->rows = (struct lac_rows){
        .m = count, .d = all->d, .classes = all->classes, .stride = all->stride, .label = s->label};
    uint64_t end = 0;
    for (size_t k = 0; k < count; k++) {
        size_t row = s->chosen[k];
        s->label[k] = all->label[row];
        if (all->dense) {
            memcpy(s->dense + k * all->stride, all->dense + row * all->stride,
                   all->stride * sizeof(double));
            continue;
        }
        uint64_t first = all->start[row], length = all->start[row + 1] - first;
        memcpy(s->index + end, all->index + first, length * sizeof *s->index);
        if (all->value) {
            memcpy(s->value + end, all->value + first, length * sizeof *s->value);
        }
        s->start[k] = end;
        end += length;
    }
    s->start[count] = end;
    s->rows.dense = all->dense ? s->dense : NULL;
    s->rows.start = all->dense ? NULL : s->start;
    s->rows.index = all->dense ? NULL : s->index;
    s->rows.value = all->dense || !all->value ? NULL : s->value;
}

void lac_sampler_evaluate(struct lac_sampler *s, const struct lac_env *e, uint32_t client,
                          const struct lac_local *f, const double *x, double *work, double *loss,
                          double *gradient)
{
    if (s->round != e->round || s->client != client) { /* else the second point of a round */
        size_t count = 0;
        s->weight = f->rows.m > 0 ? choose(s, e, client, f->rows.m, &count) : 0.0;
        gather(s, &f->rows, count);
        s->round = e->round;
        s->client = client;
    }
    lac_local_evaluate_rows(f, &s->rows, s->weight, x, work, loss, gradient);
}
