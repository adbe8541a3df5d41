/*
 * fp64: values as they are, doubles; what every selector sends where `--wire` says nothing else.
 *
 * Class: unbiased with omega = 0.
 * Wire:  64 bits each. In the authors' count 32.
 */
#include <string.h>

#include "base/vec.h"
#include "compressor/parts.h"

struct fp64 {
    char unused;
};

static lac_status fp64_setup(void *state, const struct lac_quantizer_size *size,
                             const struct lac_spec *spec, struct lac_arena *arena,
                             struct lac_quantizer_info *info)
{
    static const char *const keys[] = {NULL};
    (void)state, (void)arena;
    LAC_TRY(lac_spec_allow(spec, keys));
    *info = (struct lac_quantizer_info){
        .unbiased = true,
        .max_bytes = 8 * size->most,
        .expected_bits = 64.0 * size->mean,
        .information_bits = 64.0 * size->mean,
        .homogeneous = true,
    };
    return LAC_OK;
}

static lac_status fp64_encode(void *state, const struct lac_draw *draw, const double *value,
                              size_t count, struct lac_writer *w)
{
    (void)state, (void)draw;
    lac_write_doubles(w, LAC_BITS_VALUE, value, count);
    return LAC_OK;
}

static lac_status fp64_decode_add(void *state, size_t count, struct lac_reader *r,
                                  struct lac_sink *sink)
{
    (void)state;
    const unsigned char *bytes = lac_read_bytes(r, LAC_BITS_VALUE, 8 * count);
    if (!bytes) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a section is shorter than its %zu values", count);
    }
    bool in_place = (uintptr_t)bytes % sizeof(double) == 0; /* the first section of a frame */
    for (size_t first = 0; first < count; first += LAC_BLOCK) {
        double copy[LAC_BLOCK];
        const double *value = copy;
        size_t here = count - first < LAC_BLOCK ? count - first : LAC_BLOCK;
        if (in_place) {
            value = (const double *)(const void *)bytes + first;
        } else {
            memcpy(copy, bytes + 8 * first, 8 * here); /* little-endian on both sides */
        }
        if (!vec_finite(value, here)) {
            return LAC_FAIL(LAC_E_PROTOCOL, "fp64: a value is not finite");
        }
        lac_sink_add(sink, value, here);
    }
    return LAC_OK;
}

static double fp64_paper_bits(const void *state, double count)
{
    (void)state;
    return 32.0 * count;
}

static const struct lac_quantizer fp64_quantizer = {fp64_setup, fp64_encode, fp64_decode_add,
                                                    fp64_paper_bits, false};
static const char *const fp64_examples[] = {"fp64", NULL};

const struct lac_compressor lac_compressor_fp64 = {
    .name = "fp64",
    .usage = "fp64",
    .summary = "values as they are, doubles",
    .definition = "v",
    .omega = "0",
    .alpha = "1",
    .bits = "64 d",
    .paper = "-",
    .examples = fp64_examples,
    .codec = LAC_CODEC_FP64,
    .state_size = sizeof(struct fp64),
    .quantizer = &fp64_quantizer,
};
