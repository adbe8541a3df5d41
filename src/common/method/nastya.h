/* What q-nastya and diana-nastya share: the server's step and what a rank works with. */
#ifndef LAC_METHOD_NASTYA_H
#define LAC_METHOD_NASTYA_H

#include "method/minibatch.h"

struct lac_nastya_server {
    double *x, *g, *h; /* h: diana-nastya alone */
};

struct lac_nastya_worker {
    double *y, *grad; /* work */
};

extern const struct lac_vector lac_nastya_worker_vectors[];
extern const struct lac_parameter lac_nastya_parameters[];

/* omega/C, C = n where all take part. */
double lac_nastya_omega(const struct lac_problem *p);
/* 1/(factor n L_row), n local steps. */
double lac_nastya_step(const struct lac_problem *p, double factor);

/* w->y <- g_m = (x_t - y^n)/(gamma n), from the model that came down. */
lac_status lac_nastya_epoch(struct lac_nastya_worker *w, struct lac_env *e,
                            struct lac_message *down) LAC_MUST_CHECK;
lac_status lac_nastya_server_end(void *state, const struct lac_env *e,
                                 struct lac_message *reply) LAC_MUST_CHECK;

#endif
