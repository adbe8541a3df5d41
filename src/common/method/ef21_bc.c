/*
 * EF21-BC: EF21 whose server sends a compressed difference of its estimator instead of the model.
 *
 * Fatkhullin, Sokolov, Gorbunov, Li, Richtarik. "EF21 with Bells & Whistles". arXiv:2110.03294,
 * Algorithm 5 (bidirectional compression).
 *
 *   paper   here             held by       meaning
 *   x, g    s->x, s->g       server        model, and the estimator that everybody has
 *           w->x, w->g       every rank    the same, followed from what comes down
 *   g~      s->target        server        mean of the g~_i
 *   g~_i    c->g_i           client i      what the server believes grad f_i(x) is
 *   b       DOWN             on the wire   C_M(g~ - g), to every client in every round
 *   C_M                                    `--compressor-down`
 *
 * Step: derived in docs/methods/ef21-bc.md. Starts as EF21; g^0 = 0.
 * Invariants (tests/method): the server's x and g on every rank, to the bit; g~ = mean g~_i.
 */
#include "base/vec.h"
#include "method/method.h"
#include "method/steps.h"

enum { UP, DOWN };

struct ef21_bc_server {
    double *x, *g, *target, *diff;
};

struct ef21_bc_worker {
    double *x, *g, *diff;
};

struct ef21_bc_client {
    double *g_i;
};

static const struct lac_vector ef21_bc_server_vectors[] = {
    LAC_VECTOR(ef21_bc_server, x, LAC_MODEL),
    LAC_VECTOR(ef21_bc_server, g, LAC_STATE),
    LAC_VECTOR(ef21_bc_server, target, LAC_ESTIMATE),
    LAC_VECTOR(ef21_bc_server, diff, LAC_WORK),
    {0},
};

static const struct lac_vector ef21_bc_worker_vectors[] = {
    LAC_VECTOR(ef21_bc_worker, x, LAC_AT_X0),
    LAC_VECTOR(ef21_bc_worker, g, LAC_STATE),
    LAC_VECTOR(ef21_bc_worker, diff, LAC_WORK),
    {0},
};

static const struct lac_vector ef21_bc_client_vectors[] = {
    LAC_VECTOR(ef21_bc_client, g_i, LAC_SHIFT),
    {0},
};

static double ef21_bc_theory(const struct lac_problem *p)
{
    double up = lac_xi(p->alpha), down = lac_xi(p->channel[DOWN].info.alpha);
    return 1.0 / (p->constants->L + p->constants->L_mean * (up + down * (1.0 + 2.0 * up)));
}

static const struct lac_step_rule ef21_bc_rules[] = {
    {"theory", "1/(L + L_mean (xi(alpha) + xi(alpha_M)(1 + 2 xi(alpha))))",
     LAC_NEEDS_L | LAC_NEEDS_L_I, 0, ef21_bc_theory},
    {0},
};

static lac_status ef21_bc_server_begin(void *state, const struct lac_env *e,
                                       struct lac_message *down)
{
    struct ef21_bc_server *s = state;
    vec_sub(s->diff, s->target, s->g, e->d);
    LAC_TRY(lac_compress(e, DOWN, s->diff, down)); /* b = C_M(g~ - g) */
    LAC_TRY(lac_add(e, DOWN, down, 1.0, s->g));    /* g <- g + b */
    vec_axpy(s->x, -e->gamma, s->g, e->d);         /* x <- x - gamma g */
    return LAC_OK;
}

static lac_status ef21_bc_worker_begin(void *worker, const struct lac_env *e,
                                       struct lac_message *down)
{
    struct ef21_bc_worker *w = worker;
    LAC_TRY(lac_add(e, DOWN, down, 1.0, w->g)); /* g <- g + b */
    vec_axpy(w->x, -e->gamma, w->g, e->d);      /* x <- x - gamma g */
    return LAC_OK;
}

static lac_status ef21_bc_client_step(void *worker, void *client, struct lac_env *e,
                                      struct lac_message *down, struct lac_message *up)
{
    struct ef21_bc_worker *w = worker;
    struct ef21_bc_client *c = client;
    (void)down;
    LAC_TRY(lac_gradient(e, w->x, w->diff));
    vec_sub(w->diff, w->diff, c->g_i, e->d);
    LAC_TRY(lac_compress(e, UP, w->diff, up)); /* C(grad f_i(x) - g~_i), sent */
    return lac_add(e, UP, up, 1.0, c->g_i);    /* g~_i <- g~_i + C(...) */
}

static lac_status ef21_bc_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct ef21_bc_server *s = state;
    return lac_add_mean(e, UP, up, s->target); /* g~ = mean g~_i */
}

const struct lac_method lac_method_ef21_bc = {
    .name = "ef21-bc",
    .summary = "EF21 with a compressed difference on the way down too",
    .paper = "Fatkhullin, Sokolov, Gorbunov, Li, Richtarik, arXiv:2110.03294, Algorithm 5",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_STEPS_FIRST | LAC_DOWN_TO_ALL,
    .starts = LAC_START_COMPRESSED | LAC_START_EXACT | LAC_START_ZERO,
    .start_default = LAC_START_COMPRESSED,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_CONTRACTIVE},
                 {"down estimator", LAC_FROM_COMPRESSOR_DOWN, LAC_CONTRACTIVE}},
    .rules = {[LAC_STEP] = ef21_bc_rules},
    .server = LAC_HOLDS(ef21_bc_server),
    .worker = LAC_HOLDS(ef21_bc_worker),
    .client = LAC_HOLDS(ef21_bc_client),
    .server_begin = ef21_bc_server_begin,
    .worker_begin = ef21_bc_worker_begin,
    .client_step = ef21_bc_client_step,
    .server_add = ef21_bc_server_add,
};
