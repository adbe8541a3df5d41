/* What marina and pp-marina share: states, the coin, and the steps of a round. */
#ifndef LAC_METHOD_MARINA_H
#define LAC_METHOD_MARINA_H

#include "method/method.h"

struct lac_marina_server {
    double *x, *previous, *g;
};

struct lac_marina_worker {
    double *x, *previous;
    double *grad, *old; /* work */
};

extern const struct lac_vector lac_marina_server_vectors[], lac_marina_worker_vectors[];
extern const struct lac_parameter lac_marina_parameters[];
extern const struct lac_step_rule lac_marina_rules[], lac_pp_marina_rules[]; /* marina_steps.c */
/* Which of a rule's formulas holds. */
struct lac_branch lac_pp_marina_branch(const struct lac_problem *p,
                                       const struct lac_step_rule *rule);

/* p */
double lac_marina_coin(const struct lac_env *e);
/* c_k = 1, or the start. */
bool lac_marina_whole(const struct lac_env *e);

double lac_marina_kinds(const struct lac_env *e, struct lac_round_kind kind[2]);
lac_status lac_marina_server_begin(void *state, const struct lac_env *e,
                                   struct lac_message *down) LAC_MUST_CHECK;
lac_status lac_marina_worker_begin(void *worker, const struct lac_env *e,
                                   struct lac_message *down) LAC_MUST_CHECK;
lac_status lac_marina_client_step(void *worker, void *client, struct lac_env *e,
                                  struct lac_message *down, struct lac_message *up) LAC_MUST_CHECK;
lac_status lac_marina_server_add(void *state, const struct lac_env *e,
                                 struct lac_message *up) LAC_MUST_CHECK;

#endif
