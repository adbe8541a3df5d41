/*
 * DIANA-NASTYA: a local epoch of random reshuffling on each client, the difference of its move to a shift compressed.
 *
 * Sadiev, Malinovsky, Gorbunov, Sokolov, Khaled, Burlachenko, Richtarik. "Don't Compress Gradients in Random
 * Reshuffling: Compress Gradient Differences". NeurIPS 2024. arXiv:2206.07021, Algorithms 4, 6 (partial).
 *
 *   paper       here         held by    meaning
 *   x_t         s->x         server     model
 *   g_m         w->y         client m   (x_t - y^n)/(gamma n), y^n after the n minibatches (method/minibatch.h)
 *   h_m         c->h_m       client m   shift; partial: and its replica on the server, s->h + m d
 *   h           s->h         server     full: mean of the h_m
 *   c_m         up           wire       Q(g_m - h_m)
 *   S_t, C      e->sampling  both       partial: `--participation nice:C`
 *   alpha       lac_learns   both       1/(1 + omega)
 *   gamma, eta  e->gamma, e->eta        --step of the clients, --server-step
 *
 * Partial: the printed line of Algorithm 6 is not consistent with its proof; the server takes (1/C) sum over S_t of
 * h_m + c_m, with the cohort's own shifts, and absent clients keep theirs. Shifts are 0 at first.
 *
 * Invariant (tests/method): h = mean h_m; partial: the replicas are the clients' shifts, to the bit.
 */
#include <math.h>

#include "base/vec.h"
#include "method/nastya.h"
#include "method/steps.h"

struct diana_nastya_client {
    double *h_m;
};

static bool partial(const struct lac_sampling *s)
{
    return s->kind != LAC_SAMPLING_FULL;
}

static size_t shifts(const struct lac_env *e)
{
    return partial(&e->sampling) ? e->n : 1;
}

static const struct lac_vector diana_nastya_server_vectors[] = {
    LAC_VECTOR(lac_nastya_server, x, LAC_MODEL),
    LAC_VECTOR(lac_nastya_server, g, LAC_WORK),
    LAC_VECTORS(lac_nastya_server, h, LAC_STATE, shifts),
    {0},
};

static const struct lac_vector diana_nastya_client_vectors[] = {
    LAC_VECTOR(diana_nastya_client, h_m, LAC_SHIFT),
    {0},
};

static double diana_nastya_step(const struct lac_problem *p)
{
    return lac_nastya_step(p, partial(p->sampling) ? 5.0 : 16.0);
}

static double diana_nastya_server_step(const struct lac_problem *p)
{
    double L = p->constants->L_row, W = lac_nastya_omega(p), alpha = 1.0 / (1.0 + p->omega);
    if (partial(p->sampling)) {
        double eta = 1.0 / (80.0 * L * (1.0 + W));
        return p->mu > 0.0 ? fmin(eta, p->sampling->p * alpha / p->mu) : eta;
    }
    double eta = 1.0 / (16.0 * L * (1.0 + 9.0 * W));
    return p->mu > 0.0 ? fmin(eta, alpha / (2.0 * p->mu)) : eta;
}

enum { SCOPE = LAC_FOR_CONVEX | LAC_FOR_COHORTS };

static const struct lac_step_rule diana_nastya_rules[] = {
    {"theory", "1/(16 n L_row), partial 1/(5 n L_row), n local steps", LAC_NEEDS_L_ROW, SCOPE,
     diana_nastya_step},
    {0},
};

static const struct lac_step_rule diana_nastya_server_rules[] = {
    {"theory",
     "min{alpha/(2 mu), 1/(16 L_row (1 + 9 omega/M))}; partial "
     "min{alpha C/(mu M), 1/(80 L_row (1 + omega/C))}",
     LAC_NEEDS_L_ROW, SCOPE, diana_nastya_server_step},
    {0},
};

static struct lac_branch diana_nastya_branch(const struct lac_problem *p,
                                             const struct lac_step_rule *rule)
{
    bool part = partial(p->sampling), strong = p->mu > 0.0;
    if (rule == diana_nastya_rules) {
        return part ? (struct lac_branch){"partial participation", "1/(5 n L_row), n local steps"}
                    : (struct lac_branch){"all clients", "1/(16 n L_row), n local steps"};
    }
    if (part) {
        return strong ? (struct lac_branch){"strongly convex, partial participation",
                                            "min{alpha C/(mu M), 1/(80 L_row (1 + omega/C))}"}
                      : (struct lac_branch){"convex, partial participation",
                                            "1/(80 L_row (1 + omega/C))"};
    }
    return strong ? (struct lac_branch){"strongly convex, all clients",
                                        "min{alpha/(2 mu), 1/(16 L_row (1 + 9 omega/M))}"}
                  : (struct lac_branch){"convex, all clients", "1/(16 L_row (1 + 9 omega/M))"};
}

static lac_status diana_nastya_server_begin(void *state, const struct lac_env *e,
                                            struct lac_message *down)
{
    struct lac_nastya_server *s = state;
    vec_zero(s->g, e->d);
    if (!partial(&e->sampling)) {
        vec_copy(s->g, s->h, e->d); /* g^ = h_t + ... */
    }
    return lac_put(e, down, s->x); /* x_t to the clients of S_t */
}

static lac_status diana_nastya_client_step(void *worker, void *client, struct lac_env *e,
                                           struct lac_message *down, struct lac_message *up)
{
    struct lac_nastya_worker *w = worker;
    struct diana_nastya_client *c = client;
    LAC_TRY(lac_nastya_epoch(w, e, down)); /* g_m = (x_t - y^n)/(gamma n) */
    vec_sub(w->y, w->y, c->h_m, e->d);
    LAC_TRY(lac_compress(e, 0, w->y, up));           /* c_m = Q(g_m - h_m), sent */
    return lac_add(e, 0, up, lac_learns(e), c->h_m); /* h_m <- h_m + alpha c_m */
}

static lac_status diana_nastya_server_add(void *state, const struct lac_env *e,
                                          struct lac_message *up)
{
    struct lac_nastya_server *s = state;
    double *h = s->h, mean = lac_cohort_factor(e, &e->who), alpha = lac_learns(e) / (double)e->n;
    if (partial(&e->sampling)) {
        alpha = lac_learns(e);
        h += e->who.client * e->d;
        vec_axpy(s->g, mean, h, e->d); /* g^ = (1/C) sum (h_m + ...), the old shifts */
    }
    LAC_TRY(lac_add(e, 0, up, mean, s->g)); /* ... + mean c_m */
    return lac_add(e, 0, up, alpha, h);     /* h_{t+1} = h_t + (alpha/M) sum c_m, or the replica */
}

const struct lac_method lac_method_diana_nastya = {
    .name = "diana-nastya",
    .summary = "a local epoch of random reshuffling, compressed differences of its move to a shift",
    .paper = "Sadiev et al., arXiv:2206.07021, Algorithms 4 and 6",
    .traits = LAC_TAKES_ESTIMATES | LAC_DEALS_BATCHES | LAC_REACHES_A_BALL | LAC_ADMITS_LOSS,
    .participation = LAC_SAMPLING_NICE,
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = lac_nastya_parameters,
    .rules = {[LAC_STEP] = diana_nastya_rules, [LAC_SERVER_STEP] = diana_nastya_server_rules},
    .branch = diana_nastya_branch,
    .server = {.size = sizeof(struct lac_nastya_server), .vectors = diana_nastya_server_vectors},
    .worker = LAC_HOLDS(lac_nastya_worker),
    .client = LAC_HOLDS(diana_nastya_client),
    .server_begin = diana_nastya_server_begin,
    .client_step = diana_nastya_client_step,
    .server_add = diana_nastya_server_add,
    .server_end = lac_nastya_server_end,
};
