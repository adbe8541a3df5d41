/*
 * The vector of doubles of one instruction set. A kernel source is compiled once for each set with
 * LAC_LANES = 2 (portable), 4 (AVX2) or 8 (AVX-512) and LAC_LEVEL naming it; vn has the operators
 * + - * / and comparisons of the C compiler (GCC vector extension), so one text serves all sets.
 *
 * Reductions need 8 lanes on every set: struct v8 is PARTS vectors side by side.
 */
#ifndef LAC_BASE_SIMD_H
#define LAC_BASE_SIMD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

enum { LANES = LAC_LANES, PARTS = 8 / LAC_LANES };

typedef double vn __attribute__((vector_size(8 * LAC_LANES)));
typedef int64_t vn_mask __attribute__((vector_size(8 * LAC_LANES))); /* all ones where true */
typedef uint64_t vn_bits __attribute__((vector_size(8 * LAC_LANES)));

struct v8 {
    vn part[PARTS];
};

#define LAC_SUFFIXED_(name, level) name##_##level
#define LAC_SUFFIXED(name, level)  LAC_SUFFIXED_(name, level)

static inline vn vn_load(const double *p)
{
    vn v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void vn_store(double *p, vn v)
{
    memcpy(p, &v, sizeof v);
}

static inline vn vn_all(double a)
{
    vn v;
    for (int i = 0; i < LANES; i++) {
        v[i] = a;
    }
    return v;
}

static inline vn vn_select(vn_mask mask, vn yes, vn no)
{
    return (vn)((mask & (vn_mask)yes) | (~mask & (vn_mask)no));
}

/* Bit i is the sign of lane i: of a comparison, whether it is true there. */
static inline unsigned vn_signs(vn_mask mask)
{
#if LAC_LANES == 8
    return _mm512_movepi64_mask((__m512i)mask);
#elif LAC_LANES == 4
    return (unsigned)_mm256_movemask_pd((__m256d)mask);
#elif defined(__SSE2__)
    return (unsigned)_mm_movemask_pd((__m128d)mask);
#else
    return (unsigned)(mask[0] < 0) | (unsigned)(mask[1] < 0) << 1;
#endif
}

static inline vn vn_abs(vn x)
{
    return (vn)((vn_bits)x & UINT64_C(0x7FFFFFFFFFFFFFFF));
}

/* The fixed tree of base/vec.h over the 8 lanes, after the tail went to its lanes. */
static inline double lanes_sum(const double lane[8])
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static inline void v8_store(double lane[8], const struct v8 *v)
{
    for (size_t p = 0; p < PARTS; p++) {
        vn_store(lane + p * LANES, v->part[p]);
    }
}

#endif
