/* Low rank: the constant is reached where all singular values are equal, and not missed elsewhere. */
#include <math.h>

#include "base/vec.h"
#include "compressor/compressor.h"
#include "tap.h"

enum { SIDE = 12, D = SIDE * SIDE, DRAWS = 400 };

static double v[D], out[D];
static unsigned char bytes[16 * D];

/* |C(v) - v|^2 / |v|^2, a mean over draws; *most is the largest. */
static double mean_error(const char *text, enum lac_wire wire, double *most)
{
    struct lac_arena arena = {0};
    struct lac_channel_compressor c;
    struct lac_compressor_size size = {.d = D, .n = 1, .wire = wire};
    double sum = 0.0;
    *most = 0.0;
    LAC_ASSERT(lac_compressor_open(&c, text, &size, &arena) == LAC_OK);
    for (uint64_t round = 1; round <= DRAWS; round++) {
        struct lac_draw draw = {.seed = 2, .round = round, .cohort = 1};
        struct lac_writer w;
        struct lac_reader r;
        lac_writer_init(&w, bytes, c.info.max_bytes);
        LAC_ASSERT(lac_encode(&c, &draw, v, &w) == LAC_OK);
        lac_reader_init(&r, bytes, w.bytes);
        vec_zero(out, D);
        LAC_ASSERT(lac_decode_add(&c, &draw, &r, 1.0, 1.0, out) == LAC_OK);
        vec_sub(out, out, v, D);
        double error = vec_norm_sq(out, D) / vec_norm_sq(v, D);
        sum += error;
        *most = error > *most ? error : *most;
    }
    lac_arena_free(&arena);
    return sum / DRAWS;
}

/* Diagonal, singular values decay^i. */
static void diagonal(double scale, double decay, size_t rank)
{
    vec_zero(v, D);
    for (size_t i = 0; i < rank; i++) {
        v[i * SIDE + i] = scale * pow(decay, (double)i);
    }
}

static void check_equal(double scale)
{
    static const char *const texts[] = {"rankk:k=1", "rankk:k=5", "rankk:k=5,iterations=4",
                                        "rankk:k=12"};
    static const double kept[] = {1.0, 5.0, 5.0, 12.0};
    double most;
    diagonal(scale, 1.0, SIDE);
    for (size_t i = 0; i < 4; i++) {
        double want = 1.0 - kept[i] / SIDE;
        double mean = mean_error(texts[i], LAC_FP64, &most);
        tap_ok(fabs(mean - want) < 1e-12 && fabs(most - want) < 1e-12,
               "%s: equal singular values of %g leave exactly %.4f", texts[i], scale, want);
    }
    double mean = mean_error("rankk:k=12", LAC_FP32, &most);
    tap_ok(scale > 1e30 || scale < 1e-30 || (mean > 0.0 && most < 1e-12),
           "in single precision rank 12 of 12 is exact to %.1e", sqrt(most));
}

int main(void)
{
    double most, one, four, eight;
    check_equal(1.0);
    check_equal(0x1p-500);
    diagonal(1.0, 0.6, SIDE);
    one = mean_error("rankk:k=2", LAC_FP64, &most);
    four = mean_error("rankk:k=2,iterations=4", LAC_FP64, &most);
    eight = mean_error("rankk:k=2,iterations=30", LAC_FP64, &most);
    double best = pow(0.6, 4.0); /* of the truncated decomposition, to 0.6^24 */
    tap_ok(one < 1.0 - 2.0 / SIDE && four < one && eight < four && fabs(eight - best) < 1e-4,
           "decaying values: %.4f, iterated %.4f, %.6f; the best is %.6f", one, four, eight, best);
    diagonal(1.0, 0.9, 3);
    mean_error("rankk:k=3", LAC_FP64, &most);
    tap_ok(most < 1e-24, "rank 3 is found whole by k = 3 (%.1e)", most);
    mean_error("rankk:k=7,iterations=2", LAC_FP64, &most);
    tap_ok(most < 1e-24, "and by k = 7, whose other columns are zero (%.1e)", most);
    return tap_done();
}
