/*
 * EF21-BC (arXiv:2110.03294): EF21 with a compressed difference on the way down too.
 *
 *   paper     here             held by         meaning
 *   x, g      s->x, s->g       server          model, and the estimator that everybody has
 *             w->x, w->g       every rank      the same, followed from what comes down
 *   g~        s->target        server          mean of the g~_i
 *   g~_i      c->g_i           client i        what the server believes grad f_i(x) is
 *   b         down             wire            C_M(g~ - g)
 *
 * Each client takes part with probability p, independently; who is away keeps g~_i.
 *
 * Tried here: state replicated on every rank, so that the message down goes to all clients, always,
 * whoever takes part; a down channel with a compressor of its own.
 * Invariants: the same x everywhere; g~ = mean g~_i.
 */
#include "base/vec.h"
#include "sketches.h"

enum { UP, DOWN };

struct bc_server {
    double *x, *g, *target, *diff;
};

struct bc_worker {
    double *x, *g, *diff;
};

struct bc_client {
    double *g_i;
};

static const struct lac_parameter bc_parameters[] = {
    {"p", 1.0, 0.0, 1.0, false, "probability that a client takes part"},
    {0},
};

static uint32_t bc_participants(const struct lac_env *e, struct lac_participant *who)
{
    return e->round == 0 ? sketch_everybody(e, who) : sketch_some(e, e->parameter[0], who);
}

static lac_status bc_server_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct bc_server *s = state;
    LAC_TRY(lac_new_vector(e, a, &s->x));
    LAC_TRY(lac_new_vector(e, a, &s->g));
    LAC_TRY(lac_new_vector(e, a, &s->target));
    LAC_TRY(lac_new_vector(e, a, &s->diff));
    vec_copy(s->x, e->x0, e->d);
    return LAC_OK;
}

static lac_status bc_worker_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct bc_worker *w = state;
    LAC_TRY(lac_new_vector(e, a, &w->x));
    LAC_TRY(lac_new_vector(e, a, &w->g));
    LAC_TRY(lac_new_vector(e, a, &w->diff));
    vec_copy(w->x, e->x0, e->d);
    return LAC_OK;
}

static lac_status bc_client_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct bc_client *c = state;
    return lac_new_vector(e, a, &c->g_i);
}

static lac_status bc_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct bc_server *s = state;
    vec_sub(s->diff, s->target, s->g, e->d);
    LAC_TRY(lac_compress(e, DOWN, s->diff, down)); /* b = C_M(g~ - g) */
    LAC_TRY(lac_add(e, DOWN, down, 1.0, s->g));    /* g <- g + b */
    vec_axpy(s->x, -e->gamma, s->g, e->d);         /* x <- x - gamma g */
    return LAC_OK;
}

static lac_status bc_worker_begin(void *worker, const struct lac_env *e, struct lac_message *down)
{
    struct bc_worker *w = worker;
    LAC_TRY(lac_add(e, DOWN, down, 1.0, w->g));
    vec_axpy(w->x, -e->gamma, w->g, e->d);
    return LAC_OK;
}

static lac_status bc_client_step(void *worker, void *client, struct lac_env *e,
                                 struct lac_message *down, struct lac_message *up)
{
    struct bc_worker *w = worker;
    struct bc_client *c = client;
    (void)down;
    LAC_TRY(lac_gradient(e, w->x, w->diff));
    vec_sub(w->diff, w->diff, c->g_i, e->d);
    LAC_TRY(lac_compress(e, UP, w->diff, up)); /* C(grad f_i(x) - g~_i) */
    return lac_add(e, UP, up, 1.0, c->g_i);
}

static lac_status bc_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct bc_server *s = state;
    return lac_add_mean(e, UP, up, s->target); /* g~ = mean g~_i */
}

static double *bc_server_model(void *state)
{
    struct bc_server *s = state;
    return s->x;
}

static void bc_server_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct bc_server *s = state;
    v->vector(v, "x", s->x, e->d);
    v->vector(v, "g", s->g, e->d);
    v->vector(v, "target", s->target, e->d);
}

static void bc_worker_visit(void *worker, const struct lac_env *e, struct lac_visitor *v)
{
    struct bc_worker *w = worker;
    v->vector(v, "x", w->x, e->d);
    v->vector(v, "g", w->g, e->d);
}

static void bc_client_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct bc_client *c = state;
    v->vector(v, "g_i", c->g_i, e->d);
}

const struct lac_method sketch_ef21_bc = {
    .name = "ef21-bc",
    .summary = "sketch",
    .paper = "Fatkhullin et al., arXiv:2110.03294",
    .traits = LAC_GIVES_EVALUATION | LAC_STEPS_FIRST | LAC_DOWN_TO_ALL,
    .starts = LAC_START_COMPRESSED | LAC_START_EXACT | LAC_START_ZERO,
    .start_default = LAC_START_COMPRESSED,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_CONTRACTIVE},
                 {"down estimator", LAC_FROM_COMPRESSOR_DOWN, LAC_CONTRACTIVE}},
    .parameters = bc_parameters,
    .server_size = sizeof(struct bc_server),
    .worker_size = sizeof(struct bc_worker),
    .client_size = sizeof(struct bc_client),
    .server_setup = bc_server_setup,
    .worker_setup = bc_worker_setup,
    .client_setup = bc_client_setup,
    .participants = bc_participants,
    .server_begin = bc_server_begin,
    .worker_begin = bc_worker_begin,
    .client_step = bc_client_step,
    .server_add = bc_server_add,
    .server_model = bc_server_model,
    .server_visit = bc_server_visit,
    .worker_visit = bc_worker_visit,
    .client_visit = bc_client_visit,
};
