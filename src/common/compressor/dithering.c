/*
 * Standard random dithering: magnitudes are rounded at random to multiples of norm / s.
 *
 * Class: unbiased with omega = min(d / (4 s^2), sqrt(d) / s) for p >= 2; dither.h derives all p.
 * Draw:  by the sender alone: 16-bit numbers of the stream (seed, round, client, ROUNDING, channel,
 *        step 0) against the fraction, ties by step 1; proto/README.md says how.
 * Wire:  the norm, 8 bytes (4 with --wire below fp64), then the levels (levels.h); no levels where the norm
 *        is 0, but with coding=fixed, whose length is fixed.
 * Paper: Horvath et al. "Natural compression for distributed deep learning". MSML 2022.
 *        arXiv:1905.10988; Alistarh et al. NeurIPS 2017. arXiv:1610.02132.
 */
#include <math.h>

#include "compressor/dither.h"

static lac_status dithering_setup(void *state, const struct lac_quantizer_size *size,
                                  const struct lac_spec *spec, struct lac_arena *arena,
                                  struct lac_quantizer_info *info)
{
    static const char *const keys[] = {"levels", "norm", "coding", NULL};
    struct lac_dither *c = state;
    LAC_TRY(lac_spec_allow(spec, keys));
    c->p = 2.0;
    LAC_TRY(lac_dither_parameters(c, spec, LAC_LEVELS_MOST));
    return lac_dither_setup(c, size, spec, arena, info);
}

static const struct lac_quantizer dithering_quantizer = {
    dithering_setup, lac_dither_encode, lac_dither_decode_add, lac_dither_paper_bits, true};
static const char *const dithering_examples[] = {"dithering:levels=7,norm=inf",
                                                 "dithering:levels=4,norm=1.5,coding=fixed",
                                                 "dithering:levels=40,coding=entropy", NULL};

const struct lac_compressor lac_compressor_dithering = {
    .name = "dithering",
    .usage = "dithering:levels=S[,norm=2|inf|P][,coding=fixed|entropy|auto]",
    .summary = "magnitudes rounded at random to S multiples of norm/S",
    .definition = "sign(v_j) |v|_p l/s, l/s one of the two levels around |v_j| / |v|_p, unbiased",
    .omega = "min(r^2/(4 s^2), (r - 1)/s), half of the second for p = inf; r = d^(1/min(p,2))",
    .alpha = "1/(1 + omega)",
    .bits = "norm, d levels",
    .paper = "Alistarh et al., NeurIPS 2017, arXiv:1610.02132",
    .codec = LAC_CODEC_DITHERING,
    .examples = dithering_examples,
    .state_size = sizeof(struct lac_dither),
    .quantizer = &dithering_quantizer,
};
