/*
 * fp16: values as half precision, rounded at random or to the nearest (cast.h).
 *
 * Class: with u = 2^-10: unbiased with omega = u^2/(4(1 + u)), or, to the nearest, contractive with
 *        alpha = 1 - (u/(2 + u))^2.
 * Draw:  by the sender alone (rounding.h); none to the nearest.
 * Wire:  16 bits each, IEEE 754 binary16, little-endian. In the authors' count 16.
 */
#include "compressor/cast.h"

static lac_status fp16_setup(void *state, const struct lac_quantizer_size *size,
                             const struct lac_spec *spec, struct lac_arena *arena,
                             struct lac_quantizer_info *info)
{
    struct lac_cast *s = state;
    (void)arena;
    *s = (struct lac_cast){
        .name = "fp16", .instead = "--wire bf16 or fp32", .format = lac_narrow_make(5, 10)};
    return lac_cast_setup(s, size, spec, info);
}

static const struct lac_quantizer fp16_quantizer = {fp16_setup, lac_cast_encode,
                                                    lac_cast_decode_add, lac_cast_paper_bits, true};
static const char *const fp16_examples[] = {"fp16", "fp16:round=nearest", NULL};

const struct lac_compressor lac_compressor_fp16 = {
    .name = "fp16",
    .usage = "fp16 or fp16:round=stochastic|nearest",
    .summary = "values as half precision: 6.1e-05 to 65504, smaller ones lose precision",
    .definition =
        "v_j rounded to a neighbour among the numbers of 16 bits, unbiased or to the nearest",
    .omega = "u^2/(4(1+u)), u = 2^-10",
    .alpha = "1 - (u/(2+u))^2 to the nearest",
    .bits = "16 d",
    .paper = "-",
    .examples = fp16_examples,
    .codec = LAC_CODEC_FP16,
    .state_size = sizeof(struct lac_cast),
    .quantizer = &fp16_quantizer,
};
