/*
 * fp32: values as single precision, rounded at random or to the nearest (cast.h).
 *
 * Class: with u = 2^-23: unbiased with omega = u^2/(4(1 + u)), or, to the nearest, contractive with
 *        alpha = 1 - (u/(2 + u))^2.
 * Draw:  by the sender alone (rounding.h); none to the nearest.
 * Wire:  32 bits each, IEEE 754 binary32, little-endian. In the authors' count 32.
 */
#include "compressor/cast.h"

static lac_status fp32_setup(void *state, const struct lac_quantizer_size *size,
                             const struct lac_spec *spec, struct lac_arena *arena,
                             struct lac_quantizer_info *info)
{
    struct lac_cast *s = state;
    (void)arena;
    *s = (struct lac_cast){
        .name = "fp32", .instead = "--wire fp64", .format = lac_narrow_make(8, 23)};
    return lac_cast_setup(s, size, spec, info);
}

static const struct lac_quantizer fp32_quantizer = {fp32_setup, lac_cast_encode,
                                                    lac_cast_decode_add, lac_cast_paper_bits, true};
static const char *const fp32_examples[] = {"fp32", "fp32:round=nearest", NULL};

const struct lac_compressor lac_compressor_fp32 = {
    .name = "fp32",
    .usage = "fp32 or fp32:round=stochastic|nearest",
    .summary = "values as single precision",
    .definition =
        "v_j rounded to a neighbour among the numbers of 32 bits, unbiased or to the nearest",
    .omega = "u^2/(4(1+u)), u = 2^-23",
    .alpha = "1 - (u/(2+u))^2 to the nearest",
    .bits = "32 d",
    .paper = "-",
    .examples = fp32_examples,
    .codec = LAC_CODEC_FP32,
    .state_size = sizeof(struct lac_cast),
    .quantizer = &fp32_quantizer,
};
