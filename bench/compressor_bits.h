/* Tables of bits beside what the same content takes at least. */
#ifndef LAC_BENCH_COMPRESSOR_BITS_H
#define LAC_BENCH_COMPRESSOR_BITS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Index sets of random and of clustered positions beside log2 C(d, k). */
lac_status bits_index_tables(bool quick, int *missed) LAC_MUST_CHECK;
/* The codings of values of v (d): what a message takes beside the entropy of the values in it, or beside
   log2 of their number where the length is fixed. more: texts beside the examples, ends with NULL. */
lac_status bits_symbol_table(const double *v, double *acc, size_t d, const char *const *more,
                             int *missed) LAC_MUST_CHECK;

#endif
