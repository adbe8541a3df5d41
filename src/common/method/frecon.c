/*
 * FRECON: a recursive estimator and shifts, with few clients a round, after a start of all or of none.
 *
 * Zhao, Burlachenko, Li, Richtarik. "Faster Rates for Compressed Federated Learning with Client-Variance
 * Reduction". arXiv:2112.13097, Algorithm 2 (FRECON).
 *
 *   paper        here          held by       meaning
 *   x^{t+1}      s->x          server        model; x^t in s->previous
 *   g^t, h^t     s->g, s->h    server        estimator; mean of the h_i^t
 *   h_i^t        c->h_i        client i      shift
 *   u_i          SHIFT         on the wire   C'(grad f_i(x^t) - h_i^t); newest=1: at x^{t+1}
 *   q_i          DIFFERENCE    on the wire   C(grad f_i(x^{t+1}) - grad f_i(x^t))
 *   alpha        lac_learns(e)               1/(1 + omega)
 *   lambda       mixes(e)                    S/(2 (1 + omega) N)
 *   S            e->sampling.size            `--participation nice:S`
 *   N, eta       e->n, e->gamma
 *
 * The two published implementations differ in where u_i is taken: at x^t it makes u + h an unbiased
 * estimate of grad f(x^t) (default); FL_PyTorch takes x^{t+1} (newest=1). C and C' draw independently.
 * Start: g^0 = grad f(x^0), h_i^0 = grad f_i(x^0), counted; with `--init zero` all are 0 and no round has everybody.
 * Invariant (tests/method): h = mean h_i.
 */
#include <math.h>

#include "base/vec.h"
#include "method/method.h"
#include "method/steps.h"

enum { SHIFT, DIFFERENCE };
enum { NEWEST };

struct frecon_server {
    double *x, *previous, *g, *h;
};

struct frecon_worker {
    double *now, *then, *shift; /* work */
};

struct frecon_client {
    double *h_i;
};

static const struct lac_vector frecon_server_vectors[] = {
    LAC_VECTOR(frecon_server, x, LAC_MODEL),
    LAC_VECTOR(frecon_server, previous, LAC_WORK),
    LAC_VECTOR(frecon_server, g, LAC_ESTIMATE),
    LAC_VECTOR(frecon_server, h, LAC_STATE),
    {0},
};

static const struct lac_vector frecon_worker_vectors[] = {
    LAC_VECTOR(frecon_worker, now, LAC_WORK),
    LAC_VECTOR(frecon_worker, then, LAC_WORK),
    LAC_VECTOR(frecon_worker, shift, LAC_WORK),
    {0},
};

static const struct lac_vector frecon_client_vectors[] = {
    LAC_VECTOR(frecon_client, h_i, LAC_SHIFT),
    {0},
};

static const struct lac_parameter frecon_parameters[] = {
    {"newest", 0.0, 0.0, 1.0, true, "1: shifts learn the gradient at x^{t+1}, as in FL_PyTorch"},
    {0},
};

static double frecon_theory(const struct lac_problem *p)
{
    double noise = (1.0 + p->omega) / p->sampling->size;
    return 1.0 / (p->constants->L_max * (1.0 + sqrt(10.0 * noise * noise * (double)p->n)));
}

static const struct lac_step_rule frecon_rules[] = {
    {"theory", "1/(L_max (1 + sqrt(10 (1+omega)^2 n/S^2)))", LAC_NEEDS_L_I, LAC_FOR_COHORTS,
     frecon_theory},
    {0},
};

static double mixes(const struct lac_env *e)
{
    return e->sampling.size * lac_learns(e) / (2.0 * (double)e->n);
}

static double frecon_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    (void)e;
    kind[0].models = 2;
    return 0.0;
}

static lac_status frecon_server_begin(void *state, const struct lac_env *e,
                                      struct lac_message *down)
{
    struct frecon_server *s = state;
    double lambda = mixes(e);
    vec_copy(s->previous, s->x, e->d);
    vec_axpy(s->x, -e->gamma, s->g, e->d);     /* 1. x^{t+1} = x^t - eta g^t */
    vec_scale(s->g, 1.0 - lambda, s->g, e->d); /* 3. (1 - lambda) g^t + lambda h^t */
    vec_axpy(s->g, lambda, s->h, e->d);
    LAC_TRY(lac_put(e, down, s->x)); /* (x^{t+1}, x^t) to S^t */
    return lac_put(e, down, s->previous);
}

static lac_status frecon_client_step(void *worker, void *client, struct lac_env *e,
                                     struct lac_message *down, struct lac_message *up)
{
    struct frecon_worker *w = worker;
    struct frecon_client *c = client;
    const double *x, *previous;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->now));
    if (e->round == 0) {
        LAC_TRY(lac_compress(e, SHIFT, w->now, up)); /* h_i^0 = grad f_i(x^0) */
        return lac_add(e, SHIFT, up, 1.0, c->h_i);
    }
    lac_next(down);
    LAC_TRY(lac_get(e, down, &previous));
    LAC_TRY(lac_gradient(e, previous, w->then));
    bool newest = e->parameter[NEWEST] > 0.0;
    vec_sub(w->shift, newest ? w->now : w->then, c->h_i, e->d);
    vec_sub(w->now, w->now, w->then, e->d);
    LAC_TRY(lac_compress(e, SHIFT, w->shift, up));         /* 2. u_i = C'(grad f_i(x^t) - h_i^t) */
    LAC_TRY(lac_add(e, SHIFT, up, lac_learns(e), c->h_i)); /* h_i^{t+1} = h_i^t + alpha u_i */
    return lac_compress(e, DIFFERENCE, w->now, up); /* q_i = C(grad f_i(x^{t+1}) - grad f_i(x^t)) */
}

static lac_status frecon_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct frecon_server *s = state;
    if (e->round == 0) {
        LAC_TRY(lac_add_mean(e, SHIFT, up, s->g)); /* g^0 = h^0 = grad f(x^0) */
        return lac_add_mean(e, SHIFT, up, s->h);
    }
    double S = e->sampling.size;
    LAC_TRY(lac_add(e, SHIFT, up, mixes(e) / S, s->g));                 /* 3. ... + lambda u */
    LAC_TRY(lac_add(e, SHIFT, up, lac_learns(e) / (double)e->n, s->h)); /* h + alpha (S/N) u */
    lac_next(up);
    return lac_add(e, DIFFERENCE, up, 1.0 / S, s->g); /* ... + q */
}

const struct lac_method lac_method_frecon = {
    .name = "frecon",
    .summary = "a recursive estimator and shifts, with few clients a round",
    .paper = "Zhao, Burlachenko, Li, Richtarik, arXiv:2112.13097, Algorithm 2",
    .traits = LAC_GIVES_EVALUATION | LAC_STEPS_FIRST | LAC_ADMITS_LOSS,
    .starts = LAC_START_EXACT | LAC_START_ZERO,
    .start_default = LAC_START_EXACT,
    .participation = LAC_SAMPLING_NICE,
    .channels = {{"up shift", LAC_FROM_COMPRESSOR, LAC_UNBIASED},
                 {"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = frecon_parameters,
    .rules = {[LAC_STEP] = frecon_rules},
    .server = LAC_HOLDS(frecon_server),
    .worker = LAC_HOLDS(frecon_worker),
    .client = LAC_HOLDS(frecon_client),
    .kinds = frecon_kinds,
    .server_begin = frecon_server_begin,
    .client_step = frecon_client_step,
    .server_add = frecon_server_add,
};
