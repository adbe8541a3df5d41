/*
 * COFIG (arXiv:2112.13097): DIANA with two client sets, one for the estimator, one for the shifts.
 *
 *   paper       here              held by   meaning
 *   x^t, h^t    s->x, s->h        server    model; mean of the h_i
 *   S~^t, S^t   roles FEEDS_G, FEEDS_H      S clients each, without replacement; independent draws,
 *                                           or one draw with same=1
 *   u_i         up                wire      C(grad f_i(x^t) - h_i)
 *   alpha       learns()                    1/(1 + omega)
 *
 * Tried here: partial participation, roles. Invariant: h = mean h_i.
 */
#include "base/vec.h"
#include "sketches.h"

enum { SET, SAME };
enum { FEEDS_G = 1, FEEDS_H = 2 };

struct cofig_server {
    double *x, *h, *g;
};

struct cofig_worker {
    double *grad;
};

struct cofig_client {
    double *h_i;
};

static const struct lac_parameter cofig_parameters[] = {
    {"set", 3.0, 1.0, 1e9, true, "clients in each of the two sets"},
    {"same", 0.0, 0.0, 1.0, true, "1: one draw for both sets"},
    {0},
};

static double learns(const struct lac_env *e)
{
    return 1.0 / (1.0 + e->channel[0].info.omega);
}

static uint32_t cofig_participants(const struct lac_env *e, struct lac_participant *who)
{
    uint32_t set = e->parameter[SET] < (double)e->n ? (uint32_t)e->parameter[SET] : e->n;
    sketch_nobody(e, who);
    sketch_draw(e, 0, set, FEEDS_G, who);
    sketch_draw(e, e->parameter[SAME] > 0.0 ? 0 : 1, set, FEEDS_H, who);
    return sketch_present(e, who);
}

static lac_status cofig_server_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct cofig_server *s = state;
    LAC_TRY(lac_new_vector(e, a, &s->x));
    LAC_TRY(lac_new_vector(e, a, &s->h));
    LAC_TRY(lac_new_vector(e, a, &s->g));
    vec_copy(s->x, e->x0, e->d);
    return LAC_OK;
}

static lac_status cofig_worker_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct cofig_worker *w = state;
    return lac_new_vector(e, a, &w->grad);
}

static lac_status cofig_client_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct cofig_client *c = state;
    return lac_new_vector(e, a, &c->h_i);
}

static lac_status cofig_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct cofig_server *s = state;
    vec_copy(s->g, s->h, e->d);
    return lac_put(e, down, s->x); /* 2. to those in either set */
}

static lac_status cofig_client_step(void *worker, void *client, struct lac_env *e,
                                    struct lac_message *down, struct lac_message *up)
{
    struct cofig_worker *w = worker;
    struct cofig_client *c = client;
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->grad));
    vec_sub(w->grad, w->grad, c->h_i, e->d);
    LAC_TRY(lac_compress(e, 0, w->grad, up)); /* 3. u_i = C(grad f_i(x^t) - h_i) */
    return e->who.role & FEEDS_H ? lac_add(e, 0, up, learns(e), c->h_i) : LAC_OK;
}

static lac_status cofig_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct cofig_server *s = state;
    double set = e->parameter[SET] < (double)e->n ? e->parameter[SET] : (double)e->n;
    if (e->who.role & FEEDS_G) {
        LAC_TRY(lac_add(e, 0, up, 1.0 / set, s->g)); /* 4. g^t = h^t + (1/S) sum u_i */
    }
    if (e->who.role & FEEDS_H) { /* h^{t+1} = h^t + (alpha/N) sum u_i */
        LAC_TRY(lac_add(e, 0, up, learns(e) / (double)e->n, s->h));
    }
    return LAC_OK;
}

static lac_status cofig_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct cofig_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x^{t+1} = x^t - eta g^t */
    return LAC_OK;
}

static double *cofig_server_model(void *state)
{
    struct cofig_server *s = state;
    return s->x;
}

static void cofig_server_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct cofig_server *s = state;
    v->vector(v, "x", s->x, e->d);
    v->vector(v, "h", s->h, e->d);
}

static void cofig_client_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct cofig_client *c = state;
    v->vector(v, "h_i", c->h_i, e->d);
}

const struct lac_method sketch_cofig = {
    .name = "cofig",
    .summary = "sketch",
    .paper = "Zhao, Burlachenko, Li, Richtarik, arXiv:2112.13097",
    .traits = LAC_GIVES_EVALUATION,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = cofig_parameters,
    .server_size = sizeof(struct cofig_server),
    .worker_size = sizeof(struct cofig_worker),
    .client_size = sizeof(struct cofig_client),
    .server_setup = cofig_server_setup,
    .worker_setup = cofig_worker_setup,
    .client_setup = cofig_client_setup,
    .participants = cofig_participants,
    .server_begin = cofig_server_begin,
    .client_step = cofig_client_step,
    .server_add = cofig_server_add,
    .server_end = cofig_server_end,
    .server_model = cofig_server_model,
    .server_visit = cofig_server_visit,
    .client_visit = cofig_client_visit,
};
