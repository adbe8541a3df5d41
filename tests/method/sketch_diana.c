/*
 * DIANA, as in papers on MARINA and COFIG (arXiv:2112.13097): shifts that learn the local gradients.
 *
 *   paper   here     held by   meaning
 *   x       s->x     server    model
 *   h       s->h     server    mean of the h_i
 *   g       s->g     server    h + mean of the m_i, with the old h
 *   h_i     c->h_i   client i  shift
 *   m_i     up       wire      C(grad f_i(x) - h_i)
 *   alpha   learns()           1/(1 + omega)
 *
 * Tried here: one message that is added with two scales. Invariant: h = mean h_i.
 */
#include "base/vec.h"
#include "sketches.h"

struct diana_server {
    double *x, *h, *g;
};

struct diana_worker {
    double *grad;
};

struct diana_client {
    double *h_i;
};

static double learns(const struct lac_env *e)
{
    return 1.0 / (1.0 + e->channel[0].info.omega);
}

static unsigned diana_needs(const struct lac_problem *p)
{
    (void)p;
    return LAC_NEEDS_L_I;
}

static double diana_theory(const struct lac_problem *p)
{
    return 1.0 / (p->constants->L_max * (1.0 + 4.0 * p->omega / (double)p->n));
}

static const struct lac_step_rule diana_rules[] = {
    {"theory", "1/(L_max (1 + 4 omega/n))", diana_needs, diana_theory},
    {0},
};

static lac_status diana_server_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct diana_server *s = state;
    LAC_TRY(lac_new_vector(e, a, &s->x));
    LAC_TRY(lac_new_vector(e, a, &s->h));
    LAC_TRY(lac_new_vector(e, a, &s->g));
    vec_copy(s->x, e->x0, e->d);
    return LAC_OK;
}

static lac_status diana_worker_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct diana_worker *w = state;
    return lac_new_vector(e, a, &w->grad);
}

static lac_status diana_client_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct diana_client *c = state;
    return lac_new_vector(e, a, &c->h_i);
}

static lac_status diana_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct diana_server *s = state;
    vec_copy(s->g, s->h, e->d);
    return lac_put(e, down, s->x);
}

static lac_status diana_client_step(void *worker, void *client, struct lac_env *e,
                                    struct lac_message *down, struct lac_message *up)
{
    struct diana_worker *w = worker;
    struct diana_client *c = client;
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->grad));
    vec_sub(w->grad, w->grad, c->h_i, e->d);
    LAC_TRY(lac_compress(e, 0, w->grad, up));    /* m_i = C(grad f_i(x) - h_i) */
    return lac_add(e, 0, up, learns(e), c->h_i); /* h_i += alpha m_i */
}

static lac_status diana_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct diana_server *s = state;
    LAC_TRY(lac_add_mean(e, 0, up, s->g));                    /* g = h + mean m_i */
    return lac_add(e, 0, up, learns(e) / (double)e->n, s->h); /* h += alpha mean m_i */
}

static lac_status diana_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct diana_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->gamma, s->g, e->d);
    return LAC_OK;
}

static double *diana_server_model(void *state)
{
    struct diana_server *s = state;
    return s->x;
}

static void diana_server_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct diana_server *s = state;
    v->vector(v, "x", s->x, e->d);
    v->vector(v, "h", s->h, e->d);
}

static void diana_client_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct diana_client *c = state;
    v->vector(v, "h_i", c->h_i, e->d);
}

const struct lac_method sketch_diana = {
    .name = "diana",
    .summary = "sketch",
    .paper = "Mishchenko et al., arXiv:1901.09269",
    .traits = LAC_GIVES_EVALUATION,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .rules = diana_rules,
    .server_size = sizeof(struct diana_server),
    .worker_size = sizeof(struct diana_worker),
    .client_size = sizeof(struct diana_client),
    .server_setup = diana_server_setup,
    .worker_setup = diana_worker_setup,
    .client_setup = diana_client_setup,
    .server_begin = diana_server_begin,
    .client_step = diana_client_step,
    .server_add = diana_server_add,
    .server_end = diana_server_end,
    .server_model = diana_server_model,
    .server_visit = diana_server_visit,
    .client_visit = diana_client_visit,
};
