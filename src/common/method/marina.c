/*
 * MARINA: compressed differences of successive gradients, and now and then the gradient.
 *
 * Gorbunov, Burlachenko, Li, Richtarik. "MARINA: Faster Non-Convex Distributed Learning with
 * Compression". ICML 2021. arXiv:2102.07845, Algorithm 1.
 *
 *   paper    here        held by       meaning
 *   x^k      s->x        server        model; its predecessor in s->previous
 *   g^k      s->g        server        estimator, g^0 = grad f(x^0): an exact start, counted
 *   c_k      lac_marina_whole  both     coin of the round, 1 with probability p
 *   Q        channel 0   on the wire   unbiased compressor
 *   p        lac_marina_coin           min{1/(1 + omega), b'/(b' + m)}, the second where rows are drawn
 *   scriptL^2/b'  constants->rows_variance  of the rows' gradients, marina_steps.c
 *
 * A rank keeps x^k for its clients (worker_begin). With `--gradient` the differences are of the rows that a round
 * draws, the same at both points: VR-MARINA (Algorithm 2). With few clients a
 * round: pp_marina.c.
 *
 * Invariant (tests/method): with C = identity g^k = grad f(x^k), whatever the coins.
 */
#include "method/marina.h"

#include "base/vec.h"

enum { P };

const struct lac_vector lac_marina_server_vectors[] = {
    LAC_VECTOR(lac_marina_server, x, LAC_MODEL),
    LAC_VECTOR(lac_marina_server, previous, LAC_WORK),
    LAC_VECTOR(lac_marina_server, g, LAC_ESTIMATE),
    {0},
};

const struct lac_vector lac_marina_worker_vectors[] = {
    LAC_VECTOR(lac_marina_worker, x, LAC_AT_X0),
    LAC_VECTOR(lac_marina_worker, previous, LAC_WORK),
    LAC_VECTOR(lac_marina_worker, grad, LAC_WORK),
    LAC_VECTOR(lac_marina_worker, old, LAC_WORK),
    {0},
};

const struct lac_parameter lac_marina_parameters[] = {
    {"p", 0.0, 1e-9, 1.0, false, "probability of whole gradients; default: the theory's"},
    {0},
};

/* Half of the rounds' rows or bits are those of whole gradients, whichever are the more. */
double lac_marina_coin(const struct lac_env *e)
{
    double b = e->constants->fraction, compressed = 1.0 / (1.0 + e->channel[0].info.omega);
    double drawn = b / (b + 1.0); /* b'/(b' + m) */
    bool fewer = e->estimator.kind != LAC_ESTIMATOR_FULL && drawn < compressed;
    double given = e->parameter[P];
    return given > 0.0 ? given : e->sampling.p * (fewer ? drawn : compressed); /* p = r/n */
}

bool lac_marina_whole(const struct lac_env *e)
{
    return e->round == 0 || lac_coin(e, 0, lac_marina_coin(e));
}

double lac_marina_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    kind[1].compressed = false;
    kind[1].vectors = 1;
    return lac_marina_coin(e);
}

lac_status lac_marina_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct lac_marina_server *s = state;
    vec_copy(s->previous, s->x, e->d);
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x^{k+1} = x^k - gamma g^k */
    if (lac_marina_whole(e)) {
        vec_zero(s->g, e->d);
    }
    return lac_put(e, down, s->x); /* broadcast x^{k+1} */
}

lac_status lac_marina_worker_begin(void *worker, const struct lac_env *e, struct lac_message *down)
{
    struct lac_marina_worker *w = worker;
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    vec_copy(w->previous, w->x, e->d);
    vec_copy(w->x, x, e->d);
    return LAC_OK;
}

lac_status lac_marina_client_step(void *worker, void *client, struct lac_env *e,
                                  struct lac_message *down, struct lac_message *up)
{
    struct lac_marina_worker *w = worker;
    (void)client;
    (void)down;
    if (lac_marina_whole(e)) {
        LAC_TRY(lac_full_gradient(e, w->x, w->grad));
        return lac_put(e, up, w->grad); /* c_k = 1: grad f_i(x^{k+1}) */
    }
    LAC_TRY(lac_gradient(e, w->x, w->grad)); /* both of the same rows, where they are drawn */
    LAC_TRY(lac_gradient(e, w->previous, w->old));
    vec_sub(w->grad, w->grad, w->old, e->d);
    return lac_compress(e, 0, w->grad, up); /* c_k = 0: Q(grad f_i(x^{k+1}) - grad f_i(x^k)) */
}

lac_status lac_marina_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct lac_marina_server *s = state;
    const double *grad;
    if (!lac_marina_whole(e)) { /* g^{k+1} = g^k + (1/r) sum Q(...) */
        return lac_add(e, 0, up, (double)e->who.multiplicity / e->sampling.size, s->g);
    }
    LAC_TRY(lac_get(e, up, &grad));
    vec_axpy(s->g, 1.0 / (double)e->n, grad, e->d); /* g^{k+1} = mean grad f_i(x^{k+1}) */
    return LAC_OK;
}

const struct lac_method lac_method_marina = {
    .name = "marina",
    .summary = "compressed differences of gradients; on a shared coin the gradients themselves",
    .paper = "Gorbunov, Burlachenko, Li, Richtarik, arXiv:2102.07845, Algorithm 1",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_STEPS_FIRST,
    .starts = LAC_START_EXACT,
    .start_default = LAC_START_EXACT,
    .needs = LAC_NEEDS_FRACTION,
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = lac_marina_parameters,
    .rules = {[LAC_STEP] = lac_marina_rules},
    .server = LAC_HOLDS(lac_marina_server),
    .worker = LAC_HOLDS(lac_marina_worker),
    .kinds = lac_marina_kinds,
    .server_begin = lac_marina_server_begin,
    .worker_begin = lac_marina_worker_begin,
    .client_step = lac_marina_client_step,
    .server_add = lac_marina_server_add,
};
