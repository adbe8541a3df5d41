/*
 * EF21-W: EF21 with clients weighted by their smoothness constants.
 *
 * Richtarik, Gasanov, Burlachenko. "Error Feedback Reloaded: From Quadratic to Arithmetic Mean of
 * Smoothness Constants". ICLR 2024. arXiv:2402.10774v1, Algorithm 2.
 *
 *   paper           here              held by      meaning
 *   x^t             s->x              server       model
 *   g^t             s->g              server       sum of w_i g_i^t
 *   w_i             in server_add     server       L_i/sum_j L_j
 *   1/(n w_i)       scale             client i     L_mean/L_i
 *   g_i^t           c->g_i            client i     what the server believes grad f_i(x^t)/(n w_i) is
 *   u_i^t           up                on the wire  C(grad f_i(x^{t+1})/(n w_i) - g_i^t)
 *   gamma           e->gamma                       1/(L + L_mean xi(alpha)), of Theorem 2; ef21_steps.c has all rules
 *
 * The model's step and a client's, for any scale, are those of ef21.c, and so are starts and cohorts. A client with
 * L_i = 0 has weight 0 and takes no part.
 *
 * Invariants (tests/method): g = sum w_i g_i; with TopK the iterates of ef21 at the same step, up to round-off.
 */
#include "method/ef21.h"

static const struct lac_parameter ef21_w_parameters[] = {
    LAC_EF21_BY_D_PARAMETER,
    {0},
};

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

static double ef21_w_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    uint32_t idle = 0; /* those of weight 0 */
    for (uint32_t i = 0; i < e->n; i++) {
        idle += e->constants->L_i[i] == 0.0;
    }
    kind[0].clients *= 1.0 - (double)idle / (double)e->n;
    return 0.0;
}

static lac_status ef21_w_client_step(void *worker, void *client, struct lac_env *e,
                                     struct lac_message *down, struct lac_message *up)
{
    double scale = e->constants->L_mean / e->constants->L_i[e->who.client]; /* 1/(n w_i) */
    return lac_ef21_step(worker, client, e, scale, down, up); /* g_i^{t+1} = g_i^t + u_i^t, sent */
}

static lac_status ef21_w_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct lac_ef21_server *s = state;
    double sum = e->constants->L_mean * (double)e->n;
    double w_i = e->constants->L_i[e->who.client] / sum;
    return lac_add(e, 0, up, w_i, s->g); /* g^{t+1} = g^t + sum w_i u_i^t */
}

static double ef21_w_shift_factor(const struct lac_env *e)
{
    return e->constants->L_i[e->who.client] / e->constants->L_mean; /* n w_i */
}

const struct lac_method lac_method_ef21_w = {
    .name = "ef21-w",
    .summary = "EF21 with clients weighted by their smoothness constants",
    .paper = "Richtarik, Gasanov, Burlachenko, arXiv:2402.10774, Algorithm 2",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_STEPS_FIRST | LAC_ADMITS_LOSS,
    .starts = LAC_START_COMPRESSED | LAC_START_EXACT | LAC_START_ZERO,
    .start_default = LAC_START_COMPRESSED,
    .participation = LAC_SAMPLING_NICE | LAC_SAMPLING_BERNOULLI,
    .needs = LAC_NEEDS_L_I,
    .channels = {{"up gradient", LAC_FROM_COMPRESSOR, LAC_CONTRACTIVE}},
    .parameters = ef21_w_parameters,
    .rules = {[LAC_STEP] = lac_ef21_w_rules},
    .branch = lac_ef21_branch,
    .server = LAC_HOLDS(lac_ef21_server),
    .worker = LAC_HOLDS(lac_ef21_worker),
    .client = LAC_HOLDS(lac_ef21_client),
    .participants = ef21_w_participants,
    .kinds = ef21_w_kinds,
    .shift_factor = ef21_w_shift_factor,
    .server_begin = lac_ef21_server_begin,
    .client_step = ef21_w_client_step,
    .server_add = ef21_w_server_add,
};
