/*
 * Sign: one bit an entry, all of the size of the mean: C(v) = (|v|_1 / d) sign(v), zero counts as +.
 *
 * Class: contractive: |C(v) - v|^2 = |v|^2 - |v|_1^2 / d for every v, and |v|_1 >= |v|, so
 *        alpha = 1/d, reached by vectors of one entry; |v|_1^2 / (d |v|^2) of a vector, about 2/pi
 *        of a Gaussian one. With the scale off by a factor 1 + delta it is (1 - delta^2) / d: delta is
 *        at most 2^-24 where it is sent in single precision and of the order of the sum's rounding,
 *        (d/8 + 4) 2^-53, in any case. (A scale below the normal numbers of its precision is coarser.)
 * Draw:  none.
 * Wire:  the scale, 64 bits or, where values are not sent as doubles, 32, rounded to the nearest; then
 *        a bit per entry, one where it is below zero, filled up to a byte. In the authors' count 32 + d.
 * Paper: Karimireddy, Rebjock, Stich, Jaggi. "Error feedback fixes SignSGD and other gradient
 *        compression schemes". ICML 2019. arXiv:1901.09847.
 */
#include <float.h>
#include <math.h>

#include "base/kernels.h"
#include "base/vec.h"
#include "compressor/cast.h"
#include "compressor/parts.h"
#include "compressor/sign_kernels.h"

struct sign {
    bool single; /* precision of the scale */
};

static const struct lac_sign_kernels *kernels(void)
{
#ifdef __x86_64__
    static const struct lac_sign_kernels *const tables[LAC_LEVELS] = {
        &lac_sign_kernels_portable,
        &lac_sign_kernels_avx2,
        &lac_sign_kernels_avx512,
    };
    return tables[lac_kernels_level()];
#else
    return &lac_sign_kernels_portable;
#endif
}

static lac_status sign_setup(void *state, const struct lac_quantizer_size *size,
                             const struct lac_spec *spec, struct lac_arena *arena,
                             struct lac_quantizer_info *info)
{
    static const char *const keys[] = {NULL};
    struct sign *s = state;
    (void)arena;
    LAC_TRY(lac_spec_allow(spec, keys));
    s->single = size->wire != LAC_FP64;
    double most = (double)size->most, bits = (s->single ? 32.0 : 64.0) + size->mean;
    double delta = (most / 8.0 + 4.0) * 0x1p-53 + (s->single ? 0x1p-24 : 0.0);
    *info = (struct lac_quantizer_info){
        .alpha = (1.0 - delta * delta) / most,
        .every_draw = true,
        .max_bytes = (s->single ? 4 : 8) + (size->most + 7) / 8,
        .expected_bits = bits,
        .information_bits = bits,
        .homogeneous = !s->single,
        .moves_zeros = true, /* their sign is + */
    };
    return LAC_OK;
}

/* Where the sum is above the largest double, the mean is not. */
static double mean_of_huge(const double *v, size_t count)
{
    double sum = 0.0;
    for (size_t j = 0; j < count; j++) {
        sum += fabs(v[j]) * 0x1p-33; /* count < 2^32 */
    }
    double mean = sum / (double)count, most = DBL_MAX * 0x1p-33;
    return mean < most ? mean * 0x1p33 : DBL_MAX;
}

/* The signs are written before the scale in front of them is known: one pass. */
static lac_status sign_encode(void *state, const struct lac_draw *draw, const double *value,
                              size_t count, struct lac_writer *w)
{
    const struct sign *s = state;
    unsigned last;
    (void)draw;
    struct lac_writer front;
    size_t width = s->single ? 4 : 8;
    lac_writer_init(&front, lac_write_room(w, LAC_BITS_VALUE, width), width);
    unsigned char *bits = lac_write_room(w, LAC_BITS_VALUE, count / 8);
    double sum = kernels()->split(value, count, bits, &last);
    lac_write_bits(w, LAC_BITS_VALUE, last, count % 8);
    if (!(sum <= DBL_MAX) && !vec_finite(value, count)) {
        return lac_not_finite(value, count);
    }
    double scale = sum <= DBL_MAX ? sum / (double)count : mean_of_huge(value, count);
    return lac_scalar_write(&front, s->single, scale, "sign: the mean of the magnitudes");
}

static lac_status sign_decode_add(void *state, size_t count, struct lac_reader *r,
                                  struct lac_sink *sink)
{
    const struct sign *s = state;
    double scale = lac_scalar_read(r, s->single), value[LAC_BLOCK];
    size_t whole = count / 8 * 8;
    const unsigned char *bits = lac_read_bytes(r, LAC_BITS_VALUE, whole / 8);
    unsigned char last = (unsigned char)lac_read_bits(r, LAC_BITS_VALUE, count % 8);
    if (r->bad || !(scale >= 0.0 && scale <= DBL_MAX) || signbit(scale)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "sign: a section holds no scale and %zu signs", count);
    }
    for (size_t first = 0; first < whole; first += LAC_BLOCK) {
        size_t here = whole - first < LAC_BLOCK ? whole - first : LAC_BLOCK;
        kernels()->spread(bits + first / 8, here, scale, value);
        lac_sink_add(sink, value, here);
    }
    if (whole < count) {
        kernels()->spread(&last, 8, scale, value);
        lac_sink_add(sink, value, count - whole);
    }
    return LAC_OK;
}

static double sign_paper_bits(const void *state, double count)
{
    (void)state;
    return 32.0 + count;
}

static const struct lac_quantizer sign_quantizer = {sign_setup, sign_encode, sign_decode_add,
                                                    sign_paper_bits, true};
static const char *const sign_examples[] = {"sign", NULL};

const struct lac_compressor lac_compressor_sign = {
    .name = "sign",
    .usage = "sign",
    .summary = "the signs, times the mean magnitude",
    .definition = "(|v|_1 / d) sign(v_j), sign(0) = 1",
    .alpha = "1/d; |v|_1^2/(d |v|^2) of one v",
    .bits = "64 + d",
    .paper = "Karimireddy et al., ICML 2019, arXiv:1901.09847",
    .examples = sign_examples,
    .codec = LAC_CODEC_SIGN,
    .state_size = sizeof(struct sign),
    .quantizer = &sign_quantizer,
};
