/*
 * VR-DIANA: DIANA on variance-reduced gradients of some of the rows (L-SVRG); no noise is left at the solution.
 *
 * Horvath, Kovalev, Mishchenko, Stich, Richtarik. "Stochastic Distributed Learning with Gradient Quantization
 * and Variance Reduction". arXiv:1904.05115, Algorithm 1, variant 1 (L-SVRG).
 *
 *   paper       here           held by       meaning
 *   x^k         s->x           server        model
 *   h^k         s->h           server        mean of the h_i^k
 *   h_i^k       c->h_i         client i      shift
 *   w_i^k       c->w_i         client i      reference point, one for all of its rows
 *   mu_i^k      c->mu_i        client i      grad f_i(w_i^k)
 *   g_i^k       w->estimate    client i      grad of the drawn rows at x^k, less that at w_i^k, plus mu_i^k
 *   Delta_i^k   up             on the wire   C(g_i^k - h_i^k)
 *   u^k         in estimate    both sides    coin, 1 with probability 1/m: w_i^{k+1} = x^k
 *   m           constants->fraction          1/m: the part of its rows that a client draws, `--gradient`
 *   alpha       lac_learns(e)                1/(1 + omega)
 *
 * With `--gradient full` m = 1 and it is `diana`, to the bit. Start: w_i^0 = x^0, h_i^0 = 0 or, with
 * `--init exact`, grad f_i(x^0). Steps: docs/methods/vr-diana.md. Invariant (tests/method): h = mean h_i.
 */
#include "method/vr_diana.h"

#include "base/vec.h"
#include "method/steps.h"

struct vr_diana_server {
    double *x, *h, *g;
};

struct vr_diana_worker {
    double *estimate, *old; /* work */
};

struct vr_diana_client {
    double *h_i, *w_i, *mu_i;
};

static const struct lac_vector vr_diana_server_vectors[] = {
    LAC_VECTOR(vr_diana_server, x, LAC_MODEL),
    LAC_VECTOR(vr_diana_server, h, LAC_STATE),
    LAC_VECTOR(vr_diana_server, g, LAC_WORK),
    {0},
};

static const struct lac_vector vr_diana_worker_vectors[] = {
    LAC_VECTOR(vr_diana_worker, estimate, LAC_WORK),
    LAC_VECTOR(vr_diana_worker, old, LAC_WORK),
    {0},
};

static const struct lac_vector vr_diana_client_vectors[] = {
    LAC_VECTOR(vr_diana_client, h_i, LAC_SHIFT),
    LAC_VECTOR(vr_diana_client, w_i, LAC_STATE),
    LAC_VECTOR(vr_diana_client, mu_i, LAC_STATE),
    {0},
};

static const struct lac_parameter vr_diana_parameters[] = {
    {"p", 0.0, 1e-9, 1.0, false, "probability that the reference moves; default: 1/m"},
    {0},
};

static lac_status vr_diana_server_begin(void *state, const struct lac_env *e,
                                        struct lac_message *down)
{
    struct vr_diana_server *s = state;
    vec_copy(s->g, s->h, e->d);    /* g^k = h^k + ... */
    return lac_put(e, down, s->x); /* broadcast x^k */
}

static lac_status move_reference(struct vr_diana_client *c, struct lac_env *e, const double *x)
{
    vec_copy(c->w_i, x, e->d);
    return lac_full_gradient(e, x, c->mu_i);
}

/* w->estimate <- g_i^k; w_i^{k+1}, mu_i^{k+1} */
static lac_status estimate(struct vr_diana_worker *w, struct vr_diana_client *c, struct lac_env *e,
                           const double *x)
{
    if (e->estimator.kind == LAC_ESTIMATOR_FULL) {
        return lac_full_gradient(e, x, w->estimate);
    }
    if (e->round == (e->start == LAC_START_EXACT ? 0 : 1)) { /* w_i^0 = x^0 = x^k: g_i^k = mu_i^0 */
        LAC_TRY(move_reference(c, e, x));
        vec_copy(w->estimate, c->mu_i, e->d);
        return LAC_OK;
    }
    LAC_TRY(lac_gradient(e, x, w->estimate)); /* both of the same rows */
    LAC_TRY(lac_gradient(e, c->w_i, w->old));
    vec_sub(w->estimate, w->estimate, w->old, e->d);
    vec_axpy(w->estimate, 1.0, c->mu_i, e->d);
    bool u = lac_coin(e, 0, lac_vr_diana_chance(e));
    return u ? move_reference(c, e, x) : LAC_OK; /* u^k = 1: w_i^{k+1} = x^k */
}

static lac_status vr_diana_client_step(void *worker, void *client, struct lac_env *e,
                                       struct lac_message *down, struct lac_message *up)
{
    struct vr_diana_worker *w = worker;
    struct vr_diana_client *c = client;
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(estimate(w, c, e, x));
    vec_sub(w->estimate, w->estimate, c->h_i, e->d);
    LAC_TRY(lac_compress(e, 0, w->estimate, up)); /* Delta_i^k = C(g_i^k - h_i^k), sent */
    double alpha = e->round == 0 ? 1.0 : lac_learns(e);
    return lac_add(e, 0, up, alpha, c->h_i); /* h_i^{k+1} = h_i^k + alpha Delta_i^k */
}

static lac_status vr_diana_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct vr_diana_server *s = state;
    if (e->round == 0) {
        return lac_add_mean(e, 0, up, s->h); /* h^0 = mean grad f_i(x^0) */
    }
    LAC_TRY(lac_add_mean(e, 0, up, s->g)); /* ... + mean Delta_i^k, with the old h */
    double alpha = lac_learns(e) / (double)e->n;
    return lac_add(e, 0, up, alpha, s->h); /* h^{k+1} = h^k + (alpha/n) sum Delta_i^k */
}

static lac_status vr_diana_server_end(void *state, const struct lac_env *e,
                                      struct lac_message *reply)
{
    struct vr_diana_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x^{k+1} = x^k - gamma g^k */
    return LAC_OK;
}

const struct lac_method lac_method_vr_diana = {
    .name = "vr-diana",
    .summary = "DIANA on gradients of few rows, with reference points that take their noise away",
    .paper = "Horvath, Kovalev, Mishchenko, Stich, Richtarik, arXiv:1904.05115, Algorithm 1",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES,
    .starts = LAC_START_ZERO | LAC_START_EXACT,
    .start_default = LAC_START_ZERO,
    .needs = LAC_NEEDS_FRACTION,
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = vr_diana_parameters,
    .rules = {[LAC_STEP] = lac_vr_diana_rules},
    .branch = lac_branch_by_convexity,
    .server = LAC_HOLDS(vr_diana_server),
    .worker = LAC_HOLDS(vr_diana_worker),
    .client = LAC_HOLDS(vr_diana_client),
    .server_begin = vr_diana_server_begin,
    .client_step = vr_diana_client_step,
    .server_add = vr_diana_server_add,
    .server_end = vr_diana_server_end,
};
