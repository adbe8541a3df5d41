#include "fuzz_one.h"

#include <stdio.h>
#include <string.h>

/* One of the compressor's examples; of a selector also with a quantizer of the list. */
static void choose_text(const struct lac_compressor *compressor, unsigned char choice,
                        unsigned char second, char *text, size_t size)
{
    size_t count, examples = 0;
    const struct lac_compressor *const *list = lac_compressors(&count);
    while (compressor->examples[examples]) {
        examples++;
    }
    const char *first = compressor->examples[choice % examples];
    const struct lac_compressor *more = list[second % count];
    bool both = compressor->selector && more->quantizer;
    snprintf(text, size, "%s%s%s", first, both ? "+" : "", both ? more->examples[0] : "");
}

static int decode(const struct lac_channel_compressor *c, const struct lac_draw *draw,
                  const unsigned char *body, size_t length)
{
    static double acc[FUZZ_MOST];
    struct lac_reader r;
    lac_reader_init(&r, body, length);
    lac_status status = lac_decode_add(c, draw, &r, 1.0, 3.0, acc);
    LAC_ASSERT(status == LAC_OK || status == LAC_E_PROTOCOL);
    LAC_ASSERT(r.p <= r.end &&
               (status != LAC_OK || lac_bits_total(&r.bits) == 8 * (uint64_t)(r.p - body)));
    return status == LAC_OK;
}

/* One by one up to 200, then in steps, mostly not multiples of anything. */
static size_t dimension(unsigned char byte)
{
    return byte < 200 ? byte + 1u : 200u + 69u * (byte - 199u);
}

int fuzz_one(const struct lac_compressor *compressor, const unsigned char *data, size_t size)
{
    if (size < FUZZ_HEAD) {
        return 0;
    }
    char text[128];
    struct lac_arena arena = {0};
    struct lac_channel_compressor c;
    struct lac_compressor_size sides = {
        .d = dimension(data[1]), .n = data[2] + 1u, .wire = (enum lac_wire)(data[4] % LAC_WIRES)};
    struct lac_draw draw = {
        .seed = 1, .round = 1, .position = data[3] % sides.n, .cohort = sides.n};
    choose_text(compressor, data[0], data[4] / LAC_WIRES, text, sizeof text);
    int accepted = lac_compressor_open(&c, text, &sides, &arena) == LAC_OK &&
                   decode(&c, &draw, data + FUZZ_HEAD, size - FUZZ_HEAD);
    lac_arena_free(&arena);
    return accepted;
}
