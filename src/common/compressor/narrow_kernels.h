/* Kernels of narrow.h, one table for each instruction set; codes are in the byte order of the host. */
#ifndef LAC_COMPRESSOR_NARROW_KERNELS_H
#define LAC_COMPRESSOR_NARROW_KERNELS_H

#include "compressor/narrow.h"

enum { LAC_NARROW_TIE = 1, LAC_NARROW_EXCESS = 2 }; /* seen; the caller looks where */

struct lac_narrow_kernels {
    /* A value whose number is a tie is rounded down; codes of what is too large are the largest. */
    unsigned (*random)(const struct lac_narrow *n, const double *value, const uint16_t *number,
                       size_t count, unsigned char *codes);
    unsigned (*nearest)(const struct lac_narrow *n, const double *value, size_t count,
                        unsigned char *codes);
    bool (*widen)(const struct lac_narrow *n, const unsigned char *codes, size_t count,
                  double *value);
};

extern const struct lac_narrow_kernels lac_narrow_kernels_portable;
#ifdef __x86_64__
extern const struct lac_narrow_kernels lac_narrow_kernels_avx2, lac_narrow_kernels_avx512;
#endif

#endif
