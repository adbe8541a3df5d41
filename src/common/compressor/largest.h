/*
 * The k entries of largest magnitude, exactly, in O(d): a histogram of the magnitudes' bits, read as
 * integers (which order as the numbers do), finds the bin of the k-th; its entries are told apart by
 * finer histograms. Among equal magnitudes the lowest indices are taken.
 */
#ifndef LAC_COMPRESSOR_LARGEST_H
#define LAC_COMPRESSOR_LARGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { LAC_LARGEST_BINS = 1024 };

struct lac_largest { /* work */
    uint32_t *list;  /* (d) indices that may be among the k, ascending */
    uint32_t bins[LAC_LARGEST_BINS];
};

lac_status lac_largest_init(struct lac_largest *work, size_t d,
                            struct lac_arena *arena) LAC_MUST_CHECK;

/* 1 <= k <= d; no entry of v is NaN. Writes k ascending indices. */
void lac_largest(struct lac_largest *work, const double *v, size_t d, size_t k, uint32_t *index);

#endif
