/*
 * COFIG: DIANA with few clients a round; one set of clients feeds the estimator, one the shifts.
 *
 * Zhao, Burlachenko, Li, Richtarik. "Faster Rates for Compressed Federated Learning with Client-Variance
 * Reduction". arXiv:2112.13097, Algorithm 1 (COFIG).
 *
 *   paper       here              held by       meaning
 *   x^t, h^t    s->x, s->h        server        model; mean of the h_i^t
 *   g^t         s->g              server        h^t + (1/S) sum over S~^t of u_i^t
 *   h_i^t       c->h_i            client i      shift
 *   S~^t, S^t   FEEDS_G, FEEDS_H  both sides    S clients each, without replacement: one set (S~ = S, as in
 *                                               the paper's experiments), or two with independent=1
 *   u_i^t       up                on the wire   C(grad f_i(x^t) - h_i^t)
 *   alpha       lac_learns(e)                   1/(1 + omega)
 *   S           e->sampling.size                `--participation nice:S`
 *   N, eta      e->n, e->gamma
 *
 * Steps: cofig_steps.c. Start: h_i^0 = 0, or grad f_i(x^0) with `--init exact`. Invariant (tests/method): h = mean h_i.
 */
#include "method/cofig.h"

#include "base/vec.h"
#include "method/steps.h"

enum { INDEPENDENT };
enum { FEEDS_G = 1, FEEDS_H = 2 };

struct cofig_server {
    double *x, *h, *g;
};

struct cofig_worker {
    double *diff; /* work */
};

struct cofig_client {
    double *h_i;
};

static const struct lac_vector cofig_server_vectors[] = {
    LAC_VECTOR(cofig_server, x, LAC_MODEL),
    LAC_VECTOR(cofig_server, h, LAC_STATE),
    LAC_VECTOR(cofig_server, g, LAC_WORK),
    {0},
};

static const struct lac_vector cofig_worker_vectors[] = {
    LAC_VECTOR(cofig_worker, diff, LAC_WORK),
    {0},
};

static const struct lac_vector cofig_client_vectors[] = {
    LAC_VECTOR(cofig_client, h_i, LAC_SHIFT),
    {0},
};

static const struct lac_parameter cofig_parameters[] = {
    {"independent", 0.0, 0.0, 1.0, true, "1: the two sets of clients are drawn apart"},
    {0},
};

/* 1. S~^t and S^t */
static uint32_t cofig_participants(const struct lac_env *e, struct lac_participant *who)
{
    lac_nobody(e, who);
    lac_draw_cohort(e, 0, FEEDS_G, who);
    lac_draw_cohort(e, e->parameter[INDEPENDENT] > 0.0 ? 1 : 0, FEEDS_H, who);
    return e->round == 0 ? lac_everybody(e, who) : lac_present(e, who);
}

static double cofig_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    double S = e->sampling.size;
    kind[0].clients = e->parameter[INDEPENDENT] > 0.0 ? S * (2.0 - S / (double)e->n) : S;
    return 0.0;
}

static lac_status cofig_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct cofig_server *s = state;
    vec_copy(s->g, s->h, e->d);
    return lac_put(e, down, s->x); /* 2. to those in either set */
}

static lac_status cofig_client_step(void *worker, void *client, struct lac_env *e,
                                    struct lac_message *down, struct lac_message *up)
{
    struct cofig_worker *w = worker;
    struct cofig_client *c = client;
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->diff));
    vec_sub(w->diff, w->diff, c->h_i, e->d);
    LAC_TRY(lac_compress(e, 0, w->diff, up)); /* 3. u_i = C(grad f_i(x^t) - h_i) */
    if (e->round == 0) {
        return lac_add(e, 0, up, 1.0, c->h_i); /* h_i^0 = grad f_i(x^0) */
    }
    return e->who.role & FEEDS_H ? lac_add(e, 0, up, lac_learns(e), c->h_i) : LAC_OK;
}

static lac_status cofig_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct cofig_server *s = state;
    if (e->round == 0) {
        return lac_add_mean(e, 0, up, s->h);
    }
    if (e->who.role & FEEDS_G) {
        LAC_TRY(lac_add(e, 0, up, 1.0 / e->sampling.size, s->g)); /* 4. g^t = h^t + (1/S) sum u_i */
    }
    if (e->who.role & FEEDS_H) { /* h^{t+1} = h^t + (alpha/N) sum u_i */
        LAC_TRY(lac_add(e, 0, up, lac_learns(e) / (double)e->n, s->h));
    }
    return LAC_OK;
}

static lac_status cofig_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct cofig_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->gamma, s->g, e->d); /* x^{t+1} = x^t - eta g^t */
    return LAC_OK;
}

const struct lac_method lac_method_cofig = {
    .name = "cofig",
    .summary = "DIANA with few clients a round: shifts of clients and a mean of all of them",
    .paper = "Zhao, Burlachenko, Li, Richtarik, arXiv:2112.13097, Algorithm 1",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_ADMITS_LOSS,
    .starts = LAC_START_ZERO | LAC_START_EXACT,
    .start_default = LAC_START_ZERO,
    .participation = LAC_SAMPLING_NICE,
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = cofig_parameters,
    .rules = {[LAC_STEP] = lac_cofig_rules},
    .branch = lac_branch_by_convexity,
    .server = LAC_HOLDS(cofig_server),
    .worker = LAC_HOLDS(cofig_worker),
    .client = LAC_HOLDS(cofig_client),
    .participants = cofig_participants,
    .kinds = cofig_kinds,
    .server_begin = cofig_server_begin,
    .client_step = cofig_client_step,
    .server_add = cofig_server_add,
    .server_end = cofig_server_end,
};
