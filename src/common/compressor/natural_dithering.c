/*
 * Natural dithering: random dithering with levels that are powers of two.
 *
 * Class: unbiased with omega = 1/8 + D min(1, D), D = d^(1/min(p,2)) 2^(1-s).
 * Draw:  by the sender alone: 16-bit numbers of the stream (seed, round, client, ROUNDING, channel,
 *        step 0) against the fraction, ties by step 1; proto/README.md says how.
 * Wire:  the norm, 8 bytes (4 with --wire below fp64), then the levels (levels.h); no levels where the norm
 *        is 0, but with coding=fixed, whose length is fixed.
 * Paper: Horvath et al. "Natural compression for distributed deep learning". MSML 2022.
 *        arXiv:1905.10988.
 */
#include "compressor/dither.h"

static lac_status natural_dithering_setup(void *state, const struct lac_quantizer_size *size,
                                          const struct lac_spec *spec, struct lac_arena *arena,
                                          struct lac_quantizer_info *info)
{
    static const char *const keys[] = {"levels", "norm", "coding", NULL};
    struct lac_dither *c = state;
    LAC_TRY(lac_spec_allow(spec, keys));
    c->p = 2.0;
    c->natural = true;
    LAC_TRY(lac_dither_parameters(c, spec, 1000));
    return lac_dither_setup(c, size, spec, arena, info);
}

static const struct lac_quantizer natural_dithering_quantizer = {
    natural_dithering_setup, lac_dither_encode, lac_dither_decode_add, lac_dither_paper_bits, true};
static const char *const natural_dithering_examples[] = {
    "natural-dithering:levels=6", "natural-dithering:levels=3,norm=inf,coding=fixed", NULL};

const struct lac_compressor lac_compressor_natural_dithering = {
    .name = "natural-dithering",
    .usage = "natural-dithering:levels=S[,norm=2|inf|P][,coding=fixed|entropy|auto]",
    .summary = "dithering with levels 0, 2^(1-S), ..., 1/2, 1",
    .definition = "sign(v_j) |v|_p 2^-l, one of the two levels around |v_j| / |v|_p, unbiased",
    .omega = "1/8 + D min(1, D), D = d^(1/min(p,2)) 2^(1-s)",
    .alpha = "1/(1 + omega)",
    .bits = "norm, d levels",
    .paper = "Horvath et al., MSML 2022, arXiv:1905.10988",
    .codec = LAC_CODEC_NATURAL_DITHERING,
    .examples = natural_dithering_examples,
    .state_size = sizeof(struct lac_dither),
    .quantizer = &natural_dithering_quantizer,
};
