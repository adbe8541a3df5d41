/*
 * ProxSkip (Scaffnew) and GradSkip: gradient steps on the clients' own models, corrected by shifts; a shared coin says
 * when they are averaged. With GradSkip, clients that are ahead skip gradients.
 *
 * Mishchenko, Malinovsky, Stich, Richtarik. "ProxSkip: Yes! Local Gradient Steps Provably Lead to Communication
 * Acceleration! Finally!". ICML 2022. arXiv:2202.09357, Algorithm 2. Maranjyan, Safaryan, Richtarik. "GradSkip:
 * Communication-Accelerated Local Gradient Methods with Better Computational Complexity". arXiv:2210.16402,
 * Algorithm 1.
 *
 *   paper       here       held by    meaning
 *   x_i         c->x       client i   model
 *   h_i         c->h       client i   shift, sum h_i = 0
 *   x^_i        c->hat     client i   x_i - gamma (grad f_i(x_i) - h^_i)
 *   theta_t     meets(e)   all        coin, 1 with probability p: models are averaged in this round
 *   eta_i       goes_on    client i   GradSkip: its own coin, 1 with probability q_i
 *   gamma, p    e->gamma, e->p        --step, --p: 1/L_max, sqrt(mu/L_max)
 *   up          up         wire       x^_i - (gamma/p) h^_i
 *
 * q_i is published for p = sqrt(1/kappa_max): (1 - 1/kappa_i)/(1 - 1/kappa_max). Here it is written with p,
 * (1 - p^2 L_max/L_i)/(1 - p^2), the same number there, and what gamma <= 1/L_max asks for at any p. A
 * client whose coin fell to 0 stays until the next meeting: its h^_i = grad f_i(x_i), and its steps are 0.
 *
 * Invariant (tests/method): sum h_i = 0 after each meeting.
 */
#include <math.h>

#include "base/vec.h"
#include "method/method.h"

struct proxskip_server {
    double *mean;
};

struct proxskip_worker {
    double *grad; /* work */
};

struct proxskip_client {
    double *x, *h, *hat;
    uint64_t stays; /* GradSkip: 1 until the next meeting */
};

static const struct lac_vector proxskip_server_vectors[] = {
    LAC_VECTOR(proxskip_server, mean, LAC_WORK),
    {0},
};

static const struct lac_vector proxskip_worker_vectors[] = {
    LAC_VECTOR(proxskip_worker, grad, LAC_WORK),
    {0},
};

static const struct lac_vector proxskip_client_vectors[] = {
    LAC_VECTOR(proxskip_client, x, LAC_MODEL),
    LAC_VECTOR(proxskip_client, h, LAC_STATE),
    LAC_VECTOR(proxskip_client, hat, LAC_WORK),
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

static const struct lac_step_rule proxskip_rules[] = {
    {"theory", "1/L_max", LAC_NEEDS_L_I, LAC_FOR_CONVEX, proxskip_theory},
    {0},
};

static const struct lac_step_rule proxskip_chances[] = {
    {"theory", "sqrt(mu/L_max), mu of the regularizer", LAC_NEEDS_L_I, LAC_FOR_CONVEX,
     proxskip_chance},
    {0},
};

static bool meets(const struct lac_env *e)
{
    return lac_coin(e, 0, e->p);
}

static unsigned proxskip_messages(const struct lac_env *e)
{
    return meets(e) ? LAC_UP | LAC_REPLY : 0;
}

static double proxskip_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    kind[0].clients = 0.0; /* silent */
    kind[1].vectors = 1;
    return e->p;
}

/* c->hat <- x^_i; c->h <- h^_i, both left as they are where the client skips */
static lac_status local_step(struct proxskip_worker *w, struct proxskip_client *c,
                             struct lac_env *e, bool goes_on)
{
    if (c->stays) {
        return LAC_OK;
    }
    LAC_TRY(lac_gradient(e, c->x, w->grad));
    if (!goes_on) { /* eta_i = 0: h^_i = grad f_i(x_i), x^_i = x_i */
        vec_copy(c->h, w->grad, e->d);
        vec_copy(c->hat, c->x, e->d);
        c->stays = 1;
        return LAC_OK;
    }
    vec_sub(w->grad, w->grad, c->h, e->d);
    vec_copy(c->hat, c->x, e->d);
    vec_axpy(c->hat, -e->gamma, w->grad, e->d); /* x^_i = x_i - gamma (grad f_i(x_i) - h_i) */
    return LAC_OK;
}

static lac_status step(struct proxskip_worker *w, struct proxskip_client *c, struct lac_env *e,
                       bool goes_on, struct lac_message *up)
{
    LAC_TRY(local_step(w, c, e, goes_on));
    if (!meets(e)) {
        vec_copy(c->x, c->hat, e->d); /* theta_t = 0: x_i = x^_i */
        return LAC_OK;
    }
    vec_copy(w->grad, c->hat, e->d);
    vec_axpy(w->grad, -e->gamma / e->p, c->h, e->d);
    return lac_put(e, up, w->grad); /* theta_t = 1: x^_i - (gamma/p) h^_i, sent */
}

static lac_status proxskip_client_step(void *worker, void *client, struct lac_env *e,
                                       struct lac_message *down, struct lac_message *up)
{
    (void)down;
    return step(worker, client, e, true, up);
}

static lac_status gradskip_client_step(void *worker, void *client, struct lac_env *e,
                                       struct lac_message *down, struct lac_message *up)
{
    const struct lac_constants *k = e->constants;
    double p2 = e->p * e->p, L_i = k->L_i[e->who.client];
    double q_i = p2 < 1.0 && L_i > 0.0 ? (1.0 - p2 * k->L_max / L_i) / (1.0 - p2) : 0.0;
    (void)down;
    return step(worker, client, e, lac_client_coin(e, 0, q_i), up);
}

static lac_status proxskip_server_begin(void *state, const struct lac_env *e,
                                        struct lac_message *down)
{
    struct proxskip_server *s = state;
    (void)down;
    vec_zero(s->mean, e->d);
    return LAC_OK;
}

static lac_status proxskip_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct proxskip_server *s = state;
    const double *sent;
    LAC_TRY(lac_get(e, up, &sent));
    vec_axpy(s->mean, 1.0 / (double)e->n, sent, e->d);
    return LAC_OK;
}

static lac_status proxskip_server_end(void *state, const struct lac_env *e,
                                      struct lac_message *reply)
{
    struct proxskip_server *s = state;
    return meets(e) ? lac_put(e, reply, s->mean) : LAC_OK; /* mean of x^_j - (gamma/p) h^_j */
}

static lac_status proxskip_client_end(void *worker, void *client, const struct lac_env *e,
                                      struct lac_message *reply)
{
    struct proxskip_client *c = client;
    const double *x;
    (void)worker;
    LAC_TRY(lac_get(e, reply, &x));
    vec_copy(c->x, x, e->d);
    vec_axpy(c->h, e->p / e->gamma, c->x, e->d); /* h_i <- h^_i + (p/gamma)(x_i - x^_i) */
    vec_axpy(c->h, -e->p / e->gamma, c->hat, e->d);
    c->stays = 0;
    return LAC_OK;
}

static void proxskip_client_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct proxskip_client *c = state;
    (void)e;
    v->counter(v, "stays", &c->stays);
}

#define PROXSKIP                                                                                   \
    .traits = LAC_TAKES_ESTIMATES,                                                                 \
    .rules = {[LAC_CHANCE] = proxskip_chances, [LAC_STEP] = proxskip_rules},                       \
    .server = LAC_HOLDS(proxskip_server), .worker = LAC_HOLDS(proxskip_worker),                    \
    .client = {.size = sizeof(struct proxskip_client),                                             \
               .vectors = proxskip_client_vectors,                                                 \
               .visit = proxskip_client_visit},                                                    \
    .messages = proxskip_messages, .kinds = proxskip_kinds, .server_begin = proxskip_server_begin, \
    .server_add = proxskip_server_add, .server_end = proxskip_server_end,                          \
    .client_end = proxskip_client_end

const struct lac_method lac_method_proxskip = {
    .name = "proxskip",
    .summary = "gradient steps on the clients, averaged when a coin says so",
    .paper = "Mishchenko, Malinovsky, Stich, Richtarik, arXiv:2202.09357, Algorithm 2",
    .client_step = proxskip_client_step,
    PROXSKIP,
};

const struct lac_method lac_method_gradskip = {
    .name = "gradskip",
    .summary = "proxskip whose better conditioned clients skip gradients",
    .paper = "Maranjyan, Safaryan, Richtarik, arXiv:2210.16402, Algorithm 1",
    .needs = LAC_NEEDS_L_I,
    .client_step = gradskip_client_step,
    PROXSKIP,
};
