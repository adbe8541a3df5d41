/* The columns on request (store/tracked.def): what rank 0 keeps for them. */
#ifndef LAC_SERVER_TRACK_H
#define LAC_SERVER_TRACK_H

#include <stdint.h>

#include "server/network.h"

struct lac_seconds { /* rank 0's time by stage; total and setup on the wall */
    double total, setup, send, wait, aggregate, step, evaluate;
};

/* What columns remember, in numbers of 8 bytes each: it goes into checkpoints. */
struct lac_track_kept {
    double least;           /* |grad f|^2 of the rows so far */
    uint64_t drawn_round;   /* of `drawn` */
    double network_seconds; /* of the rounds so far */
    struct lac_seconds
        stages; /* by the end of the start before this one; while one is written, by now */
};

/* What columns on request are measured against, told apart: another one would make another column of the rest of the run.
   Digests, as numbers; 0, or not a number: no column is. */
struct lac_measured_by {
    uint64_t network, solution, test;
    double optimum, personal_optimum; /* f*, F* */
};

/* Gradients counted, of each client: what it says, and what it said for the last due row, which counts on once it is lost. */
struct lac_counted_of {
    uint64_t *now, *kept; /* (n); NULL: not asked for */
};

struct lac_track {
    uint64_t columns;        /* a set of store/columns.h */
    uint64_t test_rows;      /* of --test, all clients */
    double *solution;        /* (d) x* of --solution; NULL: none */
    double optimum;          /* f* */
    double personal_optimum; /* F* of the clients' own models */
    double sum;              /* of the answers to the question at hand, in client order */
    uint32_t answers;        /* that are in it */
    double *gradient;        /* (d) likewise; NULL where no question is about gradients */
    double squares_sum;      /* sum of |grad f_i|^2 of the evaluation at hand */
    double
        *running; /* (d) the mean of the clients' models so far, where their spread is asked for */
    double spread_sum;       /* of |x_i - mean|^2 over the same */
    double *models, *drawn;  /* (d) x^0 + .. + x^t, and one of these; NULL: not asked for */
    double *losses;          /* (n) f_i of the evaluation at hand; NULL: not asked for */
    double *sorted, *weight; /* (n) work; of the clients in n f */
    struct lac_counted_of rows, full; /* of oracle_rows, oracle_full */
    struct lac_network network;
    struct lac_measured_by by; /* what a run that goes on is measured by */
    struct lac_seconds before; /* stages of earlier starts of the run */
    struct lac_track_kept kept;
};

#endif
