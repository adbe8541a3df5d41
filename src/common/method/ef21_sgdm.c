/*
 * EF21-SGDM: EF21 on momentum, so that noisy gradients need no large batches.
 *
 * Fatkhullin, Tyurin, Richtarik. "Momentum Provably Improves Error Feedback!". NeurIPS 2023.
 * arXiv:2305.15155, Algorithm 1.
 *
 *   paper   here         held by       meaning
 *   x^t     s->x         server        model
 *   g^t     s->g         server        mean of the g_i^t
 *   v_i^t   c->v_i       client i      momentum of its gradients
 *   g_i^t   c->g_i       client i      what the server believes it is
 *   c_i^t   up           on the wire   C(v_i^{t+1} - g_i^t)
 *   eta     e->parameter[ETA]          weight of the newest gradient, `--gradient` says of which rows
 *
 * Start: v_i^0 = grad f_i(x^0), g_i^0 = C(v_i^0) or, with `--init exact`, v_i^0. Step: derived for full
 * gradients in docs/methods/ef21-sgdm.md. eta = 1 is EF21. Invariant (tests/method): g = mean g_i.
 */
#include "base/vec.h"
#include "method/method.h"
#include "method/steps.h"

enum { ETA };

struct ef21_sgdm_server {
    double *x, *g;
};

struct ef21_sgdm_worker {
    double *grad, *diff; /* work */
};

struct ef21_sgdm_client {
    double *v_i, *g_i;
};

static const struct lac_vector ef21_sgdm_server_vectors[] = {
    LAC_VECTOR(ef21_sgdm_server, x, LAC_MODEL),
    LAC_VECTOR(ef21_sgdm_server, g, LAC_ESTIMATE),
    {0},
};

static const struct lac_vector ef21_sgdm_worker_vectors[] = {
    LAC_VECTOR(ef21_sgdm_worker, grad, LAC_WORK),
    LAC_VECTOR(ef21_sgdm_worker, diff, LAC_WORK),
    {0},
};

static const struct lac_vector ef21_sgdm_client_vectors[] = {
    LAC_VECTOR(ef21_sgdm_client, v_i, LAC_STATE),
    LAC_VECTOR(ef21_sgdm_client, g_i, LAC_SHIFT),
    {0},
};

static const struct lac_parameter ef21_sgdm_parameters[] = {
    {"eta", 0.1, 1e-9, 1.0, false, "weight of the newest gradient in the momentum"},
    {0},
};

static double ef21_sgdm_theory(const struct lac_problem *p)
{
    double eta = p->parameter[ETA];
    return 1.0 / (p->constants->L + p->constants->L_mean * (lac_xi(p->alpha) + (1.0 - eta) / eta));
}

static const struct lac_step_rule ef21_sgdm_rules[] = {
    {"theory", "1/(L + L_mean (xi(alpha) + (1 - eta)/eta))", LAC_NEEDS_L | LAC_NEEDS_L_I, 0,
     ef21_sgdm_theory},
    {0},
};

static lac_status ef21_sgdm_server_begin(void *state, const struct lac_env *e,
                                         struct lac_message *down)
{
    struct ef21_sgdm_server *s = state;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x^{t+1} = x^t - gamma g^t */
    return lac_put(e, down, s->x);         /* broadcast x^{t+1} */
}

static lac_status ef21_sgdm_client_step(void *worker, void *client, struct lac_env *e,
                                        struct lac_message *down, struct lac_message *up)
{
    struct ef21_sgdm_worker *w = worker;
    struct ef21_sgdm_client *c = client;
    double eta = e->round == 0 ? 1.0 : e->parameter[ETA];
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->grad));
    vec_scale(c->v_i, 1.0 - eta, c->v_i, e->d); /* v_i^{t+1} = (1 - eta) v_i^t ... */
    vec_axpy(c->v_i, eta, w->grad, e->d);       /* ... + eta grad f_i(x^{t+1}) */
    vec_sub(w->diff, c->v_i, c->g_i, e->d);
    LAC_TRY(lac_compress(e, 0, w->diff, up)); /* c_i^t = C(v_i^{t+1} - g_i^t), sent */
    return lac_add(e, 0, up, 1.0, c->g_i);    /* g_i^{t+1} = g_i^t + c_i^t */
}

static lac_status ef21_sgdm_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct ef21_sgdm_server *s = state;
    return lac_add_mean(e, 0, up, s->g); /* g^{t+1} = g^t + mean c_i^t */
}

const struct lac_method lac_method_ef21_sgdm = {
    .name = "ef21-sgdm",
    .summary = "EF21 on the momentum of each client's gradients, which may be of few rows",
    .paper = "Fatkhullin, Tyurin, Richtarik, arXiv:2305.15155, Algorithm 1",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_STEPS_FIRST,
    .starts = LAC_START_COMPRESSED | LAC_START_EXACT,
    .start_default = LAC_START_COMPRESSED,
    .channels = {{"up momentum", LAC_FROM_COMPRESSOR, LAC_CONTRACTIVE}},
    .parameters = ef21_sgdm_parameters,
    .rules = {[LAC_STEP] = ef21_sgdm_rules},
    .server = LAC_HOLDS(ef21_sgdm_server),
    .worker = LAC_HOLDS(ef21_sgdm_worker),
    .client = LAC_HOLDS(ef21_sgdm_client),
    .server_begin = ef21_sgdm_server_begin,
    .client_step = ef21_sgdm_client_step,
    .server_add = ef21_sgdm_server_add,
};
