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
 *        byte. With coding=entropy or auto, signs and exponents by their entropy (exponents.h), as
 *        short as the data allow: it then depends on them. In the authors' count 9 d.
 * Paper: Horvath, Ho, Horvath, Sahu, Canini, Richtarik. "Natural compression for distributed deep
 *        learning". MSML 2022. arXiv:1905.10988.
 */
#include <math.h>
#include <string.h>

#include "compressor/cast.h"
#include "compressor/exponents.h"
#include "compressor/narrow.h"
#include "compressor/pack_kernels.h"

enum { GROUP = 8 }; /* codes that fill bytes */

struct natural {
    struct lac_narrow format; /* no bits of mantissa */
    bool entropy;
    struct lac_exponents exponents;
    uint16_t *code; /* (block) if entropy */
};

static lac_status natural_encode(void *state, const struct lac_draw *draw, const double *v,
                                 size_t count, struct lac_writer *w);

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

/* Bits for each of count standard normal entries, coded by their entropy: by trying it. */
static lac_status natural_try(struct natural *s, size_t count, struct lac_arena *work, double *bits)
{
    enum { ENTRIES = 1 << 14 };
    struct lac_stream stream = {.purpose = LAC_PURPOSE_TEST, .step = 79};
    struct lac_rng normal;
    size_t draws = 1 + ENTRIES / count, sum = 0;
    size_t capacity = lac_exponents_max_bytes(&s->exponents, count);
    double *v;
    unsigned char *bytes;
    LAC_TRY(LAC_NEW(work, count, &v));
    LAC_TRY(LAC_NEW(work, capacity, &bytes));
    lac_rng_init(&normal, &stream);
    for (size_t i = 0; i < draws; i++) {
        struct lac_draw draw = {.round = i};
        struct lac_writer w;
        for (size_t j = 0; j < count; j++) {
            v[j] = lac_rng_normal(&normal);
        }
        lac_writer_init(&w, bytes, capacity);
        LAC_TRY(natural_encode(s, &draw, v, count, &w));
        sum += w.bits.of[LAC_BITS_VALUE] + w.bits.of[LAC_BITS_INDEX];
    }
    *bits = (double)sum / ((double)draws * (double)count);
    return LAC_OK;
}

static lac_status natural_entropy_setup(struct natural *s, const struct lac_quantizer_size *size,
                                        const struct lac_spec *spec, struct lac_arena *arena,
                                        struct lac_quantizer_info *info)
{
    size_t count = size->mean < 1.0 ? 1 : (size_t)(size->mean + 0.5);
    size_t block = size->most < LAC_LEVEL_BLOCK ? size->most : LAC_LEVEL_BLOCK;
    struct lac_arena work = {0};
    double bits = 0.0;
    LAC_TRY(LAC_NEW(arena, block, &s->code));
    LAC_TRY(lac_exponents_init(&s->exponents, s->format.exponent_bits, size->most, spec, arena));
    lac_status status = natural_try(s, count < block ? count : block, &work, &bits);
    lac_arena_free(&work);
    LAC_TRY(status);
    info->max_bytes = lac_exponents_max_bytes(&s->exponents, size->most);
    info->expected_bits = bits * size->mean;
    info->data_dependent = true;
    return LAC_OK;
}

static lac_status natural_setup(void *state, const struct lac_quantizer_size *size,
                                const struct lac_spec *spec, struct lac_arena *arena,
                                struct lac_quantizer_info *info)
{
    static const char *const keys[] = {"bits", "coding", NULL};
    struct natural *s = state;
    uint64_t bits = size->wire == LAC_FP64 ? 12 : 9;
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
    const char *coding = lac_spec_get(spec, "coding");
    s->entropy = coding && strcmp(coding, "fixed") != 0;
    return s->entropy ? natural_entropy_setup(s, size, spec, arena, info) : LAC_OK;
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

/* The codes of count <= LAC_BLOCK entries. */
static lac_status natural_round(const struct natural *s, struct lac_rounding *rounding,
                                const double *v, size_t count, uint16_t *code)
{
    bool doubles = s->format.code_bits == 12;
    enum lac_narrow_excess excess = doubles ? LAC_EXCESS_CLAMPED : LAC_EXCESS_REFUSED;
    size_t done = lac_narrow_round(&s->format, rounding, excess, v, count, (unsigned char *)code);
    if (done < count) {
        return lac_cast_excess("natural:bits=9", v[done], lac_narrow_largest(&s->format),
                               "natural:bits=12");
    }
    return LAC_OK;
}

static lac_status natural_encode(void *state, const struct lac_draw *draw, const double *v,
                                 size_t count, struct lac_writer *w)
{
    struct natural *s = state;
    struct lac_rounding rounding;
    size_t held = 0; /* codes that wait for their block, if entropy */
    lac_rounding_init(&rounding, draw);
    for (size_t first = 0, here; first < count; first += here) {
        uint16_t code[LAC_BLOCK];
        size_t room = LAC_LEVEL_BLOCK - held;
        here = room < LAC_BLOCK ? room : LAC_BLOCK;
        here = count - first < here ? count - first : here;
        LAC_TRY(natural_round(s, &rounding, v + first, here, s->entropy ? s->code + held : code));
        if (!s->entropy) {
            natural_put(s->format.code_bits, code, here, w);
            continue;
        }
        held += here;
        if (held == LAC_LEVEL_BLOCK || first + here == count) {
            lac_exponents_write(&s->exponents, w, s->code, held);
            held = 0;
        }
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

/* Adds the numbers of count codes. */
static lac_status natural_add(const struct natural *s, const uint16_t *code, size_t count,
                              struct lac_sink *sink)
{
    for (size_t first = 0; first < count; first += LAC_BLOCK) {
        double value[LAC_BLOCK];
        size_t here = count - first < LAC_BLOCK ? count - first : LAC_BLOCK;
        if (!lac_narrow_widen(&s->format, (const unsigned char *)(code + first), here, value)) {
            return LAC_FAIL(LAC_E_PROTOCOL, "natural: a section holds an infinite entry");
        }
        lac_sink_add(sink, value, here);
    }
    return LAC_OK;
}

static lac_status natural_decode_add(void *state, size_t count, struct lac_reader *r,
                                     struct lac_sink *sink)
{
    struct natural *s = state;
    size_t step = s->entropy ? LAC_LEVEL_BLOCK : LAC_BLOCK;
    for (size_t first = 0; first < count; first += step) {
        uint16_t code[LAC_BLOCK];
        size_t here = count - first < step ? count - first : step;
        if (s->entropy) {
            LAC_TRY(lac_exponents_read(&s->exponents, r, s->code, here));
        } else if (!natural_get(s->format.code_bits, code, here, r)) {
            return LAC_FAIL(LAC_E_PROTOCOL, "natural: a section holds no %zu signs and exponents",
                            count);
        }
        LAC_TRY(natural_add(s, s->entropy ? s->code : code, here, sink));
    }
    return LAC_OK;
}

static double natural_paper_bits(const void *state, double count)
{
    (void)state;
    return 9.0 * count;
}

static const struct lac_quantizer natural_quantizer = {
    natural_setup, natural_encode, natural_decode_add, natural_paper_bits, false};
static const char *const natural_examples[] = {"natural", "natural:bits=9", "natural:coding=auto",
                                               NULL};

const struct lac_compressor lac_compressor_natural = {
    .name = "natural",
    .usage = "natural[:bits=9|12][,coding=fixed|entropy|auto]",
    .summary = "each entry rounded at random to a power of two",
    .definition = "sign(v_j) 2^e or sign(v_j) 2^(e+1), unbiased, for |v_j| in [2^e, 2^(e+1))",
    .omega = "1/8",
    .alpha = "8/9",
    .bits = "12 d or 9 d; by entropy about 3.6 d",
    .paper = "Horvath et al., MSML 2022, arXiv:1905.10988",
    .examples = natural_examples,
    .codec = LAC_CODEC_NATURAL,
    .state_size = sizeof(struct natural),
    .quantizer = &natural_quantizer,
};
