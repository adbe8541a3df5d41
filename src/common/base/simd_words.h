/* The vector of 32-bit words of one instruction set (base/simd.h), and its intrinsics by one name. */
#ifndef LAC_BASE_SIMD_WORDS_H
#define LAC_BASE_SIMD_WORDS_H

#include "base/simd.h"

#ifdef __SSE2__
#include <immintrin.h>

#if LAC_LANES == 8
typedef __m512i wide;
#define WIDE(operation) _mm512_##operation
#elif LAC_LANES == 4
typedef __m256i wide;
#define WIDE(operation) _mm256_##operation
#else
typedef __m128i wide;
#define WIDE(operation) _mm_##operation
#endif

typedef uint32_t words __attribute__((vector_size(8 * LAC_LANES)));
#endif

#endif
