/*
 * ProxSkip (Scaffnew): gradient steps on the clients' own models, corrected by shifts; a shared coin says when they are
 * averaged.
 *
 * Mishchenko, Malinovsky, Stich, Richtarik. "ProxSkip: Yes! Local Gradient Steps Provably Lead to Communication
 * Acceleration! Finally!". ICML 2022. arXiv:2202.09357, Algorithm 2.
 *
 *   paper       here       held by    meaning
 *   x_i         c->x       client i   model
 *   h_i         c->h       client i   shift, sum h_i = 0
 *   x^_i        c->hat     client i   x_i - gamma (grad f_i(x_i) - h_i)
 *   theta_t     meets(e)   all        coin, 1 with probability p: models are averaged in this round
 *   gamma, p    e->gamma, e->p        --step, --p: 1/L_max, sqrt(mu/L_max)
 *   up          up         wire       x^_i - (gamma/p) h_i
 *
 * Invariant (tests/method): sum h_i = 0 after each meeting.
 */
#include "method/proxskip.h"

#include <math.h>

#include "base/vec.h"

const struct lac_vector lac_proxskip_server_vectors[] = {
    LAC_VECTOR(lac_proxskip_server, mean, LAC_WORK),
    {0},
};

const struct lac_vector lac_proxskip_worker_vectors[] = {
    LAC_VECTOR(lac_proxskip_worker, grad, LAC_WORK),
    {0},
};

const struct lac_vector lac_proxskip_client_vectors[] = {
    LAC_VECTOR(lac_proxskip_client, x, LAC_MODEL),
    LAC_VECTOR(lac_proxskip_client, h, LAC_SHIFT),
    LAC_VECTOR(lac_proxskip_client, hat, LAC_WORK),
    {0},
};

static double proxskip_theory(const struct lac_problem *p)
{
    return 1.0 / p->constants->L_max;
}

static double proxskip_chance(const struct lac_problem *p)
{
    return fmin(1.0, sqrt(p->mu / p->constants->L_max));
}

const struct lac_step_rule lac_proxskip_rules[] = {
    {"theory", "1/L_max", LAC_NEEDS_L_I, LAC_FOR_CONVEX, proxskip_theory},
    {0},
};

const struct lac_step_rule lac_proxskip_chances[] = {
    {"theory", "sqrt(mu/L_max), mu of the regularizer", LAC_NEEDS_L_I,
     LAC_FOR_CONVEX | LAC_ONLY_STRONG, proxskip_chance},
    {0},
};

static bool meets(const struct lac_env *e)
{
    return lac_coin(e, 0, e->p);
}

unsigned lac_proxskip_messages(const struct lac_env *e)
{
    return meets(e) ? LAC_UP | LAC_REPLY : 0;
}

double lac_proxskip_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    kind[0].clients = 0.0; /* silent */
    kind[1].vectors = 1;
    return e->p;
}

void lac_proxskip_move(struct lac_proxskip_worker *w, struct lac_proxskip_client *c,
                       const struct lac_env *e)
{
    vec_sub(w->grad, w->grad, c->h, e->d);
    vec_copy(c->hat, c->x, e->d);
    vec_axpy(c->hat, -e->gamma, w->grad, e->d); /* x^_i = x_i - gamma (grad f_i(x_i) - h_i) */
}

lac_status lac_proxskip_meet(struct lac_proxskip_worker *w, struct lac_proxskip_client *c,
                             struct lac_env *e, struct lac_message *up)
{
    if (!meets(e)) {
        vec_copy(c->x, c->hat, e->d); /* theta_t = 0: x_i = x^_i */
        return LAC_OK;
    }
    vec_copy(w->grad, c->hat, e->d);
    vec_axpy(w->grad, -e->gamma / e->p, c->h, e->d);
    return lac_put(e, up, w->grad); /* theta_t = 1: x^_i - (gamma/p) h_i, sent */
}

static lac_status proxskip_client_step(void *worker, void *client, struct lac_env *e,
                                       struct lac_message *down, struct lac_message *up)
{
    struct lac_proxskip_worker *w = worker;
    struct lac_proxskip_client *c = client;
    (void)down;
    LAC_TRY(lac_gradient(e, c->x, w->grad));
    lac_proxskip_move(w, c, e);
    return lac_proxskip_meet(w, c, e, up);
}

lac_status lac_proxskip_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct lac_proxskip_server *s = state;
    (void)down;
    vec_zero(s->mean, e->d);
    return LAC_OK;
}

lac_status lac_proxskip_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct lac_proxskip_server *s = state;
    const double *sent;
    LAC_TRY(lac_get(e, up, &sent));
    vec_axpy(s->mean, 1.0 / (double)e->n, sent, e->d);
    return LAC_OK;
}

lac_status lac_proxskip_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct lac_proxskip_server *s = state;
    return meets(e) ? lac_put(e, reply, s->mean) : LAC_OK; /* mean of x^_j - (gamma/p) h_j */
}

lac_status lac_proxskip_client_end(void *worker, void *client, const struct lac_env *e,
                                   struct lac_message *reply)
{
    struct lac_proxskip_client *c = client;
    const double *x;
    (void)worker;
    LAC_TRY(lac_get(e, reply, &x));
    vec_copy(c->x, x, e->d);
    vec_axpy(c->h, e->p / e->gamma, c->x, e->d); /* h_i <- h_i + (p/gamma)(x_i - x^_i) */
    vec_axpy(c->h, -e->p / e->gamma, c->hat, e->d);
    return LAC_OK;
}

const struct lac_method lac_method_proxskip = {
    .name = "proxskip",
    .summary = "gradient steps on the clients, averaged when a coin says so",
    .paper = "Mishchenko, Malinovsky, Stich, Richtarik, arXiv:2202.09357, Algorithm 2",
    .client = LAC_HOLDS(lac_proxskip_client),
    .client_step = proxskip_client_step,
    .client_end = lac_proxskip_client_end,
    LAC_PROXSKIP,
};
