/*
 * DIANA-RR: random reshuffling with compressed differences to shifts, one shift for each minibatch; and DIANA-RR-1S,
 * the same with one shift for each client.
 *
 * Sadiev, Malinovsky, Gorbunov, Sokolov, Khaled, Burlachenko, Richtarik. "Don't Compress Gradients in Random
 * Reshuffling: Compress Gradient Differences". NeurIPS 2024. arXiv:2206.07021, Algorithm 2.
 *
 *   paper       here               held by    meaning
 *   x           s->x               server     model
 *   n           lac_batches        both       minibatches of a client, the rounds of an epoch
 *   f_m^j       lac_batch_gradient client m   loss of minibatch j, dealt once (method/minibatch.h)
 *   h_m^j       c->shift + j d     client m   shift of minibatch j, and its replica on the server (below)
 *               s->shift
 *   pi_m(i)     lac_batch_of_round both       the minibatch of step i of the epoch, in an order drawn anew (`--rr-order`)
 *   delta_m     up                 wire       Q(grad f_m^j(x) - h_m^j), j = pi_m(i)
 *   alpha       lac_learns         both       1/(1 + omega)
 *   gamma       e->gamma           server     min{alpha/(2 n mu), 1/((1 + 6 W) L_row)}
 *
 * The paper does not say how the server knows h_m^j: it keeps a replica of all M n shifts and draws pi_m as the client
 * does, so that delta_m alone crosses the wire. Shifts belong to minibatches, not to places in the epoch. Where a client
 * has one shift, the server needs no more than their mean. h_m^j = 0 at first.
 *
 * Invariants (tests/method): both sides' shifts are equal, to the bit; with one minibatch it is `diana`, to the bit.
 */
#include <math.h>

#include "base/vec.h"
#include "method/minibatch.h"
#include "method/steps.h"

enum { ONE_SHIFT = 1 };

struct diana_rr_server {
    double *x, *g, *shift; /* shift (M, n, d); of one shift each their mean (d) */
};

struct diana_rr_worker {
    double *grad; /* work */
};

struct diana_rr_client {
    double *shift; /* (n, d), or (d) */
};

/* of a client */
static size_t shifts(const struct lac_env *e)
{
    return e->parameter[ONE_SHIFT] > 0.0 ? 1 : lac_batches(e->parameter);
}

/* of all, on the server */
static size_t replicas(const struct lac_env *e)
{
    return shifts(e) > 1 ? e->n * shifts(e) : 1;
}

static const struct lac_vector diana_rr_server_vectors[] = {
    LAC_VECTOR(diana_rr_server, x, LAC_MODEL),
    LAC_VECTOR(diana_rr_server, g, LAC_WORK),
    LAC_VECTORS(diana_rr_server, shift, LAC_STATE, replicas),
    {0},
};

static const struct lac_vector diana_rr_worker_vectors[] = {
    LAC_VECTOR(diana_rr_worker, grad, LAC_WORK),
    {0},
};

static const struct lac_vector diana_rr_client_vectors[] = {
    LAC_VECTORS(diana_rr_client, shift, LAC_SHIFT, shifts),
    {0},
};

static const struct lac_parameter diana_rr_parameters[] = {
    LAC_BATCHES,
    {0},
};

static const struct lac_parameter diana_rr_1s_parameters[] = {
    LAC_BATCHES,
    {"one-shift", 1.0, 1.0, 1.0, true, "1: as the name says"},
    {0},
};

static double diana_rr_theory(const struct lac_problem *p)
{
    double alpha = 1.0 / (1.0 + p->omega), n = lac_batches(p->parameter);
    double step = 1.0 / ((1.0 + 6.0 * lac_mean_omega(p)) * p->constants->L_row);
    return p->mu > 0.0 ? fmin(alpha / (2.0 * n * p->mu), step) : step;
}

#define FORMULA \
    "min{alpha/(2 B mu), 1/((1 + 6 W) L_row)}, W = omega/n (permk: 1 + omega_Q), B batches, mu of l2"

static const struct lac_step_rule diana_rr_rules[] = {
    {"theory", FORMULA, LAC_NEEDS_L_ROW, LAC_FOR_CONVEX, diana_rr_theory},
    {0},
};

static const struct lac_step_rule diana_rr_1s_rules[] = {
    /* of the many shifts' theorem */
    {"theory", FORMULA, LAC_NEEDS_L_ROW, LAC_FOR_CONVEX | LAC_NO_THEOREM, diana_rr_theory},
    {0},
};

static struct lac_branch diana_rr_branch(const struct lac_problem *p,
                                         const struct lac_step_rule *rule)
{
    (void)rule;
    return p->mu > 0.0 ? (struct lac_branch){"strongly convex", FORMULA}
                       : (struct lac_branch){"convex", "1/((1 + 6 W) L_row), W = omega/n (permk: "
                                                       "1 + omega_Q)"};
}

static lac_status diana_rr_server_begin(void *state, const struct lac_env *e,
                                        struct lac_message *down)
{
    struct diana_rr_server *s = state;
    if (shifts(e) > 1) {
        vec_zero(s->g, e->d);
    } else {
        vec_copy(s->g, s->shift, e->d); /* mean of the h_m + ... */
    }
    return lac_put(e, down, s->x); /* broadcast x */
}

static lac_status diana_rr_client_step(void *worker, void *client, struct lac_env *e,
                                       struct lac_message *down, struct lac_message *up)
{
    struct diana_rr_worker *w = worker;
    struct diana_rr_client *c = client;
    uint32_t j = lac_batch_of_round(e); /* pi_m(i) */
    double *h = c->shift + (shifts(e) > 1 ? j * e->d : 0);
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_batch_gradient(e, x, j, lac_batches(e->parameter), w->grad));
    vec_sub(w->grad, w->grad, h, e->d);
    LAC_TRY(lac_compress(e, 0, w->grad, up));   /* 1. delta_m = Q(grad f_m^j(x) - h_m^j), sent */
    return lac_add(e, 0, up, lac_learns(e), h); /* 3. h_m^j <- h_m^j + alpha delta_m */
}

static lac_status diana_rr_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct diana_rr_server *s = state;
    double *h = s->shift, alpha = lac_learns(e) / (double)e->n;
    if (shifts(e) > 1) {
        alpha = lac_learns(e);
        h += (e->who.client * shifts(e) + lac_batch_of_round(e)) * e->d;
        vec_axpy(s->g, 1.0 / (double)e->n, h, e->d); /* 2. mean of h_m^j + ..., the old ones */
    }
    LAC_TRY(lac_add_mean(e, 0, up, s->g)); /* ... + mean of the delta_m */
    return lac_add(e, 0, up, alpha, h);    /* 3. the replica, or the mean */
}

static lac_status diana_rr_server_end(void *state, const struct lac_env *e,
                                      struct lac_message *reply)
{
    struct diana_rr_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x <- x - gamma (1/M) sum (h_m^j + delta_m) */
    return LAC_OK;
}

#define DIANA_RR                                                                          \
    .paper = "Sadiev et al., arXiv:2206.07021, Algorithm 2", .traits = LAC_DEALS_BATCHES, \
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},                   \
    .server = LAC_HOLDS(diana_rr_server), .worker = LAC_HOLDS(diana_rr_worker),           \
    .client = LAC_HOLDS(diana_rr_client), .server_begin = diana_rr_server_begin,          \
    .client_step = diana_rr_client_step, .server_add = diana_rr_server_add,               \
    .server_end = diana_rr_server_end, .epoch = lac_batch_epoch

const struct lac_method lac_method_diana_rr = {
    .name = "diana-rr",
    .summary = "random reshuffling, compressed differences to a shift for each minibatch",
    .parameters = diana_rr_parameters,
    .rules = {[LAC_STEP] = diana_rr_rules},
    .branch = diana_rr_branch,
    DIANA_RR,
};

const struct lac_method lac_method_diana_rr_1s = {
    .name = "diana-rr-1s",
    .summary = "random reshuffling, compressed differences to one shift for each client",
    .parameters = diana_rr_1s_parameters,
    .rules = {[LAC_STEP] = diana_rr_1s_rules},
    .branch = diana_rr_branch,
    DIANA_RR,
};
