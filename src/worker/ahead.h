/*
 * Products with the next model, block by block (--overlap): where the clients of a round share the coordinates out, each
 * message makes some coordinates of the next model final, and A x of them can be computed while others are on their way.
 *
 * Of client i here and block b of the round before, part_ib = A_i x at the block, feature by feature in the order of the
 * draw, whenever the block comes; z_i = A_i x = part_i1 + part_i2 + ..., in the order of clients. Before the first round
 * there is one block, of all features. A plain run computes the same when the model comes down, to the same bits.
 */
#ifndef LAC_WORKER_AHEAD_H
#define LAC_WORKER_AHEAD_H

#include "transport/transport.h"
#include "worker/objective/by_column.h"

struct lac_worker;

struct lac_ahead {
    struct lac_by_column *columns; /* (clients here) */
    double **z;                    /* (clients here) (m) of the model of the round at work */
    double **part;                 /* (clients here) (n, m) of the model after it */
    size_t *known;                 /* (n) features that are in the parts of each block */
    double *slope;                 /* (largest m) work */
    uint64_t round;                /* whose blocks are in the parts */
    size_t count;                  /* features that are in them */
};

/* Bytes that lac_ahead_open takes for a client of n. */
double lac_ahead_bytes(const struct lac_rows *rows, uint32_t n);
/* w->ahead, where the options ask for it; after the method is open. */
lac_status lac_ahead_open(struct lac_worker *w) LAC_MUST_CHECK;
/* Of the block of a client in round `round` these entries, where x is final. */
void lac_ahead_add(struct lac_worker *w, const struct lac_foreseen *f);
/* x came down in round w->env.round: z becomes A x. */
void lac_ahead_complete(struct lac_worker *w, const double *x);
void lac_ahead_gradient(struct lac_worker *w, uint32_t client, const struct lac_entries *only,
                        const double *x, double *g);

#endif
