/*
 * The gradient that a client computes in a round: of all of its m rows, or an unbiased estimate of it from
 * rows that are drawn anew in every round; both gradients of one round use the same rows.
 *
 *   full            (1/m) sum of all rows
 *   nice:TAU        TAU rows without replacement, their mean
 *   uniform:TAU     TAU draws with replacement, their mean
 *   importance:TAU  TAU draws with replacement, each row in proportion to its smoothness L_ij
 *   independent:TAU each row with probability TAU/m; there may be none
 *   weighted:TAU    each row independently, in proportion to L_ij (at most 1), TAU on average
 *   extended-nice:TAU  TAU of N copies without replacement, ceil(L_ij/mean) of each row
 *   minibatch:B     at most B rows, in an order that is reshuffled each epoch: batch j of E = ceil(m/B) has rows
 *                   floor(j m/E) .. floor((j+1) m/E) (minibatch:5 of 12 rows: three batches of 4), weighted so that an epoch's batches average exactly
 *                   to the full gradient; rounds count, whoever takes part
 *   minibatch:B,order=once     the same order in every epoch
 *   minibatch:B,order=exhaust  B rows until all are used up: batch j has rows j B .. (j+1) B, the last one fewer
 *
 * TAU and B are numbers or percentages of m, rounded up. The regularizer is always exact. Round 0, the
 * start, uses all rows. struct lac_law has the factors (Tyurin et al., arXiv:2206.02275, Table 1).
 */
#ifndef LAC_METHOD_ESTIMATOR_H
#define LAC_METHOD_ESTIMATOR_H

#include <stddef.h>

#include "method/choice.h"
#include "method/law.h"

enum lac_estimator_kind {
    LAC_ESTIMATOR_FULL,
    LAC_ESTIMATOR_NICE,
    LAC_ESTIMATOR_UNIFORM,
    LAC_ESTIMATOR_IMPORTANCE,
    LAC_ESTIMATOR_INDEPENDENT,
    LAC_ESTIMATOR_WEIGHTED,
    LAC_ESTIMATOR_EXTENDED_NICE,
    LAC_ESTIMATOR_MINIBATCH,
};

enum lac_batch_order { LAC_ORDER_RESHUFFLE, LAC_ORDER_ONCE, LAC_ORDER_EXHAUST };

struct lac_estimator {
    enum lac_estimator_kind kind;
    double size; /* rows, or percent of the client's */
    bool percent;
    enum lac_batch_order order; /* of minibatches */
};

extern const struct lac_choices lac_estimators; /* kind: enum lac_estimator_kind */

/* Reads "nice:10%"; the failure says what is wrong. */
lac_status lac_estimator_open(struct lac_estimator *s, const char *text,
                              struct lac_arena *a) LAC_MUST_CHECK;
/* TAU or B of a client of m rows, at least 1. */
size_t lac_estimator_rows(const struct lac_estimator *s, size_t m);
/* Of its draws; false where they are not drawn anew in every round (full, minibatch). */
bool lac_estimator_law(const struct lac_estimator *s, enum lac_law_kind *law);

#endif
