/* Two parts put together: constants against numbers worked out by hand, and bytes against the parts'. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "compressor/compressor.h"
#include "tap.h"

enum { D = 100, N = 4 };

static struct lac_arena arena;

static void opened(const char *text, enum lac_wire wire, struct lac_channel_compressor *c)
{
    struct lac_compressor_size size = {.d = D, .n = N, .wire = wire};
    LAC_ASSERT(lac_compressor_open(c, text, &size, &arena) == LAC_OK);
}

static const struct {
    const char *text;
    unsigned classes;
    double omega, alpha; /* omega -1: not unbiased */
} known[] = {
    {"identity", LAC_UNBIASED | LAC_CONTRACTIVE, 0.0, 1.0},
    {"natural", LAC_UNBIASED, 1.0 / 8.0, 8.0 / 9.0},
    {"identity+natural", LAC_UNBIASED, 1.0 / 8.0, 8.0 / 9.0},
    {"topk:k=10", LAC_CONTRACTIVE, -1.0, 0.1},
    {"topk:k=10+natural", LAC_CONTRACTIVE, -1.0, 0.8 / 9.0},
    {"topk:100%+natural", LAC_UNBIASED, 1.0 / 8.0, 8.0 / 9.0},
    {"randk:k=10+natural", LAC_UNBIASED, 10.0 * 9.0 / 8.0 - 1.0, 0.8 / 9.0},
    {"permk+natural", LAC_UNBIASED, 4.0 * 9.0 / 8.0 - 1.0, 2.0 / 9.0},
};

static void check_constants(void)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct lac_channel_compressor c;
        opened(known[i].text, LAC_FP64, &c);
        bool good = c.info.classes == known[i].classes;
        good = good && fabs(c.info.alpha - known[i].alpha) <= 1e-15;
        good = good && (known[i].omega < 0.0 || fabs(c.info.omega - known[i].omega) <= 1e-14);
        tap_ok(good, "%s: class %u, omega %.6g, alpha %.6g", known[i].text, c.info.classes,
               c.info.omega, c.info.alpha);
    }
}

/* C(v), and how many bytes it took. */
static size_t through(const struct lac_channel_compressor *c, const double *v, double *out)
{
    static unsigned char bytes[4096];
    struct lac_draw draw = {.seed = 3, .round = 7, .client = 2, .position = 2, .cohort = N};
    struct lac_writer w;
    struct lac_reader r;
    lac_writer_init(&w, bytes, sizeof bytes);
    LAC_ASSERT(lac_encode(c, &draw, v, &w) == LAC_OK);
    lac_reader_init(&r, bytes, w.bytes);
    vec_zero(out, D);
    LAC_ASSERT(lac_decode_add(c, &draw, &r, 1.0, 1.0, out) == LAC_OK);
    return w.bytes;
}

/* What is kept, and its gain, is the selector's; each value is one that the quantizer gives. */
static void check_values(const char *text, double gain, double scaling)
{
    struct lac_channel_compressor alone, both;
    char composed[64];
    double v[D], kept[D], out[D];
    bool good = true;
    snprintf(composed, sizeof composed, "%s+natural", text);
    opened(text, LAC_FP64, &alone);
    opened(composed, LAC_FP64, &both);
    for (size_t j = 0; j < D; j++) {
        v[j] = (double)((j * 37 + 11) % D) - 49.5;
    }
    through(&alone, v, kept);
    through(&both, v, out);
    for (size_t j = 0; j < D; j++) {
        double low = ldexp(1.0, (int)floor(log2(fabs(v[j]))));
        double value = out[j] * scaling / gain;
        bool neighbour = fabs(fabs(value) - low) < 1e-12 || fabs(fabs(value) - 2.0 * low) < 1e-12;
        good = good && (kept[j] != 0.0 ? neighbour && value * v[j] > 0.0 : out[j] == 0.0);
    }
    tap_ok(good, "%s: the entries of the first part, values of the second, divided by %g", composed,
           scaling);
}

/* One client whose participants are all: the joint factor of PermK with a coding of values. */
static void check_joint(void)
{
    struct lac_channel_compressor c;
    opened("permk", LAC_FP64, &c);
    tap_ok(c.info.correlated && c.info.joint_omega == 0.0, "permk alone: nothing is lost jointly");
    opened("permk+natural", LAC_FP64, &c);
    tap_ok(c.info.correlated && c.info.joint_omega == 0.125, "permk+natural: jointly as natural");
}

int main(void)
{
    check_constants();
    check_values("topk:k=10", 1.0, 9.0 / 8.0);
    check_values("randk:k=10", 10.0, 1.0);
    check_values("permk", 4.0, 1.0);
    check_values("identity", 1.0, 1.0);
    check_joint();
    lac_arena_free(&arena);
    return tap_done();
}
