/*
 * Kernels of the dithering compressors, one table for each instruction set (level_kernels.c is
 * compiled once for each). The loops are plain C that the compiler turns into vectors; integers
 * and products alone, so that all sets give the same bits.
 */
#ifndef LAC_COMPRESSOR_LEVEL_KERNELS_H
#define LAC_COMPRESSOR_LEVEL_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LAC_TERNARY_GROUP = 320, LAC_TERNARY_BYTES = LAC_TERNARY_GROUP / 5 };

struct lac_level_scale {
    double lift, scale; /* t = |v| lift scale */
    double top;         /* s; 1 of natural levels */
    double least;       /* of natural levels: the smallest but 0, 2^(1-s) */
    int32_t levels;     /* s */
};

struct lac_level_kernels {
    double (*largest)(const double *v, size_t count); /* of |v_j|; v is not NaN */
    /* level_j, rounded up where r_j is below 16 bits of the fraction; whether any are equal */
    bool (*linear)(const struct lac_level_scale *c, const double *v, const uint16_t *r,
                   size_t count, int16_t *level);
    bool (*natural)(const struct lac_level_scale *c, const double *v, const uint16_t *r,
                    size_t count, int16_t *level);
    /* level + s in width <= 8 bits each; count a multiple of 8; out has 8 bytes to spare */
    void (*pack)(const int16_t *level, size_t count, unsigned s, unsigned width,
                 unsigned char *out);
    /* the same back; in has 8 bytes to spare; false where a field is above 2 s */
    bool (*unpack)(const unsigned char *in, size_t count, unsigned s, unsigned width,
                   int16_t *level);
    /* five columns of LAC_TERNARY_BYTES levels -1..1; false where a byte is above 242 */
    void (*pack_ternary)(const int16_t *level, unsigned char *out);
    bool (*unpack_ternary)(const unsigned char *in, int16_t *level);
    /* 0 for 0, 2 level - 1 above, -2 level below; |level| <= 127; and back */
    void (*fold)(const int16_t *level, size_t count, uint8_t *symbol);
    void (*unfold)(const uint8_t *symbol, size_t count, int16_t *level);
    /* The index of levels that are not 0, how many; index has room for count. */
    size_t (*nonzero)(const int16_t *level, size_t count, uint32_t *index);
};

extern const struct lac_level_kernels lac_level_kernels_portable;
#ifdef __x86_64__
extern const struct lac_level_kernels lac_level_kernels_avx2, lac_level_kernels_avx512;
#endif

const struct lac_level_kernels *lac_level_active(void); /* of the instruction set in use */

/* x = floor(2^48 t), t at most s; of natural levels, 2^48 (number of the level below + the place
   between it and the next). Where r is equal to bits 32..47, the lower 32 decide. */
static inline uint64_t lac_level_linear(const struct lac_level_scale *c, double v)
{
    double t = __builtin_fabs(v) * c->lift * c->scale;
    return (uint64_t)((t < c->top ? t : c->top) * 0x1p48);
}

static inline int64_t lac_level_natural(const struct lac_level_scale *c, double v)
{
    double t = __builtin_fabs(v) * c->lift * c->scale;
    int64_t bits;
    t = t < 1.0 ? t : 1.0;
    __builtin_memcpy(&bits, &t, sizeof bits);
    int64_t above = (bits >> 4) + (int64_t)(c->levels - 1023) * (INT64_C(1) << 48);
    double below = t / c->least * 0x1p48; /* a power of two: exact */
    return t < c->least ? (int64_t)below : above;
}

#endif
