/*
 * Compressed L2GD: personal models that are drawn to their mean.
 *
 *   min F(x_1, ..., x_n) = (1/n) sum f_i(x_i) + (lambda/(2 n)) sum |x_i - xbar|^2
 *
 * Bergou, Burlachenko, Dutta, Richtarik. "Personalized Federated Learning with Communication Compression".
 * arXiv:2209.05148, Algorithm 1. Without compression: Hanzely, Richtarik. arXiv:2002.05516.
 *
 *   paper       here         held by    meaning
 *   x_i         c->x         client i   its model
 *   ref         w->ref       ranks      what came from the master last
 *   ybar        s->mean      server     mean of the C_i(x_i)
 *   xi_k        coin(e)      all        1 with probability p; round r is k = r - 1, and xi_{-1} = 1
 *   C_i, C_M    channels     wire       --compressor, --compressor-down, independent draws
 *   p, eta      e->p, e->gamma          --p, --step
 *   lambda      e->parameter            l2gd:lambda=
 *   theta       lac_l2gd_pull clients   eta lambda/(n p)
 *
 * Only a change of the coin from 0 to 1 communicates: consecutive steps to the mean leave the mean as it is. With
 * compression the analysis has the exact mean in those steps (the safe step of `theory`: a fresh compression); the
 * program takes the last broadcast, as it must. Contractive compressors are for experiments: no theory has them.
 *
 * Invariants (tests/method): lambda = 0 is gradient descent on each client alone; silent rounds cost no bit.
 */
#include "method/l2gd.h"

#include "base/vec.h"

struct l2gd_server {
    double *mean;
};

struct l2gd_worker {
    double *ref, *grad;
};

struct l2gd_client {
    double *x;
};

static const struct lac_vector l2gd_server_vectors[] = {
    LAC_VECTOR(l2gd_server, mean, LAC_WORK),
    {0},
};

static const struct lac_vector l2gd_worker_vectors[] = {
    LAC_VECTOR(l2gd_worker, ref, LAC_AT_X0),
    LAC_VECTOR(l2gd_worker, grad, LAC_WORK),
    {0},
};

static const struct lac_vector l2gd_client_vectors[] = {
    LAC_VECTOR(l2gd_client, x, LAC_MODEL),
    {0},
};

static const struct lac_parameter l2gd_parameters[] = {
    {"lambda", 1.0, 0.0, 1e300, false, "weight of the distance to the mean"},
    {0},
};

static bool coin(const struct lac_env *e)
{
    return lac_coin(e, 0, e->p);
}

/* 0 -> 1: the only rounds with messages */
static bool switches(const struct lac_env *e)
{
    struct lac_env before = *e;
    before.round--;
    return e->round > 1 && coin(e) && !coin(&before);
}

static unsigned l2gd_messages(const struct lac_env *e)
{
    return switches(e) ? LAC_UP | LAC_REPLY : 0;
}

static double l2gd_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    kind[0].clients = 0.0; /* silent */
    return e->p * (1.0 - e->p);
}

static double l2gd_coupling(const struct lac_env *e)
{
    return e->parameter[LAC_L2GD_LAMBDA];
}

/* x_i <- x_i - theta (x_i - ref) */
static void towards_mean(const struct lac_env *e, const struct l2gd_worker *w,
                         struct l2gd_client *c)
{
    vec_scale(c->x, 1.0 - lac_l2gd_pull(e), c->x, e->d);
    vec_axpy(c->x, lac_l2gd_pull(e), w->ref, e->d);
}

static lac_status l2gd_client_step(void *worker, void *client, struct lac_env *e,
                                   struct lac_message *down, struct lac_message *up)
{
    struct l2gd_worker *w = worker;
    struct l2gd_client *c = client;
    (void)down;
    if (!coin(e)) { /* case A: x_i <- x_i - eta/(n (1 - p)) grad f_i(x_i) */
        LAC_TRY(lac_gradient(e, c->x, w->grad));
        vec_axpy(c->x, -e->gamma / ((double)e->n * (1.0 - e->p)), w->grad, e->d);
        return LAC_OK;
    }
    if (switches(e)) { /* case B: C_i(x_i), sent; client_end does the rest */
        return lac_compress(e, LAC_L2GD_UP, c->x, up);
    }
    towards_mean(e, w, c); /* case C */
    return LAC_OK;
}

static lac_status l2gd_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct l2gd_server *s = state;
    (void)down;
    vec_zero(s->mean, e->d);
    return LAC_OK;
}

static lac_status l2gd_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct l2gd_server *s = state;
    return lac_add_mean(e, LAC_L2GD_UP, up, s->mean); /* ybar = mean C_i(x_i) */
}

static lac_status l2gd_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct l2gd_server *s = state;
    return switches(e) ? lac_compress(e, LAC_L2GD_REPLY, s->mean, reply)
                       : LAC_OK; /* z = C_M(ybar) */
}

static lac_status l2gd_worker_end(void *worker, const struct lac_env *e, struct lac_message *reply)
{
    struct l2gd_worker *w = worker;
    vec_zero(w->ref, e->d);
    return lac_add(e, LAC_L2GD_REPLY, reply, 1.0, w->ref); /* ref <- z */
}

static lac_status l2gd_client_end(void *worker, void *client, const struct lac_env *e,
                                  struct lac_message *reply)
{
    (void)reply;
    towards_mean(e, worker, client);
    return LAC_OK;
}

const struct lac_method lac_method_l2gd = {
    .name = "l2gd",
    .summary = "personal models, drawn to their mean now and then",
    .paper = "Bergou, Burlachenko, Dutta, Richtarik, arXiv:2209.05148, Algorithm 1",
    .traits = LAC_TAKES_ESTIMATES | LAC_REACHES_A_BALL,
    .channels = {{"up model", LAC_FROM_COMPRESSOR, LAC_UNBIASED | LAC_CONTRACTIVE},
                 {"reply model", LAC_FROM_COMPRESSOR_DOWN, LAC_UNBIASED | LAC_CONTRACTIVE}},
    .parameters = l2gd_parameters,
    .rules = {[LAC_CHANCE] = lac_l2gd_chances, [LAC_STEP] = lac_l2gd_rules},
    .branch = lac_l2gd_branch,
    .server = LAC_HOLDS(l2gd_server),
    .worker = LAC_HOLDS(l2gd_worker),
    .client = LAC_HOLDS(l2gd_client),
    .messages = l2gd_messages,
    .admits = lac_l2gd_admits,
    .coupling = l2gd_coupling,
    .kinds = l2gd_kinds,
    .server_begin = l2gd_server_begin,
    .client_step = l2gd_client_step,
    .server_add = l2gd_server_add,
    .server_end = l2gd_server_end,
    .worker_end = l2gd_worker_end,
    .client_end = l2gd_client_end,
};
