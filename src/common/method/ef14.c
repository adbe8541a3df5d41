/*
 * EF14, the classical error feedback: what was not sent is sent later.
 *
 * Seide, Fu, Droppo, Li, Yu. "1-bit stochastic gradient descent ...". Interspeech 2014; Stich, Cordonnier,
 * Jaggi. "Sparsified SGD with Memory". arXiv:1809.07599, Algorithm 1, on n clients.
 *
 *   paper   here         held by       meaning
 *   x       s->x         server        model
 *   e_i     c->e_i       client i      what it did not send
 *   p_i     w->p_i       client i      e_i + gamma grad f_i(x)
 *   u_i     up           on the wire   C(p_i)
 *
 * No step rule: a baseline, whose theory needs bounded gradients or dissimilarity. Without a common
 * minimiser it stalls in a ball of radius ~ gamma.
 * Invariant (tests/method): x - mean e_i follows gradient descent with the gradients at x.
 */
#include "base/vec.h"
#include "method/method.h"

struct ef14_server {
    double *x;
};

struct ef14_worker {
    double *p_i; /* work */
};

struct ef14_client {
    double *e_i;
};

static const struct lac_vector ef14_server_vectors[] = {
    LAC_VECTOR(ef14_server, x, LAC_MODEL),
    {0},
};

static const struct lac_vector ef14_worker_vectors[] = {
    LAC_VECTOR(ef14_worker, p_i, LAC_WORK),
    {0},
};

static const struct lac_vector ef14_client_vectors[] = {
    LAC_VECTOR(ef14_client, e_i, LAC_STATE),
    {0},
};

static lac_status ef14_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct ef14_server *s = state;
    return lac_put(e, down, s->x); /* broadcast x */
}

static lac_status ef14_client_step(void *worker, void *client, struct lac_env *e,
                                   struct lac_message *down, struct lac_message *up)
{
    struct ef14_worker *w = worker;
    struct ef14_client *c = client;
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->p_i));
    vec_scale(w->p_i, e->gamma, w->p_i, e->d);
    vec_add(w->p_i, w->p_i, c->e_i, e->d);   /* p_i = e_i + gamma grad f_i(x) */
    LAC_TRY(lac_compress(e, 0, w->p_i, up)); /* u_i = C(p_i), sent */
    vec_copy(c->e_i, w->p_i, e->d);
    return lac_add(e, 0, up, -1.0, c->e_i); /* e_i = p_i - u_i */
}

static lac_status ef14_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct ef14_server *s = state;
    return lac_add(e, 0, up, -1.0 / (double)e->n, s->x); /* x = x - mean u_i */
}

const struct lac_method lac_method_ef14 = {
    .name = "ef14",
    .summary = "the classical error feedback: what was not sent is added to the next step",
    .paper = "Seide et al., Interspeech 2014; Stich, Cordonnier, Jaggi, arXiv:1809.07599",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_REACHES_A_BALL,
    .channels = {{"up step", LAC_FROM_COMPRESSOR, LAC_CONTRACTIVE}},
    .server = LAC_HOLDS(ef14_server),
    .worker = LAC_HOLDS(ef14_worker),
    .client = LAC_HOLDS(ef14_client),
    .server_begin = ef14_server_begin,
    .client_step = ef14_client_step,
    .server_add = ef14_server_add,
};
