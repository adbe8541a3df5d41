/*
 * Federated averaging and its kin: local steps on the clients, the mean of their moves on the server.
 *
 *   fedavg   McMahan et al. AISTATS 2017. arXiv:1602.05629, Algorithm 1
 *   fedprox  Li et al. MLSys 2020. arXiv:1812.06127, Algorithm 2: local steps on f_i(y) + (mu/2)|y - x|^2
 *   fedpaq   Reisizadeh et al. AISTATS 2020. arXiv:1909.13014: the moves are compressed
 *   fedcom   Haddadpour et al. AISTATS 2021. arXiv:2007.01154: the same with a step of the server's own
 *
 *   paper       here         held by    meaning
 *   x           s->x         server     model
 *   y^j         w->y         client i   local model, y^0 = x
 *   g_i         up           wire       C((x - y^K)/(gamma K)), K local steps (method/minibatch.h)
 *   gamma       e->gamma     client     --step
 *   eta         e->eta       server     --server-step; gamma K/s, s = 1 but where cohorts weigh more
 *
 * Clients weigh 1/n; in cohorts the mean is unbiased (method/law.h, sampling.h). Clients keep nothing. None of
 * them has a theoretical step here: give --step.
 *
 * Invariant (tests/method): one full local step with eta = gamma is gradient descent.
 */
#include "base/vec.h"
#include "method/minibatch.h"

enum { MU = LAC_PASS_PARAMETERS }; /* of fedprox; 0 in the others */

struct fedavg_server {
    double *x, *g;
};

struct fedavg_worker {
    double *y, *grad; /* work */
};

static const struct lac_vector fedavg_server_vectors[] = {
    LAC_VECTOR(fedavg_server, x, LAC_MODEL),
    LAC_VECTOR(fedavg_server, g, LAC_WORK),
    {0},
};

static const struct lac_vector fedavg_worker_vectors[] = {
    LAC_VECTOR(fedavg_worker, y, LAC_WORK),
    LAC_VECTOR(fedavg_worker, grad, LAC_WORK),
    {0},
};

static const struct lac_parameter fedavg_parameters[] = {
    LAC_PASS_LIST(0.0, 1.0, 1.0),
    {0},
};

static const struct lac_parameter fedprox_parameters[] = {
    LAC_PASS_LIST(0.0, 1.0, 1.0),
    {"mu", 0.01, 0.0, 1e300, false, "weight of the distance to the model that came down"},
    {0},
};

static double mean_of_models(const struct lac_problem *p)
{
    return lac_mean_of_models(p, p->heaviest);
}

static const struct lac_step_rule fedavg_server_rules[] = {
    {"theory", LAC_MEAN_OF_MODELS("gamma K"), 0, LAC_FOR_ESTIMATES | LAC_FOR_COHORTS,
     mean_of_models},
    {0},
};

static lac_status fedavg_server_begin(void *state, const struct lac_env *e,
                                      struct lac_message *down)
{
    struct fedavg_server *s = state;
    vec_zero(s->g, e->d);
    return lac_put(e, down, s->x); /* x to the cohort */
}

static lac_status fedavg_client_step(void *worker, void *client, struct lac_env *e,
                                     struct lac_message *down, struct lac_message *up)
{
    struct fedavg_worker *w = worker;
    struct lac_pass pass = lac_pass_of(e->parameter);
    const double *x;
    (void)client;
    pass.mu = e->parameter[MU];
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_pseudo_gradient(e, pass, x, w->y, w->grad));
    return lac_compress(e, 0, w->y, up); /* g_i = C((x - y^K)/(gamma K)), sent */
}

static lac_status fedavg_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct fedavg_server *s = state;
    return lac_add(e, 0, up, lac_cohort_factor(e, &e->who), s->g); /* g = mean g_i */
}

static lac_status fedavg_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct fedavg_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->eta, s->g, e->d); /* x <- x - eta g */
    return LAC_OK;
}

/* What all of them share. */
#define FEDAVG                                                                                \
    .traits = LAC_TAKES_ESTIMATES | LAC_DEALS_BATCHES | LAC_REACHES_A_BALL | LAC_ADMITS_LOSS, \
    .participation = LAC_SAMPLING_ANY | LAC_SAMPLING_REGULARIZED,                             \
    .rules = {[LAC_SERVER_STEP] = fedavg_server_rules}, .server = LAC_HOLDS(fedavg_server),   \
    .worker = LAC_HOLDS(fedavg_worker), .server_begin = fedavg_server_begin,                  \
    .client_step = fedavg_client_step, .server_add = fedavg_server_add,                       \
    .server_end = fedavg_server_end

const struct lac_method lac_method_fedavg = {
    .name = "fedavg",
    .summary = "local steps on the clients, their models averaged",
    .paper = "McMahan et al., arXiv:1602.05629, Algorithm 1",
    .channels = {{"up move", LAC_LOSSLESS, LAC_UNBIASED}},
    .parameters = fedavg_parameters,
    FEDAVG,
};

const struct lac_method lac_method_fedprox = {
    .name = "fedprox",
    .summary = "fedavg with local steps that are drawn back to the model",
    .paper = "Li et al., arXiv:1812.06127, Algorithm 2",
    .channels = {{"up move", LAC_LOSSLESS, LAC_UNBIASED}},
    .parameters = fedprox_parameters,
    FEDAVG,
};

const struct lac_method lac_method_fedpaq = {
    .name = "fedpaq",
    .summary = "fedavg with compressed moves",
    .paper = "Reisizadeh et al., arXiv:1909.13014",
    .channels = {{"up move", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = fedavg_parameters,
    FEDAVG,
};

const struct lac_method lac_method_fedcom = {
    .name = "fedcom",
    .summary = "fedpaq with a step of the server's own",
    .paper = "Haddadpour et al., arXiv:2007.01154",
    .channels = {{"up move", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = fedavg_parameters,
    FEDAVG,
};
