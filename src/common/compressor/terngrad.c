/*
 * TernGrad, unclipped: each entry becomes 0 or, with probability |v_j| / max |v_i|, the maximum with
 * its sign.
 *
 * Class: unbiased with omega = (sqrt(d) - 1) / 2, reached, see dither.h.
 * Draw:  by the sender alone: 16-bit numbers of the stream (seed, round, client, ROUNDING, channel,
 *        step 0) against the fraction, ties by step 1; proto/README.md says how.
 * Wire:  the norm, 8 bytes (4 with --wire below fp64), then the levels (levels.h); no levels where the norm
 *        is 0, but with coding=fixed, whose length is fixed.
 * Paper: Wen et al. "TernGrad: ternary gradients to reduce communication in distributed deep
 *        learning". NeurIPS 2017. arXiv:1705.07878.
 */
#include <math.h>

#include "compressor/dither.h"

static lac_status terngrad_setup(void *state, const struct lac_quantizer_size *size,
                                 const struct lac_spec *spec, struct lac_arena *arena,
                                 struct lac_quantizer_info *info)
{
    static const char *const keys[] = {"coding", NULL};
    struct lac_dither *c = state;
    LAC_TRY(lac_spec_allow(spec, keys));
    c->p = HUGE_VAL;
    c->s = 1;
    return lac_dither_setup(c, size, spec, arena, info);
}

static const struct lac_quantizer terngrad_quantizer = {
    terngrad_setup, lac_dither_encode, lac_dither_decode_add, lac_dither_paper_bits, true};
static const char *const terngrad_examples[] = {"terngrad", "terngrad:coding=fixed", NULL};

const struct lac_compressor lac_compressor_terngrad = {
    .name = "terngrad",
    .usage = "terngrad[:coding=fixed|entropy|auto]",
    .summary = "each entry 0 or, at random, the largest magnitude; 1.6 bits or less",
    .definition = "sign(v_j) |v|_inf with probability |v_j| / |v|_inf, else 0",
    .omega = "(sqrt(d) - 1)/2",
    .alpha = "1/(1 + omega)",
    .bits = "norm, d ternary levels",
    .paper = "Wen et al., NeurIPS 2017, arXiv:1705.07878",
    .codec = LAC_CODEC_TERNGRAD,
    .examples = terngrad_examples,
    .state_size = sizeof(struct lac_dither),
    .quantizer = &terngrad_quantizer,
};
