#include "fuzz_one.h"

#include <stdio.h>
#include <string.h>

static const char *const parameters[] = {"", ":k=1", ":10%", ":50%", ":100%"};

enum { COUNT_PARAMETERS = sizeof parameters / sizeof *parameters };

static int decode(const struct lac_channel_compressor *c, const struct lac_draw *draw,
                  const unsigned char *body, size_t length)
{
    double acc[256] = {0};
    struct lac_reader r;
    lac_reader_init(&r, body, length);
    lac_status status = c->compressor->decode_add(c->state, draw, &r, 1.0, 3.0, acc);
    LAC_ASSERT(status == LAC_OK || status == LAC_E_PROTOCOL);
    LAC_ASSERT(r.p <= r.end &&
               (status != LAC_OK || lac_bits_total(&r.bits) == 8 * (uint64_t)(r.p - body)));
    return status == LAC_OK;
}

int fuzz_one(const struct lac_compressor *compressor, const unsigned char *data, size_t size)
{
    if (size < FUZZ_HEAD) {
        return 0;
    }
    char text[64];
    struct lac_arena arena = {0};
    struct lac_channel_compressor c;
    struct lac_compressor_size sides = {.d = data[1] + 1u, .n = data[2] + 1u};
    struct lac_draw draw = {
        .seed = 1, .round = 1, .position = data[3] % sides.n, .cohort = sides.n};
    snprintf(text, sizeof text, "%s%s", compressor->name, parameters[data[0] % COUNT_PARAMETERS]);
    int accepted = lac_compressor_open(&c, text, &sides, &arena) == LAC_OK &&
                   decode(&c, &draw, data + FUZZ_HEAD, size - FUZZ_HEAD);
    lac_arena_free(&arena);
    return accepted;
}
