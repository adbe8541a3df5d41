/*
 * Which of the 64 bytes at p are no digits, and which are blanks or control characters: bit i for
 * byte i. SSE2 is part of every x86-64; elsewhere the same in 64-bit words.
 */
#ifndef LAC_WORKER_DATA_TEXT_WINDOW_H
#define LAC_WORKER_DATA_TEXT_WINDOW_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(LAC_PORTABLE_WINDOW)
#include <emmintrin.h>
#endif

enum { LAC_WINDOW_BYTES = 64 };

struct lac_window {
    uint64_t no_digit; /* not '0' .. '9' */
    uint64_t blank;    /* at most ' ' */
};

#if defined(__SSE2__) && !defined(LAC_PORTABLE_WINDOW)

static inline struct lac_window lac_window(const char *p)
{
    struct lac_window w = {0, 0};
    for (unsigned i = 0; i < LAC_WINDOW_BYTES; i += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i digit = _mm_sub_epi8(x, _mm_set1_epi8('0'));
        __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
        __m128i is_blank = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(' ')), x);
        w.no_digit |= (uint64_t)(uint32_t)(_mm_movemask_epi8(is_digit) ^ 0xFFFF) << i;
        w.blank |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_blank) << i;
    }
    return w;
}

#else

/* The top bits of the eight bytes, the first lowest. */
static inline uint64_t lac_top_bits(uint64_t x)
{
    return ((x >> 7 & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080)) >> 56;
}

static inline struct lac_window lac_window(const char *p)
{
    const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F);
    struct lac_window w = {0, 0};
    for (unsigned i = 0; i < LAC_WINDOW_BYTES; i += 8) {
        uint64_t x;
        memcpy(&x, p + i, 8);
        x = le64toh(x);
        uint64_t digit = x ^ UINT64_C(0x3030303030303030);
        uint64_t above_nine = ((digit & low) + UINT64_C(0x7676767676767676)) | digit;
        uint64_t above_blank = ((x & low) + UINT64_C(0x5F5F5F5F5F5F5F5F)) | x;
        w.no_digit |= lac_top_bits(above_nine) << i;
        w.blank |= lac_top_bits(~above_blank) << i;
    }
    return w;
}

#endif

#endif
