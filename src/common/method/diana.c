/*
 * DIANA: shifts h_i that learn the local gradients, so that compression errors vanish at the solution.
 *
 * Mishchenko, Gorbunov, Takac, Richtarik. "Distributed Learning with Compressed Gradient Differences".
 * arXiv:1901.09269; non-convex: Horvath et al., arXiv:1904.05115, Theorem 4 with one minibatch.
 *
 *   paper   here        held by       meaning
 *   x^k     s->x        server        model
 *   h^k     s->h        server        mean of the h_i^k
 *   g^k     s->g        server        h^k + mean of the m_i^k
 *   h_i^k   c->h_i      client i      shift
 *   m_i^k   up          on the wire   C(grad f_i(x^k) - h_i^k)
 *   alpha   lac_learns(e)             1/(1 + omega)
 *   W       lac_mean_omega(p)         omega/n; with permk, whose draws are correlated, 1 + omega_Q
 *
 * Start: h_i^0 = 0, or grad f_i(x^0) with `--init exact`. With few clients a round it is `cofig`.
 * Invariant (tests/method): h = mean h_i.
 */
#include <math.h>

#include "base/vec.h"
#include "method/method.h"
#include "method/steps.h"

struct diana_server {
    double *x, *h, *g;
};

struct diana_worker {
    double *diff; /* work */
};

struct diana_client {
    double *h_i;
};

static const struct lac_vector diana_server_vectors[] = {
    LAC_VECTOR(diana_server, x, LAC_MODEL),
    LAC_VECTOR(diana_server, h, LAC_STATE),
    LAC_VECTOR(diana_server, g, LAC_WORK),
    {0},
};

static const struct lac_vector diana_worker_vectors[] = {
    LAC_VECTOR(diana_worker, diff, LAC_WORK),
    {0},
};

static const struct lac_vector diana_client_vectors[] = {
    LAC_VECTOR(diana_client, h_i, LAC_SHIFT),
    {0},
};

static double diana_convex(const struct lac_problem *p)
{
    return 1.0 / (p->constants->L_max * (1.0 + 4.0 * lac_mean_omega(p)));
}

static double diana_nonconvex(const struct lac_problem *p)
{
    double noise = sqrt(1.0 + lac_mean_omega(p));
    return 1.0 / (10.0 * p->constants->L_max * noise * (p->omega + 2.0));
}

static double diana_theory(const struct lac_problem *p)
{
    return p->convex ? diana_convex(p) : diana_nonconvex(p);
}

/* Of rows drawn with replacement, `--gradient uniform:TAU`; Gorbunov, Hanzely, Richtarik, arXiv:1905.11261. */
static double diana_rows(const struct lac_problem *p)
{
    return 1.0 / ((1.0 + 6.0 * lac_mean_omega(p)) * p->constants->L_row);
}

static const struct lac_step_rule diana_rules[] = {
    {"theory", "theory-convex, or theory-nonconvex where f_i is not", LAC_NEEDS_L_I, 0,
     diana_theory},
    {"theory-convex", "1/(L_max (1 + 4 W)), W = omega/n (permk: 1 + omega_Q)", LAC_NEEDS_L_I,
     LAC_FOR_CONVEX, diana_convex},
    {"theory-nonconvex", "1/(10 L_max sqrt(1 + W) (omega + 2))", LAC_NEEDS_L_I, 0, diana_nonconvex},
    {"theory-rows", "1/((1 + 6 W) L_row)", LAC_NEEDS_L_ROW,
     LAC_FOR_ESTIMATES | LAC_FOR_DRAWN_ROWS | LAC_FOR_CONVEX, diana_rows},
    {0},
};

static lac_status diana_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct diana_server *s = state;
    vec_copy(s->g, s->h, e->d);    /* g^k = h^k + ... */
    return lac_put(e, down, s->x); /* broadcast x^k */
}

static lac_status diana_client_step(void *worker, void *client, struct lac_env *e,
                                    struct lac_message *down, struct lac_message *up)
{
    struct diana_worker *w = worker;
    struct diana_client *c = client;
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->diff));
    vec_sub(w->diff, w->diff, c->h_i, e->d);
    LAC_TRY(lac_compress(e, 0, w->diff, up)); /* m_i^k = C(grad f_i(x^k) - h_i^k), sent */
    double alpha = e->round == 0 ? 1.0 : lac_learns(e);
    return lac_add(e, 0, up, alpha, c->h_i); /* h_i^{k+1} = h_i^k + alpha m_i^k */
}

static lac_status diana_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct diana_server *s = state;
    if (e->round == 0) {
        return lac_add_mean(e, 0, up, s->h); /* h^0 = mean grad f_i(x^0) */
    }
    LAC_TRY(lac_add_mean(e, 0, up, s->g)); /* ... + mean m_i^k, with the old h */
    double alpha = lac_learns(e) / (double)e->n;
    return lac_add(e, 0, up, alpha, s->h); /* h^{k+1} = h^k + (alpha/n) sum m_i^k */
}

static lac_status diana_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct diana_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x^{k+1} = x^k - gamma g^k */
    return LAC_OK;
}

const struct lac_method lac_method_diana = {
    .name = "diana",
    .summary = "shifts learn the local gradients; compressed differences to them",
    .paper = "Mishchenko, Gorbunov, Takac, Richtarik, arXiv:1901.09269",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_ONLY_CONCATENATES,
    .starts = LAC_START_ZERO | LAC_START_EXACT,
    .start_default = LAC_START_ZERO,
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .rules = {[LAC_STEP] = diana_rules},
    .branch = lac_branch_by_convexity,
    .server = LAC_HOLDS(diana_server),
    .worker = LAC_HOLDS(diana_worker),
    .client = LAC_HOLDS(diana_client),
    .server_begin = diana_server_begin,
    .client_step = diana_client_step,
    .server_add = diana_server_add,
    .server_end = diana_server_end,
};
