/*
 * How noisy the sampling of clients and of their rows makes an estimate of grad f(x) - grad f(y):
 * the constants of arXiv:2206.02275, Definitions 2 and 3, over clients and composed with the rows'.
 */
#include <math.h>

#include "base/vec.h"
#include "server/server_state.h"

struct noise {
    struct lac_server *s;
    struct lac_law law;
    double *sum, *product; /* (d) */
    bool less;             /* the matrix of L_pm_w */
    double rows;
};

/* sum += noise_i H_i^2 v */
static void add_noise(void *noise, uint32_t client, double number, const double *v)
{
    struct noise *k = noise;
    (void)number;
    vec_axpy(k->sum, lac_law_noise(&k->law, client), v, k->s->d);
}

/* hv <- (1/n) sum_i noise_i H_i^2 v = A (1/n) sum_i H_i^2/(n w_i) v, less A H^2 v */
static lac_status noise_product(void *noise, const double *v, double *hv)
{
    struct noise *k = noise;
    struct lac_server *s = k->s;
    vec_zero(k->sum, s->d);
    LAC_TRY(lac_server_ask(s, LAC_QUERY_CURVATURE_TWICE, v, add_noise, k));
    vec_zero(hv, s->d);
    if (k->less) {
        LAC_TRY(lac_server_curvature(s, v, k->product));
        LAC_TRY(lac_server_curvature(s, k->product, hv));
        vec_scale(hv, -k->law.A, hv, s->d);
    }
    vec_axpy(hv, 1.0 / (double)s->n, k->sum, s->d);
    return LAC_OK;
}

/* Exact for quadratics; else L_pm_w <= L_plus_w, and L_plus_w^2 <= (1/n) sum L_i^2/(n w_i). */
static lac_status both_constants(struct noise *k, double *plus, double *pm)
{
    struct lac_server *s = k->s;
    if (s->config->quadratic) {
        LAC_TRY(LAC_NEW(s->arena, s->d, &k->sum));
        LAC_TRY(LAC_NEW(s->arena, s->d, &k->product));
        LAC_TRY(lac_server_largest(s, noise_product, k, plus));
        k->less = true;
        LAC_TRY(lac_server_largest(s, noise_product, k, pm));
        *pm = fmax(0.0, fmin(*pm, *plus));
        return LAC_OK;
    }
    for (uint32_t i = 0; i < s->n; i++) {
        *plus += lac_law_noise(&k->law, i) * s->L_i[i] * s->L_i[i] / (double)s->n;
    }
    *pm = *plus;
    return LAC_OK;
}

static lac_status clients_noise(struct noise *k)
{
    struct lac_constants *c = &k->s->constants;
    double A = k->law.A, plus = 0.0, pm = 0.0; /* A L_plus_w^2, A L_pm_w^2 */
    if (A == 0.0) {
        return LAC_OK;
    }
    LAC_TRY(both_constants(k, &plus, &pm));
    c->L_plus_w = sqrt(plus / A);
    c->L_pm_w = sqrt(pm / A);
    c->clients_noise = k->law.B > 0.0 ? pm : plus;
    return LAC_OK;
}

static void add_rows(void *noise, uint32_t client, double number, const double *v)
{
    struct noise *k = noise;
    double n = (double)k->s->n;
    (void)v;
    k->rows += lac_law_square(&k->law, client) * number / n;
}

static void add_to(void *sum, uint32_t client, double number, const double *v)
{
    (void)client;
    (void)v;
    *(double *)sum += number;
}

static void keep_largest(void *most, uint32_t client, double number, const double *v)
{
    (void)client;
    (void)v;
    *(double *)most = fmax(*(double *)most, number);
}

static lac_status rows_alone(struct lac_server *s)
{
    struct lac_constants *c = &s->constants;
    LAC_TRY(lac_server_ask(s, LAC_QUERY_ROWS_NOISE, NULL, add_to, &c->rows_variance));
    c->rows_variance /= (double)s->n;
    return lac_server_ask(s, LAC_QUERY_ROWS_SPREAD, NULL, keep_largest, &c->rows_spread);
}

lac_status lac_server_sampling(struct lac_server *s, unsigned needs)
{
    struct lac_sampling *sampling = &s->env.sampling;
    bool estimates = s->env.estimator.kind != LAC_ESTIMATOR_FULL;
    if (lac_sampling_is_weighted(sampling)) {
        LAC_TRY(lac_sampling_weigh(sampling, s->L_i, s->arena));
    }
    s->constants.fraction = 1.0;
    if (estimates && (needs & LAC_NEEDS_FRACTION)) {
        double sum = 0.0;
        LAC_TRY(lac_server_ask(s, LAC_QUERY_ROWS_FRACTION, NULL, add_to, &sum));
        s->constants.fraction = sum / (double)s->n;
    }
    if (needs & LAC_NEEDS_L_ROW) {
        double *most = &s->constants.L_row;
        LAC_TRY(lac_server_ask(s, LAC_QUERY_ROWS_SMOOTHNESS, NULL, keep_largest, most));
    }
    if (estimates && (needs & LAC_NEEDS_ROWS)) {
        LAC_TRY(rows_alone(s));
    }
    if (!(needs & (LAC_NEEDS_NOISE | LAC_NEEDS_VANILLA))) {
        return LAC_OK;
    }
    struct noise k = {.s = s, .law = sampling->law};
    bool vanilla = needs & LAC_NEEDS_VANILLA;
    if (vanilla && k.law.A > 0.0) { /* all clients are all clients */
        LAC_TRY(lac_law_vanilla(&k.law, s->n, sampling->size));
    }
    LAC_TRY(clients_noise(&k));
    if (estimates) {
        enum lac_query question = vanilla ? LAC_QUERY_ROWS_VANILLA : LAC_QUERY_ROWS_NOISE;
        LAC_TRY(lac_server_ask(s, question, NULL, add_rows, &k));
        s->constants.rows_noise = k.rows;
    }
    return LAC_OK;
}
