/*
 * Compressed L2GD (arXiv:2209.05148, Algorithm 1): personal models, pulled to their mean now and then.
 *
 *   paper           here        held by    meaning
 *   x_i             c->x        client i   its model
 *   ref             w->ref      ranks      what came from the master last
 *   ybar            s->mean     server     mean of the C_i(x_i)
 *   xi_k            coin(e)     all        probability p; round r is k = r - 1, and xi_{-1} = 1
 *   theta           pull(e)                eta lambda/(n p)
 *   eta             e->gamma
 *
 * Tried here: silent rounds, models that live on the clients, a reply with a compressor of its own.
 */
#include "base/vec.h"
#include "sketches.h"

enum { UP, REPLY };
enum { LAMBDA, P };

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
    LAC_VECTOR(l2gd_server, mean, LAC_STATE),
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
    {"p", 0.5, 1e-6, 1.0 - 1e-6, false, "probability of a step towards the mean"},
    {0},
};

static bool coin(const struct lac_env *e)
{
    return lac_coin(e, 0, e->parameter[P]);
}

/* 0 -> 1: the only rounds with messages */
static bool switches(const struct lac_env *e)
{
    struct lac_env before = *e;
    before.round--;
    return coin(e) && e->round > 1 && !coin(&before);
}

static unsigned l2gd_messages(const struct lac_env *e)
{
    return switches(e) ? LAC_UP | LAC_REPLY : 0;
}

static double pull(const struct lac_env *e)
{
    return e->gamma * e->parameter[LAMBDA] / ((double)e->n * e->parameter[P]);
}

/* x_i <- x_i - theta (x_i - ref) */
static void towards_mean(const struct lac_env *e, const struct l2gd_worker *w,
                         struct l2gd_client *c)
{
    vec_scale(c->x, 1.0 - pull(e), c->x, e->d);
    vec_axpy(c->x, pull(e), w->ref, e->d);
}

static lac_status l2gd_client_step(void *worker, void *client, struct lac_env *e,
                                   struct lac_message *down, struct lac_message *up)
{
    struct l2gd_worker *w = worker;
    struct l2gd_client *c = client;
    (void)down;
    if (!coin(e)) { /* case A: x_i <- x_i - eta/(n (1 - p)) grad f_i(x_i) */
        LAC_TRY(lac_gradient(e, c->x, w->grad));
        vec_axpy(c->x, -e->gamma / ((double)e->n * (1.0 - e->parameter[P])), w->grad, e->d);
        return LAC_OK;
    }
    if (switches(e)) { /* case B: the model goes up, client_end does the rest */
        return lac_compress(e, UP, c->x, up);
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
    return lac_add_mean(e, UP, up, s->mean);
}

static lac_status l2gd_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct l2gd_server *s = state;
    return switches(e) ? lac_compress(e, REPLY, s->mean, reply) : LAC_OK; /* z = C_M(ybar) */
}

static lac_status l2gd_worker_end(void *worker, const struct lac_env *e, struct lac_message *reply)
{
    struct l2gd_worker *w = worker;
    vec_zero(w->ref, e->d);
    return lac_add(e, REPLY, reply, 1.0, w->ref); /* ref <- z */
}

static lac_status l2gd_client_end(void *worker, void *client, const struct lac_env *e,
                                  struct lac_message *reply)
{
    (void)reply;
    towards_mean(e, worker, client);
    return LAC_OK;
}

const struct lac_method sketch_l2gd = {
    .name = "l2gd",
    .summary = "sketch",
    .paper = "Bergou, Burlachenko, Dutta, Richtarik, arXiv:2209.05148, Algorithm 1",
    .channels = {{"up model", LAC_FROM_COMPRESSOR, LAC_UNBIASED},
                 {"reply model", LAC_FROM_COMPRESSOR_DOWN, LAC_UNBIASED}},
    .parameters = l2gd_parameters,
    .server = LAC_HOLDS(l2gd_server),
    .worker = LAC_HOLDS(l2gd_worker),
    .client = LAC_HOLDS(l2gd_client),
    .messages = l2gd_messages,
    .server_begin = l2gd_server_begin,
    .client_step = l2gd_client_step,
    .server_add = l2gd_server_add,
    .server_end = l2gd_server_end,
    .worker_end = l2gd_worker_end,
    .client_end = l2gd_client_end,
};
