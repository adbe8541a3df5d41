/* What a rank keeps for the columns on request: rows of --test, counts of gradients. */
#ifndef LAC_WORKER_TRACK_H
#define LAC_WORKER_TRACK_H

#include "data/rows.h"
#include "method/method.h"

struct lac_worker;

struct lac_worker_track {
    struct lac_rows *test;               /* (count) of the clients here; NULL until asked for */
    uint64_t *oracle_rows, *oracle_full; /* (count) gradients computed in rounds */
    struct lac_lost_share *lost;         /* (count); NULL: no column wants it */
    struct lac_measure *measure;         /* of the client at work; NULL likewise */
};

/* What the compressor lost of a client's newest message, as shares of |v|^2. */
struct lac_lost_share {
    double round; /* it was of; below 0: none yet */
    double plain, scaled;
};

/* Room for the counts; once the rounds are about to start, for what messages lose. */
lac_status lac_worker_track_open(struct lac_worker *w) LAC_MUST_CHECK;
lac_status lac_worker_track_start(struct lac_worker *w) LAC_MUST_CHECK;
/* Around the step of the client whose turn it is: whether what it compresses is measured; what came of it. */
void lac_worker_measure(struct lac_worker *w);
void lac_worker_measured(struct lac_worker *w);
/* A gradient of so many rows was computed in a round, full if it is of all. */
void lac_worker_count_gradient(struct lac_worker *w, uint32_t client, size_t rows, bool full);
/* Maps --test and keeps the rows of this rank's clients. */
lac_status lac_worker_load_test(struct lac_worker *w) LAC_MUST_CHECK;
/* Answers to the questions of the columns; gradient (d) is written where the question wants one. */
double lac_worker_test(struct lac_worker *w, uint32_t client, const double *x, double *gradient);
double lac_worker_test_correct(struct lac_worker *w, uint32_t client, const double *x,
                               double *scratch);
/* |h_i - grad f_i(x)|^2, or the mean of that over the client's minibatches; gradient (d) is written. */
double lac_worker_shift_error(struct lac_worker *w, uint32_t client, const double *x,
                              double *gradient);
/* The share that the client's message of this round lost; LAC_LOST_NOTHING_SENT: it had none. */
double lac_worker_lost(const struct lac_worker *w, uint32_t client, bool scaled);

#endif
