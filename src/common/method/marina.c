/*
 * MARINA and PP-MARINA: compressed differences of successive gradients, and now and then the gradient.
 *
 * Gorbunov, Burlachenko, Li, Richtarik. "MARINA: Faster Non-Convex Distributed Learning with
 * Compression". ICML 2021. arXiv:2102.07845, Algorithms 1 (MARINA) and 4 (PP-MARINA).
 *
 *   paper    here        held by       meaning
 *   x^k      s->x        server        model; its predecessor in s->previous
 *   g^k      s->g        server        estimator, g^0 = grad f(x^0): an exact start, counted
 *   c_k      whole(e)    both sides    coin of the round, 1 with probability p
 *   Q        channel 0   on the wire   unbiased compressor
 *   r        tau         both sides    PP: clients of a round, `--participation nice:r` or uniform:r
 *   p       coin_of                    min{1/(1 + omega), b'/(b' + m)}, the second where rows are drawn;
 *                                      PP: r/n of it
 *   scriptL^2/b'  constants->rows_variance  of the rows' gradients, docs/methods/marina.md
 *
 * A rank keeps x^k for its clients (worker_begin); under partial participation it may have been
 * away, so x^k comes down again, as a second section. With `--gradient` the differences are of the rows that
 * a round draws, the same at both points: VR-MARINA (Algorithm 2). Correlated compressors: see steps.h.
 *
 * Invariant (tests/method): with C = identity g^k = grad f(x^k), whatever the coins.
 */
#include <math.h>

#include "base/vec.h"
#include "method/method.h"
#include "method/steps.h"

enum { P };

struct marina_server {
    double *x, *previous, *g;
};

struct marina_worker {
    double *x, *previous;
    double *grad, *old; /* work */
};

static const struct lac_vector marina_server_vectors[] = {
    LAC_VECTOR(marina_server, x, LAC_MODEL),
    LAC_VECTOR(marina_server, previous, LAC_WORK),
    LAC_VECTOR(marina_server, g, LAC_STATE),
    {0},
};

static const struct lac_vector marina_worker_vectors[] = {
    LAC_VECTOR(marina_worker, x, LAC_AT_X0),
    LAC_VECTOR(marina_worker, previous, LAC_WORK),
    LAC_VECTOR(marina_worker, grad, LAC_WORK),
    LAC_VECTOR(marina_worker, old, LAC_WORK),
    {0},
};

static const struct lac_parameter marina_parameters[] = {
    {"p", 0.0, 1e-9, 1.0, false, "probability of whole gradients; default: the theory's"},
    {0},
};

/* Half of the rounds' rows or bits are those of whole gradients, whichever are the more. */
static double coin_of(double given, double omega, const struct lac_sampling *sampling,
                      const struct lac_estimator *estimator, double fraction)
{
    double compressed = 1.0 / (1.0 + omega), drawn = fraction / (fraction + 1.0); /* b'/(b' + m) */
    bool fewer = estimator->kind != LAC_ESTIMATOR_FULL && drawn < compressed;
    return given > 0.0 ? given : sampling->p * (fewer ? drawn : compressed); /* p = r/n */
}

static double coin(const struct lac_env *e)
{
    return coin_of(e->parameter[P], e->channel[0].info.omega, &e->sampling, &e->estimator,
                   e->constants->fraction);
}

static bool whole(const struct lac_env *e)
{
    return e->round == 0 || lac_coin(e, 0, coin(e));
}

/* x^k must come down with x^{k+1}: clients may not have it. */
static bool sends_both(const struct lac_env *e)
{
    return e->sampling.kind != LAC_SAMPLING_FULL && !whole(e);
}

static double coin_of_problem(const struct lac_problem *p)
{
    return coin_of(p->parameter[P], p->omega, p->sampling, p->estimator, p->constants->fraction);
}

/* The variance of what rows are drawn, in units of L_rms^2. */
static double rows_noise(const struct lac_problem *p)
{
    return p->constants->rows_variance / (p->constants->L_rms * p->constants->L_rms);
}

static double marina_theory(const struct lac_problem *p)
{
    double coin = coin_of_problem(p), v = rows_noise(p);
    double noise = p->omega > 0.0 ? lac_mean_omega(p) * (1.0 + v) : 0.0;
    return 1.0 /
           (p->constants->L_rms * (1.0 + sqrt((1.0 - coin) / coin * (noise + v / (double)p->n))));
}

/* The variance of the sum over the cohort, in units of mean |grad f_i(x) - grad f_i(y)|^2. */
static double cohort_noise(const struct lac_problem *p)
{
    double v = rows_noise(p), r = p->sampling->size;
    bool uniform = p->sampling->kind == LAC_SAMPLING_UNIFORM;
    double again = uniform ? 1.0 + (r - 1.0) / (double)p->n : 1.0; /* drawn again, sent once */
    if (p->compressor->correlated) {
        return again * lac_mean_omega(p) * (1.0 + v);
    }
    return (1.0 + again * (p->omega * (1.0 + v) + v)) / r;
}

static double pp_marina_theory(const struct lac_problem *p)
{
    double coin = coin_of_problem(p);
    return 1.0 / (p->constants->L_rms * (1.0 + sqrt((1.0 - coin) / coin * cohort_noise(p))));
}

static const struct lac_step_rule marina_rules[] = {
    {"theory",
     "1/(L_rms + sqrt((1 - p)/p (W (L_rms^2 + V) + V/n))), W = omega/n (permk: 1 + omega_Q), V = 0 "
     "for full gradients",
     LAC_NEEDS_L_I | LAC_NEEDS_ROWS | LAC_NEEDS_FRACTION, LAC_FOR_ESTIMATES, marina_theory},
    {0},
};

static const struct lac_step_rule pp_marina_rules[] = {
    {"theory",
     "1/(L_rms + sqrt((1 - p)/(p r) (L_rms^2 + a (omega (L_rms^2 + V) + V)))); a = 1, uniform:r: "
     "1 + (r-1)/n; V = 0 for full gradients; permk: docs/methods/pp-marina.md",
     LAC_NEEDS_L_I | LAC_NEEDS_ROWS | LAC_NEEDS_FRACTION, LAC_FOR_ESTIMATES | LAC_FOR_COHORTS,
     pp_marina_theory},
    {0},
};

static struct lac_branch pp_marina_branch(const struct lac_problem *p,
                                          const struct lac_step_rule *rule)
{
    (void)rule;
    return p->compressor->correlated
               ? (struct lac_branch){"permk", "docs/methods/pp-marina.md"}
               : (struct lac_branch){"independent compressors",
                                     "1/(L_rms + sqrt((1 - p)/(p r) (L_rms^2 + a (omega (L_rms^2 "
                                     "+ V) + V)))); a = 1, uniform:r: 1 + (r-1)/n"};
}

static uint32_t pp_marina_participants(const struct lac_env *e, struct lac_participant *who)
{
    return whole(e) ? lac_everybody(e, who) : lac_cohort(e, who);
}

static double marina_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    kind[0].models = e->sampling.kind == LAC_SAMPLING_FULL ? 1 : 2;
    kind[1].compressed = false;
    kind[1].vectors = 1;
    return coin(e);
}

static lac_status marina_server_begin(void *state, const struct lac_env *e,
                                      struct lac_message *down)
{
    struct marina_server *s = state;
    vec_copy(s->previous, s->x, e->d);
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x^{k+1} = x^k - gamma g^k */
    if (whole(e)) {
        vec_zero(s->g, e->d);
    }
    LAC_TRY(lac_put(e, down, s->x)); /* broadcast x^{k+1} */
    return sends_both(e) ? lac_put(e, down, s->previous) : LAC_OK;
}

static lac_status marina_worker_begin(void *worker, const struct lac_env *e,
                                      struct lac_message *down)
{
    struct marina_worker *w = worker;
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    vec_copy(w->previous, w->x, e->d);
    vec_copy(w->x, x, e->d);
    if (sends_both(e)) {
        lac_next(down);
        LAC_TRY(lac_get(e, down, &x));
        vec_copy(w->previous, x, e->d);
    }
    return LAC_OK;
}

static lac_status marina_client_step(void *worker, void *client, struct lac_env *e,
                                     struct lac_message *down, struct lac_message *up)
{
    struct marina_worker *w = worker;
    (void)client;
    (void)down;
    if (whole(e)) {
        LAC_TRY(lac_full_gradient(e, w->x, w->grad));
        return lac_put(e, up, w->grad); /* c_k = 1: grad f_i(x^{k+1}) */
    }
    LAC_TRY(lac_gradient(e, w->x, w->grad)); /* both of the same rows, where they are drawn */
    LAC_TRY(lac_gradient(e, w->previous, w->old));
    vec_sub(w->grad, w->grad, w->old, e->d);
    return lac_compress(e, 0, w->grad, up); /* c_k = 0: Q(grad f_i(x^{k+1}) - grad f_i(x^k)) */
}

static lac_status marina_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct marina_server *s = state;
    const double *grad;
    if (!whole(e)) { /* g^{k+1} = g^k + (1/r) sum Q(...) */
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
    .parameters = marina_parameters,
    .rules = {[LAC_STEP] = marina_rules},
    .server = LAC_HOLDS(marina_server),
    .worker = LAC_HOLDS(marina_worker),
    .kinds = marina_kinds,
    .server_begin = marina_server_begin,
    .worker_begin = marina_worker_begin,
    .client_step = marina_client_step,
    .server_add = marina_server_add,
};

const struct lac_method lac_method_pp_marina = {
    .name = "pp-marina",
    .summary = "MARINA with few clients in the rounds of compressed differences",
    .paper = "Gorbunov, Burlachenko, Li, Richtarik, arXiv:2102.07845, Algorithm 4",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_STEPS_FIRST,
    .starts = LAC_START_EXACT,
    .start_default = LAC_START_EXACT,
    .needs = LAC_NEEDS_FRACTION,
    .participation = LAC_SAMPLING_NICE | LAC_SAMPLING_UNIFORM,
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = marina_parameters,
    .rules = {[LAC_STEP] = pp_marina_rules},
    .branch = pp_marina_branch,
    .server = LAC_HOLDS(marina_server),
    .worker = LAC_HOLDS(marina_worker),
    .participants = pp_marina_participants,
    .kinds = marina_kinds,
    .server_begin = marina_server_begin,
    .worker_begin = marina_worker_begin,
    .client_step = marina_client_step,
    .server_add = marina_server_add,
};
