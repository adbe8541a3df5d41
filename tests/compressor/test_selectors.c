/* TopLEK against sorting, where sums are exact; ranks of block TopK that are none. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "compressor/parts.h"
#include "tap.h"

enum { MOST = 5000 };

static double v[MOST], out[MOST], expected[MOST];
static uint32_t order[MOST];
static unsigned char bytes[1 << 17];
static struct lac_rng rng;
static struct lac_arena arena;

static lac_status open_text(struct lac_channel_compressor *c, const char *text, size_t d)
{
    lac_arena_free(&arena);
    return lac_compressor_open(c, text, &(struct lac_compressor_size){.d = d, .n = 1}, &arena);
}

static lac_status round_trip(const struct lac_channel_compressor *c, const struct lac_draw *draw,
                             size_t d)
{
    struct lac_writer w;
    struct lac_reader r;
    lac_writer_init(&w, bytes, c->info.max_bytes);
    LAC_TRY(lac_encode(c, draw, v, &w));
    lac_reader_init(&r, bytes, w.bytes);
    memset(out, 0, d * sizeof *out);
    LAC_TRY(lac_decode_add(c, draw, &r, 1.0, 1.0, out));
    return lac_reader_done(&r);
}

static int falling(const void *a, const void *b)
{
    uint32_t i, j;
    memcpy(&i, a, sizeof i);
    memcpy(&j, b, sizeof j);
    double x = fabs(v[i]), y = fabs(v[j]);
    return x > y ? -1 : x < y ? 1 : i < j ? -1 : 1;
}

/* The definition in proto/README.md, entry by entry. */
static void keep_by_sorting(const struct lac_draw *draw, size_t d, size_t k)
{
    struct lac_stream stream = {.seed = draw->seed,
                                .round = draw->round,
                                .client = draw->client,
                                .purpose = LAC_PURPOSE_ROUNDING,
                                .step = 16};
    struct lac_rng coin;
    double all = 0.0, sum = 0.0;
    for (size_t j = 0; j < d; j++) {
        order[j] = (uint32_t)j;
        all += v[j] * v[j];
    }
    double target = (double)k / (double)d * all;
    lac_rng_init(&coin, &stream);
    qsort(order, d, sizeof *order, falling);
    memset(expected, 0, d * sizeof *expected);
    for (size_t m = 0; sum < target && m < k; m++) {
        double x = v[order[m]];
        bool is_last = sum + x * x >= target || m + 1 == k;
        if (!is_last || k == d || lac_rng_uniform(&coin) * x * x < target - sum) {
            expected[order[m]] = x;
        }
        sum += x * x;
    }
}

/* Whole numbers: of few values, of many, and over many powers of two. */
static void fill(size_t d, unsigned kind)
{
    static const uint64_t bounds[] = {3, 100000, 40};
    for (size_t j = 0; j < d; j++) {
        double x = (double)lac_rng_below(&rng, bounds[kind]);
        v[j] = kind == 2 && x < 20.0 ? ldexp(1.0, (int)x) : x;
        v[j] = lac_rng_below(&rng, 2) ? -v[j] : v[j];
    }
}

static void check_against_sorting(void)
{
    bool same = true;
    for (unsigned trial = 0; trial < 200; trial++) {
        struct lac_channel_compressor c;
        struct lac_draw draw = {.seed = 3, .round = trial, .client = 5, .cohort = 1};
        size_t d = 1 + (size_t)lac_rng_below(&rng, trial % 10 ? 60 : MOST);
        size_t k = 1 + (size_t)lac_rng_below(&rng, d);
        char text[32];
        (void)snprintf(text, sizeof text, "toplek:k=%zu", k);
        fill(d, trial % 3);
        keep_by_sorting(&draw, d, k);
        same = open_text(&c, text, d) == LAC_OK && round_trip(&c, &draw, d) == LAC_OK &&
               memcmp(out, expected, d * sizeof *out) == 0 && same;
    }
    tap_ok(same, "toplek keeps what sorting and the coin say");
}

/* Rounding may put the share of k equal entries above their sum. */
static void check_equal_entries(void)
{
    bool good = true;
    for (unsigned trial = 0; trial < 200; trial++) {
        struct lac_channel_compressor c;
        struct lac_draw draw = {.seed = 4, .round = trial, .cohort = 1};
        size_t d = 2 + (size_t)lac_rng_below(&rng, 40), k = 1 + (size_t)lac_rng_below(&rng, d - 1);
        size_t kept = 0;
        double x = trial % 2 ? 1.0 + lac_rng_uniform(&rng) : 0x1p-1060;
        char text[32];
        (void)snprintf(text, sizeof text, "toplek:k=%zu", k);
        for (size_t j = 0; j < d; j++) {
            v[j] = x;
        }
        good = open_text(&c, text, d) == LAC_OK && round_trip(&c, &draw, d) == LAC_OK && good;
        for (size_t j = 0; j < d; j++) {
            kept += out[j] != 0.0;
        }
        good = kept <= k && kept + 1 >= k && out[0] == (kept > 0 ? x : 0.0) && good;
    }
    tap_ok(good, "toplek keeps k of equal entries, or by rounding one less, never more");
}

static void check_ranks(void)
{
    static const struct {
        const char *text;
        size_t d;
        uint64_t rank;
        bool good;
    } cases[] = {
        {"blocktopk:block=5,k=3", 5, 9, true},
        {"blocktopk:block=5,k=3", 5, 10, false},
        {"blocktopk:block=16,k=2", 16, 119, true},
        {"blocktopk:block=16,k=2", 16, 120, false},
        {"blocktopk:block=30,k=15", 30, 155117519, true},
        {"blocktopk:block=30,k=15", 30, 155117520, false},
        {"blocktopk:block=30,k=3", 5, 9, true},
        {"blocktopk:block=30,k=3", 5, 10, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lac_channel_compressor c;
        struct lac_draw draw = {.seed = 1, .cohort = 1};
        struct lac_writer w;
        struct lac_reader r;
        bool opened = open_text(&c, cases[i].text, cases[i].d) == LAC_OK;
        memset(bytes, 0, sizeof bytes);
        lac_writer_init(&w, bytes, sizeof bytes);
        lac_write_bits(&w, LAC_BITS_INDEX, cases[i].rank, 28);
        lac_reader_init(&r, bytes, sizeof bytes);
        lac_status status = lac_decode_add(&c, &draw, &r, 1.0, 1.0, out);
        tap_ok(opened && status == (cases[i].good ? LAC_OK : LAC_E_PROTOCOL), "%s: rank %llu %s",
               cases[i].text, (unsigned long long)cases[i].rank,
               cases[i].good ? "is read" : "is refused");
    }
}

int main(void)
{
    lac_rng_init(&rng, &(struct lac_stream){.seed = 9, .purpose = LAC_PURPOSE_TEST});
    check_against_sorting();
    check_equal_entries();
    check_ranks();
    lac_arena_free(&arena);
    return tap_done();
}
