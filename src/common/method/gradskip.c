/*
 * GradSkip: ProxSkip whose better conditioned clients, which are ahead, skip gradients until the next meeting.
 *
 * Maranjyan, Safaryan, Richtarik. "GradSkip: Communication-Accelerated Local Gradient Methods with Better Computational
 * Complexity". arXiv:2210.16402, Algorithm 1.
 *
 *   paper       here         held by    meaning
 *   x_i, x^_i   own->x, hat  client i   as in proxskip.c, which has the meetings too
 *   h^_i        own->h       client i   h_i, or grad f_i(x_i) from where eta_i = 0
 *   eta_i       goes_on(e)   client i   its own coin, 1 with probability q_i
 *   q_i         in goes_on              (1 - p^2 L_max/L_i)/(1 - p^2), at least 0
 *
 * q_i is published for p = sqrt(1/kappa_max): (1 - 1/kappa_i)/(1 - 1/kappa_max). Here it is written with p, the same
 * number there, and what gamma <= 1/L_max asks for at any p. A client whose coin fell to 0 stays until the next meeting:
 * its h^_i = grad f_i(x_i), and its steps are 0.
 *
 * Invariant (tests/method): sum h_i = 0 after each meeting; where all L_i are equal it is proxskip, to the bit.
 */
#include "base/vec.h"
#include "method/proxskip.h"

struct gradskip_client {
    struct lac_proxskip_client own; /* first: its list of vectors holds for both */
    uint64_t stays;                 /* 1 until the next meeting */
};

/* eta_i */
static bool goes_on(const struct lac_env *e)
{
    const struct lac_constants *k = e->constants;
    double p2 = e->p * e->p, L_i = k->L_i[e->who.client];
    double q_i = p2 < 1.0 && L_i > 0.0 ? (1.0 - p2 * k->L_max / L_i) / (1.0 - p2) : 0.0;
    return lac_client_coin(e, 0, q_i);
}

/* x^_i and h^_i of a client that has not stopped yet. */
static lac_status local_step(struct lac_proxskip_worker *w, struct gradskip_client *c,
                             struct lac_env *e)
{
    LAC_TRY(lac_gradient(e, c->own.x, w->grad));
    if (goes_on(e)) {
        lac_proxskip_move(w, &c->own, e); /* eta_i = 1: h^_i = h_i */
        return LAC_OK;
    }
    vec_copy(c->own.h, w->grad, e->d); /* eta_i = 0: h^_i = grad f_i(x_i), x^_i = x_i */
    vec_copy(c->own.hat, c->own.x, e->d);
    c->stays = 1;
    return LAC_OK;
}

static lac_status gradskip_client_step(void *worker, void *client, struct lac_env *e,
                                       struct lac_message *down, struct lac_message *up)
{
    struct gradskip_client *c = client;
    (void)down;
    if (c->stays) {
        vec_copy(c->own.hat, c->own.x, e->d); /* x^_i = x_i */
    } else {
        LAC_TRY(local_step(worker, c, e));
    }
    return lac_proxskip_meet(worker, &c->own, e, up); /* theta_t */
}

static lac_status gradskip_client_end(void *worker, void *client, const struct lac_env *e,
                                      struct lac_message *reply)
{
    struct gradskip_client *c = client;
    c->stays = 0;
    return lac_proxskip_client_end(worker, &c->own, e, reply); /* x_i, h_i */
}

static void gradskip_client_visit(void *state, const struct lac_env *e, struct lac_visitor *v)
{
    struct gradskip_client *c = state;
    (void)e;
    v->counter(v, "stays", &c->stays);
}

const struct lac_method lac_method_gradskip = {
    .name = "gradskip",
    .summary = "proxskip whose better conditioned clients skip gradients",
    .paper = "Maranjyan, Safaryan, Richtarik, arXiv:2210.16402, Algorithm 1",
    .needs = LAC_NEEDS_L_I,
    .client = {.size = sizeof(struct gradskip_client),
               .vectors = lac_proxskip_client_vectors,
               .visit = gradskip_client_visit},
    .client_step = gradskip_client_step,
    .client_end = gradskip_client_end,
    LAC_PROXSKIP,
};
