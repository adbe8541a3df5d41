/* The rows that a client's gradient estimate uses in a round (method/estimator.h), gathered. */
#ifndef LAC_WORKER_SAMPLE_H
#define LAC_WORKER_SAMPLE_H

#include "method/method.h"
#include "worker/objective/objective.h"

struct lac_sampler {
    struct lac_law *law; /* (clients of the rank); unused for minibatches */
    uint32_t first_client;
    uint32_t *chosen; /* (most) rows of the draw at hand */
    struct lac_rows rows;
    double weight;               /* of their mean in the estimate */
    uint64_t round;              /* of the draw at hand, 0: none */
    uint32_t client, local_step; /* whose it is, and of which step in the round */
    double *label, *factor, *dense, *value;
    uint64_t *start;
    uint32_t *index;
};

/* Room for the largest draw of any of these clients; refuses a client of fewer rows than TAU. */
lac_status lac_sampler_open(struct lac_sampler *s, const struct lac_estimator *estimator,
                            const struct lac_local *local, uint32_t first, uint32_t count,
                            struct lac_arena *a) LAC_MUST_CHECK;
/* The law of the client's draws, in the arena; untouched for minibatches and clients without rows. */
lac_status lac_sampler_law(const struct lac_estimator *k, uint32_t client,
                           const struct lac_local *f, struct lac_law *law,
                           struct lac_arena *a) LAC_MUST_CHECK;
/* The estimate of f_i and its gradient at x from e->round's draw of this client. */
void lac_sampler_evaluate(struct lac_sampler *s, const struct lac_env *e, uint32_t client,
                          const struct lac_local *f, const double *x, double *work, double *loss,
                          double *gradient);

/* Puts the client's rows into a random order, once: its minibatches are then runs of rows. Takes their memory again. */
lac_status lac_deal(struct lac_local *f, uint64_t seed, uint32_t client,
                    struct lac_arena *a) LAC_MUST_CHECK;
/* What it takes. */
double lac_dealt_bytes(const struct lac_local *f);

#endif
