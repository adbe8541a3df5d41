/*
 * How noisy the sampling of a client's rows makes an estimate of grad f_i(x) - grad f_i(y): the square
 * of the constant of arXiv:2206.02275, Section 6, (A_i - B_i) L_{i,+,w}^2 + B_i L_{i,pm,w}^2. Exact for
 * quadratics; else B_i's part is left out, and row Hessians are replaced by their bounds.
 */
#include <math.h>

#include "base/lanczos.h"
#include "base/vec.h"
#include "method/minibatch.h"
#include "worker/worker_state.h"

struct rows_noise {
    struct lac_worker *w;
    const struct lac_local *f;
    double *noise;   /* (m) A_i/(m w_ij) */
    double *product; /* (d) */
    double less;     /* B_i, 0 where the curvature is a bound */
};

/* hv <- (1/m) sum_j noise_j H_j^2 v - less H^2 v, without the regularizer, which is never sampled */
static lac_status noise_product(void *noise, const double *v, double *hv)
{
    struct rows_noise *k = noise;
    const struct lac_local *f = k->f;
    double *work = k->w->work;
    f->objective->curvature_squared(&f->rows, k->noise, v, work, hv);
    if (k->less > 0.0) {
        double *twice = k->product + k->w->env.d;
        f->objective->curvature(&f->rows, v, work, k->product);
        f->objective->curvature(&f->rows, k->product, work, twice);
        vec_axpy(hv, -k->less, twice, k->w->env.d);
    }
    if (f->weight != 1.0) {
        vec_scale(hv, f->weight * f->weight, hv, k->w->env.d);
    }
    return LAC_OK;
}

static lac_status largest(struct rows_noise *k, uint32_t client, struct lac_arena *scratch,
                          double *value)
{
    struct lac_lanczos lanczos;
    struct lac_stream stream = {
        .seed = k->w->config->seed, .client = client, .purpose = LAC_PURPOSE_SPECTRUM};
    LAC_TRY(lac_lanczos_open(&lanczos, k->w->env.d, scratch));
    LAC_TRY(lac_largest_eigenvalue(&lanczos, &stream, noise_product, k, value));
    *value = *value > 0.0 ? *value : 0.0;
    return LAC_OK;
}

static lac_status open_law(const struct rows_noise *k, const struct lac_estimator *estimator,
                           uint32_t client, struct lac_law *law, struct lac_arena *scratch)
{
    enum lac_law_kind kind;
    if (!lac_estimator_law(estimator, &kind)) {
        return LAC_FAIL(LAC_E_USAGE, "--gradient: there is no theory of minibatches that are not "
                                     "drawn anew; use nice:TAU, or give --step a number");
    }
    if (k->w->query == LAC_QUERY_ROWS_VANILLA) {
        size_t m = k->f->rows.m;
        return lac_law_vanilla(law, m, (double)lac_estimator_rows(estimator, m));
    }
    return lac_sampler_law(estimator, client, k->f, law, scratch);
}

/* The largest noise_j L_j: for convex losses (1/m) sum noise_j |grad f_j(x) - grad f_j(y)|^2 is at most twice that
   times the mean of their Bregman distances. */
static lac_status spread(const struct rows_noise *k, struct lac_arena *scratch, double *value)
{
    const struct lac_rows *rows = &k->f->rows;
    double *L;
    LAC_TRY(LAC_NEW(scratch, rows->m, &L));
    k->f->objective->row_smoothness(rows, L);
    for (size_t j = 0; j < rows->m; j++) {
        *value = fmax(*value, k->noise[j] * L[j] * k->f->weight);
    }
    return LAC_OK;
}

/* The largest weight of a minibatch, rows_j B/m with floor or ceil(m/B) rows: its gradient bends as much as its rows at most,
   times that. 1 where none are dealt, or where B divides m. */
static lac_status batch_weight(const struct lac_worker *w, const struct lac_estimator *estimator,
                               uint64_t m, struct lac_arena *scratch, double *weight)
{
    const char *text = w->config->method;
    const struct lac_method *method;
    struct lac_env e = {0};
    *weight = 1.0;
    LAC_TRY(lac_method_find(text, &method));
    LAC_TRY(lac_method_parameters(method, text, e.parameter, scratch));
    uint64_t count = lac_method_batches(method, &e);
    bool dealt = lac_deals_batches(method, &e) && estimator->kind == LAC_ESTIMATOR_FULL;
    if (dealt && m % count != 0) {
        size_t most = m / count + 1;
        *weight = (double)most * (double)count / (double)m;
    }
    return LAC_OK;
}

/* max_j L_j of the row's loss, as the minibatches weigh it, with the regularizer; with the client's weight, and without where
   that is more, as local steps go without it */
static lac_status largest_row(const struct lac_worker *w, const struct lac_local *f,
                              const struct lac_estimator *estimator, struct lac_arena *scratch,
                              double *value)
{
    double *L, weight;
    LAC_TRY(batch_weight(w, estimator, f->rows.m, scratch, &weight));
    LAC_TRY(LAC_NEW(scratch, f->rows.m + 1, &L));
    f->objective->row_smoothness(&f->rows, L);
    for (size_t j = 0; j < f->rows.m; j++) {
        *value = fmax(*value, L[j]);
    }
    *value = (*value * weight + f->lambda * f->regularizer->smoothness) * fmax(1.0, f->weight);
    return LAC_OK;
}

static lac_status noise_of(struct rows_noise *k, const struct lac_estimator *estimator,
                           uint32_t client, struct lac_arena *scratch, double *value)
{
    size_t m = k->f->rows.m;
    struct lac_law law;
    LAC_TRY(open_law(k, estimator, client, &law, scratch));
    if (law.A == 0.0) {
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(scratch, m, &k->noise));
    for (size_t j = 0; j < m; j++) {
        k->noise[j] = lac_law_noise(&law, j);
    }
    if (k->w->query == LAC_QUERY_ROWS_SPREAD) {
        return spread(k, scratch, value);
    }
    LAC_TRY(LAC_NEW(scratch, 2 * (size_t)k->w->env.d, &k->product));
    k->less = k->f->objective->quadratic ? law.B : 0.0;
    return largest(k, client, scratch, value);
}

static lac_status answer(struct lac_worker *w, uint32_t client, struct lac_arena *scratch,
                         double *value)
{
    struct rows_noise k = {.w = w, .f = &w->local[client - w->first]};
    struct lac_estimator estimator;
    size_t m = k.f->rows.m;
    LAC_TRY(lac_estimator_open(&estimator, w->config->gradient, scratch));
    if (w->query == LAC_QUERY_ROWS_FRACTION) {
        *value = m > 0 ? (double)lac_estimator_rows(&estimator, m) / (double)m : 1.0;
        return LAC_OK;
    }
    *value = 0.0; /* where all rows are used */
    if (w->query == LAC_QUERY_ROWS_SMOOTHNESS) {
        return largest_row(w, k.f, &estimator, scratch, value);
    }
    bool drawn = estimator.kind != LAC_ESTIMATOR_FULL && m > 0;
    return drawn ? noise_of(&k, &estimator, client, scratch, value) : LAC_OK;
}

lac_status lac_worker_rows(struct lac_worker *w, uint32_t client, double *value)
{
    struct lac_arena scratch = {0};
    lac_status status = answer(w, client, &scratch, value);
    lac_arena_free(&scratch);
    return status;
}
