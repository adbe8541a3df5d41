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
 *   C_i, C_M    UP, REPLY    wire       --compressor, --compressor-down, independent draws
 *   p, eta      e->p, e->gamma          --p, --step
 *   lambda      e->parameter            l2gd:lambda=
 *   theta       pull(e)      clients    eta lambda/(n p)
 *
 * Only a change of the coin from 0 to 1 communicates: consecutive steps to the mean leave the mean as it is. With
 * compression the analysis has the exact mean in those steps (the safe step of `theory`: a fresh compression); the
 * program takes the last broadcast, as it must. Contractive compressors are for experiments: no theory has them.
 *
 * Invariants (tests/method): lambda = 0 is gradient descent on each client alone; silent rounds cost no bit.
 */
#include <math.h>

#include "base/vec.h"
#include "method/method.h"

enum { UP, REPLY };
enum { LAMBDA };

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

/* Steps; docs/methods/l2gd.md has the formulas. */

static double omega_of(const struct lac_problem *p, size_t channel)
{
    return p->channel[channel].info.omega;
}

/* n/(2 max{L/(1 - p), lambda c}) */
static double without_noise(const struct lac_problem *p, double c)
{
    double local = p->constants->L_max / (1.0 - p->env->p);
    return (double)p->n / (2.0 * fmax(local, p->parameter[LAMBDA] * c));
}

static double l2gd_base(const struct lac_problem *p)
{
    return without_noise(p, 1.0 / p->env->p);
}

static double l2gd_uncompressed(const struct lac_problem *p)
{
    return without_noise(p, 1.0 + 4.0 * (1.0 - p->env->p) / p->env->p);
}

static double l2gd_theory(const struct lac_problem *p)
{
    double w = omega_of(p, UP), master = omega_of(p, REPLY), n = (double)p->n;
    double lambda = p->parameter[LAMBDA], A = w * (1.0 + master) / n + master;
    if (A == 0.0) {
        return l2gd_uncompressed(p);
    }
    double a = 2.0 / n * fmax(p->constants->L_max / (1.0 - p->env->p), lambda / p->env->p);
    return 1.0 / (a + 2.0 * A * lambda * lambda / (n * p->mu * p->env->p));
}

enum { L2GD_THEOREM = LAC_FOR_CONVEX | LAC_ONLY_UNBIASED | LAC_ONLY_STRONG_OF_NOISE };

static const struct lac_step_rule l2gd_rules[] = {
    {"theory",
     "1/((2/n) max{L/(1-p), lambda/p} + 2 A lambda^2/(n mu p)); theory-uncompressed where A = 0",
     LAC_NEEDS_L_I, L2GD_THEOREM, l2gd_theory},
    {"theory-uncompressed", "n/(2 max{L/(1-p), lambda (1 + 4 (1-p)/p)})", LAC_NEEDS_L_I,
     LAC_FOR_CONVEX, l2gd_uncompressed},
    {"base", "n/(2 max{L/(1-p), lambda/p})", LAC_NEEDS_L_I, LAC_FOR_CONVEX, l2gd_base},
    {0},
};

/* p_e: L/(1 - p) = lambda (1 + 4 (1 - p)/p) */
static double balanced(const struct lac_problem *p)
{
    double L = p->constants->L_max, lambda = p->parameter[LAMBDA];
    double root = sqrt(lambda * lambda + 14.0 * lambda * L + L * L);
    return 8.0 * lambda / (7.0 * lambda + L + root); /* (7 lambda + L - root)/(6 lambda) */
}

/* alpha lambda^2 of the theorem, alpha = 4 (4 w + 4 n w_M (1 + w))/mu */
static double noise_of(const struct lac_problem *p)
{
    double w = omega_of(p, UP), master = omega_of(p, REPLY), lambda = p->parameter[LAMBDA];
    double noise = 16.0 * (w + (double)p->n * master * (1.0 + w));
    return noise > 0.0 ? noise * lambda * lambda / p->mu : 0.0;
}

static double rate_optimal(const struct lac_problem *p)
{
    double n = (double)p->n;
    double a = sqrt(noise_of(p) / (2.0 * n * n)), b = sqrt(p->constants->L_max / n);
    return fmax(balanced(p), a / (a + b));
}

static double communication_optimal(const struct lac_problem *p)
{
    double noise = noise_of(p);
    double p_A = noise > 0.0 ? 1.0 - p->constants->L_max * (double)p->n / noise : 0.0;
    return fmax(balanced(p), p_A);
}

static const struct lac_step_rule l2gd_chances[] = {
    {"theory", "rate-optimal", LAC_NEEDS_L_I, L2GD_THEOREM, rate_optimal},
    {"rate-optimal", "max{p_e, p_A}, the least number of rounds", LAC_NEEDS_L_I, L2GD_THEOREM,
     rate_optimal},
    {"communication-optimal", "max{p_e, p_A}, the least number of switches", LAC_NEEDS_L_I,
     L2GD_THEOREM, communication_optimal},
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

static double pull(const struct lac_env *e)
{
    return e->gamma * e->parameter[LAMBDA] / ((double)e->n * e->p);
}

static double l2gd_coupling(const struct lac_env *e)
{
    return e->parameter[LAMBDA];
}

/* Beyond theta = 1 models are thrown past their mean; what is rounding is admitted. */
static lac_status l2gd_admits(const struct lac_env *e)
{
    if (e->p == 1.0) {
        return LAC_FAIL(LAC_E_USAGE, "--p: with 1 no gradient is ever taken; it is below 1");
    }
    if (pull(e) > 1.0 + 1e-12) {
        return LAC_FAIL(LAC_E_STEP,
                        "--step: %g makes theta = step lambda/(n p) = %g; the models need one of "
                        "at most 1, a step of at most %g",
                        e->gamma, pull(e), e->gamma / pull(e));
    }
    return LAC_OK;
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
        vec_axpy(c->x, -e->gamma / ((double)e->n * (1.0 - e->p)), w->grad, e->d);
        return LAC_OK;
    }
    if (switches(e)) { /* case B: C_i(x_i), sent; client_end does the rest */
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
    return lac_add_mean(e, UP, up, s->mean); /* ybar = mean C_i(x_i) */
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

const struct lac_method lac_method_l2gd = {
    .name = "l2gd",
    .summary = "personal models, drawn to their mean now and then",
    .paper = "Bergou, Burlachenko, Dutta, Richtarik, arXiv:2209.05148, Algorithm 1",
    .traits = LAC_TAKES_ESTIMATES | LAC_REACHES_A_BALL,
    .channels = {{"up model", LAC_FROM_COMPRESSOR, LAC_UNBIASED | LAC_CONTRACTIVE},
                 {"reply model", LAC_FROM_COMPRESSOR_DOWN, LAC_UNBIASED | LAC_CONTRACTIVE}},
    .parameters = l2gd_parameters,
    .rules = {[LAC_CHANCE] = l2gd_chances, [LAC_STEP] = l2gd_rules},
    .server = LAC_HOLDS(l2gd_server),
    .worker = LAC_HOLDS(l2gd_worker),
    .client = LAC_HOLDS(l2gd_client),
    .messages = l2gd_messages,
    .admits = l2gd_admits,
    .coupling = l2gd_coupling,
    .kinds = l2gd_kinds,
    .server_begin = l2gd_server_begin,
    .client_step = l2gd_client_step,
    .server_add = l2gd_server_add,
    .server_end = l2gd_server_end,
    .worker_end = l2gd_worker_end,
    .client_end = l2gd_client_end,
};
