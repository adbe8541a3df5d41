/*
 * EF21-PP (arXiv:2110.03294): EF21 in which client i takes part with probability p, independently.
 * The table of symbols is that of ef21.c; who is away keeps g_i, and nothing is divided by p.
 *
 * Tried here: cohorts that can be empty, and ranks none of whose clients takes part.
 * Invariant: g = mean g_i.
 */
#include "base/vec.h"
#include "sketches.h"

struct pp_server {
    double *x, *g;
};

struct pp_worker {
    double *grad;
};

struct pp_client {
    double *g_i;
};

static const struct lac_parameter pp_parameters[] = {
    {"p", 0.5, 0.0, 1.0, false, "probability that a client takes part"},
    {0},
};

static uint32_t pp_participants(const struct lac_env *e, struct lac_participant *who)
{
    return e->round == 0 ? sketch_everybody(e, who) : sketch_some(e, e->parameter[0], who);
}

static lac_status pp_server_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct pp_server *s = state;
    LAC_TRY(lac_new_vector(e, a, &s->x));
    LAC_TRY(lac_new_vector(e, a, &s->g));
    vec_copy(s->x, e->x0, e->d);
    return LAC_OK;
}

static lac_status pp_worker_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct pp_worker *w = state;
    return lac_new_vector(e, a, &w->grad);
}

static lac_status pp_client_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct pp_client *c = state;
    return lac_new_vector(e, a, &c->g_i);
}

static lac_status pp_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct pp_server *s = state;
    vec_axpy(s->x, -e->gamma, s->g, e->d);
    return lac_put(e, down, s->x);
}

static lac_status pp_client_step(void *worker, void *client, struct lac_env *e,
                                 struct lac_message *down, struct lac_message *up)
{
    struct pp_worker *w = worker;
    struct pp_client *c = client;
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->grad));
    vec_sub(w->grad, w->grad, c->g_i, e->d);
    LAC_TRY(lac_compress(e, 0, w->grad, up));
    return lac_add(e, 0, up, 1.0, c->g_i);
}

static lac_status pp_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct pp_server *s = state;
    return lac_add_mean(e, 0, up, s->g);
}

static double *pp_server_model(void *state)
{
    struct pp_server *s = state;
    return s->x;
}

static void pp_server_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct pp_server *s = state;
    v->vector(v, "x", s->x, e->d);
    v->vector(v, "g", s->g, e->d);
}

static void pp_client_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct pp_client *c = state;
    v->vector(v, "g_i", c->g_i, e->d);
}

const struct lac_method sketch_ef21_pp = {
    .name = "ef21-pp",
    .summary = "sketch",
    .paper = "Fatkhullin et al., arXiv:2110.03294",
    .traits = LAC_GIVES_EVALUATION | LAC_STEPS_FIRST,
    .starts = LAC_START_COMPRESSED | LAC_START_EXACT | LAC_START_ZERO,
    .start_default = LAC_START_COMPRESSED,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_CONTRACTIVE}},
    .parameters = pp_parameters,
    .server_size = sizeof(struct pp_server),
    .worker_size = sizeof(struct pp_worker),
    .client_size = sizeof(struct pp_client),
    .server_setup = pp_server_setup,
    .worker_setup = pp_worker_setup,
    .client_setup = pp_client_setup,
    .participants = pp_participants,
    .server_begin = pp_server_begin,
    .client_step = pp_client_step,
    .server_add = pp_server_add,
    .server_model = pp_server_model,
    .server_visit = pp_server_visit,
    .client_visit = pp_client_visit,
};
