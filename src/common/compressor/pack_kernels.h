/*
 * Codes of 9 and of 12 bits, between uint16_t each and bit fields one behind the other, the first in
 * the lowest bits. One table for each instruction set; count is a multiple of 8, so that packed codes
 * are whole bytes: 9 or 12 for 8 codes. Nothing behind them is read or written.
 */
#ifndef LAC_COMPRESSOR_PACK_KERNELS_H
#define LAC_COMPRESSOR_PACK_KERNELS_H

#include <stddef.h>
#include <stdint.h>

struct lac_pack_kernels {
    void (*pack9)(unsigned char *packed, const uint16_t *code, size_t count);
    void (*pack12)(unsigned char *packed, const uint16_t *code, size_t count);
    void (*unpack9)(uint16_t *code, const unsigned char *packed, size_t count);
    void (*unpack12)(uint16_t *code, const unsigned char *packed, size_t count);
};

extern const struct lac_pack_kernels lac_pack_kernels_portable;
#ifdef __x86_64__
extern const struct lac_pack_kernels lac_pack_kernels_avx2, lac_pack_kernels_avx512;
#endif

const struct lac_pack_kernels *lac_pack_kernels(void); /* of the level in use */

#endif
