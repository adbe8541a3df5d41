/*
 * EF21-P + EF21: EF21 whose server sends a compressed difference of its model.
 *
 * Gruntkowska, Tyurin, Richtarik. "EF21-P and Friends". ICML 2023. arXiv:2209.15218: EF21-P with EF21 on
 * the way up.
 *
 *   paper   here         held by       meaning
 *   x       s->x         server        model
 *   w       s->w, w->w   every rank    what everybody knows of it: gradients and evaluation are there
 *   p       DOWN         on the wire   C_P(x - w), to every client in every round
 *   g_i     c->g_i       client i      what the server believes grad f_i(w) is
 *   g       s->g         server        mean of the g_i
 *   C_P                                `--compressor-down`
 *
 * Step: derived in docs/methods/ef21-p.md. Starts as EF21, from w^0 = x^0.
 * Invariants (tests/method): the server's w on every rank, to the bit; g = mean g_i.
 */
#include "base/vec.h"
#include "method/method.h"
#include "method/steps.h"

enum { UP, DOWN };

struct ef21_p_server {
    double *x, *w, *g;
    double *diff; /* work */
};

struct ef21_p_worker {
    double *w;
    double *diff; /* work */
};

struct ef21_p_client {
    double *g_i;
};

static const struct lac_vector ef21_p_server_vectors[] = {
    LAC_VECTOR(ef21_p_server, x, LAC_AT_X0),
    LAC_VECTOR(ef21_p_server, w, LAC_MODEL),
    LAC_VECTOR(ef21_p_server, g, LAC_ESTIMATE),
    LAC_VECTOR(ef21_p_server, diff, LAC_WORK),
    {0},
};

static const struct lac_vector ef21_p_worker_vectors[] = {
    LAC_VECTOR(ef21_p_worker, w, LAC_AT_X0),
    LAC_VECTOR(ef21_p_worker, diff, LAC_WORK),
    {0},
};

static const struct lac_vector ef21_p_client_vectors[] = {
    LAC_VECTOR(ef21_p_client, g_i, LAC_SHIFT),
    {0},
};

static double ef21_p_theory(const struct lac_problem *p)
{
    double up = lac_xi(p->alpha), down = lac_xi(p->channel[DOWN].info.alpha);
    double L = p->constants->L, mean = p->constants->L_mean;
    return 1.0 / (L + L * down + mean * up * (1.0 + 2.0 * down));
}

static const struct lac_step_rule ef21_p_rules[] = {
    {"theory", "1/(L + L xi(alpha_P) + L_mean xi(alpha)(1 + 2 xi(alpha_P)))",
     LAC_NEEDS_L | LAC_NEEDS_L_I, 0, ef21_p_theory},
    {0},
};

static lac_status ef21_p_server_begin(void *state, const struct lac_env *e,
                                      struct lac_message *down)
{
    struct ef21_p_server *s = state;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x <- x - gamma g */
    vec_sub(s->diff, s->x, s->w, e->d);
    LAC_TRY(lac_compress(e, DOWN, s->diff, down)); /* p = C_P(x - w), broadcast */
    return lac_add(e, DOWN, down, 1.0, s->w);      /* w <- w + p */
}

static lac_status ef21_p_worker_begin(void *worker, const struct lac_env *e,
                                      struct lac_message *down)
{
    struct ef21_p_worker *w = worker;
    return e->round == 0 ? LAC_OK : lac_add(e, DOWN, down, 1.0, w->w); /* w <- w + p */
}

static lac_status ef21_p_client_step(void *worker, void *client, struct lac_env *e,
                                     struct lac_message *down, struct lac_message *up)
{
    struct ef21_p_worker *w = worker;
    struct ef21_p_client *c = client;
    (void)down;
    LAC_TRY(lac_gradient(e, w->w, w->diff));
    vec_sub(w->diff, w->diff, c->g_i, e->d);
    LAC_TRY(lac_compress(e, UP, w->diff, up)); /* C(grad f_i(w) - g_i), sent */
    return lac_add(e, UP, up, 1.0, c->g_i);    /* g_i <- g_i + C(...) */
}

static lac_status ef21_p_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct ef21_p_server *s = state;
    return lac_add_mean(e, UP, up, s->g); /* g = mean g_i */
}

const struct lac_method lac_method_ef21_p = {
    .name = "ef21-p",
    .summary = "EF21 with a compressed difference of the model on the way down",
    .paper = "Gruntkowska, Tyurin, Richtarik, arXiv:2209.15218",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_STEPS_FIRST | LAC_DOWN_TO_ALL,
    .starts = LAC_START_COMPRESSED | LAC_START_EXACT | LAC_START_ZERO,
    .start_default = LAC_START_COMPRESSED,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_CONTRACTIVE},
                 {"down model", LAC_FROM_COMPRESSOR_DOWN, LAC_CONTRACTIVE}},
    .rules = {[LAC_STEP] = ef21_p_rules},
    .server = LAC_HOLDS(ef21_p_server),
    .worker = LAC_HOLDS(ef21_p_worker),
    .client = LAC_HOLDS(ef21_p_client),
    .server_begin = ef21_p_server_begin,
    .worker_begin = ef21_p_worker_begin,
    .client_step = ef21_p_client_step,
    .server_add = ef21_p_server_add,
};
