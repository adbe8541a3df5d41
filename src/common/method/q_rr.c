/*
 * Q-RR: random reshuffling with compressed minibatch gradients, one communication per minibatch.
 *
 * Sadiev, Malinovsky, Gorbunov, Sokolov, Khaled, Burlachenko, Richtarik. "Don't Compress Gradients in Random
 * Reshuffling: Compress Gradient Differences". NeurIPS 2024. arXiv:2206.07021, Algorithm 1.
 *
 *   paper       here             held by   meaning
 *   x           s->x             server    model
 *   n           lac_batches      both      minibatches of a client, the rounds of an epoch
 *   f_m^j       lac_batch_gradient client  loss of minibatch j, dealt once (method/minibatch.h)
 *   pi_m(i)     lac_batch_of_round client  the minibatch of step i of the epoch, in an order drawn anew (`--rr-order`)
 *   q_m         up               wire      Q(grad f_m^{pi_m(i)}(x))
 *   gamma       e->gamma         server    1/((1 + 2 W) L_row)
 *
 * Invariant (tests/method): with one minibatch it is `dcgd`, to the bit.
 */
#include "base/vec.h"
#include "method/minibatch.h"
#include "method/steps.h"

struct q_rr_server {
    double *x, *g;
};

struct q_rr_worker {
    double *grad; /* work */
};

static const struct lac_vector q_rr_server_vectors[] = {
    LAC_VECTOR(q_rr_server, x, LAC_MODEL),
    LAC_VECTOR(q_rr_server, g, LAC_WORK),
    {0},
};

static const struct lac_vector q_rr_worker_vectors[] = {
    LAC_VECTOR(q_rr_worker, grad, LAC_WORK),
    {0},
};

static const struct lac_parameter q_rr_parameters[] = {
    LAC_BATCHES,
    {0},
};

static double q_rr_theory(const struct lac_problem *p)
{
    return 1.0 / ((1.0 + 2.0 * lac_mean_omega(p)) * p->constants->L_row);
}

static const struct lac_step_rule q_rr_rules[] = {
    {"theory", "1/((1 + 2 W) L_row), W = omega/n (permk: 1 + omega_Q)", LAC_NEEDS_L_ROW,
     LAC_FOR_CONVEX, q_rr_theory},
    {0},
};

static lac_status q_rr_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct q_rr_server *s = state;
    vec_zero(s->g, e->d);
    return lac_put(e, down, s->x); /* broadcast x */
}

static lac_status q_rr_client_step(void *worker, void *client, struct lac_env *e,
                                   struct lac_message *down, struct lac_message *up)
{
    struct q_rr_worker *w = worker;
    const double *x;
    (void)client;
    LAC_TRY(lac_get(e, down, &x));
    uint32_t j = lac_batch_of_round(e); /* pi_m(i) */
    LAC_TRY(lac_batch_gradient(e, x, j, lac_batches(e->parameter), w->grad));
    return lac_compress(e, 0, w->grad, up); /* q_m = Q(grad f_m^{pi_m(i)}(x)), sent */
}

static lac_status q_rr_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct q_rr_server *s = state;
    return lac_add_mean(e, 0, up, s->g); /* (1/M) sum q_m */
}

static lac_status q_rr_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct q_rr_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x <- x - gamma (1/M) sum q_m */
    return LAC_OK;
}

const struct lac_method lac_method_q_rr = {
    .name = "q-rr",
    .summary = "random reshuffling of minibatches, compressed gradients",
    .paper = "Sadiev et al., arXiv:2206.07021, Algorithm 1",
    .traits = LAC_DEALS_BATCHES | LAC_REACHES_A_BALL,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = q_rr_parameters,
    .rules = {[LAC_STEP] = q_rr_rules},
    .server = LAC_HOLDS(q_rr_server),
    .worker = LAC_HOLDS(q_rr_worker),
    .server_begin = q_rr_server_begin,
    .client_step = q_rr_client_step,
    .server_add = q_rr_server_add,
    .server_end = q_rr_server_end,
    .epoch = lac_batch_epoch,
};
