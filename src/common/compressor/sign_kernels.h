/* Kernels of sign.c, one table for each instruction set. */
#ifndef LAC_COMPRESSOR_SIGN_KERNELS_H
#define LAC_COMPRESSOR_SIGN_KERNELS_H

#include <stddef.h>

struct lac_sign_kernels {
    /* Sum of |v_j| in the lanes and the tree of base/vec.h; bit j mod 8 of bits[j / 8] says whether
       v_j < 0, those of a byte that is not full are in *last. */
    double (*split)(const double *v, size_t count, unsigned char *bits, unsigned *last);
    /* value_j <- scale, -scale where bit j is one; count is a multiple of 8 */
    void (*spread)(const unsigned char *bits, size_t count, double scale, double *value);
};

extern const struct lac_sign_kernels lac_sign_kernels_portable;
#ifdef __x86_64__
extern const struct lac_sign_kernels lac_sign_kernels_avx2, lac_sign_kernels_avx512;
#endif

#endif
