/*
 * Random dithering: v_j becomes sign(v_j) norm level, one of the two levels around |v_j| / norm, at
 * random and unbiased. The mathematics of `dithering`, `qsgd`, `terngrad` (levels 0, 1/s, ..., 1) and
 * of `natural-dithering` (levels 0, 2^(1-s), ..., 1/2, 1).
 *
 * Variance: with u = |v_j| / norm and t = s u - floor(s u), an entry has (norm / s)^2 t (1 - t), at most
 * (norm / s)^2 min(1/4, s u (1 - u)). The sum over j of the second is (norm |v|_1 - |v|_2^2) / s, so omega
 * is the smaller of the two:
 *   p = 2    min(d / (4 s^2), (sqrt(d) - 1) / s), since |v|_1 <= sqrt(d) |v|_2
 *   p > 2    the same, as |v|_p <= |v|_2; p = inf: min(d / (4 s^2), (sqrt(d) - 1) / (2 s)), for s = 1
 *            reached where one entry is the norm and the others norm / (1 + sqrt d)
 *   p < 2    with w = d^(1/p - 1/2): min(w^2 d / (4 s^2), (w sqrt(d) - 1) / s), as |v|_p <= w |v|_2
 * Natural levels: 1/8 + D min(1, D), D = d^(1/min(p,2)) 2^(1-s) (the paper's).
 *
 * The norm is sent as a double, or as a single, rounded up to the next; levels are of that number, and omega is larger by 2^-21 (1 + w sqrt(d)).
 */
#ifndef LAC_COMPRESSOR_DITHER_H
#define LAC_COMPRESSOR_DITHER_H

#include "compressor/levels.h"
#include "compressor/parts.h"

struct lac_dither {
    const char *name;
    bool natural;
    unsigned s;
    double p; /* infinity: the largest magnitude */
    enum lac_wire wire;
    struct lac_levels levels;
    int16_t *level; /* (block) */
    double *value;  /* (2 s + 1) natural levels of a message, by level + s */
};

/* The compressor's name, levels and norm; s and p as read. */
lac_status lac_dither_setup(struct lac_dither *c, const struct lac_quantizer_size *size,
                            const struct lac_spec *spec, struct lac_arena *arena,
                            struct lac_quantizer_info *info) LAC_MUST_CHECK;
/* levels=S, 1..most; norm=2, inf or P where it may be given (default as c->p says). */
lac_status lac_dither_parameters(struct lac_dither *c, const struct lac_spec *spec,
                                 uint64_t most) LAC_MUST_CHECK;
lac_status lac_dither_encode(void *state, const struct lac_draw *draw, const double *v,
                             size_t count, struct lac_writer *w);
lac_status lac_dither_decode_add(void *state, size_t count, struct lac_reader *r,
                                 struct lac_sink *sink);
double lac_dither_paper_bits(const void *state, double count);
/* |v|_p; infinity where it is none of the doubles */
double lac_dither_norm(const double *v, size_t count, double p);

#endif
