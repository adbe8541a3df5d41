/*
 * PAGE with a sampling of clients and one of their rows (Tyurin, Sun, Burlachenko, Richtarik,
 * "Sharper rates and flexible framework for nonconvex SGD with client and data sampling",
 * arXiv:2206.02275, Algorithm 1; two levels as in its Section 6).
 *
 *   paper    here                      held by  meaning
 *   x^t      s->x                      server   model
 *   g^t      s->g                      server   estimator; g^0 = grad f(x^0)
 *   c_t      whole(e)                  both     coin with probability p: everybody sends all
 *   S        e->sampling.law           both     --participation
 *   S_i      e->estimator              worker   --gradient, one draw for both points
 *   p        coin(e)                   both     by default B/(B + 1), B the expected part of all rows in S
 *   A, B, w  lac_constants             server   in clients_noise, rows_noise
 *
 * Start: --init exact, counted. Deviations: docs/methods/page.md. Invariant (tests/method): with everybody and all rows
 * g^t = grad f(x^t).
 */
#include <math.h>

#include "base/vec.h"
#include "method/method.h"

enum { P };

struct page_server {
    double *x, *previous, *g;
};

struct page_worker {
    double *grad, *old;
};

static const struct lac_vector page_server_vectors[] = {
    LAC_VECTOR(page_server, x, LAC_MODEL),
    LAC_VECTOR(page_server, previous, LAC_STATE),
    LAC_VECTOR(page_server, g, LAC_ESTIMATE),
    {0},
};

static const struct lac_vector page_worker_vectors[] = {
    LAC_VECTOR(page_worker, grad, LAC_WORK),
    LAC_VECTOR(page_worker, old, LAC_WORK),
    {0},
};

static const struct lac_parameter page_parameters[] = {
    {"p", 0.0, 1e-9, 1.0, false,
     "probability of a whole gradient; default: TAU/(TAU + n), counted in rows"},
    {0},
};

/* TAU/(TAU + n): expected rows of a round's draw over those and all. */
static double coin(const struct lac_env *e)
{
    double part = e->sampling.p * e->constants->fraction;
    return e->parameter[P] > 0.0 ? e->parameter[P] : part / (part + 1.0);
}

static bool whole(const struct lac_env *e)
{
    return e->round == 0 || lac_coin(e, 0, coin(e));
}

static double page_step(const struct lac_problem *p)
{
    const struct lac_constants *c = p->constants;
    double chance = coin(p->env);
    return 1.0 / (c->L + sqrt((1.0 - chance) / chance * (c->clients_noise + c->rows_noise)));
}

static const struct lac_step_rule page_rules[] = {
    {"theory", "1/(L + sqrt((1 - p)/p ((A - B) L_{+,w}^2 + B L_{pm,w}^2 + rows_noise)))",
     LAC_NEEDS_L | LAC_NEEDS_L_I | LAC_NEEDS_NOISE, LAC_FOR_ESTIMATES | LAC_FOR_COHORTS, page_step},
    {"vanilla",
     "1/(L + sqrt((1 - p)/p (L_+^2/TAU + rows_noise))), as PAGE counts draws with replacement",
     LAC_NEEDS_L | LAC_NEEDS_L_I | LAC_NEEDS_VANILLA, LAC_FOR_ESTIMATES | LAC_FOR_COHORTS,
     page_step},
    {0},
};

static uint32_t page_participants(const struct lac_env *e, struct lac_participant *who)
{
    return whole(e) ? lac_everybody(e, who) : lac_cohort(e, who);
}

static double page_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    kind[0].models = 2;
    return coin(e);
}

static lac_status page_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct page_server *s = state;
    vec_copy(s->previous, s->x, e->d);
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* (a) x^{t+1} = x^t - gamma g^t */
    LAC_TRY(lac_put(e, down, s->x));
    if (whole(e)) {
        vec_zero(s->g, e->d);
        return LAC_OK;
    }
    return lac_put(e, down, s->previous); /* for those who were away */
}

static lac_status page_client_step(void *worker, void *client, struct lac_env *e,
                                   struct lac_message *down, struct lac_message *up)
{
    struct page_worker *w = worker;
    const double *x, *previous;
    (void)client;
    LAC_TRY(lac_get(e, down, &x));
    if (whole(e)) {
        LAC_TRY(lac_full_gradient(e, x, w->grad));
        return lac_compress(e, 0, w->grad, up); /* grad f_i(x^{t+1}) */
    }
    LAC_TRY(lac_gradient(e, x, w->grad));
    lac_next(down);
    LAC_TRY(lac_get(e, down, &previous));
    LAC_TRY(lac_gradient(e, previous, w->old));
    vec_sub(w->grad, w->grad, w->old, e->d); /* v_i = S_i(grad f_ij(x^{t+1}) - grad f_ij(x^t)) */
    return lac_compress(e, 0, w->grad, up);
}

static lac_status page_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct page_server *s = state;
    if (whole(e)) {
        return lac_add_mean(e, 0, up, s->g); /* 3. g^{t+1} = grad f(x^{t+1}) */
    }
    double factor = lac_law_factor(&e->sampling.law, e->who.client);
    return lac_add(e, 0, up, (double)e->who.multiplicity * factor,
                   s->g); /* 4. g^{t+1} = g^t + S(v) */
}

const struct lac_method lac_method_page = {
    .name = "page",
    .summary = "variance reduction by sampled differences, sometimes a whole gradient",
    .paper = "Tyurin et al., arXiv:2206.02275, Algorithm 1",
    .traits = LAC_GIVES_EVALUATION | LAC_STEPS_FIRST | LAC_TAKES_ESTIMATES | LAC_ADMITS_LOSS,
    .starts = LAC_START_EXACT,
    .start_default = LAC_START_EXACT,
    .participation = LAC_SAMPLING_ANY,
    .needs = LAC_NEEDS_FRACTION,
    .channels = {{"up difference", LAC_LOSSLESS, LAC_UNBIASED}},
    .parameters = page_parameters,
    .rules = {[LAC_STEP] = page_rules},
    .server = LAC_HOLDS(page_server),
    .worker = LAC_HOLDS(page_worker),
    .participants = page_participants,
    .kinds = page_kinds,
    .server_begin = page_server_begin,
    .client_step = page_client_step,
    .server_add = page_server_add,
};
