/* Natural compression, entry by entry: which powers of two, with which probability. */
#include <math.h>

#include "base/vec.h"
#include "compressor/compressor.h"
#include "tap.h"

enum { D = 4096, ROUNDS = 100 };

static double v[D], out[D];
static unsigned char bytes[2 * D];

/* How often an entry of this value is rounded up in magnitude; -1 where the result is no neighbour. */
static double share_up(const struct lac_channel_compressor *c, double value, double low,
                       double high)
{
    double up = 0.0;
    for (size_t j = 0; j < D; j++) {
        v[j] = value;
    }
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        struct lac_draw draw = {.seed = 4, .round = round, .cohort = 1};
        struct lac_writer w;
        struct lac_reader r;
        lac_writer_init(&w, bytes, c->info.max_bytes);
        lac_status status = lac_encode(c, &draw, v, &w);
        lac_reader_init(&r, bytes, w.bytes);
        vec_zero(out, D);
        if (status || lac_decode_add(c, &draw, &r, 1.0, 1.0, out)) {
            return -1.0;
        }
        for (size_t j = 0; j < D; j++) {
            if (out[j] != low && out[j] != high) {
                return -1.0;
            }
            up += out[j] == high && high != low;
        }
    }
    return up / ((double)D * ROUNDS);
}

static const struct {
    double value, low, high, share;
} cases[] = {
    {1.0, 1.0, 2.0, 0.0},
    {-4.0 / 3.0, -1.0, -2.0, 1.0 / 3.0},
    {1.5, 1.0, 2.0, 0.5},
    {-7.0, -4.0, -8.0, 0.75},
    {0.1, 0.0625, 0.125, 0.6},
    {0x1.fffffffffffffp0, 1.0, 2.0, 1.0},
    {0x1.0000000000001p0, 1.0, 2.0, 0.0},
    {0.0, 0.0, 0.0, 0.0},
    {0x1p-1074, 0.0, 0x1p-1022, 0.0},
    {0x0.8p-1022, 0.0, 0x1p-1022, 0.5},
    {-0x0.cp-1022, 0.0, -0x1p-1022, 0.75},
    {0x1.8p-1022, 0x1p-1022, 0x1p-1021, 0.5},
    {0x1.8p1023, 0x1p1023, 0x1p1023, 0.0},
};

/* A section whose last entry has this exponent. */
static lac_status decode_exponent(const struct lac_channel_compressor *c, uint64_t exponent)
{
    struct lac_draw draw = {.cohort = 1};
    struct lac_writer w;
    struct lac_reader r;
    lac_writer_init(&w, bytes, c->info.max_bytes);
    for (size_t j = 0; j < D; j++) {
        lac_write_bits(&w, LAC_BITS_VALUE, j == D - 1 ? exponent : 1023, 12);
    }
    lac_reader_init(&r, bytes, w.bytes);
    return lac_decode_add(c, &draw, &r, 1.0, 1.0, out);
}

int main(void)
{
    struct lac_arena arena = {0};
    struct lac_channel_compressor c;
    TAP_OK(
        lac_compressor_open(&c, "natural", &(struct lac_compressor_size){.d = D, .n = 1}, &arena));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double share = share_up(&c, cases[i].value, cases[i].low, cases[i].high),
               p = cases[i].share;
        double sigma = sqrt(p * (1.0 - p) / ((double)D * ROUNDS));
        tap_ok(fabs(share - p) <= 5.0 * sigma + 1e-9, "%a goes up with probability %.4f (%.4f)",
               cases[i].value, p, share);
    }
    tap_ok(decode_exponent(&c, 2046) == LAC_OK, "the largest finite exponent is read");
    tap_ok(decode_exponent(&c, 2047) == LAC_E_PROTOCOL, "infinite entries are refused");
    lac_arena_free(&arena);
    return tap_done();
}
