/*
 * The k entries of largest magnitude, exactly, in O(d). Magnitudes are compared as bits without the sign,
 * read as integers, which order as the numbers do; among equal ones the lowest indices are taken.
 *
 * Long vectors: a sample, of positions that depend on d alone, gives a magnitude that a little more than
 * k entries reach, but for bad luck; one pass keeps these, and the k largest are found among them. Where
 * too few or too many come, or in short vectors, histograms over all entries find the bin of the
 * k-th, whose entries are told apart by finer ones: the result never depends on the sample.
 *
 * Cost beyond the caches, in reads of v: 1.3 to 2 where the sample serves and k is a few percent of d
 * (sorted and subnormal entries too, and where most are zero: then what is not zero is kept), 4 to 8 where it does not, up to 25 where
 * all magnitudes are equal or few are different: then one bin counts all.
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
    /* long vectors */
    size_t sample_count, room; /* room: of kept entries, at most */
    double *sample;            /* (sample_count) */
    uint32_t *kept;            /* (room) */
    double *value;             /* (room) of them */
};

/* For vectors of at most d entries and at most k to be found. */
lac_status lac_largest_init(struct lac_largest *work, size_t d, size_t k,
                            struct lac_arena *arena) LAC_MUST_CHECK;

/* 1 <= k <= d; no entry of v is NaN. Writes k ascending indices. */
void lac_largest(struct lac_largest *work, const double *v, size_t d, size_t k, uint32_t *index);

#endif
