/*
 * Natural compression: each entry is rounded to one of the two powers of two around it, upwards with
 * the probability that makes it unbiased: for |v_j| = 2^e (1 + m) that is m, the mantissa.
 *
 * Class: unbiased with omega = 1/8, the largest of m (1 - m) / (1 + m)^2, reached at m = 1/3.
 *        Outside of the normal numbers: zero stays zero; a subnormal becomes the least normal number
 *        or zero, without bias but with more than 1/8 of relative variance; an entry above 2^1023 is
 *        rounded down to it, the one case with a bias.
 * Draw:  by the sender alone: word j (32 bits) of the stream (seed, round, client, ROUNDING, channel,
 *        step 0) against the upper 32 bits of the mantissa; where they are equal, a word of step 1
 *        decides by the lower 20.
 * Wire:  per entry 12 bits, the biased exponent (11, zero for zero) and the sign; the section is
 *        filled up to a byte. In the authors' count 9 d (their numbers have 8 exponent bits).
 * Paper: Horvath, Ho, Horvath, Sahu, Canini, Richtarik. "Natural compression for distributed deep
 *        learning". MSML 2022. arXiv:1905.10988.
 */
#include "compressor/parts.h"
#include "wire/bit_run.h"

enum { EXPONENT_BITS = 11, CODE_BITS = EXPONENT_BITS + 1, MANTISSA_BITS = 52, TOP = 2047 };

struct natural {
    char unused;
};

static lac_status natural_setup(void *state, const struct lac_quantizer_size *size,
                                const struct lac_spec *spec, struct lac_arena *arena,
                                struct lac_quantizer_info *info)
{
    static const char *const keys[] = {NULL};
    (void)state, (void)arena;
    LAC_TRY(lac_spec_allow(spec, keys));
    *info = (struct lac_quantizer_info){
        .unbiased = true,
        .omega = 0.125,
        .max_bytes = (CODE_BITS * size->most + 7) / 8,
        .expected_bits = CODE_BITS * size->mean,
        .information_bits = CODE_BITS * size->mean,
    };
    return LAC_OK;
}

/* ties is asked in one of 2^32 cases. */
static uint64_t natural_code(double value, uint32_t word, struct lac_rng *ties)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t exponent = bits >> MANTISSA_BITS & TOP;
    uint32_t upper = (uint32_t)(bits >> 20), lower = (uint32_t)bits & 0xFFFFFu;
    bool up = word < upper;
    if (word == upper) {
        up = (lac_rng_word(ties) & 0xFFFFFu) < lower;
    }
    exponent += up;
    exponent -= exponent == TOP;
    return bits >> 63 << EXPONENT_BITS | exponent;
}

static lac_status natural_encode(void *state, const struct lac_draw *draw, const double *v,
                                 size_t count, struct lac_writer *w)
{
    (void)state;
    struct lac_stream first = lac_draw_stream(draw, draw->client, LAC_PURPOSE_ROUNDING, 0);
    struct lac_stream second = lac_draw_stream(draw, draw->client, LAC_PURPOSE_ROUNDING, 1);
    struct lac_rng rng, ties;
    lac_rng_init(&rng, &first);
    lac_rng_init(&ties, &second);
    struct lac_bit_out out = lac_bit_out_begin(w, (uint64_t)CODE_BITS * count);
    for (size_t j = 0; j < count; j += 4) {
        uint32_t words[4];
        unsigned here = count - j < 4 ? (unsigned)(count - j) : 4;
        uint64_t codes = 0;
        lac_philox(rng.counter, rng.key, words); /* four words of the stream at once */
        rng.counter[0]++;
        for (unsigned i = 0; i < here; i++) {
            codes |= natural_code(v[j + i], words[i], &ties) << (CODE_BITS * i);
        }
        lac_bit_out_put(&out, codes, CODE_BITS * here);
    }
    lac_bit_out_end(out, w, LAC_BITS_VALUE);
    return LAC_OK;
}

static lac_status natural_decode_add(void *state, size_t count, struct lac_reader *r,
                                     struct lac_sink *sink)
{
    (void)state;
    struct lac_bit_in in = lac_bit_in_begin(r);
    bool infinite = false;
    for (size_t first = 0; first < count; first += LAC_BLOCK) {
        double value[LAC_BLOCK];
        size_t here = count - first < LAC_BLOCK ? count - first : LAC_BLOCK;
        for (size_t i = 0; i < here; i++) {
            uint64_t code = lac_bit_in_get(&in, CODE_BITS);
            uint64_t exponent = code & TOP;
            uint64_t bits = code >> EXPONENT_BITS << 63 | exponent << MANTISSA_BITS;
            memcpy(&value[i], &bits, sizeof bits);
            infinite = infinite || exponent == TOP;
        }
        lac_sink_add(sink, value, here);
    }
    lac_bit_in_end(in, r, LAC_BITS_VALUE);
    if (r->bad || infinite) {
        return LAC_FAIL(LAC_E_PROTOCOL, "natural: a section holds no %zu signs and exponents",
                        count);
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
static const char *const natural_examples[] = {"natural", NULL};

const struct lac_compressor lac_compressor_natural = {
    .name = "natural",
    .usage = "natural",
    .summary = "each entry rounded at random to a power of two, 12 bits",
    .definition = "sign(v_j) 2^e or sign(v_j) 2^(e+1), unbiased, for |v_j| in [2^e, 2^(e+1))",
    .omega = "1/8",
    .alpha = "8/9",
    .bits = "12 d",
    .paper = "Horvath et al., MSML 2022, arXiv:1905.10988",
    .examples = natural_examples,
    .codec = LAC_CODEC_NATURAL,
    .state_size = sizeof(struct natural),
    .quantizer = &natural_quantizer,
};
