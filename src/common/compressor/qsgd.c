/*
 * QSGD: random dithering with the Euclidean norm.
 *
 * Class: unbiased with omega = min(d / (4 s^2), sqrt(d) / s), see dither.h (the paper: d / s^2).
 * Draw:  by the sender alone: 16-bit numbers of the stream (seed, round, client, ROUNDING, channel,
 *        step 0) against the fraction, ties by step 1; proto/README.md says how.
 * Wire:  the norm, 8 bytes (4 with --wire below fp64), then the levels (levels.h); no levels where the norm
 *        is 0, but with coding=fixed, whose length is fixed.
 * Paper: Alistarh, Grubic, Li, Tomioka, Vojnovic. "QSGD: communication-efficient SGD via gradient
 *        quantization and encoding". NeurIPS 2017. arXiv:1610.02132.
 */
#include <math.h>

#include "compressor/dither.h"

static lac_status qsgd_setup(void *state, const struct lac_quantizer_size *size,
                             const struct lac_spec *spec, struct lac_arena *arena,
                             struct lac_quantizer_info *info)
{
    static const char *const keys[] = {"levels", "coding", NULL};
    struct lac_dither *c = state;
    LAC_TRY(lac_spec_allow(spec, keys));
    c->p = 2.0;
    LAC_TRY(lac_dither_parameters(c, spec, LAC_LEVELS_MOST));
    return lac_dither_setup(c, size, spec, arena, info);
}

static const struct lac_quantizer qsgd_quantizer = {
    qsgd_setup, lac_dither_encode, lac_dither_decode_add, lac_dither_paper_bits, true};
static const char *const qsgd_examples[] = {"qsgd:levels=4", "qsgd:levels=1,coding=entropy", NULL};

const struct lac_compressor lac_compressor_qsgd = {
    .name = "qsgd",
    .usage = "qsgd:levels=S[,coding=fixed|entropy|auto]",
    .summary = "dithering with the Euclidean norm",
    .definition = "sign(v_j) |v|_2 l/s, l/s one of the two levels around |v_j| / |v|_2, unbiased",
    .omega = "min(d/(4 s^2), (sqrt(d) - 1)/s)",
    .alpha = "1/(1 + omega)",
    .bits = "norm, d levels",
    .paper = "Alistarh et al., NeurIPS 2017, arXiv:1610.02132",
    .codec = LAC_CODEC_QSGD,
    .examples = qsgd_examples,
    .state_size = sizeof(struct lac_dither),
    .quantizer = &qsgd_quantizer,
};
