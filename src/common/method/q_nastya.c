/*
 * Q-NASTYA: a local epoch of random reshuffling on each client, its move compressed.
 *
 * Sadiev, Malinovsky, Gorbunov, Sokolov, Khaled, Burlachenko, Richtarik. "Don't Compress Gradients in Random
 * Reshuffling: Compress Gradient Differences". NeurIPS 2024. arXiv:2206.07021, Algorithms 3, 5 (partial).
 *
 *   paper       here         held by    meaning
 *   x_t         s->x         server     model
 *   g_m         w->y         client m   (x_t - y^n)/(gamma n), y^n after the n minibatches (method/minibatch.h)
 *   Q(g_m)      up           wire
 *   S_t, C      e->sampling  both       partial: `--participation nice:C`
 *   gamma, eta  e->gamma, e->eta        --step of the clients, --server-step
 */
#include "base/vec.h"
#include "method/nastya.h"
#include "method/steps.h"

static const struct lac_vector q_nastya_server_vectors[] = {
    LAC_VECTOR(lac_nastya_server, x, LAC_MODEL),
    LAC_VECTOR(lac_nastya_server, g, LAC_WORK),
    {0},
};

const struct lac_vector lac_nastya_worker_vectors[] = {
    LAC_VECTOR(lac_nastya_worker, y, LAC_WORK),
    LAC_VECTOR(lac_nastya_worker, grad, LAC_WORK),
    {0},
};

const struct lac_parameter lac_nastya_parameters[] = {
    LAC_PASS_LIST(0.0, 1.0, 10.0),
    {0},
};

double lac_nastya_omega(const struct lac_problem *p)
{
    return p->compressor->correlated ? lac_mean_omega(p) : p->omega / p->sampling->size;
}

double lac_nastya_step(const struct lac_problem *p, double factor)
{
    return 1.0 / (factor * lac_pass_of(p->parameter).steps * p->constants->L_row);
}

static double q_nastya_step(const struct lac_problem *p)
{
    return lac_nastya_step(p, 5.0);
}

static double q_nastya_server_step(const struct lac_problem *p)
{
    return 1.0 / (16.0 * p->constants->L_row * (1.0 + lac_nastya_omega(p)));
}

enum { SCOPE = LAC_FOR_CONVEX | LAC_FOR_COHORTS };

static const struct lac_step_rule q_nastya_rules[] = {
    {"theory", "1/(5 n L_row), n local steps", LAC_NEEDS_L_ROW, SCOPE, q_nastya_step},
    {0},
};

static const struct lac_step_rule q_nastya_server_rules[] = {
    {"theory", "1/(16 L_row (1 + omega/C))", LAC_NEEDS_L_ROW, SCOPE, q_nastya_server_step},
    {0},
};

static lac_status q_nastya_server_begin(void *state, const struct lac_env *e,
                                        struct lac_message *down)
{
    struct lac_nastya_server *s = state;
    vec_zero(s->g, e->d);
    return lac_put(e, down, s->x); /* x_t to the clients of S_t */
}

lac_status lac_nastya_epoch(struct lac_nastya_worker *w, struct lac_env *e,
                            struct lac_message *down)
{
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    return lac_pseudo_gradient(e, lac_pass_of(e->parameter), x, w->y, w->grad);
}

static lac_status q_nastya_client_step(void *worker, void *client, struct lac_env *e,
                                       struct lac_message *down, struct lac_message *up)
{
    struct lac_nastya_worker *w = worker;
    (void)client;
    LAC_TRY(lac_nastya_epoch(w, e, down)); /* g_m = (x_t - y^n)/(gamma n) */
    return lac_compress(e, 0, w->y, up);   /* Q(g_m), sent */
}

static lac_status q_nastya_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct lac_nastya_server *s = state;
    return lac_add(e, 0, up, lac_cohort_factor(e, &e->who), s->g); /* mean of the Q(g_m) */
}

lac_status lac_nastya_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct lac_nastya_server *s = state;
    (void)reply;
    vec_axpy(s->x, -e->eta, s->g, e->d); /* x_{t+1} = x_t - eta g^ */
    return LAC_OK;
}

const struct lac_method lac_method_q_nastya = {
    .name = "q-nastya",
    .summary = "a local epoch of random reshuffling, its move compressed",
    .paper = "Sadiev et al., arXiv:2206.07021, Algorithms 3 and 5",
    .traits = LAC_TAKES_ESTIMATES | LAC_DEALS_BATCHES | LAC_REACHES_A_BALL | LAC_ADMITS_LOSS,
    .participation = LAC_SAMPLING_NICE,
    .channels = {{"up move", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = lac_nastya_parameters,
    .rules = {[LAC_STEP] = q_nastya_rules, [LAC_SERVER_STEP] = q_nastya_server_rules},
    .server = {.size = sizeof(struct lac_nastya_server), .vectors = q_nastya_server_vectors},
    .worker = LAC_HOLDS(lac_nastya_worker),
    .server_begin = q_nastya_server_begin,
    .client_step = q_nastya_client_step,
    .server_add = q_nastya_server_add,
    .server_end = lac_nastya_server_end,
};
