/*
 * Identity: C(v) = v.
 *
 * Class: unbiased with omega = 0, and contractive with alpha = 1.
 * Wire:  d doubles, 64 d bits. In the authors' count 32 d.
 */
#include "base/vec.h"
#include "compressor/draw.h"
#include "wire/bytes.h"

struct identity {
    size_t d;
};

static lac_status identity_setup(void *state, const struct lac_compressor_size *size,
                                 const struct lac_spec *spec, struct lac_arena *arena,
                                 struct lac_compressor_info *info)
{
    static const char *const keys[] = {NULL};
    struct identity *s = state;
    (void)arena;
    LAC_TRY(lac_spec_allow(spec, keys));
    s->d = size->d;
    *info = (struct lac_compressor_info){
        .classes = LAC_UNBIASED | LAC_CONTRACTIVE,
        .omega = 0.0,
        .alpha = 1.0,
        .max_bytes = 8 * s->d,
        .expected_bits = 64.0 * (double)s->d,
        .paper_bits = 32.0 * (double)s->d,
        .homogeneous = true,
    };
    return LAC_OK;
}

static lac_status identity_encode(void *state, const struct lac_draw *draw, const double *v,
                                  struct lac_writer *w)
{
    const struct identity *s = state;
    (void)draw;
    lac_write_doubles(w, LAC_BITS_VALUE, v, s->d);
    w->bits.paper += 32 * (uint64_t)s->d;
    return LAC_OK;
}

static lac_status identity_decode_add(void *state, const struct lac_draw *draw,
                                      struct lac_reader *r, double scale, double divisor,
                                      double *acc)
{
    const struct identity *s = state;
    (void)draw;
    double factor = lac_factor(scale, 1.0, divisor);
    const unsigned char *values = lac_read_bytes(r, LAC_BITS_VALUE, 8 * s->d);
    if (!values) {
        return LAC_FAIL(LAC_E_PROTOCOL, "identity: a section is shorter than %zu values", s->d);
    }
    if ((uintptr_t)values % sizeof(double) == 0) { /* the first section of a frame: in place */
        vec_axpy(acc, factor, (const double *)(const void *)values, s->d);
    } else {
        for (size_t j = 0; j < s->d; j++) {
            acc[j] += factor * lac_load_double(values + 8 * j);
        }
    }
    r->bits.paper += 32 * (uint64_t)s->d;
    return LAC_OK;
}

const struct lac_compressor lac_compressor_identity = {
    .name = "identity",
    .usage = "identity",
    .summary = "every coordinate as it is",
    .paper = "-",
    .codec = LAC_CODEC_IDENTITY,
    .state_size = sizeof(struct identity),
    .setup = identity_setup,
    .encode = identity_encode,
    .decode_add = identity_decode_add,
};
