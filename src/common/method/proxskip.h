/* What proxskip and gradskip share: all but a client's gradient steps. */
#ifndef LAC_METHOD_PROXSKIP_H
#define LAC_METHOD_PROXSKIP_H

#include "method/method.h"

struct lac_proxskip_server {
    double *mean;
};

struct lac_proxskip_worker {
    double *grad; /* work */
};

struct lac_proxskip_client {
    double *x, *h, *hat;
};

extern const struct lac_vector lac_proxskip_server_vectors[], lac_proxskip_worker_vectors[],
    lac_proxskip_client_vectors[];
extern const struct lac_step_rule lac_proxskip_rules[], lac_proxskip_chances[];

/* theta_t */
unsigned lac_proxskip_messages(const struct lac_env *e);
double lac_proxskip_kinds(const struct lac_env *e, struct lac_round_kind kind[2]);

/* c->hat <- x_i - gamma (grad - h_i), of the gradient in w->grad */
void lac_proxskip_move(struct lac_proxskip_worker *w, struct lac_proxskip_client *c,
                       const struct lac_env *e);
/* theta_t = 1: sends x^_i - (gamma/p) h_i; theta_t = 0: x_i <- x^_i */
lac_status lac_proxskip_meet(struct lac_proxskip_worker *w, struct lac_proxskip_client *c,
                             struct lac_env *e, struct lac_message *up) LAC_MUST_CHECK;
lac_status lac_proxskip_server_begin(void *state, const struct lac_env *e,
                                     struct lac_message *down) LAC_MUST_CHECK;
lac_status lac_proxskip_server_add(void *state, const struct lac_env *e,
                                   struct lac_message *up) LAC_MUST_CHECK;
lac_status lac_proxskip_server_end(void *state, const struct lac_env *e,
                                   struct lac_message *reply) LAC_MUST_CHECK;
lac_status lac_proxskip_client_end(void *worker, void *client, const struct lac_env *e,
                                   struct lac_message *reply) LAC_MUST_CHECK;

/* Of both descriptors. */
#define LAC_PROXSKIP                                                                    \
    .traits = LAC_TAKES_ESTIMATES,                                                      \
    .rules = {[LAC_CHANCE] = lac_proxskip_chances, [LAC_STEP] = lac_proxskip_rules},    \
    .server = LAC_HOLDS(lac_proxskip_server), .worker = LAC_HOLDS(lac_proxskip_worker), \
    .messages = lac_proxskip_messages, .kinds = lac_proxskip_kinds,                     \
    .server_begin = lac_proxskip_server_begin, .server_add = lac_proxskip_server_add,   \
    .server_end = lac_proxskip_server_end

#endif
