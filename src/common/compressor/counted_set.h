/*
 * An index set whose size depends on the data, and so is sent before it: a field of the bits of the most
 * there can be. And what such a selector says of itself: means over standard normal vectors.
 */
#ifndef LAC_COMPRESSOR_COUNTED_SET_H
#define LAC_COMPRESSOR_COUNTED_SET_H

#include "compressor/index_set.h"
#include "compressor/parts.h"

/* count in 0..most; of 0 nothing follows. */
void lac_counted_set_write(struct lac_writer *w, const uint32_t *index, size_t count, size_t most,
                           size_t d);
lac_status lac_counted_set_read(struct lac_reader *r, uint32_t *index, size_t *count, size_t most,
                                size_t d) LAC_MUST_CHECK;

/* Fills sent, mean, max_bytes, expected_bits and information_bits of info from its `most`. Up to
   LAC_DRAWN_D entries `count` is asked, for vectors that are drawn; above, typical says it all: entries that
   are kept, or below 1 how often one is. */
enum { LAC_DRAWN_D = 256, LAC_DRAWN = 2000 };
typedef size_t lac_count_of(void *state, const struct lac_draw *draw, const double *v);
void lac_counted_set_info(struct lac_selector_info *info, size_t d, lac_count_of *count,
                          void *state, double typical);

/* |v|^2 4^-e with an e that keeps it from overflow and underflow; 0 for v = 0. */
double lac_scaled_norm_sq(const double *v, size_t d, int *e);

#endif
