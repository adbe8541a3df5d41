#include "compressor/cast.h"

#include <float.h>
#include <math.h>
#include <string.h>

static lac_status cast_rounding(struct lac_cast *c, bool contractive, const struct lac_spec *spec)
{
    static const char *const keys[] = {"round", NULL};
    LAC_TRY(lac_spec_allow(spec, keys));
    const char *value = lac_spec_get(spec, "round");
    c->nearest = value ? strcmp(value, "nearest") == 0 : contractive;
    if (value && !c->nearest && strcmp(value, "stochastic") != 0) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': round is stochastic or nearest", spec->text);
    }
    return LAC_OK;
}

lac_status lac_cast_setup(struct lac_cast *c, const struct lac_quantizer_size *size,
                          const struct lac_spec *spec, struct lac_quantizer_info *info)
{
    LAC_TRY(cast_rounding(c, size->contractive, spec));
    double u = ldexp(1.0, -(int)c->format.mantissa_bits), most = u / (2.0 + u);
    double bits = (double)c->format.code_bits * size->mean;
    *info = (struct lac_quantizer_info){
        .unbiased = !c->nearest,
        .omega = c->nearest ? 0.0 : u * u / (4.0 * (1.0 + u)),
        .alpha = c->nearest ? 1.0 - most * most : 0.0,
        .every_draw = c->nearest,
        .max_bytes = lac_narrow_width(&c->format) * size->most,
        .expected_bits = bits,
        .information_bits = bits,
    };
    return LAC_OK;
}

lac_status lac_cast_excess(const char *name, double entry, double largest, const char *instead)
{
    if (entry - entry != 0.0) {
        return lac_not_finite(&entry, 1);
    }
    return LAC_FAIL(LAC_E_NUMERIC,
                    "%s: an entry of magnitude %.9g is above %.9g, the largest; use %s", name,
                    entry < 0.0 ? -entry : entry, largest, instead);
}

lac_status lac_cast_encode(void *state, const struct lac_draw *draw, const double *value,
                           size_t count, struct lac_writer *w)
{
    const struct lac_cast *c = state;
    size_t width = lac_narrow_width(&c->format);
    unsigned char *codes = lac_write_room(w, LAC_BITS_VALUE, width * count);
    struct lac_rounding rounding;
    lac_rounding_init(&rounding, draw);
    for (size_t first = 0; first < count; first += LAC_BLOCK) {
        size_t here = count - first < LAC_BLOCK ? count - first : LAC_BLOCK;
        size_t done =
            lac_narrow_round(&c->format, c->nearest ? NULL : &rounding, LAC_EXCESS_REFUSED,
                             value + first, here, codes + width * first);
        if (done < here) {
            return lac_cast_excess(c->name, value[first + done], lac_narrow_largest(&c->format),
                                   c->instead);
        }
        lac_narrow_swap(&c->format, codes + width * first, here);
    }
    return LAC_OK;
}

lac_status lac_cast_decode_add(void *state, size_t count, struct lac_reader *r,
                               struct lac_sink *sink)
{
    const struct lac_cast *c = state;
    size_t width = lac_narrow_width(&c->format);
    const unsigned char *codes = lac_read_bytes(r, LAC_BITS_VALUE, width * count);
    if (!codes) {
        return LAC_FAIL(LAC_E_PROTOCOL, "%s: a section is shorter than its %zu values", c->name,
                        count);
    }
    for (size_t first = 0; first < count; first += LAC_BLOCK) {
        double value[LAC_BLOCK];
        size_t here = count - first < LAC_BLOCK ? count - first : LAC_BLOCK;
        const unsigned char *block = codes + width * first;
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
        unsigned char swapped[4 * LAC_BLOCK];
        memcpy(swapped, block, width * here);
        lac_narrow_swap(&c->format, swapped, here);
        block = swapped;
#endif
        if (!lac_narrow_widen(&c->format, block, here, value)) {
            return LAC_FAIL(LAC_E_PROTOCOL, "%s: a value is infinite or not a number", c->name);
        }
        lac_sink_add(sink, value, here);
    }
    return LAC_OK;
}

double lac_cast_paper_bits(const void *state, double count)
{
    const struct lac_cast *c = state;
    return (double)c->format.code_bits * count;
}

lac_status lac_scalar_write(struct lac_writer *w, bool single, double x, const char *name)
{
    const double largest = (double)FLT_MAX;
    if (!single) {
        lac_write_doubles(w, LAC_BITS_VALUE, &x, 1);
        return LAC_OK;
    }
    if (fabs(x) > largest) {
        return lac_cast_excess(name, x, largest, "--wire fp64");
    }
    float rounded = (float)x;
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    lac_write_u32(w, LAC_BITS_VALUE, bits);
    return LAC_OK;
}

double lac_scalar_read(struct lac_reader *r, bool single)
{
    if (!single) {
        return lac_read_double(r, LAC_BITS_VALUE);
    }
    uint32_t bits = lac_read_u32(r, LAC_BITS_VALUE);
    float rounded;
    memcpy(&rounded, &bits, sizeof rounded);
    return (double)rounded;
}
