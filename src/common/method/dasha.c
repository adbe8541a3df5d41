/*
 * DASHA: MARINA's rate without its rounds of whole gradients.
 *
 * Tyurin, Richtarik. "DASHA: Distributed Nonconvex Optimization with Communication Compression and
 * Optimal Oracle Complexity". ICLR 2023. arXiv:2202.01268, Algorithm 1 in the gradient setting.
 *
 *   paper       here          held by       meaning
 *   x^t         s->x          server        model
 *   g^t         s->g          server        mean of the g_i^t
 *   h_i^t       c->h_i        client i      grad f_i(x^t)
 *   g_i^t       c->g_i        client i      what the server believes it is
 *   m_i^{t+1}   up            on the wire   C(h_i^{t+1} - h_i^t - a (g_i^t - h_i^t))
 *   a           momentum(e)                 1/(2 omega + 1)
 *
 * Start: g_i^0 = h_i^0 = grad f_i(x^0), counted. Invariant (tests/method): g = mean g_i.
 */
#include <math.h>

#include "base/vec.h"
#include "method/method.h"
#include "method/steps.h"

struct dasha_server {
    double *x, *g;
};

struct dasha_worker {
    double *grad, *diff; /* work */
};

struct dasha_client {
    double *h_i, *g_i;
};

static unsigned dasha_needs(const struct lac_problem *p)
{
    return (unsigned)LAC_NEEDS_L | (p->omega > 0.0 ? (unsigned)LAC_NEEDS_L_I : 0);
}

static double dasha_theory(const struct lac_problem *p)
{
    double w = p->omega;
    double noise = w > 0.0 ? sqrt(16.0 * lac_mean_omega(p) * (2.0 * w + 1.0)) : 0.0;
    return 1.0 / (p->constants->L + noise * p->constants->L_rms);
}

static const struct lac_step_rule dasha_rules[] = {
    {"theory", "1/(L + L_rms sqrt(16 W (2 omega + 1))), W = omega/n (permk: 1 + omega_Q)",
     dasha_needs, dasha_theory},
    {0},
};

static double momentum(const struct lac_env *e)
{
    return 1.0 / (2.0 * e->channel[0].info.omega + 1.0);
}

static lac_status dasha_server_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct dasha_server *s = state;
    LAC_TRY(lac_new_vector(e, a, &s->x));
    LAC_TRY(lac_new_vector(e, a, &s->g));
    vec_copy(s->x, e->x0, e->d);
    return LAC_OK;
}

static lac_status dasha_worker_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct dasha_worker *w = state;
    LAC_TRY(lac_new_vector(e, a, &w->grad));
    return lac_new_vector(e, a, &w->diff);
}

static lac_status dasha_client_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct dasha_client *c = state;
    LAC_TRY(lac_new_vector(e, a, &c->h_i));
    return lac_new_vector(e, a, &c->g_i);
}

static lac_status dasha_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct dasha_server *s = state;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x^{t+1} = x^t - gamma g^t */
    return lac_put(e, down, s->x);         /* broadcast x^{t+1} */
}

static lac_status dasha_client_step(void *worker, void *client, struct lac_env *e,
                                    struct lac_message *down, struct lac_message *up)
{
    struct dasha_worker *w = worker;
    struct dasha_client *c = client;
    const double *x;
    double a = e->round == 0 ? 0.0 : momentum(e);
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->grad));
    vec_sub(w->diff, w->grad, c->h_i, e->d); /* h_i^{t+1} - h_i^t ... */
    vec_axpy(w->diff, -a, c->g_i, e->d);     /* ... - a (g_i^t - h_i^t) */
    vec_axpy(w->diff, a, c->h_i, e->d);
    vec_copy(c->h_i, w->grad, e->d);          /* h_i^{t+1} = grad f_i(x^{t+1}) */
    LAC_TRY(lac_compress(e, 0, w->diff, up)); /* m_i^{t+1}, sent */
    return lac_add(e, 0, up, 1.0, c->g_i);    /* g_i^{t+1} = g_i^t + m_i^{t+1} */
}

static lac_status dasha_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct dasha_server *s = state;
    return lac_add_mean(e, 0, up, s->g); /* g^{t+1} = g^t + mean m_i^{t+1} */
}

static double *dasha_server_model(void *state)
{
    struct dasha_server *s = state;
    return s->x;
}

static void dasha_server_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct dasha_server *s = state;
    v->vector(v, "x", s->x, e->d);
    v->vector(v, "g", s->g, e->d);
}

static void dasha_client_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct dasha_client *c = state;
    v->vector(v, "h_i", c->h_i, e->d);
    v->vector(v, "g_i", c->g_i, e->d);
}

const struct lac_method lac_method_dasha = {
    .name = "dasha",
    .summary =
        "compressed differences with momentum; nobody sends a whole gradient after the start",
    .paper = "Tyurin, Richtarik, arXiv:2202.01268, Algorithm 1",
    .traits = LAC_GIVES_EVALUATION | LAC_STEPS_FIRST,
    .starts = LAC_START_EXACT,
    .start_default = LAC_START_EXACT,
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .rules = dasha_rules,
    .server_size = sizeof(struct dasha_server),
    .worker_size = sizeof(struct dasha_worker),
    .client_size = sizeof(struct dasha_client),
    .server_setup = dasha_server_setup,
    .worker_setup = dasha_worker_setup,
    .client_setup = dasha_client_setup,
    .server_begin = dasha_server_begin,
    .client_step = dasha_client_step,
    .server_add = dasha_server_add,
    .server_model = dasha_server_model,
    .server_visit = dasha_server_visit,
    .client_visit = dasha_client_visit,
};
