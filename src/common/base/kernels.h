/*
 * The table of kernels of one instruction set: the same sources, *_kernels.c, compiled once for
 * each. Only vec.c, rng.c and permutation.c call through it; other folders that compile kernels of their own in the same
 * way choose their table by lac_kernels_level().
 */
#ifndef LAC_BASE_KERNELS_H
#define LAC_BASE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lac_permutation;

enum lac_level { LAC_PORTABLE, LAC_AVX2, LAC_AVX512, LAC_LEVELS };

struct lac_kernels {
    void (*scale)(double *y, double a, const double *x, size_t d);
    void (*add)(double *z, const double *x, const double *y, size_t d);
    void (*sub)(double *z, const double *x, const double *y, size_t d);
    void (*axpy)(double *y, double a, const double *x, size_t d);
    void (*scale_sub)(double *z, double a, const double *x, const double *y, size_t d);
    double (*dot)(const double *x, const double *y, size_t d);
    double (*sum)(const double *x, size_t d);
    bool (*finite)(const double *x, size_t d);
    void (*exp)(double *y, const double *x, size_t d);
    void (*softplus)(double *value, double *slope, const double *t, size_t d);
    /* out (4 blocks words): the blocks of counter first, first + 1, ... in its lowest word */
    void (*philox)(const uint32_t first[4], const uint32_t key[2], uint32_t *out, size_t blocks);
    /* out (count): pi(first), pi(first + 1), ..., of LAC_SHUFFLED < size <= 2^32 */
    void (*permute)(const struct lac_permutation *p, uint64_t first, uint32_t *out, size_t count);
};

extern const struct lac_kernels lac_kernels_portable;
#ifdef __x86_64__
extern const struct lac_kernels lac_kernels_avx2, lac_kernels_avx512;
#endif

/* philox_kernels.c, a source of its own in each set */
void lac_philox_blocks_portable(const uint32_t first[4], const uint32_t key[2], uint32_t *out,
                                size_t blocks);
void lac_philox_blocks_avx2(const uint32_t first[4], const uint32_t key[2], uint32_t *out,
                            size_t blocks);
void lac_philox_blocks_avx512(const uint32_t first[4], const uint32_t key[2], uint32_t *out,
                              size_t blocks);

/* permutation_kernels.c, likewise */
void lac_permute_portable(const struct lac_permutation *p, uint64_t first, uint32_t *out,
                          size_t count);
void lac_permute_avx2(const struct lac_permutation *p, uint64_t first, uint32_t *out, size_t count);
void lac_permute_avx512(const struct lac_permutation *p, uint64_t first, uint32_t *out,
                        size_t count);

const struct lac_kernels *lac_kernels_active(void);
enum lac_level lac_kernels_level(void); /* the one in use */

#endif
