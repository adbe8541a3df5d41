/*
 * SCAFFOLD: local steps corrected by control variates, so that clients do not drift to their own minima.
 *
 * Karimireddy, Kale, Mohri, Reddi, Stich, Suresh. "SCAFFOLD: Stochastic Controlled Averaging for Federated
 * Learning". ICML 2020. arXiv:1910.06378, Algorithm 1 with option II.
 *
 *   paper       here         held by    meaning
 *   x           s->x         server     model
 *   c           s->c         server     mean of the c_i
 *   c_i         c->c_i       client i   control variate
 *   y           w->y         client i   local model
 *   eta_l       e->gamma     client     --step
 *   eta_g       e->eta       server     --server-step is eta_g eta_l K
 *   up          up           wire       g_i = (x - y)/(K eta_l): the server knows c, and so c_i^+ - c_i = g_i - c
 *
 * Invariant (tests/method): c = mean c_i.
 */
#include "base/vec.h"
#include "method/minibatch.h"

struct scaffold_server {
    double *x, *c, *g, *moved;
};

struct scaffold_worker {
    double *y, *grad; /* work */
};

struct scaffold_client {
    double *c_i;
};

static const struct lac_vector scaffold_server_vectors[] = {
    LAC_VECTOR(scaffold_server, x, LAC_MODEL),
    LAC_VECTOR(scaffold_server, c, LAC_STATE),
    LAC_VECTOR(scaffold_server, g, LAC_WORK),
    LAC_VECTOR(scaffold_server, moved, LAC_WORK),
    {0},
};

static const struct lac_vector scaffold_worker_vectors[] = {
    LAC_VECTOR(scaffold_worker, y, LAC_WORK),
    LAC_VECTOR(scaffold_worker, grad, LAC_WORK),
    {0},
};

static const struct lac_vector scaffold_client_vectors[] = {
    LAC_VECTOR(scaffold_client, c_i, LAC_SHIFT),
    {0},
};

static const struct lac_parameter scaffold_parameters[] = {
    LAC_PASS_LIST(0.0, 1.0, 10.0),
    {0},
};

static double mean_of_models(const struct lac_problem *p)
{
    return lac_mean_of_models(p, 1.0); /* eta_g = 1/s; weights are in the f_i, local steps too */
}

static const struct lac_step_rule scaffold_server_rules[] = {
    {"theory", LAC_MEAN_OF_MODELS("eta_l K"), 0, LAC_FOR_ESTIMATES | LAC_FOR_COHORTS,
     mean_of_models},
    {0},
};

static lac_status scaffold_server_begin(void *state, const struct lac_env *e,
                                        struct lac_message *down)
{
    struct scaffold_server *s = state;
    vec_zero(s->g, e->d);
    vec_zero(s->moved, e->d);
    LAC_TRY(lac_put(e, down, s->x)); /* x and c to the clients of S */
    return lac_put(e, down, s->c);
}

static lac_status scaffold_client_step(void *worker, void *client, struct lac_env *e,
                                       struct lac_message *down, struct lac_message *up)
{
    struct scaffold_worker *w = worker;
    struct scaffold_client *own = client;
    struct lac_pass pass = lac_pass_of(e->parameter);
    const double *x, *c;
    LAC_TRY(lac_get(e, down, &x));
    lac_next(down);
    LAC_TRY(lac_get(e, down, &c));
    vec_copy(w->y, x, e->d);
    for (uint32_t j = 0; j < pass.steps; j++) {
        LAC_TRY(lac_local_gradient(e, &pass, j, w->y, w->grad));
        vec_axpy(w->y, -e->gamma, w->grad, e->d); /* y <- y - eta_l (g_i(y) - c_i + c) */
        vec_axpy(w->y, e->gamma, own->c_i, e->d);
        vec_axpy(w->y, -e->gamma, c, e->d);
    }
    vec_sub(w->y, x, w->y, e->d);
    vec_scale(w->y, 1.0 / (e->gamma * pass.steps), w->y, e->d); /* g_i = (x - y)/(K eta_l) */
    vec_axpy(own->c_i, -1.0, c, e->d);
    vec_axpy(own->c_i, 1.0, w->y, e->d); /* c_i^+ = c_i - c + g_i */
    return lac_put(e, up, w->y);
}

static lac_status scaffold_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct scaffold_server *s = state;
    const double *g_i;
    LAC_TRY(lac_get(e, up, &g_i));
    vec_axpy(s->g, lac_cohort_factor(e, &e->who), g_i, e->d); /* mean over S of g_i */
    vec_axpy(s->moved, 1.0, g_i, e->d);                       /* sum over S of c_i^+ - c_i ... */
    vec_axpy(s->moved, -1.0, s->c, e->d);
    return LAC_OK;
}

static lac_status scaffold_server_end(void *state, const struct lac_env *e,
                                      struct lac_message *reply)
{
    struct scaffold_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->eta, s->g, e->d);                /* x <- x + eta_g mean (y - x) */
    vec_axpy(s->c, 1.0 / (double)e->n, s->moved, e->d); /* c <- c + (1/n) sum (c_i^+ - c_i) */
    return LAC_OK;
}

static double scaffold_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    (void)e;
    kind[0].vectors = 1;
    kind[0].models = 2; /* x and c */
    return 0.0;
}

/* c comes down beside x */
static size_t scaffold_extra_bytes(const struct lac_env *e)
{
    return e->d * sizeof(double);
}

const struct lac_method lac_method_scaffold = {
    .name = "scaffold",
    .summary = "local steps corrected by control variates",
    .paper = "Karimireddy et al., arXiv:1910.06378, Algorithm 1",
    .traits = LAC_TAKES_ESTIMATES | LAC_DEALS_BATCHES | LAC_ADMITS_LOSS,
    .participation = LAC_SAMPLING_NICE | LAC_SAMPLING_BERNOULLI | LAC_SAMPLING_REGULARIZED,
    .parameters = scaffold_parameters,
    .rules = {[LAC_SERVER_STEP] = scaffold_server_rules},
    .server = LAC_HOLDS(scaffold_server),
    .worker = LAC_HOLDS(scaffold_worker),
    .client = LAC_HOLDS(scaffold_client),
    .server_begin = scaffold_server_begin,
    .client_step = scaffold_client_step,
    .server_add = scaffold_server_add,
    .server_end = scaffold_server_end,
    .kinds = scaffold_kinds,
    .extra_bytes = scaffold_extra_bytes,
};
