/* What the clients of PermK do together. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "compressor/compressor.h"
#include "tap.h"

enum { LARGEST = 1024, ROUNDS = 4000 };

static struct lac_arena arena;
static struct lac_channel_compressor sender, receiver;
static double v[LARGEST], sum[LARGEST];
static size_t kept; /* of the last message */

static void open_text(const char *text, size_t d, uint32_t n, uint32_t cohort)
{
    struct lac_compressor_size size = {.d = d, .n = n, .cohort = cohort};
    lac_arena_free(&arena);
    LAC_ASSERT(lac_compressor_open(&sender, text, &size, &arena) == LAC_OK);
    LAC_ASSERT(lac_compressor_open(&receiver, text, &size, &arena) == LAC_OK);
}

static void open_sides(size_t d, uint32_t n, uint32_t cohort)
{
    open_text("permk", d, n, cohort);
}

/* sum += (1 / divisor) C(v) of the client at a position */
static bool pass(uint64_t round, uint32_t position, uint32_t cohort, double divisor)
{
    static unsigned char bytes[64 * 8 * LARGEST];
    struct lac_draw draw = {
        .seed = 1, .round = round, .client = 7 + position, .position = position, .cohort = cohort};
    struct lac_writer w;
    struct lac_reader r;
    lac_writer_init(&w, bytes, sender.info.max_bytes);
    bool good = lac_encode(&sender, &draw, v, &w) == LAC_OK;
    kept = w.bytes / 8;
    lac_reader_init(&r, bytes, w.bytes);
    return lac_decode_add(&receiver, &draw, &r, 1.0, divisor, sum) == LAC_OK &&
           lac_reader_done(&r) == LAC_OK && good;
}

/* Each client sends 2^position-like marks; a coordinate's sum must be one client's. */
static void check_partition(size_t d, uint32_t cohort)
{
    bool good = true;
    for (uint64_t round = 1; round <= 20; round++) {
        size_t total = 0;
        vec_zero(sum, d);
        for (uint32_t p = 0; p < cohort; p++) {
            for (size_t j = 0; j < d; j++) {
                v[j] = (double)(p + 1) + (double)j / 2048.0;
            }
            good = pass(round, p, cohort, (double)cohort) && good;
            total += kept;
            good = good && (kept == d / cohort || kept == d / cohort + 1);
        }
        for (size_t j = 0; j < d; j++) {
            double owner = sum[j] - (double)j / 2048.0;
            good = good && owner == floor(owner) && owner >= 1.0 && owner <= (double)cohort;
        }
        good = good && total == d;
    }
    tap_ok(good,
           "d=%zu, %u clients: the blocks partition the coordinates, each taken from its owner", d,
           cohort);
}

static void check_equal_vectors(size_t d, uint32_t cohort)
{
    bool good = true;
    for (size_t j = 0; j < d; j++) {
        v[j] = 1.0 / (double)(j + 3);
    }
    for (uint64_t round = 1; round <= 20; round++) {
        vec_zero(sum, d);
        for (uint32_t p = 0; p < cohort; p++) {
            good = pass(round, p, cohort, (double)cohort) && good;
        }
        for (size_t j = 0; j < d; j++) {
            double error = fabs(sum[j] - v[j]);
            good = good && error <= (d >= cohort ? 0.0 : 1e-14 * fabs(v[j]));
        }
    }
    tap_ok(good, "d=%zu, %u clients with equal vectors: the mean is the vector%s", d, cohort,
           d >= cohort ? ", exactly" : "");
}

/* Chi-square of counts that should be equal; about normal around cells - 1 for many cells. */
static bool uniform(const double *count, size_t cells)
{
    double total = 0.0, chi = 0.0;
    for (size_t i = 0; i < cells; i++) {
        total += count[i];
    }
    for (size_t i = 0; i < cells; i++) {
        double expected = total / (double)cells;
        chi += (count[i] - expected) * (count[i] - expected) / expected;
    }
    double degrees = (double)(cells - 1);
    return chi <= degrees + 5.0 * sqrt(2.0 * degrees) + 10.0;
}

static void check_uniform(size_t d, uint32_t cohort)
{
    static double longer[LARGEST], owner[LARGEST];
    bool good = true;
    vec_zero(longer, cohort);
    vec_zero(owner, d * cohort);
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        for (uint32_t p = 0; p < cohort; p++) {
            for (size_t j = 0; j < d; j++) {
                v[j] = 1.0;
            }
            vec_zero(sum, d);
            good = pass(round, p, cohort, 1.0) && good;
            longer[p] += kept > d / cohort && d >= cohort;
            for (size_t j = 0; j < d; j++) {
                owner[p * d + j] += sum[j] != 0.0;
            }
        }
    }
    tap_ok(good && uniform(owner, d * cohort),
           "d=%zu, %u clients: each owns each coordinate equally often", d, cohort);
    tap_ok(d < cohort || d % cohort == 0 || uniform(longer, cohort),
           "d=%zu, %u clients: left-over coordinates fall to all equally often", d, cohort);
}

static void check_owners(size_t d, uint32_t cohort)
{
    bool good = true;
    for (uint64_t round = 1; round <= 50; round++) {
        static uint32_t owners[LARGEST];
        memset(owners, 0, sizeof owners);
        for (uint32_t p = 0; p < cohort; p++) {
            for (size_t j = 0; j < d; j++) {
                v[j] = 1.0;
            }
            vec_zero(sum, d);
            good = pass(round, p, cohort, 1.0) && kept == 1 && good;
            for (size_t j = 0; j < d; j++) {
                owners[j] += sum[j] != 0.0;
            }
        }
        for (size_t j = 0; j < d; j++) {
            good = good && (owners[j] == cohort / d || owners[j] == cohort / d + (cohort % d > 0));
        }
    }
    tap_ok(good,
           "d=%zu, %u clients: each sends one coordinate, each coordinate has floor or ceil owners",
           d, cohort);
}

static void check_size(size_t d, uint32_t n)
{
    open_sides(d, n, 0);
    check_equal_vectors(d, n);
    if (d >= n) {
        check_partition(d, n);
    } else {
        check_owners(d, n);
    }
    if (d * n <= LARGEST) {
        check_uniform(d, n);
    }
}

/* Over the cohort m draws hit each coordinate m times; for equal vectors the mean is the vector. */
static void check_draws(uint32_t m, size_t d, uint32_t cohort)
{
    bool good = true;
    double slack = m <= 2 ? 0.0 : 1e-15;
    for (uint64_t round = 1; round <= 20; round++) {
        size_t total = 0, least = m * (d / cohort), most = m * (d / cohort + 1);
        for (size_t j = 0; j < d; j++) {
            v[j] = 1.0 / (double)(j + 3);
        }
        vec_zero(sum, d);
        for (uint32_t p = 0; p < cohort; p++) {
            good = pass(round, p, cohort, (double)cohort) && good;
            good = good && kept >= least && kept <= most;
            total += kept;
        }
        good = good && total == m * d;
        for (size_t j = 0; j < d; j++) {
            good = good && fabs(sum[j] - v[j]) <= slack * m * fabs(v[j]);
        }
    }
    tap_ok(good, "%u draws, d=%zu, %u clients: m d values, and equal vectors have the mean%s", m, d,
           cohort, slack > 0.0 ? "" : ", exactly");
}

/* The draws of a client are different ones: its kept coordinates meet as often as by chance. */
static void check_draws_differ(uint32_t m, size_t d, uint32_t cohort)
{
    double different = 0.0, chance = 1.0;
    bool good = true;
    for (uint32_t t = 0; t < m; t++) {
        chance *= 1.0 - 1.0 / (double)cohort;
    }
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        for (size_t j = 0; j < d; j++) {
            v[j] = 1.0;
        }
        vec_zero(sum, d);
        good = pass(round, (uint32_t)(round % cohort), cohort, 1.0) && good;
        for (size_t j = 0; j < d; j++) {
            different += sum[j] != 0.0;
        }
    }
    double expected = (1.0 - chance) * (double)d * ROUNDS;
    tap_ok(good && fabs(different - expected) <= 5.0 * sqrt(expected),
           "%u draws, d=%zu, %u clients: %.0f different coordinates, %.0f expected", m, d, cohort,
           different, expected);
}

static void check_several_draws(void)
{
    open_text("permk:draws=1", 31, 8, 0);
    check_partition(31, 8);
    tap_ok(sender.info.omega == 7.0, "one draw is said and is the same");
    static const char *const texts[] = {"permk:draws=2", "permk:draws=3", "permk:draws=64"};
    static const uint32_t draws[] = {2, 3, 64};
    for (size_t i = 0; i < 3; i++) {
        open_text(texts[i], 31, 8, 3);
        tap_ok(sender.info.omega == 7.0 / draws[i], "%s: omega is that of one by the draws",
               texts[i]);
        for (uint32_t cohort = 3; cohort <= 8; cohort += 5) {
            check_draws(draws[i], 31, cohort);
            check_draws_differ(draws[i], 31, cohort);
        }
        open_text(texts[i], 8, 8, 0);
        check_draws(draws[i], 8, 8);
    }
}

int main(void)
{
    static const struct lac_compressor_size sizes[] = {
        {.d = 10, .n = 2}, {.d = 10, .n = 3}, {.d = 7, .n = 7},    {.d = 64, .n = 16},
        {.d = 31, .n = 8}, {.d = 2, .n = 2},  {.d = 1000, .n = 7}, {.d = 1000, .n = 999},
        {.d = 1, .n = 3},  {.d = 4, .n = 12}, {.d = 5, .n = 13},   {.d = 12, .n = 13},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_size(sizes[i].d, sizes[i].n);
    }
    open_sides(100, 30, 7);
    for (uint32_t cohort = 7; cohort <= 30; cohort += 23) {
        check_partition(100, cohort);
        check_equal_vectors(100, cohort);
    }
    open_sides(100, 30, 1);
    check_partition(100, 1);
    check_several_draws();
    open_sides(100, 30, 1);
    tap_ok(sender.info.max_bytes == 800, "a cohort may be one client, who then sends all");
    lac_arena_free(&arena);
    return tap_done();
}
