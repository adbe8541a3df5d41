/*
 * Natural compression: each entry is rounded to one of the two powers of two around it, upwards with
 * the probability that makes it unbiased: for |v_j| = 2^e (1 + m) that is m, the mantissa.
 *
 * Class: unbiased with omega = 1/8, the largest of m (1 - m) / (1 + m)^2, reached at m = 1/3.
 *        Zero stays zero; an entry below the least power (2^-1022; of 9 bits 2^-126) becomes it or
 *        zero, without bias but with more than 1/8 of relative variance. Of 12 bits, an entry above
 *        2^1023 is rounded down to it, the one case with a bias; of 9, one above 2^127 is refused.
 * Draw:  by the sender alone (rounding.h).
 * Wire:  per entry 12 bits, a double's sign and exponent, or 9, those of single precision, which is
 *        meant where nothing is said and values are not sent as doubles; the section is filled up to a
 *        byte. In the authors' count 9 d.
 * Paper: Horvath, Ho, Horvath, Sahu, Canini, Richtarik. "Natural compression for distributed deep
 *        learning". MSML 2022. arXiv:1905.10988.
 */
#include <math.h>

#include "compressor/cast.h"
#include "compressor/narrow.h"
#include "compressor/pack_kernels.h"

enum { GROUP = 8 }; /* codes that fill bytes */

struct natural {
    struct lac_narrow format; /* no bits of mantissa */
};

/* 2 phi(x) of a standard normal x > 0 */
static double density(double x)
{
    return 2.0 * exp(-0.5 * x * x) / sqrt(2.0 * 3.14159265358979323846);
}

/* How probable the power 2^e is: integrals of the distance to the other end, by Simpson's rule. */
static double probability(double power)
{
    enum { STEPS = 64 };
    double sum = 0.0;
    for (int i = 0; i <= STEPS; i++) {
        double t = (double)i / STEPS, weight = i % STEPS == 0 ? 1.0 : i % 2 ? 4.0 : 2.0;
        sum += weight * t * density(power * (1.0 + t) / 2.0) / 2.0;
        sum += weight * (1.0 - t) * density(power * (1.0 + t));
    }
    return sum * power / (3.0 * STEPS);
}

/* The entropy of sign and exponent of a standard normal entry. */
static double natural_entropy(void)
{
    double bits = 1.0;
    for (int e = -60; e <= 6; e++) {
        double p = probability(ldexp(1.0, e));
        bits -= p > 0.0 ? p * log2(p) : 0.0;
    }
    return bits;
}

static lac_status natural_setup(void *state, const struct lac_quantizer_size *size,
                                const struct lac_spec *spec, struct lac_arena *arena,
                                struct lac_quantizer_info *info)
{
    static const char *const keys[] = {"bits", NULL};
    struct natural *s = state;
    uint64_t bits = size->wire == LAC_FP64 ? 12 : 9;
    (void)arena;
    LAC_TRY(lac_spec_allow(spec, keys));
    LAC_TRY(lac_spec_count(spec, "bits", &bits));
    if (bits != 12 && bits != 9) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': bits is 12, the exponents of doubles, or 9, those of single "
                        "precision",
                        spec->text);
    }
    s->format = lac_narrow_make((unsigned)bits - 1, 0);
    *info = (struct lac_quantizer_info){
        .unbiased = true,
        .omega = 0.125,
        .max_bytes = (bits * size->most + 7) / 8,
        .expected_bits = (double)bits * size->mean,
        .information_bits = natural_entropy() * size->mean,
    };
    return LAC_OK;
}

/* Whole groups at once, the last few codes of a message one by one. */
static void natural_put(unsigned bits, const uint16_t *code, size_t count, struct lac_writer *w)
{
    size_t whole = count / GROUP * GROUP;
    unsigned char *packed = lac_write_room(w, LAC_BITS_VALUE, whole / GROUP * bits);
    const struct lac_pack_kernels *k = lac_pack_kernels();
    (bits == 12 ? k->pack12 : k->pack9)(packed, code, whole);
    for (size_t j = whole; j < count; j++) {
        lac_write_bits(w, LAC_BITS_VALUE, code[j], bits);
    }
}

static lac_status natural_encode(void *state, const struct lac_draw *draw, const double *v,
                                 size_t count, struct lac_writer *w)
{
    const struct natural *s = state;
    unsigned bits = s->format.code_bits;
    enum lac_narrow_excess excess = bits == 12 ? LAC_EXCESS_CLAMPED : LAC_EXCESS_REFUSED;
    struct lac_rounding rounding;
    lac_rounding_init(&rounding, draw);
    for (size_t first = 0; first < count; first += LAC_BLOCK) {
        uint16_t code[LAC_BLOCK];
        size_t here = count - first < LAC_BLOCK ? count - first : LAC_BLOCK;
        size_t done =
            lac_narrow_round(&s->format, &rounding, excess, v + first, here, (unsigned char *)code);
        if (done < here) {
            return lac_cast_excess("natural:bits=9", v[first + done],
                                   lac_narrow_largest(&s->format), "natural:bits=12");
        }
        natural_put(bits, code, here, w);
    }
    return LAC_OK;
}

/* False where the bytes end too early. */
static bool natural_get(unsigned bits, uint16_t *code, size_t count, struct lac_reader *r)
{
    size_t whole = count / GROUP * GROUP;
    const unsigned char *packed = lac_read_bytes(r, LAC_BITS_VALUE, whole / GROUP * bits);
    if (packed) {
        const struct lac_pack_kernels *k = lac_pack_kernels();
        (bits == 12 ? k->unpack12 : k->unpack9)(code, packed, whole);
    }
    for (size_t j = whole; j < count; j++) {
        code[j] = (uint16_t)lac_read_bits(r, LAC_BITS_VALUE, bits);
    }
    return !r->bad;
}

static lac_status natural_decode_add(void *state, size_t count, struct lac_reader *r,
                                     struct lac_sink *sink)
{
    const struct natural *s = state;
    for (size_t first = 0; first < count; first += LAC_BLOCK) {
        double value[LAC_BLOCK];
        uint16_t code[LAC_BLOCK];
        size_t here = count - first < LAC_BLOCK ? count - first : LAC_BLOCK;
        if (!natural_get(s->format.code_bits, code, here, r) ||
            !lac_narrow_widen(&s->format, (const unsigned char *)code, here, value)) {
            return LAC_FAIL(LAC_E_PROTOCOL, "natural: a section holds no %zu signs and exponents",
                            count);
        }
        lac_sink_add(sink, value, here);
    }
    return LAC_OK;
}

static double natural_paper_bits(const void *state, double count)
{
    (void)state;
    return 9.0 * count;
}

static const struct lac_quantizer natural_quantizer = {natural_setup, natural_encode,
                                                       natural_decode_add, natural_paper_bits};
static const char *const natural_examples[] = {"natural", "natural:bits=9", NULL};

const struct lac_compressor lac_compressor_natural = {
    .name = "natural",
    .usage = "natural or natural:bits=9|12",
    .summary = "each entry rounded at random to a power of two",
    .definition = "sign(v_j) 2^e or sign(v_j) 2^(e+1), unbiased, for |v_j| in [2^e, 2^(e+1))",
    .omega = "1/8",
    .alpha = "8/9",
    .bits = "12 d or 9 d",
    .paper = "Horvath et al., MSML 2022, arXiv:1905.10988",
    .examples = natural_examples,
    .codec = LAC_CODEC_NATURAL,
    .state_size = sizeof(struct natural),
    .quantizer = &natural_quantizer,
};
