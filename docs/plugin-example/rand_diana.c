/*
 * Rand-DIANA: shifts h_i that a coin renews; between two renewals they stand still.
 *
 * Shulgin, Richtarik. "Shifted compression framework: generalizations and improvements". UAI 2022.
 * arXiv:2206.10452.
 *
 *   paper   here        held by       meaning
 *   x^k     s->x        server        model
 *   h^k     s->h        server        mean of the h_i^k
 *   g^k     s->g        server        h^k + mean of the m_i^k
 *   h_i^k   c->h_i      client i      shift
 *   m_i^k   up          on the wire   C(grad f_i(x^k) - h_i^k)
 *   p_i     renews(e)   both sides    whether client i renews its shift: a coin, drawn by both
 *
 * Where the coin falls, the client sends grad f_i(x^k) - h_i^k whole behind m_i^k. p = 1/(1 + omega), or rand-diana:p=P.
 * The step follows from Gorbunov, Hanzely, Richtarik (arXiv:1905.11261, Theorem 4.1) with A = (1 + 2 W) L_max, B = 2 W,
 * C = p L_max, rho = p, M = 2 B/rho, W = omega/n.
 * Invariant: h = mean h_i.
 */
#include "example.h"

struct rand_diana_server {
    double *x, *h, *g;
};

struct rand_diana_worker {
    double *diff; /* work */
};

struct rand_diana_client {
    double *h_i;
};

static const struct lac_vector rand_diana_server_vectors[] = {
    LAC_VECTOR(rand_diana_server, x, LAC_MODEL),
    LAC_VECTOR(rand_diana_server, h, LAC_STATE),
    LAC_VECTOR(rand_diana_server, g, LAC_WORK),
    {0},
};

static const struct lac_vector rand_diana_worker_vectors[] = {
    LAC_VECTOR(rand_diana_worker, diff, LAC_WORK),
    {0},
};

static const struct lac_vector rand_diana_client_vectors[] = {
    LAC_VECTOR(rand_diana_client, h_i, LAC_STATE),
    {0},
};

static const struct lac_parameter rand_diana_parameters[] = {
    {"p", 0.0, 1e-9, 1.0, false, "probability that a client renews its shift; 1/(1 + omega)"},
    {0},
};

static double chance(const struct lac_env *e)
{
    return e->parameter[0] > 0.0 ? e->parameter[0] : 1.0 / (1.0 + e->channel[0].info.omega);
}

/* Of the client whose turn it is. */
static bool renews(const struct lac_env *e)
{
    return lac_client_coin(e, 0, chance(e));
}

static double rand_diana_theory(const struct lac_problem *p)
{
    return 1.0 / (p->constants->L_max * (1.0 + 6.0 * lac_mean_omega(p)));
}

static const struct lac_step_rule rand_diana_rules[] = {
    {"theory", "1/(L_max (1 + 6 W)), W = omega/n", LAC_NEEDS_L_I, LAC_FOR_CONVEX,
     rand_diana_theory},
    {0},
};

static lac_status rand_diana_server_begin(void *state, const struct lac_env *e,
                                          struct lac_message *down)
{
    struct rand_diana_server *s = state;
    vec_copy(s->g, s->h, e->d);    /* g^k = h^k + ... */
    return lac_put(e, down, s->x); /* broadcast x^k */
}

static lac_status rand_diana_client_step(void *worker, void *client, struct lac_env *e,
                                         struct lac_message *down, struct lac_message *up)
{
    struct rand_diana_worker *w = worker;
    struct rand_diana_client *c = client;
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->diff));
    vec_sub(w->diff, w->diff, c->h_i, e->d);
    LAC_TRY(lac_compress(e, 0, w->diff, up)); /* m_i^k = C(grad f_i(x^k) - h_i^k), sent */
    if (!renews(e)) {
        return LAC_OK; /* h_i^{k+1} = h_i^k */
    }
    vec_add(c->h_i, c->h_i, w->diff, e->d); /* h_i^{k+1} = grad f_i(x^k) */
    return lac_put(e, up, w->diff);
}

static lac_status rand_diana_server_add(void *state, const struct lac_env *e,
                                        struct lac_message *up)
{
    struct rand_diana_server *s = state;
    const double *diff;
    LAC_TRY(lac_add_mean(e, 0, up, s->g)); /* ... + mean m_i^k */
    if (!renews(e)) {
        return LAC_OK;
    }
    lac_next(up);
    LAC_TRY(lac_get(e, up, &diff));
    vec_axpy(s->h, 1.0 / (double)e->n, diff, e->d); /* h^{k+1} = mean h_i^{k+1} */
    return LAC_OK;
}

static lac_status rand_diana_server_end(void *state, const struct lac_env *e,
                                        struct lac_message *reply)
{
    struct rand_diana_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x^{k+1} = x^k - gamma g^k */
    return LAC_OK;
}

/* For the plan: on average one vector more from p n clients, as if all sent one in a part p of the rounds. */
static double rand_diana_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    kind[1] = kind[0];
    kind[1].vectors = 1;
    return chance(e);
}

const struct lac_method rand_diana = {
    .name = "rand-diana",
    .summary = "shifts that a coin renews; compressed differences to them",
    .paper = "Shulgin, Richtarik, arXiv:2206.10452",
    .traits = LAC_GIVES_EVALUATION,
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = rand_diana_parameters,
    .rules = {[LAC_STEP] = rand_diana_rules},
    .kinds = rand_diana_kinds,
    .server = LAC_HOLDS(rand_diana_server),
    .worker = LAC_HOLDS(rand_diana_worker),
    .client = LAC_HOLDS(rand_diana_client),
    .server_begin = rand_diana_server_begin,
    .client_step = rand_diana_client_step,
    .server_add = rand_diana_server_add,
    .server_end = rand_diana_server_end,
};
