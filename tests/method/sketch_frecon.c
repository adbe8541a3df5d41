/*
 * FRECON (arXiv:2112.13097): a recursive estimator and shifts.
 *
 *   paper        here         held by   meaning
 *   x^{t+1},x^t  two sections down      both models, for clients that were away
 *   g^t, h^t     s->g, s->h   server    estimator; mean of the h_i
 *   u_i          channel 0    wire      C'(grad f_i(x^t) - h_i)
 *   q_i          channel 1    wire      C(grad f_i(x^{t+1}) - grad f_i(x^t))
 *   alpha        learns()               1/(1 + omega)
 *   lambda       mixes()                S/(2 (1 + omega) N)
 *
 * Start: g^0 = grad f(x^0), h_i = grad f_i(x^0). Tried here: two sections each way, independent draws.
 * Invariant: h = mean h_i.
 */
#include "base/vec.h"
#include "sketches.h"

enum { SHIFT, DIFFERENCE };

struct frecon_server {
    double *x, *previous, *g, *h;
};

struct frecon_worker {
    double *now, *then;
};

struct frecon_client {
    double *h_i;
};

static const struct lac_parameter frecon_parameters[] = {
    {"set", 3.0, 1.0, 1e9, true, "clients that take part in a round"},
    {0},
};

static double set(const struct lac_env *e)
{
    return e->parameter[0] < (double)e->n ? e->parameter[0] : (double)e->n;
}

static double learns(const struct lac_env *e)
{
    return 1.0 / (1.0 + e->channel[SHIFT].info.omega);
}

static double mixes(const struct lac_env *e)
{
    return set(e) * learns(e) / (2.0 * (double)e->n);
}

static uint32_t frecon_participants(const struct lac_env *e, struct lac_participant *who)
{
    if (e->round == 0) {
        return sketch_everybody(e, who);
    }
    sketch_nobody(e, who);
    sketch_draw(e, 0, (uint32_t)set(e), 0, who);
    return sketch_present(e, who);
}

static lac_status frecon_server_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct frecon_server *s = state;
    LAC_TRY(lac_new_vector(e, a, &s->x));
    LAC_TRY(lac_new_vector(e, a, &s->previous));
    LAC_TRY(lac_new_vector(e, a, &s->g));
    LAC_TRY(lac_new_vector(e, a, &s->h));
    vec_copy(s->x, e->x0, e->d);
    return LAC_OK;
}

static lac_status frecon_worker_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct frecon_worker *w = state;
    LAC_TRY(lac_new_vector(e, a, &w->now));
    return lac_new_vector(e, a, &w->then);
}

static lac_status frecon_client_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct frecon_client *c = state;
    return lac_new_vector(e, a, &c->h_i);
}

static lac_status frecon_server_begin(void *state, const struct lac_env *e,
                                      struct lac_message *down)
{
    struct frecon_server *s = state;
    double lambda = mixes(e);
    vec_copy(s->previous, s->x, e->d);
    vec_axpy(s->x, -e->gamma, s->g, e->d);     /* 1. x^{t+1} = x^t - eta g^t */
    vec_scale(s->g, 1.0 - lambda, s->g, e->d); /* (1 - lambda) g^t + lambda h^t */
    vec_axpy(s->g, lambda, s->h, e->d);
    LAC_TRY(lac_put(e, down, s->x));
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
        LAC_TRY(lac_compress(e, SHIFT, w->now, up));
        return lac_add(e, SHIFT, up, 1.0, c->h_i);
    }
    lac_next(down);
    LAC_TRY(lac_get(e, down, &previous));
    LAC_TRY(lac_gradient(e, previous, w->then));
    vec_sub(w->now, w->now, w->then, e->d);
    vec_sub(w->then, w->then, c->h_i, e->d);
    LAC_TRY(lac_compress(e, SHIFT, w->then, up));      /* 2. u_i */
    LAC_TRY(lac_add(e, SHIFT, up, learns(e), c->h_i)); /* h_i += alpha u_i */
    return lac_compress(e, DIFFERENCE, w->now, up);    /* q_i */
}

static lac_status frecon_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct frecon_server *s = state;
    if (e->round == 0) {
        LAC_TRY(lac_add_mean(e, SHIFT, up, s->g));
        return lac_add_mean(e, SHIFT, up, s->h);
    }
    LAC_TRY(lac_add(e, SHIFT, up, mixes(e) / set(e), s->g)); /* 3. lambda u */
    LAC_TRY(lac_add(e, SHIFT, up, learns(e) / (double)e->n, s->h));
    lac_next(up);
    return lac_add(e, DIFFERENCE, up, 1.0 / set(e), s->g); /* q */
}

static double *frecon_server_model(void *state)
{
    struct frecon_server *s = state;
    return s->x;
}

static void frecon_server_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct frecon_server *s = state;
    v->vector(v, "x", s->x, e->d);
    v->vector(v, "g", s->g, e->d);
    v->vector(v, "h", s->h, e->d);
}

static void frecon_client_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct frecon_client *c = state;
    v->vector(v, "h_i", c->h_i, e->d);
}

const struct lac_method sketch_frecon = {
    .name = "frecon",
    .summary = "sketch",
    .paper = "Zhao, Burlachenko, Li, Richtarik, arXiv:2112.13097",
    .traits = LAC_GIVES_EVALUATION | LAC_STEPS_FIRST,
    .starts = LAC_START_EXACT,
    .start_default = LAC_START_EXACT,
    .channels = {{"up shift", LAC_FROM_COMPRESSOR, LAC_UNBIASED},
                 {"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = frecon_parameters,
    .server_size = sizeof(struct frecon_server),
    .worker_size = sizeof(struct frecon_worker),
    .client_size = sizeof(struct frecon_client),
    .server_setup = frecon_server_setup,
    .worker_setup = frecon_worker_setup,
    .client_setup = frecon_client_setup,
    .participants = frecon_participants,
    .server_begin = frecon_server_begin,
    .client_step = frecon_client_step,
    .server_add = frecon_server_add,
    .server_model = frecon_server_model,
    .server_visit = frecon_server_visit,
    .client_visit = frecon_client_visit,
};
