/*
 * DCGD: distributed compressed gradient descent, with any unbiased compressor; and GD, which is DCGD
 * with the identity and nothing to choose.
 *
 * Burlachenko, Richtarik. "Federated Learning is Better with Non-Homomorphic Encryption".
 * arXiv:2312.02074v1, the method DCGD and, with `permk`, DCGD/PermK without its encryption.
 *
 *   x^{t+1} = x^t - gamma (1/n) sum_i C_i(grad f_i(x^t))
 *
 *   paper       here         held by     meaning
 *   x^t         s->x         server      model
 *   g^t         s->g         server      mean of the C_i(grad f_i(x^t)); of a cohort, see below
 *   C_i         channel 0    on the wire unbiased, omega
 *   gamma       e->gamma                 1/(L + 2 omega L_max/n); permk, cohorts: below
 *
 * PermK's blocks are disjoint, so coordinate j of the mean is exactly the owner's partial derivative:
 * the factor n / n of lac_add_mean is 1. E|g^t|^2 <= (1 + omega_Q)(1/n) sum |grad f_i|^2, where omega_Q is that of
 * the coding of values (0 for doubles), so any step below 2/((1 + omega_Q) L_max) converges for convex f_i
 * that share a minimiser; `theory` is half of it.
 *
 * Not in the paper: without interpolation the method stalls in a ball of radius ~ gamma (no shifts). And
 * cohorts: g^t = sum over the draws of factor_i C_i(grad f_i(x^t)), one message for all draws of a client,
 * with the factors of method/law.h, is unbiased for every sampling, also with PermK, which shares the
 * coordinates out among those present. Their steps: docs/methods/dcgd.md.
 *
 * Invariant (tests/method): with C = identity it is gradient descent, to the bit.
 */
#include "method/dcgd.h"

#include "base/vec.h"

struct dcgd_server {
    double *x, *g;
};

struct dcgd_worker {
    double *grad; /* work */
};

static const struct lac_vector dcgd_server_vectors[] = {
    LAC_VECTOR(dcgd_server, x, LAC_MODEL),
    LAC_VECTOR(dcgd_server, g, LAC_WORK),
    {0},
};

static const struct lac_vector dcgd_worker_vectors[] = {
    LAC_VECTOR(dcgd_worker, grad, LAC_WORK),
    {0},
};

static lac_status dcgd_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct dcgd_server *s = state;
    vec_zero(s->g, e->d);
    return lac_put(e, down, s->x); /* broadcast x^t */
}

static lac_status dcgd_client_step(void *worker, void *client, struct lac_env *e,
                                   struct lac_message *down, struct lac_message *up)
{
    struct dcgd_worker *w = worker;
    const double *x;
    (void)client;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_partial_gradient(e, 0, up, x, w->grad)); /* what C_i will keep of grad f_i(x^t) */
    return lac_compress(e, 0, w->grad, up);              /* C_i(grad f_i(x^t)) */
}

static lac_status dcgd_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct dcgd_server *s = state;
    if (e->sampling.kind == LAC_SAMPLING_FULL) {
        return lac_add_mean(e, 0, up, s->g); /* g^t = (1/n) sum C_i(grad f_i(x^t)) */
    }
    double factor = lac_law_factor(&e->sampling.law, e->who.client);
    return lac_add(e, 0, up, (double)e->who.multiplicity * factor, s->g); /* S(C_i(grad f_i)) */
}

static lac_status dcgd_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct dcgd_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x^{t+1} = x^t - gamma g^t */
    return LAC_OK;
}

/* What dcgd_server_end does, at a block of permk; its g is 0 then. */
static void dcgd_step_at(void *state, const struct lac_env *e, const struct lac_entries *only)
{
    struct dcgd_server *s = state;
    for (size_t k = 0; k < only->count; k++) {
        size_t j = lac_entry(only, k);
        s->x[j] += -e->gamma * s->g[j];
        s->g[j] = 0.0;
    }
}

/* What all of them share. */
#define DCGD_STEPS                                                      \
    .server = LAC_HOLDS(dcgd_server), .worker = LAC_HOLDS(dcgd_worker), \
    .server_begin = dcgd_server_begin, .client_step = dcgd_client_step, \
    .server_add = dcgd_server_add, .server_end = dcgd_server_end

const struct lac_method lac_method_dcgd = {
    .name = "dcgd",
    .summary = "compressed gradient descent; with permk the supports of the clients are disjoint",
    .paper = "Burlachenko, Richtarik, arXiv:2312.02074",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_REACHES_A_BALL |
              LAC_ONLY_CONCATENATES | LAC_ADMITS_LOSS,
    .participation = LAC_SAMPLING_ANY,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .rules = {[LAC_STEP] = lac_dcgd_rules},
    .branch = lac_dcgd_branch,
    .server_step_at = dcgd_step_at,
    DCGD_STEPS,
};

/* "QSGD" of arXiv:2206.07021: any unbiased C, gradients of rows drawn with replacement. */
const struct lac_method lac_method_qsgd = {
    .name = "qsgd",
    .summary = "compressed gradients of few rows; with any compressor, in spite of the name",
    .paper = "Alistarh et al., arXiv:1610.02132; Sadiev et al., arXiv:2206.07021",
    .traits =
        LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_REACHES_A_BALL | LAC_ONLY_CONCATENATES,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .rules = {[LAC_STEP] = lac_qsgd_rules},
    DCGD_STEPS,
};

const struct lac_method lac_method_gd = {
    .name = "gd",
    .summary = "gradient descent: every client sends its whole gradient",
    .paper = "Cauchy 1847; DCGD with C = identity",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES,
    .channels = {{"up gradient", LAC_LOSSLESS, LAC_UNBIASED}},
    .rules = {[LAC_STEP] = lac_gd_rules},
    DCGD_STEPS,
};
