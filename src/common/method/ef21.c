/*
 * EF21 and EF21-W: error feedback, clients sending compressed differences to what the server has.
 *
 * Richtarik, Gasanov, Burlachenko. "Error Feedback Reloaded: From Quadratic to Arithmetic Mean of
 * Smoothness Constants". ICLR 2024. arXiv:2402.10774v1, Algorithms 1 (EF21) and 2 (EF21-W).
 *
 *   paper           here              held by      meaning
 *   x^t             s->x              server       model
 *   g^t             s->g              server       sum of w_i g_i^t
 *   w_i             in server_add     server       EF21: 1/n; EF21-W: L_i/sum_j L_j
 *   1/(n w_i)       scale             client i     EF21: 1;   EF21-W: L_mean/L_i
 *   g_i^t           c->g_i            client i     what the server believes grad f_i(x^t)/(n w_i) is
 *   u_i^t           up                on the wire  C(grad f_i(x^{t+1})/(n w_i) - g_i^t)
 *   gamma           e->gamma                       1/(L + L_mean xi(alpha)), of Theorems 2 and 3
 *
 * Start: g_i^0 = C(grad f_i(x^0)/(n w_i)) by default, the gradient itself with `--init exact`, 0 with
 * `--init zero`. A client with L_i = 0 has weight 0 in EF21-W and takes no part. Clients that a round leaves
 * out (EF21-PP) keep g_i^t; nothing is divided by their probability.
 *
 * Invariants (tests/method): g = sum w_i g_i; both follow the same iterates with TopK, up to round-off.
 */

#include <string.h>

#include "base/vec.h"
#include "method/ef21_rare.h"
#include "method/method.h"
#include "method/steps.h"

struct ef21_server {
    double *x, *g;
    struct lac_ef21_errors errors; /* with measured-c */
};

struct ef21_worker {
    double *grad, *diff; /* work */
};

struct ef21_client {
    double *g_i;
};

static const struct lac_vector ef21_server_vectors[] = {
    LAC_VECTOR(ef21_server, x, LAC_MODEL),
    LAC_VECTOR(ef21_server, g, LAC_STATE),
    {0},
};

static const struct lac_vector ef21_worker_vectors[] = {
    LAC_VECTOR(ef21_worker, grad, LAC_WORK),
    LAC_VECTOR(ef21_worker, diff, LAC_WORK),
    {0},
};

static const struct lac_vector ef21_client_vectors[] = {
    LAC_VECTOR(ef21_client, g_i, LAC_STATE),
    {0},
};

static double ef21_theory(const struct lac_problem *p)
{
    return 1.0 /
           (p->constants->L + p->constants->L_mean * lac_xi_partial(p->alpha, p->sampling->p));
}

static double ef21_theory_old(const struct lac_problem *p)
{
    return 1.0 / (p->constants->L + p->constants->L_rms * lac_xi_partial(p->alpha, p->sampling->p));
}

static double ef21_theory_sgd(const struct lac_problem *p)
{
    double alpha = 0.5 * p->alpha;
    return 1.0 / (p->constants->L + p->constants->L_mean * lac_xi_partial(alpha, p->sampling->p));
}

/* C behind a coin of probability p contracts by p alpha: EF21 itself, with that compressor. Never worse than
   rho*, derived in docs/methods/ef21.md. */
static double ef21_theory_coin(const struct lac_problem *p)
{
    double alpha = p->sampling->p * p->alpha;
    return 1.0 / (p->constants->L + p->constants->L_mean * lac_xi(alpha));
}

/* In the order of enum lac_ef21_parameter. */
static const struct lac_parameter ef21_parameters[] = {
    {"by-d", 0.0, 0.0, 1.0, true, "1: steps for rare features take alpha = k/d, not k/r"},
    {"measured-c", 0.0, 0.0, 1.0, true,
     "1: c of each round from all clients' errors, sent whole beside their messages"},
    {0},
};

static const struct lac_parameter ef21_w_parameters[] = {
    {"by-d", 0.0, 0.0, 1.0, true, "1: steps for rare features take alpha = k/d, not k/r"},
    {0},
};

static const struct lac_step_rule ef21_rules[] = {
    {"theory", "1/(L + L_mean xi(alpha)); partial: 1/(L + L_mean/rho*)",
     LAC_NEEDS_L | LAC_NEEDS_L_I, LAC_FOR_COHORTS, ef21_theory},
    {"theory-old", "1/(L + L_rms xi(alpha)); partial: 1/(L + L_rms/rho*)",
     LAC_NEEDS_L | LAC_NEEDS_L_I, LAC_FOR_COHORTS, ef21_theory_old},
    {"theory-sgd", "1/(L + L_mean xi(alpha/2)); cohorts: 1/rho*(alpha/2) for xi",
     LAC_NEEDS_L | LAC_NEEDS_L_I, LAC_FOR_ESTIMATES, ef21_theory_sgd},
    {"theory-coin", "1/(L + L_mean xi(p alpha))", LAC_NEEDS_L | LAC_NEEDS_L_I, LAC_FOR_COHORTS,
     ef21_theory_coin},
    {"theory-rf", "1/(L + sqrt(c/n) L_plus xi(k/r)); cohorts: 1/rho*(k/r) for xi",
     LAC_NEEDS_L | LAC_NEEDS_L_PLUS, 0, lac_ef21_theory_rf},
    {"theory-lrf", "1/(L + L_rf xi(k/r)); cohorts: 1/rho*(k/r) for xi",
     LAC_NEEDS_L | LAC_NEEDS_FEATURES, 0, lac_ef21_theory_lrf},
    {"theory-old-r", "1/(L + L_rms xi(k/r)); cohorts: 1/rho*(k/r) for xi",
     LAC_NEEDS_L | LAC_NEEDS_FEATURES, 0, lac_ef21_theory_rare_old},
    {"theory-code", "1/(L_loss + 2 lambda + sqrt(c/n) L_plus_loss xi(k/r))", LAC_NEEDS_LOSS, 0,
     lac_ef21_theory_rare_code},
    {0},
};

static const struct lac_step_rule ef21_w_rules[] = {
    {"theory", "1/(L + L_mean xi(alpha)); partial: 1/(L + L_mean/rho*)",
     LAC_NEEDS_L | LAC_NEEDS_L_I, LAC_FOR_COHORTS, ef21_theory},
    {"theory-lrf", "1/(L + L_rf xi(k/r)); cohorts: 1/rho*(k/r) for xi",
     LAC_NEEDS_L | LAC_NEEDS_FEATURES, 0, lac_ef21_theory_lrf},
    {"theory-sgd", "1/(L + L_mean xi(alpha/2)); cohorts: 1/rho*(alpha/2) for xi",
     LAC_NEEDS_L | LAC_NEEDS_L_I, LAC_FOR_ESTIMATES, ef21_theory_sgd},
    {"theory-coin", "1/(L + L_mean xi(p alpha))", LAC_NEEDS_L | LAC_NEEDS_L_I, LAC_FOR_COHORTS,
     ef21_theory_coin},
    {0},
};

static struct lac_branch ef21_branch(const struct lac_problem *p, const struct lac_step_rule *rule)
{
    bool old = strcmp(rule->name, "theory-old") == 0;
    if (!old && strcmp(rule->name, "theory") != 0) {
        return (struct lac_branch){0};
    }
    if (p->sampling->kind == LAC_SAMPLING_FULL) {
        return (struct lac_branch){"all clients",
                                   old ? "1/(L + L_rms xi(alpha))" : "1/(L + L_mean xi(alpha))"};
    }
    return (struct lac_branch){"partial participation",
                               old ? "1/(L + L_rms/rho*)" : "1/(L + L_mean/rho*)"};
}

/* Each round's c is measured in the round before, as the papers' code on rare features does. */
static bool measures(const struct lac_env *e)
{
    return e->parameter[LAC_EF21_MEASURED_C] > 0.0;
}

static lac_status ef21_server_setup(void *state, const struct lac_env *e, struct lac_arena *a)
{
    struct ef21_server *s = state;
    return measures(e) ? lac_ef21_errors_open(&s->errors, e, a) : LAC_OK;
}

static size_t ef21_server_bytes(const struct lac_env *e)
{
    return measures(e) ? e->d * sizeof(double) : 0;
}

static void ef21_server_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct ef21_server *s = state;
    if (measures(e)) {
        v->vector(v, "mean_error", s->errors.mean, e->d);
        v->vector(v, "mean_square_error", &s->errors.mean_square, 1);
        v->vector(v, "c", &s->errors.c, 1);
    }
}

static lac_status ef21_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct ef21_server *s = state;
    double gamma = measures(e) ? lac_ef21_measured_step(&s->errors, e) : e->gamma;
    vec_axpy(s->x, -gamma, s->g, e->d); /* x^{t+1} = x^t - gamma g^t */
    return lac_put(e, down, s->x);      /* broadcast x^{t+1} */
}

static lac_status step_scaled(struct ef21_worker *w, struct ef21_client *c, struct lac_env *e,
                              double scale, struct lac_message *down, struct lac_message *up)
{
    const double *x;
    LAC_TRY(lac_get(e, down, &x));
    LAC_TRY(lac_gradient(e, x, w->grad));
    vec_scale_sub(w->diff, scale, w->grad, c->g_i, e->d); /* grad f_i(x^{t+1})/(n w_i) - g_i^t */
    LAC_TRY(lac_compress(e, 0, w->diff, up));             /* u_i^t, sent */
    return lac_add(e, 0, up, 1.0, c->g_i);                /* g_i^{t+1} = g_i^t + u_i^t */
}

static lac_status ef21_client_step(void *worker, void *client, struct lac_env *e,
                                   struct lac_message *down, struct lac_message *up)
{
    struct ef21_worker *w = worker;
    struct ef21_client *c = client;
    LAC_TRY(step_scaled(w, c, e, 1.0, down, up));
    if (measures(e) && e->round > 0) {
        vec_sub(w->diff, c->g_i, w->grad, e->d); /* e_i = g_i^{t+1} - grad f_i(x^{t+1}) */
        lac_ef21_put_error(e, up, w->diff);
    }
    return LAC_OK;
}

static lac_status ef21_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct ef21_server *s = state;
    LAC_TRY(lac_add_mean(e, 0, up, s->g)); /* g^{t+1} = g^t + (1/n) sum u_i^t */
    bool measured = measures(e) && e->round > 0;
    return measured ? lac_ef21_add_error(&s->errors, e, up) : LAC_OK;
}

/* EF21-W: the same with w_i = L_i / sum_j L_j. */

static lac_status ef21_w_client_step(void *worker, void *client, struct lac_env *e,
                                     struct lac_message *down, struct lac_message *up)
{
    double scale = e->constants->L_mean / e->constants->L_i[e->who.client]; /* 1/(n w_i) */
    return step_scaled(worker, client, e, scale, down, up);
}

static lac_status ef21_w_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct ef21_server *s = state;
    double sum = e->constants->L_mean * (double)e->n;
    double w_i = e->constants->L_i[e->who.client] / sum;
    return lac_add(e, 0, up, w_i, s->g); /* g^{t+1} = g^t + sum w_i u_i^t */
}

static uint32_t ef21_w_participants(const struct lac_env *e, struct lac_participant *who)
{
    uint32_t drawn = lac_cohort(e, who), count = 0;
    for (uint32_t i = 0; i < drawn; i++) {
        if (e->constants->L_i[who[i].client] > 0.0) {
            who[count++] = who[i];
        }
    }
    return count;
}

static double ef21_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    kind[0].vectors = measures(e) ? 1 : 0;
    return 0.0;
}

static double ef21_w_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    uint32_t idle = 0; /* those of weight 0 */
    for (uint32_t i = 0; i < e->n; i++) {
        idle += e->constants->L_i[i] == 0.0;
    }
    kind[0].clients *= 1.0 - (double)idle / (double)e->n;
    return 0.0;
}

const struct lac_method lac_method_ef21 = {
    .name = "ef21",
    .summary = "error feedback: compressed differences to what the server already has",
    .paper =
        "Richtarik, Gasanov, Burlachenko, arXiv:2402.10774, Algorithm 1 (EF21: arXiv:2106.05203)",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_STEPS_FIRST,
    .starts = LAC_START_COMPRESSED | LAC_START_EXACT | LAC_START_ZERO,
    .start_default = LAC_START_COMPRESSED,
    .participation = LAC_SAMPLING_NICE | LAC_SAMPLING_BERNOULLI,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_CONTRACTIVE}},
    .parameters = ef21_parameters,
    .rules = {[LAC_STEP] = ef21_rules},
    .branch = ef21_branch,
    .server = {.size = sizeof(struct ef21_server),
               .vectors = ef21_server_vectors,
               .setup = ef21_server_setup,
               .setup_bytes = ef21_server_bytes,
               .visit = ef21_server_visit},
    .worker = LAC_HOLDS(ef21_worker),
    .client = LAC_HOLDS(ef21_client),
    .kinds = ef21_kinds,
    .server_begin = ef21_server_begin,
    .client_step = ef21_client_step,
    .server_add = ef21_server_add,
};

const struct lac_method lac_method_ef21_w = {
    .name = "ef21-w",
    .summary = "EF21 with clients weighted by their smoothness constants",
    .paper = "Richtarik, Gasanov, Burlachenko, arXiv:2402.10774, Algorithm 2",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_STEPS_FIRST,
    .starts = LAC_START_COMPRESSED | LAC_START_EXACT | LAC_START_ZERO,
    .start_default = LAC_START_COMPRESSED,
    .participation = LAC_SAMPLING_NICE | LAC_SAMPLING_BERNOULLI,
    .needs = LAC_NEEDS_L_I,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_CONTRACTIVE}},
    .parameters = ef21_w_parameters,
    .rules = {[LAC_STEP] = ef21_w_rules},
    .branch = ef21_branch,
    .server = LAC_HOLDS(ef21_server),
    .worker = LAC_HOLDS(ef21_worker),
    .client = LAC_HOLDS(ef21_client),
    .participants = ef21_w_participants,
    .kinds = ef21_w_kinds,
    .server_begin = ef21_server_begin,
    .client_step = ef21_w_client_step,
    .server_add = ef21_w_server_add,
};
