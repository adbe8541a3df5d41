/*
 * The pass over all entries that keeps the few of large magnitude: one table for each instruction set
 * (keep_kernels.c is compiled once for each, base/simd.h), with the same results.
 */
#ifndef LAC_COMPRESSOR_KEEP_KERNELS_H
#define LAC_COMPRESSOR_KEEP_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum { LAC_KEEP_SPARE = 16 }; /* entries behind what is kept that are overwritten too */

struct lac_keep_kernels {
    /* Of v[first .. first + count - 1] those whose bits without the sign are at least `least`, as
       integers: their indices, ascending, and their values (NULL: not wanted). Returns how many. */
    size_t (*keep)(const double *v, size_t first, size_t count, uint64_t least, uint32_t *index,
                   double *value);
    /* The largest of these bits; 0 where count is 0. */
    uint64_t (*largest)(const double *v, size_t count);
};

extern const struct lac_keep_kernels lac_keep_kernels_portable;
#ifdef __x86_64__
extern const struct lac_keep_kernels lac_keep_kernels_avx2, lac_keep_kernels_avx512;
#endif

const struct lac_keep_kernels *lac_keep_active(void);

#endif
