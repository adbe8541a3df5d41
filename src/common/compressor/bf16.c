/*
 * bf16: values as the upper half of single precision, rounded at random or to the nearest (cast.h).
 *
 * Class: with u = 2^-7: unbiased with omega = u^2/(4(1 + u)), or, to the nearest, contractive with
 *        alpha = 1 - (u/(2 + u))^2.
 * Draw:  by the sender alone (rounding.h); none to the nearest.
 * Wire:  16 bits each, the upper half of a binary32, little-endian. In the authors' count 16.
 */
#include "compressor/cast.h"

static lac_status bf16_setup(void *state, const struct lac_quantizer_size *size,
                             const struct lac_spec *spec, struct lac_arena *arena,
                             struct lac_quantizer_info *info)
{
    struct lac_cast *s = state;
    (void)arena;
    *s = (struct lac_cast){
        .name = "bf16", .instead = "--wire fp64", .format = lac_narrow_make(8, 7)};
    return lac_cast_setup(s, size, spec, info);
}

static const struct lac_quantizer bf16_quantizer = {bf16_setup, lac_cast_encode,
                                                    lac_cast_decode_add, lac_cast_paper_bits, true};
static const char *const bf16_examples[] = {"bf16", "bf16:round=nearest", NULL};

const struct lac_compressor lac_compressor_bf16 = {
    .name = "bf16",
    .usage = "bf16 or bf16:round=stochastic|nearest",
    .summary = "values as the upper half of single precision",
    .definition =
        "v_j rounded to a neighbour among the numbers of 16 bits, unbiased or to the nearest",
    .omega = "u^2/(4(1+u)), u = 2^-7",
    .alpha = "1 - (u/(2+u))^2 to the nearest",
    .bits = "16 d",
    .paper = "-",
    .examples = bf16_examples,
    .codec = LAC_CODEC_BF16,
    .state_size = sizeof(struct lac_cast),
    .quantizer = &bf16_quantizer,
};
