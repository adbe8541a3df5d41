/*
 * DIANA-RR (arXiv:2206.07021, Algorithm 2): random reshuffling, one shift per minibatch. With shifts=0
 * it is Q-RR (Algorithm 1).
 *
 *   paper          here            held by       meaning
 *   x              s->x            server        model
 *   h_m^j          c->shift + j d  client m      shift of minibatch j, and a replica on the server:
 *                  s->shift        server        only delta_m crosses the wire
 *   pi_m           batch_of()      both sides    order of the minibatches, drawn anew each epoch
 *   delta_m        up              on the wire   Q(grad f_m^j(x) - h_m^j), j = pi_m(i)
 *   alpha          learns()                      1/(1 + omega)
 *
 * Tried here: fixed minibatches, state on the server per client and minibatch.
 */
#include "base/vec.h"
#include "sketches.h"

enum { BATCHES, SHIFTS };

struct rr_server {
    double *x, *g, *shift; /* shift (n, batches, d) */
};

struct rr_worker {
    double *grad;
};

struct rr_client {
    double *shift; /* (batches, d) */
};

static const struct lac_vector rr_server_vectors[] = {
    LAC_VECTOR(rr_server, x, LAC_MODEL),
    LAC_VECTOR(rr_server, g, LAC_WORK),
    {0},
};

static const struct lac_vector rr_worker_vectors[] = {
    LAC_VECTOR(rr_worker, grad, LAC_WORK),
    {0},
};

static const struct lac_parameter rr_parameters[] = {
    {"batches", 4.0, 1.0, 1e6, true, "minibatches of each client"},
    {"shifts", 1.0, 0.0, 1.0, true, "0: Q-RR, no shifts"},
    {0},
};

static size_t batches(const struct lac_env *e)
{
    return (size_t)e->parameter[BATCHES];
}

static double learns(const struct lac_env *e)
{
    return e->parameter[SHIFTS] / (1.0 + e->channel[0].info.omega);
}

/* pi_m(i), of the client whose turn it is, in this round's step i of its epoch */
static uint32_t batch_of(const struct lac_env *e)
{
    uint64_t count = batches(e), epoch = (e->round - 1) / count;
    struct lac_stream stream = {
        .seed = e->seed, .round = epoch, .client = e->who.client, .purpose = LAC_PURPOSE_BATCH};
    struct lac_permutation pi;
    lac_permutation_init(&pi, &stream, count);
    return (uint32_t)lac_permutation_at(&pi, (e->round - 1) % count);
}

static lac_status rr_server_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct rr_server *s = state;
    return LAC_NEW(a, e->n * batches(e) * e->d, &s->shift);
}

static lac_status rr_client_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct rr_client *c = state;
    return LAC_NEW(a, batches(e) * e->d, &c->shift);
}

static void rr_server_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct rr_server *s = state;
    v->vector(v, "shift", s->shift, e->n * batches(e) * e->d);
}

static void rr_client_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct rr_client *c = state;
    v->vector(v, "shift", c->shift, batches(e) * e->d);
}

static lac_status rr_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct rr_server *s = state;
    vec_zero(s->g, e->d);
    return lac_put(e, down, s->x);
}

static lac_status rr_client_step(void *worker, void *client, struct lac_env *e,
                                 struct lac_message *down, struct lac_message *up)
{
    struct rr_worker *w = worker;
    struct rr_client *c = client;
    uint32_t j = batch_of(e);
    double *h = c->shift + j * e->d;
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_batch_gradient(e, x, j, (uint32_t)batches(e), w->grad));
    vec_sub(w->grad, w->grad, h, e->d);
    LAC_TRY(lac_compress(e, 0, w->grad, up)); /* 1. delta_m = Q(grad f_m^j(x) - h_m^j) */
    return lac_add(e, 0, up, learns(e), h);   /* 3. h_m^j += alpha delta_m */
}

static lac_status rr_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct rr_server *s = state;
    double *h = s->shift + (e->who.client * batches(e) + batch_of(e)) * e->d;
    vec_axpy(s->g, 1.0 / (double)e->n, h, e->d); /* 2. mean of h_m^j + delta_m */
    LAC_TRY(lac_add_mean(e, 0, up, s->g));
    return lac_add(e, 0, up, learns(e), h); /* 3. on this side */
}

static lac_status rr_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct rr_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->gamma, s->g, e->d);
    return LAC_OK;
}

const struct lac_method sketch_diana_rr = {
    .name = "diana-rr",
    .summary = "sketch",
    .paper = "Sadiev et al., arXiv:2206.07021, Algorithm 2",
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = rr_parameters,
    .server = {.size = sizeof(struct rr_server),
               .vectors = rr_server_vectors,
               .setup = rr_server_setup,
               .visit = rr_server_visit},
    .worker = LAC_HOLDS(rr_worker),
    .client = {.size = sizeof(struct rr_client),
               .setup = rr_client_setup,
               .visit = rr_client_visit},
    .server_begin = rr_server_begin,
    .client_step = rr_client_step,
    .server_add = rr_server_add,
    .server_end = rr_server_end,
};
