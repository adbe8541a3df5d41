/* What a rank keeps for the columns on request: rows of --test, counts of gradients. */
#ifndef LAC_WORKER_TRACK_H
#define LAC_WORKER_TRACK_H

#include "data/rows.h"

struct lac_worker;

struct lac_worker_track {
    struct lac_rows *test;               /* (count) of the clients here; NULL until asked for */
    uint64_t *oracle_rows, *oracle_full; /* (count) gradients computed in rounds */
};

/* Room for the counts. */
lac_status lac_worker_track_open(struct lac_worker *w) LAC_MUST_CHECK;
/* A gradient of so many rows was computed in a round, full if it is of all. */
void lac_worker_count_gradient(struct lac_worker *w, uint32_t client, size_t rows, bool full);
/* Maps --test and keeps the rows of this rank's clients. */
lac_status lac_worker_load_test(struct lac_worker *w) LAC_MUST_CHECK;
/* Answers to the questions of the columns; gradient (d) is written where the question wants one. */
double lac_worker_test(struct lac_worker *w, uint32_t client, const double *x, double *gradient);
double lac_worker_test_correct(struct lac_worker *w, uint32_t client, const double *x,
                               double *scratch);

#endif
