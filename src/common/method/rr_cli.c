/*
 * RR-CLI: regularized client participation. Each client takes part once in a meta epoch of R rounds and makes a local
 * pass of random reshuffling; the server may leap at the end of a meta epoch.
 *
 * Malinovsky, Horvath, Burlachenko, Richtarik. "Federated Learning with Regularized Client Participation".
 * arXiv:2302.03662.
 *
 *   paper       here          held by    meaning
 *   x_t         s->first      server     model at the begin of meta epoch t
 *   x_t^r       s->x          server     model of round r in it
 *   S_r         e->sampling   both       cohort, `--participation cohorts:C`, cyclic:C, trace:FILE
 *   g_m         up            wire       (x_t^r - y^N)/(gamma N), y^N after N minibatches (method/minibatch.h)
 *   gamma       e->gamma      client     --step
 *   eta         e->eta        server     --server-step: gamma N/s, s = 1 makes x_t^{r+1} the mean of the local models
 *   theta       e->theta      server     --meta-step: eta R makes x_{t+1} = x_t^R
 *   R           rounds        both       rounds of a meta epoch; of a trace, of its first
 *
 * The sum of a cohort weighs R/M each, also in a smaller last one, so that a meta epoch adds up to R grad f: the
 * paper has C divide M. A cohort of C > M/R weighs s > 1; eta = gamma N/s for the largest s keeps every round a convex
 * combination of x_t^r and local models (docs/methods/rr-cli.md). Clients keep nothing.
 *
 * Invariants (tests/method): R = 1 is NASTYA; eta = gamma N and theta = eta R is fedavg.
 */
#include "method/rr_cli.h"

#include "base/vec.h"
#include "method/minibatch.h"

struct rr_cli_server {
    double *x, *first, *g;
};

struct rr_cli_worker {
    double *y, *grad; /* work */
};

static const struct lac_vector rr_cli_server_vectors[] = {
    LAC_VECTOR(rr_cli_server, x, LAC_MODEL),
    LAC_VECTOR(rr_cli_server, first, LAC_AT_X0),
    LAC_VECTOR(rr_cli_server, g, LAC_WORK),
    {0},
};

static const struct lac_vector rr_cli_worker_vectors[] = {
    LAC_VECTOR(rr_cli_worker, y, LAC_WORK),
    LAC_VECTOR(rr_cli_worker, grad, LAC_WORK),
    {0},
};

static const struct lac_parameter rr_cli_parameters[] = {
    LAC_PASS_LIST(0.0, 1.0, 10.0),
    {0},
};

static lac_status rr_cli_server_begin(void *state, const struct lac_env *e,
                                      struct lac_message *down)
{
    struct rr_cli_server *s = state;
    vec_zero(s->g, e->d);
    return lac_put(e, down, s->x); /* x_t^r to the clients of S_r */
}

static lac_status rr_cli_client_step(void *worker, void *client, struct lac_env *e,
                                     struct lac_message *down, struct lac_message *up)
{
    struct rr_cli_worker *w = worker;
    const double *x;
    (void)client;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_pseudo_gradient(e, lac_pass_of(e->parameter), x, w->y, w->grad));
    return lac_compress(e, 0, w->y, up); /* g_m = (x_t^r - y^N)/(gamma N), sent */
}

static lac_status rr_cli_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct rr_cli_server *s = state;
    return lac_add(e, 0, up, lac_cohort_factor(e, &e->who), s->g); /* g_t^r = (R/M) sum g_m */
}

/* x_{t+1} = x_t - theta (x_t - x_t^R)/(eta R), into s->x; R is the one of the weights, also where this meta epoch of a
   trace is of another length: x_t - x_t^R is eta R times the mean of all g_m. */
static void leap(struct rr_cli_server *s, const struct lac_env *e)
{
    double whole = e->eta * e->sampling.rounds;
    if (e->theta != whole) {
        vec_sub(s->g, s->first, s->x, e->d);
        vec_copy(s->x, s->first, e->d);
        vec_axpy(s->x, -e->theta / whole, s->g, e->d);
    }
    vec_copy(s->first, s->x, e->d);
}

static lac_status rr_cli_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct rr_cli_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->eta, s->g, e->d); /* x_t^{r+1} = x_t^r - eta g_t^r */
    if (lac_ends_meta_epoch(e)) {
        leap(s, e);
    }
    return LAC_OK;
}

const struct lac_method lac_method_rr_cli = {
    .name = "rr-cli",
    .summary = "cohorts in which each client takes part once before any does again",
    .paper = "Malinovsky, Horvath, Burlachenko, Richtarik, arXiv:2302.03662",
    .traits = LAC_TAKES_ESTIMATES | LAC_DEALS_BATCHES | LAC_REACHES_A_BALL | LAC_ADMITS_LOSS,
    .participation = LAC_SAMPLING_REGULARIZED | LAC_SAMPLING_NICE | LAC_SAMPLING_BERNOULLI,
    .channels = {{"up move", LAC_LOSSLESS, LAC_UNBIASED}},
    .parameters = rr_cli_parameters,
    .rules = {[LAC_STEP] = lac_rr_cli_rules,
              [LAC_SERVER_STEP] = lac_rr_cli_server_rules,
              [LAC_META_STEP] = lac_rr_cli_meta_rules},
    .server = LAC_HOLDS(rr_cli_server),
    .worker = LAC_HOLDS(rr_cli_worker),
    .server_begin = rr_cli_server_begin,
    .client_step = rr_cli_client_step,
    .server_add = rr_cli_server_add,
    .server_end = rr_cli_server_end,
    .epoch = lac_meta_epoch, /* within a meta epoch the steps do not fall */
};
