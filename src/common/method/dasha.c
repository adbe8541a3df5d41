/*
 * DASHA and DASHA-PP: MARINA's rate without its rounds of whole gradients, also where few clients take part.
 *
 * Tyurin, Richtarik. "DASHA: Distributed Nonconvex Optimization with Communication Compression and
 * Optimal Oracle Complexity". ICLR 2023. arXiv:2202.01268, Algorithm 1 in the gradient setting. The same, "A
 * Computation and Communication Efficient Method for Distributed Nonconvex Problems in the Partial Participation
 * Setting". arXiv:2205.15580, Algorithm 1 (DASHA-PP) in the gradient setting.
 *
 *   paper       here          held by       meaning
 *   x^t         s->x          server        model; PP: its predecessor in s->previous
 *   g^t         s->g          server        mean of the g_i^t
 *   h_i^t       c->h_i        client i      grad f_i(x^t); PP: an estimate of it
 *   g_i^t       c->g_i        client i      what the server believes it is
 *   k_i^{t+1}   w->diff       client i      PP: grad f_i(x^{t+1}) - grad f_i(x^t) - b (h_i^t - grad f_i(x^t))
 *   m_i^{t+1}   up            on the wire   C(h_i^{t+1} - h_i^t - a (g_i^t - h_i^t)); PP: C(k_i/p - (a/p)(g_i - h_i))
 *   p           sampling.p    both sides    PP: a client's probability, `--participation nice:TAU`, bernoulli:P
 *   a, b        momentum_of                 p/(2 omega + 1); p/(2 - p)
 *
 * Who is away keeps h_i and g_i. Start: g_i^0 = h_i^0 = grad f_i(x^0), counted. Invariant (tests/method): g = mean g_i.
 */
#include "method/dasha.h"

#include "base/vec.h"

struct dasha_server {
    double *x, *previous, *g;
};

struct dasha_worker {
    double *grad, *old, *diff; /* work */
};

struct dasha_client {
    double *h_i, *g_i;
};

static const struct lac_vector dasha_server_vectors[] = {
    LAC_VECTOR(dasha_server, x, LAC_MODEL),
    LAC_VECTOR(dasha_server, previous, LAC_WORK),
    LAC_VECTOR(dasha_server, g, LAC_ESTIMATE),
    {0},
};

static const struct lac_vector dasha_worker_vectors[] = {
    LAC_VECTOR(dasha_worker, grad, LAC_WORK),
    LAC_VECTOR(dasha_worker, old, LAC_WORK),
    LAC_VECTOR(dasha_worker, diff, LAC_WORK),
    {0},
};

static const struct lac_vector dasha_client_vectors[] = {
    LAC_VECTOR(dasha_client, h_i, LAC_STATE),
    LAC_VECTOR(dasha_client, g_i, LAC_SHIFT),
    {0},
};

static double momentum_of(const struct lac_env *e)
{
    return e->sampling.p / (2.0 * e->channel[0].info.omega + 1.0);
}

static double dasha_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    kind[0].models = lac_dasha_is_partial(&e->sampling) ? 2 : 1;
    return 0.0;
}

static lac_status dasha_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct dasha_server *s = state;
    vec_copy(s->previous, s->x, e->d);
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x^{t+1} = x^t - gamma g^t */
    LAC_TRY(lac_put(e, down, s->x));       /* broadcast x^{t+1} */
    return lac_dasha_is_partial(&e->sampling) ? lac_put(e, down, s->previous) : LAC_OK;
}

/* w->diff <- h_i^{t+1} - h_i^t - a (g_i^t - h_i^t); h_i^{t+1} */
static lac_status step_of_all(struct dasha_worker *w, struct dasha_client *c, struct lac_env *e,
                              struct lac_message *down)
{
    const double *x;
    double a = e->round == 0 ? 0.0 : momentum_of(e);
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->grad));
    vec_sub(w->diff, w->grad, c->h_i, e->d); /* h_i^{t+1} - h_i^t ... */
    vec_axpy(w->diff, -a, c->g_i, e->d);     /* ... - a (g_i^t - h_i^t) */
    vec_axpy(w->diff, a, c->h_i, e->d);
    vec_copy(c->h_i, w->grad, e->d); /* h_i^{t+1} = grad f_i(x^{t+1}) */
    return LAC_OK;
}

/* w->diff <- k_i^{t+1}/p - (a/p)(g_i^t - h_i^t); h_i^{t+1} */
static lac_status step_of_participant(struct dasha_worker *w, struct dasha_client *c,
                                      struct lac_env *e, struct lac_message *down)
{
    double p = e->sampling.p, a = momentum_of(e), b = p / (2.0 - p);
    const double *x, *previous;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->grad));
    lac_next(down);
    LAC_TRY(lac_get(e, down, &previous)); /* it may have been away */
    LAC_TRY(lac_gradient(e, previous, w->old));
    vec_sub(w->diff, w->grad, w->old, e->d); /* grad f_i(x^{t+1}) - grad f_i(x^t) ... */
    vec_axpy(w->diff, -b, c->h_i, e->d);     /* ... - b (h_i^t - grad f_i(x^t)) */
    vec_axpy(w->diff, b, w->old, e->d);
    vec_scale(w->diff, 1.0 / p, w->diff, e->d); /* k_i^{t+1}/p */
    vec_sub(w->old, c->g_i, c->h_i, e->d);
    vec_axpy(c->h_i, 1.0, w->diff, e->d);    /* h_i^{t+1} = h_i^t + k_i^{t+1}/p */
    vec_axpy(w->diff, -a / p, w->old, e->d); /* ... - (a/p)(g_i^t - h_i^t) */
    return LAC_OK;
}

static lac_status dasha_client_step(void *worker, void *client, struct lac_env *e,
                                    struct lac_message *down, struct lac_message *up)
{
    struct dasha_worker *w = worker;
    struct dasha_client *c = client;
    bool all = e->round == 0 || !lac_dasha_is_partial(&e->sampling);
    LAC_TRY(all ? step_of_all(w, c, e, down) : step_of_participant(w, c, e, down));
    LAC_TRY(lac_compress(e, 0, w->diff, up)); /* m_i^{t+1}, sent */
    return lac_add(e, 0, up, 1.0, c->g_i);    /* g_i^{t+1} = g_i^t + m_i^{t+1} */
}

static lac_status dasha_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct dasha_server *s = state;
    return lac_add_mean(e, 0, up, s->g); /* g^{t+1} = g^t + (1/n) sum m_i^{t+1} */
}

const struct lac_method lac_method_dasha = {
    .name = "dasha",
    .summary =
        "compressed changes of each client's gradient, old errors fade; MARINA without whole gradients",
    .paper = "Tyurin, Richtarik, arXiv:2202.01268, Algorithm 1; partial: arXiv:2205.15580",
    .traits = LAC_GIVES_EVALUATION | LAC_STEPS_FIRST | LAC_ADMITS_LOSS,
    .starts = LAC_START_EXACT,
    .start_default = LAC_START_EXACT,
    .participation = LAC_SAMPLING_NICE | LAC_SAMPLING_BERNOULLI,
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .rules = {[LAC_STEP] = lac_dasha_rules},
    .branch = lac_dasha_branch,
    .server = LAC_HOLDS(dasha_server),
    .worker = LAC_HOLDS(dasha_worker),
    .client = LAC_HOLDS(dasha_client),
    .kinds = dasha_kinds,
    .server_begin = dasha_server_begin,
    .client_step = dasha_client_step,
    .server_add = dasha_server_add,
};
