/*
 * PP-MARINA: MARINA with few clients in the rounds of compressed differences.
 *
 * Gorbunov, Burlachenko, Li, Richtarik. "MARINA: Faster Non-Convex Distributed Learning with
 * Compression". ICML 2021. arXiv:2102.07845, Algorithm 4.
 *
 *   paper    here        held by       meaning
 *   x^k      s->x        server        model; its predecessor in s->previous
 *   g^k      s->g        server        estimator, g^0 = grad f(x^0): an exact start, counted
 *   c_k      lac_marina_whole  both    coin of the round, 1 with probability p: all clients, whole gradients
 *   I_k, r   e->sampling both sides    clients of a round with c_k = 0, `--participation nice:r` or uniform:r
 *   Q        channel 0   on the wire   unbiased compressor
 *   p        lac_marina_coin           r/n of marina's
 *
 * Who takes part may have been away, so x^k comes down again behind x^{k+1}. The rest is marina.c, whose estimator
 * divides by r. Step: docs/methods/pp-marina.md. Invariant (tests/method): with C = identity and everybody
 * g^k = grad f(x^k), whatever the coins.
 */
#include "base/vec.h"
#include "method/marina.h"

static uint32_t pp_marina_participants(const struct lac_env *e, struct lac_participant *who)
{
    return lac_marina_whole(e) ? lac_everybody(e, who) : lac_cohort(e, who); /* I_k */
}

/* x^k must come down with x^{k+1}: clients may not have it. */
static bool sends_both(const struct lac_env *e)
{
    return e->sampling.kind != LAC_SAMPLING_FULL && !lac_marina_whole(e);
}

static double pp_marina_kinds(const struct lac_env *e, struct lac_round_kind kind[2])
{
    kind[0].models = e->sampling.kind == LAC_SAMPLING_FULL ? 1 : 2;
    return lac_marina_kinds(e, kind);
}

static lac_status pp_marina_server_begin(void *state, const struct lac_env *e,
                                         struct lac_message *down)
{
    struct lac_marina_server *s = state;
    LAC_TRY(lac_marina_server_begin(s, e, down)); /* x^{k+1} = x^k - gamma g^k, broadcast */
    return sends_both(e) ? lac_put(e, down, s->previous) : LAC_OK;
}

static lac_status pp_marina_worker_begin(void *worker, const struct lac_env *e,
                                         struct lac_message *down)
{
    struct lac_marina_worker *w = worker;
    const double *previous;
    LAC_TRY(lac_marina_worker_begin(w, e, down));
    if (sends_both(e)) {
        lac_next(down);
        LAC_TRY(lac_get(e, down, &previous));
        vec_copy(w->previous, previous, e->d);
    }
    return LAC_OK;
}

const struct lac_method lac_method_pp_marina = {
    .name = "pp-marina",
    .summary = "MARINA with few clients in the rounds of compressed differences",
    .paper = "Gorbunov, Burlachenko, Li, Richtarik, arXiv:2102.07845, Algorithm 4",
    .traits = LAC_GIVES_EVALUATION | LAC_TAKES_ESTIMATES | LAC_STEPS_FIRST | LAC_ADMITS_LOSS,
    .starts = LAC_START_EXACT,
    .start_default = LAC_START_EXACT,
    .needs = LAC_NEEDS_FRACTION,
    .participation = LAC_SAMPLING_NICE | LAC_SAMPLING_UNIFORM,
    .channels = {{"up difference", LAC_FROM_COMPRESSOR, LAC_UNBIASED}},
    .parameters = lac_marina_parameters,
    .rules = {[LAC_STEP] = lac_pp_marina_rules},
    .branch = lac_pp_marina_branch,
    .server = LAC_HOLDS(lac_marina_server),
    .worker = LAC_HOLDS(lac_marina_worker),
    .participants = pp_marina_participants,
    .kinds = pp_marina_kinds,
    .server_begin = pp_marina_server_begin,
    .worker_begin = pp_marina_worker_begin,
    .client_step = lac_marina_client_step,
    .server_add = lac_marina_server_add,
};
