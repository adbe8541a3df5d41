/* The columns on request (store/tracked.def): what rank 0 keeps for them. */
#ifndef LAC_SERVER_TRACK_H
#define LAC_SERVER_TRACK_H

#include <stdint.h>

struct lac_track {
    uint64_t columns;        /* a set of store/columns.h */
    uint64_t test_rows;      /* of --test, all clients */
    double *solution;        /* (d) x* of --solution; NULL: none */
    double optimum;          /* f* */
    double personal_optimum; /* F* of the clients' own models */
    double sum;              /* of the answers to the question at hand, in client order */
    double *gradient;        /* (d) likewise; NULL where no question is about gradients */
    double squares_sum;      /* sum of |grad f_i|^2 of the evaluation at hand */
    double
        *running; /* (d) the mean of the clients' models so far, where their spread is asked for */
    double spread_sum; /* of |x_i - mean|^2 over the same */
};

#endif
