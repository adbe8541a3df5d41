/*
 * MARINA (arXiv:2102.07845): compressed differences of gradients, and now and then the whole gradient.
 *
 *   paper   here          held by         meaning
 *   x^k     s->x, w->x    server, ranks   model; once per rank
 *   x^(k-1) w->previous   ranks
 *   g^k     s->g          server          estimator; g^0 = grad f(x^0)
 *   c_k     whole(e)      both sides      coin, probability p (0: 1/(1 + omega))
 *
 * Tried here: a coin that all share chooses the form of the message; a previous model that a rank
 * holds once for all its clients; an exact start.
 */
#include <math.h>

#include "base/vec.h"
#include "sketches.h"

struct marina_server {
    double *x, *g;
};

struct marina_worker {
    double *x, *previous, *grad, *old;
};

static const struct lac_parameter marina_parameters[] = {
    {"p", 0.0, 0.0, 1.0, false, "probability of a whole gradient; 0: 1/(1 + omega)"},
    {0},
};

static bool whole(const struct lac_env *e)
{
    double p = e->parameter[0] > 0.0 ? e->parameter[0] : 1.0 / (1.0 + e->channel[0].info.omega);
    return e->round == 0 || lac_coin(e, 0, p);
}

static unsigned marina_needs(const struct lac_problem *p)
{
    (void)p;
    return LAC_NEEDS_L_I;
}

static double marina_theory(const struct lac_problem *p)
{
    double n = (double)p->n;
    double coin = p->parameter[0] > 0.0 ? p->parameter[0] : 1.0 / (1.0 + p->omega);
    return 1.0 / (p->constants->L_max * (1.0 + sqrt((1.0 - coin) * p->omega / (coin * n))));
}

static const struct lac_step_rule marina_rules[] = {
    {"theory", "1/(L_max (1 + sqrt((1 - p) omega/(p n))))", marina_needs, marina_theory},
    {0},
};

static lac_status marina_server_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct marina_server *s = state;
    LAC_TRY(lac_new_vector(e, a, &s->x));
    LAC_TRY(lac_new_vector(e, a, &s->g));
    vec_copy(s->x, e->x0, e->d);
    return LAC_OK;
}

static lac_status marina_worker_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct marina_worker *w = state;
    LAC_TRY(lac_new_vector(e, a, &w->x));
    LAC_TRY(lac_new_vector(e, a, &w->previous));
    LAC_TRY(lac_new_vector(e, a, &w->grad));
    LAC_TRY(lac_new_vector(e, a, &w->old));
    vec_copy(w->x, e->x0, e->d);
    return LAC_OK;
}

static lac_status marina_server_begin(void *state, const struct lac_env *e,
                                      struct lac_message *down)
{
    struct marina_server *s = state;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x^{k+1} = x^k - gamma g^k */
    if (whole(e)) {
        vec_zero(s->g, e->d);
    }
    return lac_put(e, down, s->x);
}

static lac_status marina_worker_begin(void *worker, const struct lac_env *e,
                                      struct lac_message *down)
{
    struct marina_worker *w = worker;
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    vec_copy(w->previous, w->x, e->d);
    vec_copy(w->x, x, e->d);
    return LAC_OK;
}

static lac_status marina_client_step(void *worker, void *client, struct lac_env *e,
                                     struct lac_message *down, struct lac_message *up)
{
    struct marina_worker *w = worker;
    (void)client;
    (void)down;
    LAC_TRY(lac_gradient(e, w->x, w->grad));
    if (whole(e)) {
        return lac_put(e, up, w->grad); /* grad f_i(x^{k+1}) */
    }
    LAC_TRY(lac_gradient(e, w->previous, w->old));
    vec_sub(w->grad, w->grad, w->old, e->d);
    return lac_compress(e, 0, w->grad, up); /* Q(grad f_i(x^{k+1}) - grad f_i(x^k)) */
}

static lac_status marina_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct marina_server *s = state;
    const double *grad;
    if (!whole(e)) {
        return lac_add_mean(e, 0, up, s->g); /* g^{k+1} = g^k + mean Q(...) */
    }
    LAC_TRY(lac_get(e, up, &grad));
    vec_axpy(s->g, 1.0 / (double)e->n, grad, e->d); /* g^{k+1} = mean grad f_i(x^{k+1}) */
    return LAC_OK;
}

static double *marina_server_model(void *state)
{
    struct marina_server *s = state;
    return s->x;
}

static void marina_server_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct marina_server *s = state;
    v->vector(v, "x", s->x, e->d);
    v->vector(v, "g", s->g, e->d);
}

const struct lac_method sketch_marina = {
    .name = "marina",
    .summary = "sketch",
    .paper = "Gorbunov et al., arXiv:2102.07845",
    .traits = LAC_GIVES_EVALUATION | LAC_STEPS_FIRST,
    .starts = LAC_START_EXACT,
    .start_default = LAC_START_EXACT,
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = marina_parameters,
    .rules = marina_rules,
    .server_size = sizeof(struct marina_server),
    .worker_size = sizeof(struct marina_worker),
    .server_setup = marina_server_setup,
    .worker_setup = marina_worker_setup,
    .server_begin = marina_server_begin,
    .worker_begin = marina_worker_begin,
    .client_step = marina_client_step,
    .server_add = marina_server_add,
    .server_model = marina_server_model,
    .server_visit = marina_server_visit,
};
