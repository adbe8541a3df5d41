/* Compiled once for each instruction set; see base/simd.h. */
#include "compressor/sign_kernels.h"

#include <stdbool.h>

#include "base/simd.h"

static double split(const double *v, size_t count, unsigned char *bits, unsigned *last)
{
    struct v8 total = {0};
    double lane[8];
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        unsigned byte = 0;
        for (size_t p = 0; p < PARTS; p++) {
            vn x = vn_load(v + i + p * LANES);
            total.part[p] += vn_abs(x);
            byte |= vn_signs((vn_mask)(x < vn_all(0.0))) << p * LANES;
        }
        bits[i / 8] = (unsigned char)byte;
    }
    v8_store(lane, &total);
    *last = 0;
    for (size_t j = 0; i + j < count; j++) {
        bool below = v[i + j] < 0.0;
        lane[j] += below ? -v[i + j] : v[i + j];
        *last |= (unsigned)below << j;
    }
    return lanes_sum(lane);
}

static inline vn signed_scale(unsigned byte, size_t part, vn scale)
{
    vn_bits bit;
    for (int j = 0; j < LANES; j++) {
        bit[j] = UINT64_C(1) << (part * LANES + (size_t)j);
    }
    vn_bits chosen = (vn_bits)((((vn_bits){0} + byte) & bit) != 0);
    return (vn)((vn_bits)scale | chosen << 63);
}

static void spread(const unsigned char *bits, size_t count, double scale, double *value)
{
    vn all = vn_all(scale);
    for (size_t i = 0; i < count; i += 8) {
        for (size_t p = 0; p < PARTS; p++) {
            vn_store(value + i + p * LANES, signed_scale(bits[i / 8], p, all));
        }
    }
}

const struct lac_sign_kernels LAC_SUFFIXED(lac_sign_kernels, LAC_LEVEL) = {
    .split = split,
    .spread = spread,
};
