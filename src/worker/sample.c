#include "worker/sample.h"

#include <string.h>

#include "base/vec.h"
#include "method/minibatch.h"

enum { MOST_DRAWS = 100 }; /* of a row in a round, on average */

static size_t longest_row(const struct lac_rows *rows)
{
    uint64_t longest = 0;
    for (size_t r = 0; rows->start && r < rows->m; r++) {
        uint64_t length = rows->start[r + 1] - rows->start[r];
        longest = length > longest ? length : longest;
    }
    return (size_t)longest;
}

/* The law of a client's draws, its rows weighted by their smoothness. */
static lac_status open_law(struct lac_law *law, const struct lac_estimator *k,
                           enum lac_law_kind kind, const struct lac_local *f, struct lac_arena *a)
{
    double *L = NULL, tau = (double)lac_estimator_rows(k, f->rows.m);
    if (lac_law_is_weighted(kind)) {
        LAC_TRY(LAC_NEW(a, f->rows.m, &L));
        f->objective->row_smoothness(&f->rows, L);
    }
    return lac_law_open(law, kind, f->rows.m, tau, L, a);
}

lac_status lac_sampler_law(const struct lac_estimator *k, uint32_t client,
                           const struct lac_local *f, struct lac_law *law, struct lac_arena *a)
{
    enum lac_law_kind kind;
    size_t tau = lac_estimator_rows(k, f->rows.m);
    bool drawn = lac_estimator_law(k, &kind);
    bool replaced = drawn && (kind == LAC_LAW_UNIFORM || kind == LAC_LAW_IMPORTANCE);
    if (tau > f->rows.m && f->rows.m > 0 && !replaced) {
        return LAC_FAIL(LAC_E_USAGE, "--gradient: client %u has %zu rows, fewer than %zu", client,
                        f->rows.m, tau);
    }
    if (tau > MOST_DRAWS * f->rows.m && f->rows.m > 0) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "--gradient: client %u has %zu rows; %zu draws are outside 1..%zu, a hundred "
            "of each",
            client, f->rows.m, tau, MOST_DRAWS * f->rows.m);
    }
    return drawn && f->rows.m > 0 ? open_law(law, k, kind, f, a) : LAC_OK;
}

static size_t most_rows(const struct lac_estimator *k, size_t m)
{
    enum lac_law_kind kind;
    size_t tau = lac_estimator_rows(k, m);
    return lac_estimator_law(k, &kind) ? lac_law_most(kind, m, (double)tau) : tau;
}

/* For a draw of so many rows, sparse entries and dense doubles. */
static lac_status make_room(struct lac_sampler *s, size_t most, size_t entries, size_t doubles,
                            struct lac_arena *a)
{
    LAC_TRY(LAC_NEW(a, most, &s->chosen));
    LAC_TRY(LAC_NEW(a, most, &s->label));
    LAC_TRY(LAC_NEW(a, most + 1, &s->start));
    LAC_TRY(LAC_NEW(a, entries, &s->index));
    LAC_TRY(LAC_NEW(a, entries, &s->value));
    return LAC_NEW(a, doubles, &s->dense);
}

lac_status lac_sampler_open(struct lac_sampler *s, const struct lac_estimator *estimator,
                            const struct lac_local *local, uint32_t first, uint32_t count,
                            struct lac_arena *a)
{
    size_t most = 1, entries = 1, doubles = 1;
    s->first_client = first;
    LAC_TRY(LAC_NEW(a, count + 1, &s->law));
    for (uint32_t i = 0; i < count; i++) {
        const struct lac_rows *rows = &local[i].rows;
        size_t room = most_rows(estimator, rows->m);
        LAC_TRY(lac_sampler_law(estimator, first + i, &local[i], &s->law[i], a));
        size_t length = room * longest_row(rows), dense = rows->dense ? room * rows->stride : 0;
        most = room > most ? room : most;
        entries = length > entries ? length : entries;
        doubles = dense > doubles ? dense : doubles;
    }
    LAC_TRY(LAC_NEW(a, most, &s->factor));
    return make_room(s, most, entries, doubles, a);
}

static struct lac_stream stream_of(const struct lac_env *e, uint32_t client, uint64_t round)
{
    return (struct lac_stream){.seed = e->seed,
                               .round = round,
                               .client = client,
                               .purpose = LAC_PURPOSE_BATCH,
                               .channel = LAC_BATCH_ROWS,
                               .step = (uint16_t)e->local_step};
}

/* Batch (round - 1) mod E of its epoch's order; the factor of its mean in an average of E is E count/m. */
static double choose_batch(struct lac_sampler *s, const struct lac_env *e, uint32_t client,
                           size_t m, size_t *count)
{
    size_t batch = lac_estimator_rows(&e->estimator, m), batches = (m + batch - 1) / batch;
    uint64_t epoch = (e->round - 1) / batches, j = (e->round - 1) % batches;
    size_t first = (size_t)(j * m / batches), after = (size_t)((j + 1) * m / batches);
    if (e->estimator.order == LAC_ORDER_EXHAUST) {
        first = (size_t)j * batch;
        after = first + batch < m ? first + batch : m;
    }
    bool once = e->estimator.order == LAC_ORDER_ONCE;
    struct lac_stream stream = stream_of(e, client, once ? 0 : epoch);
    struct lac_permutation order;
    lac_permutation_init(&order, &stream, m);
    for (size_t k = first; k < after; k++) {
        s->chosen[k - first] = (uint32_t)lac_permutation_at(&order, k);
    }
    *count = after - first;
    return (double)*count * (double)batches / (double)m;
}

/* Chooses rows; returns the factor of their mean, each with its own where the law is weighted. */
static double choose(struct lac_sampler *s, const struct lac_env *e, uint32_t client, size_t m,
                     size_t *count)
{
    const struct lac_law *law = &s->law[client - s->first_client];
    struct lac_stream stream = stream_of(e, client, e->round);
    struct lac_draws draws;
    uint32_t row;
    if (e->estimator.kind == LAC_ESTIMATOR_MINIBATCH) {
        return choose_batch(s, e, client, m, count);
    }
    *count = 0;
    lac_draws_begin(&draws, law, &stream);
    while (lac_draws_next(&draws, &row)) {
        s->factor[*count] = lac_law_factor(law, row);
        s->chosen[(*count)++] = row;
    }
    bool weighted = lac_law_is_weighted(law->kind);
    s->rows.weight = weighted ? s->factor : NULL;
    return (double)*count * (weighted ? 1.0 : lac_law_factor(law, 0));
}

static void gather(struct lac_sampler *s, const struct lac_rows *all, size_t count)
{
    s->rows = (struct lac_rows){.m = count,
                                .d = all->d,
                                .classes = all->classes,
                                .stride = all->stride,
                                .label = s->label,
                                .weight = s->rows.weight};
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
    /* else the second point of a step */
    if (s->round != e->round || s->client != client || s->local_step != e->local_step) {
        size_t count = 0;
        s->weight = f->rows.m > 0 ? choose(s, e, client, f->rows.m, &count) : 0.0;
        gather(s, &f->rows, count);
        s->round = e->round;
        s->client = client;
        s->local_step = e->local_step;
    }
    lac_local_evaluate_rows(f, &s->rows, s->weight, x, work, loss, gradient);
}

lac_status lac_deal(struct lac_local *f, uint64_t seed, uint32_t client, struct lac_arena *a)
{
    struct lac_sampler s = {0};
    struct lac_stream stream = {
        .seed = seed, .client = client, .purpose = LAC_PURPOSE_BATCH, .channel = LAC_BATCH_DEAL};
    struct lac_permutation order;
    const struct lac_rows *rows = &f->rows;
    if (rows->m == 0) {
        return LAC_OK;
    }
    size_t entries = rows->dense ? 0 : (size_t)rows->start[rows->m];
    LAC_TRY(make_room(&s, rows->m, entries, rows->dense ? rows->m * rows->stride : 0, a));
    lac_permutation_init(&order, &stream, rows->m);
    lac_permutation_fill(&order, 0, rows->m, s.chosen);
    gather(&s, rows, rows->m);
    f->rows = s.rows;
    return lac_rows_prepare(&f->rows, a);
}

double lac_dealt_bytes(const struct lac_local *f)
{
    const struct lac_rows *rows = &f->rows;
    size_t entries = rows->start && rows->m > 0 ? (size_t)rows->start[rows->m] : 0;
    size_t dense = rows->dense ? rows->m * rows->stride : 0;
    double columns = 0.0;
    if (rows->column_start) {
        size_t blocks = (rows->m + LAC_COLUMN_BLOCK - 1) / LAC_COLUMN_BLOCK;
        columns = (double)(blocks * (rows->d + 1) * sizeof(uint32_t) + entries * sizeof(uint16_t)) +
                  (rows->column_value ? (double)(entries * sizeof(double)) : 0.0);
    }
    size_t row = sizeof *rows->label + sizeof *rows->start + sizeof(uint32_t);
    size_t entry = sizeof *rows->index + sizeof *rows->value;
    return (double)(rows->m * row + entries * entry + dense * sizeof(double)) + columns;
}
