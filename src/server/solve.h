/*
 * A point where grad f vanishes, up to rounding, by L-BFGS from zero: for a convex f its minimum. The clients answer
 * the question for f_i and grad f_i; all else happens here, so that the result is the same on any number of ranks.
 */
#ifndef LAC_SERVER_SOLVE_H
#define LAC_SERVER_SOLVE_H

#include "server/server.h"

struct lac_solution {
    double *x; /* (d) */
    double loss, gradient_norm;
    double floor; /* what rounding may leave of |grad f| */
    uint64_t iterations, gradients;
    bool at_floor; /* above the tolerance, and rounding lets it come no further */
};

/* Until |grad f| <= tolerance, or until it stands still no higher than rounding may leave it; LAC_E_NUMERIC where
   neither is reached. After each iteration, and in the end, s->row has the round, the loss and |grad f|^2, and s->on_round is
   called. */
lac_status lac_server_solve(struct lac_server *s, double tolerance, uint64_t most_iterations,
                            struct lac_solution *out) LAC_MUST_CHECK;

#endif
