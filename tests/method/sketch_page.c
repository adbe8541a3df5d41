/*
 * PAGE with clients drawn with replacement (arXiv:2206.02275, uniform with replacement).
 *
 *   paper   here                  held by  meaning
 *   x^t     s->x                  server   model
 *   g^t     s->g                  server   estimator; g^0 = grad f(x^0)
 *   c_t     whole(e)              both     coin, probability p (0: tau/(tau + n)): everybody takes part
 *   tau     e->parameter[TAU]     both     draws of a round, else
 *   S       participants          both     multiplicity: how often a client was drawn
 *
 * Tried here: a cohort that depends on a coin, multiplicity as a weight, x^t as a second section for
 * those who were away.
 */
#include <math.h>

#include "base/vec.h"
#include "sketches.h"

enum { TAU, P };

struct page_server {
    double *x, *previous, *g;
};

struct page_worker {
    double *grad, *old;
};

static const struct lac_parameter page_parameters[] = {
    {"tau", 3.0, 1.0, 1e9, true, "clients drawn in a round, with replacement"},
    {"p", 0.0, 0.0, 1.0, false, "probability of a whole gradient; 0: tau/(tau + n)"},
    {0},
};

static bool whole(const struct lac_env *e)
{
    double tau = e->parameter[TAU], p = e->parameter[P];
    return e->round == 0 || lac_coin(e, 0, p > 0.0 ? p : tau / (tau + (double)e->n));
}

static unsigned page_needs(const struct lac_problem *p)
{
    (void)p;
    return LAC_NEEDS_L | LAC_NEEDS_L_I;
}

/* "Vanilla": A = 1/tau, B = 0, with L_rms for L_+. */
static double page_theory(const struct lac_problem *p)
{
    double tau = p->parameter[TAU], given = p->parameter[P];
    double coin = given > 0.0 ? given : tau / (tau + (double)p->n);
    return 1.0 / (p->constants->L + sqrt((1.0 - coin) / (coin * tau)) * p->constants->L_rms);
}

static const struct lac_step_rule page_rules[] = {
    {"theory", "1/(L + sqrt((1 - p)/(p tau)) L_rms)", page_needs, page_theory},
    {0},
};

static uint32_t page_participants(const struct lac_env *e, struct lac_participant *who)
{
    if (whole(e)) {
        return lac_everybody(e, who);
    }
    struct lac_env draws = *e;
    draws.sampling =
        (struct lac_sampling){.kind = LAC_SAMPLING_UNIFORM, .tau = (uint32_t)e->parameter[TAU]};
    return lac_cohort(&draws, who);
}

static lac_status page_server_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct page_server *s = state;
    LAC_TRY(lac_new_vector(e, a, &s->x));
    LAC_TRY(lac_new_vector(e, a, &s->previous));
    LAC_TRY(lac_new_vector(e, a, &s->g));
    vec_copy(s->x, e->x0, e->d);
    return LAC_OK;
}

static lac_status page_worker_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct page_worker *w = state;
    LAC_TRY(lac_new_vector(e, a, &w->grad));
    return lac_new_vector(e, a, &w->old);
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
    return lac_put(e, down, s->previous);
}

static lac_status page_client_step(void *worker, void *client, struct lac_env *e,
                                   struct lac_message *down, struct lac_message *up)
{
    struct page_worker *w = worker;
    const double *x, *previous;
    (void)client;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->grad));
    if (!whole(e)) {
        lac_next(down);
        LAC_TRY(lac_get(e, down, &previous));
        LAC_TRY(lac_gradient(e, previous, w->old));
        vec_sub(w->grad, w->grad, w->old, e->d);
    }
    return lac_compress(e, 0, w->grad, up);
}

static lac_status page_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct page_server *s = state;
    if (whole(e)) {
        return lac_add_mean(e, 0, up, s->g); /* 3. g^{t+1} = grad f(x^{t+1}) */
    }
    double weight = (double)e->who.multiplicity / e->parameter[TAU];
    return lac_add(e, 0, up, weight, s->g); /* 4. g^{t+1} = g^t + S(...) */
}

static double *page_server_model(void *state)
{
    struct page_server *s = state;
    return s->x;
}

static void page_server_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct page_server *s = state;
    v->vector(v, "x", s->x, e->d);
    v->vector(v, "previous", s->previous, e->d);
    v->vector(v, "g", s->g, e->d);
}

const struct lac_method sketch_page = {
    .name = "page",
    .summary = "sketch",
    .paper = "Tyurin et al., arXiv:2206.02275",
    .traits = LAC_GIVES_EVALUATION | LAC_STEPS_FIRST,
    .starts = LAC_START_EXACT,
    .start_default = LAC_START_EXACT,
    .channels = {{"up difference", LAC_LOSSLESS, LAC_UNBIASED}},
    .parameters = page_parameters,
    .rules = page_rules,
    .server_size = sizeof(struct page_server),
    .worker_size = sizeof(struct page_worker),
    .server_setup = page_server_setup,
    .worker_setup = page_worker_setup,
    .participants = page_participants,
    .server_begin = page_server_begin,
    .client_step = page_client_step,
    .server_add = page_server_add,
    .server_model = page_server_model,
    .server_visit = page_server_visit,
};
