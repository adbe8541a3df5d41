/*
 * Values as numbers of a narrower format: fp32, bf16, fp16. Each rounds at random, without bias, or to
 * the nearest. With u = 2^-m for m bits of mantissa, the neighbours of a normal number 2^e (1 + x) are
 * u 2^e apart:
 *
 *   at random  unbiased; t of the way from a = 1 + k u >= 1 up, the variance is t (1 - t) u^2 of
 *              (a + t u)^2: largest at a = 1 and there at t = 1/(2 + u), so
 *              omega = u^2 / (4 (1 + u))
 *   nearest    contractive; the error is at most u/2 of 1 + u/2, midway above 1: relatively
 *              u/(2 + u), so alpha = 1 - (u / (2 + u))^2; ties go to the even mantissa
 *
 * Below the normal numbers the grid is that of the least ones, u times the least normal number:
 * rounding at random is unbiased there too (narrow.h), but its relative variance is larger, as the
 * relative error to the nearest is. Too large entries are refused.
 * `round=stochastic|nearest`; what is not said is stochastic, but nearest behind a selector that is
 * contractive alone, whose bias is there anyway.
 */
#ifndef LAC_COMPRESSOR_CAST_H
#define LAC_COMPRESSOR_CAST_H

#include "compressor/narrow.h"

struct lac_cast {
    const char *name, *instead; /* formats of larger range, for the user */
    struct lac_narrow format;
    bool nearest;
};

/* The setup of a quantizer but for the state's name, format and advice. */
lac_status lac_cast_setup(struct lac_cast *c, const struct lac_quantizer_size *size,
                          const struct lac_spec *spec,
                          struct lac_quantizer_info *info) LAC_MUST_CHECK;
/* Of a quantizer whose state is a struct lac_cast. */
lac_status lac_cast_encode(void *state, const struct lac_draw *draw, const double *value,
                           size_t count, struct lac_writer *w) LAC_MUST_CHECK;
lac_status lac_cast_decode_add(void *state, size_t count, struct lac_reader *r,
                               struct lac_sink *sink) LAC_MUST_CHECK;
double lac_cast_paper_bits(const void *state, double count);

/* LAC_E_NUMERIC with the sentence for an entry above a format's largest number. */
lac_status lac_cast_excess(const char *name, double entry, double largest,
                           const char *instead) LAC_MUST_CHECK;

/* Single numbers (norms, scales, factors), 64 bits or rounded to the nearest of 32; name is for the
   sentence where one is above the largest of 32. */
lac_status lac_scalar_write(struct lac_writer *w, bool single, double x,
                            const char *name) LAC_MUST_CHECK;
double lac_scalar_read(struct lac_reader *r, bool single);

#endif
