/*
 * DIANA-RR: random reshuffling with compressed differences to shifts, one shift for each minibatch; and DIANA-RR-1S,
 * the same with one shift for each client.
 *
 * Sadiev, Malinovsky, Gorbunov, Sokolov, Khaled, Burlachenko, Richtarik. "Don't Compress Gradients in Random
 * Reshuffling: Compress Gradient Differences". NeurIPS 2024. arXiv:2206.07021, Algorithm 2.
 *
 *   paper       here               held by    meaning
 *   x           s->x               server     model
 *   h_m^j       c->shift + j d     client m   shift of minibatch j, and its replica on the server (below)
 *               s->shift
 *   pi_m        lac_batch_of       both       order of the minibatches, drawn anew in each epoch (`--rr-order`)
 *   i           in batch_at        both       step in the epoch of B rounds
 *   delta_m     up                 wire       Q(grad f_m^j(x) - h_m^j), j = pi_m(i)
 *   alpha       learns             both       1/(1 + omega)
 *   gamma       e->gamma           server     min{alpha/(2 B mu), 1/((1 + 6 W) L_row)}
 *
 * The paper does not say how the server knows h_m^j: it keeps a replica of all n B shifts and draws pi_m as the client
 * does, so that delta_m alone crosses the wire. Shifts belong to minibatches, not to places in the epoch. h_m^j = 0
 * at first.
 *
 * Invariant (tests/method): both sides' shifts are equal, to the bit.
 */
#include <math.h>

#include "base/vec.h"
#include "method/minibatch.h"
#include "method/steps.h"

enum { BATCHES, ONE_SHIFT };

struct diana_rr_server {
    double *x, *g, *shift; /* shift (n, shifts, d) */
};

struct diana_rr_worker {
    double *grad; /* work */
};

struct diana_rr_client {
    double *shift; /* (shifts, d) */
};

static const struct lac_vector diana_rr_server_vectors[] = {
    LAC_VECTOR(diana_rr_server, x, LAC_MODEL),
    LAC_VECTOR(diana_rr_server, g, LAC_WORK),
    {0},
};

static const struct lac_vector diana_rr_worker_vectors[] = {
    LAC_VECTOR(diana_rr_worker, grad, LAC_WORK),
    {0},
};

static const struct lac_parameter diana_rr_parameters[] = {
    {"batches", 10.0, 1.0, 1e9, true, "minibatches of each client"},
    {0},
};

static const struct lac_parameter diana_rr_1s_parameters[] = {
    {"batches", 10.0, 1.0, 1e9, true, "minibatches of each client"},
    {"one-shift", 1.0, 1.0, 1.0, true, "1: as the name says"},
    {0},
};

static double diana_rr_theory(const struct lac_problem *p)
{
    double alpha = 1.0 / (1.0 + p->omega), all = p->parameter[BATCHES];
    double step = 1.0 / ((1.0 + 6.0 * lac_mean_omega(p)) * p->constants->L_row);
    return p->mu > 0.0 ? fmin(alpha / (2.0 * all * p->mu), step) : step;
}

static const struct lac_step_rule diana_rr_rules[] = {
    {"theory",
     "min{alpha/(2 B mu), 1/((1 + 6 W) L_row)}, W = omega/n (permk: 1 + omega_Q), mu of the regularizer",
     LAC_NEEDS_L_ROW, LAC_FOR_CONVEX, diana_rr_theory},
    {0},
};

static uint32_t batches(const struct lac_env *e)
{
    return (uint32_t)e->parameter[BATCHES];
}

static size_t shifts(const struct lac_env *e)
{
    return e->parameter[ONE_SHIFT] > 0.0 ? 1 : batches(e);
}

static double learns(const struct lac_env *e)
{
    return 1.0 / (1.0 + e->channel[0].info.omega);
}

static uint64_t diana_rr_epoch(const struct lac_env *e)
{
    return e->round > 0 ? (e->round - 1) / batches(e) : 0;
}

/* j = pi_m(i) of the client whose turn it is */
static uint32_t batch_at(const struct lac_env *e)
{
    uint32_t i = (uint32_t)((e->round - 1) % batches(e));
    return lac_batch_of(e, batches(e), diana_rr_epoch(e), i);
}

static lac_status diana_rr_server_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct diana_rr_server *s = state;
    return lac_arena_array(a, e->n * shifts(e), e->d * sizeof(double), &s->shift);
}

static lac_status diana_rr_client_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct diana_rr_client *c = state;
    return LAC_NEW(a, shifts(e) * e->d, &c->shift);
}

static lac_status diana_rr_server_begin(void *state, const struct lac_env *e,
                                        struct lac_message *down)
{
    struct diana_rr_server *s = state;
    vec_zero(s->g, e->d);
    return lac_put(e, down, s->x); /* broadcast x */
}

static lac_status diana_rr_client_step(void *worker, void *client, struct lac_env *e,
                                       struct lac_message *down, struct lac_message *up)
{
    struct diana_rr_worker *w = worker;
    struct diana_rr_client *c = client;
    uint32_t j = batch_at(e);
    double *h = c->shift + (shifts(e) > 1 ? j * e->d : 0);
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_batch_gradient(e, x, j, batches(e), w->grad));
    vec_sub(w->grad, w->grad, h, e->d);
    LAC_TRY(lac_compress(e, 0, w->grad, up)); /* 1. delta_m = Q(grad f_m^j(x) - h_m^j), sent */
    return lac_add(e, 0, up, learns(e), h);   /* 3. h_m^j <- h_m^j + alpha delta_m */
}

static lac_status diana_rr_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct diana_rr_server *s = state;
    size_t j = shifts(e) > 1 ? batch_at(e) : 0;
    double *h = s->shift + (e->who.client * shifts(e) + j) * e->d;
    vec_axpy(s->g, 1.0 / (double)e->n, h, e->d); /* 2. mean of h_m^j + delta_m, the old shift */
    LAC_TRY(lac_add_mean(e, 0, up, s->g));
    return lac_add(e, 0, up, learns(e), h); /* 3. the replica */
}

static lac_status diana_rr_server_end(void *state, const struct lac_env *e,
                                      struct lac_message *reply)
{
    struct diana_rr_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x <- x - gamma (1/M) sum (h_m^j + delta_m) */
    return LAC_OK;
}

static void diana_rr_server_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct diana_rr_server *s = state;
    v->vector(v, "shift", s->shift, e->n * shifts(e) * e->d);
}

static void diana_rr_client_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct diana_rr_client *c = state;
    v->vector(v, "shift", c->shift, shifts(e) * e->d);
}

#define DIANA_RR                                                                          \
    .paper = "Sadiev et al., arXiv:2206.07021, Algorithm 2", .traits = LAC_DEALS_BATCHES, \
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},                   \
    .rules = {[LAC_STEP] = diana_rr_rules},                                               \
    .server = {.size = sizeof(struct diana_rr_server),                                    \
               .vectors = diana_rr_server_vectors,                                        \
               .setup = diana_rr_server_setup,                                            \
               .visit = diana_rr_server_visit},                                           \
    .worker = LAC_HOLDS(diana_rr_worker),                                                 \
    .client = {.size = sizeof(struct diana_rr_client),                                    \
               .setup = diana_rr_client_setup,                                            \
               .visit = diana_rr_client_visit},                                           \
    .server_begin = diana_rr_server_begin, .client_step = diana_rr_client_step,           \
    .server_add = diana_rr_server_add, .server_end = diana_rr_server_end, .epoch = diana_rr_epoch

const struct lac_method lac_method_diana_rr = {
    .name = "diana-rr",
    .summary = "random reshuffling, compressed differences to a shift for each minibatch",
    .parameters = diana_rr_parameters,
    DIANA_RR,
};

const struct lac_method lac_method_diana_rr_1s = {
    .name = "diana-rr-1s",
    .summary = "random reshuffling, compressed differences to one shift for each client",
    .parameters = diana_rr_1s_parameters,
    DIANA_RR,
};
