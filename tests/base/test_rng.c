#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/vec.h"
#include "tap.h"

/* The known answers that the authors of Philox publish with Random123. */
static void test_known_answers(void)
{
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } known[] = {
        {{0}, {0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        lac_philox(known[i].counter, known[i].key, out);
        tap_ok(memcmp(out, known[i].out, sizeof out) == 0, "Philox gives known answer %zu", i + 1);
    }
}

/* Each field of a stream has its own bits of the counter: changing any changes the words. */
static void test_streams(void)
{
    const struct lac_stream base = {
        .seed = 5, .round = 6, .client = 7, .purpose = 8, .channel = 9, .step = 10};
    struct lac_stream other[8] = {base, base, base, base, base, base, base, base};
    uint32_t counter[4] = {0, 6u, 7u << 8, 8u << 8 | 9u << 16 | 10u << 20}, key[2] = {5, 0}, out[4];
    struct lac_rng r;
    other[0].seed = UINT64_C(5) << 32;
    other[1].round = LAC_RNG_MAX_ROUND;
    other[2].round = UINT64_C(6) << 32;
    other[3].client = LAC_SHARED;
    other[4].client = 7u << 24;
    other[5].purpose = 255;
    other[6].channel = LAC_RNG_MAX_CHANNEL;
    other[7].step = LAC_RNG_MAX_STEP;
    lac_philox(counter, key, out);
    lac_rng_init(&r, &base);
    tap_ok(lac_rng_word(&r) == out[0] && lac_rng_word(&r) == out[1] && lac_rng_word(&r) == out[2] &&
               lac_rng_word(&r) == out[3],
           "the counter is block 32, round 40, client 32, purpose 8, channel 4, step 12");
    bool differs = true;
    for (size_t i = 0; i < 8; i++) {
        struct lac_rng a, b;
        lac_rng_init(&a, &base);
        lac_rng_init(&b, &other[i]);
        differs = differs && lac_rng_word64(&a) != lac_rng_word64(&b);
    }
    tap_ok(differs, "every field of a stream changes its words");
}

static struct lac_rng draws(uint16_t step)
{
    struct lac_rng r;
    lac_rng_init(&r, &(struct lac_stream){.seed = 3, .purpose = LAC_PURPOSE_TEST, .step = step});
    return r;
}

static void test_below(void)
{
    static const uint64_t bounds[] = {1, 2, 3, 7, 10, 100};
    enum { DRAWS = 200000 };
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        uint64_t bound = bounds[i], count[100] = {0};
        struct lac_rng r = draws((uint16_t)i);
        double chi_square = 0.0, expected = (double)DRAWS / (double)bound;
        bool inside = true;
        for (int k = 0; k < DRAWS; k++) {
            uint64_t draw = lac_rng_below(&r, bound);
            inside = inside && draw < bound;
            count[draw % 100]++;
        }
        for (uint64_t k = 0; k < bound; k++) {
            double rest = (double)count[k] - expected;
            chi_square += rest * rest / expected;
        }
        double freedom = (double)bound - 1.0;
        tap_ok(inside && chi_square <= freedom + 5.0 * sqrt(2.0 * freedom) + 1e-9,
               "numbers below %llu are uniform (chi-square %.1f)", (unsigned long long)bound,
               chi_square);
    }
    /* 2^64 is 3 2^62 + 2^62: without rejection the lowest third would come twice as often */
    uint64_t bound = UINT64_C(3) << 62, low = 0;
    struct lac_rng r = draws(99);
    for (int k = 0; k < DRAWS; k++) {
        low += lac_rng_below(&r, bound) < bound / 3;
    }
    tap_ok(fabs((double)low / DRAWS - 1.0 / 3.0) < 5.0 * sqrt(2.0 / 9.0 / DRAWS),
           "numbers below 3 2^62 are uniform: unfit words are rejected");
}

static void test_uniform(void)
{
    enum { DRAWS = 1000000 };
    struct lac_rng r = draws(200), words = draws(200);
    double sum = 0.0, square = 0.0;
    bool inside = true;
    uint64_t word = lac_rng_word64(&words);
    tap_ok(lac_rng_uniform(&r) == (double)(word >> 11) * 0x1p-53,
           "a uniform number is (w >> 11) 2^-53");
    for (int i = 0; i < DRAWS; i++) {
        double u = lac_rng_uniform(&r);
        inside = inside && u >= 0.0 && u < 1.0;
        sum += u;
        square += u * u;
    }
    tap_ok(inside, "uniform numbers are in [0, 1)");
    tap_ok(fabs(sum / DRAWS - 0.5) < 5.0 * sqrt(1.0 / 12.0 / DRAWS), "their mean is 1/2");
    tap_ok(fabs(square / DRAWS - 1.0 / 3.0) < 5.0 * sqrt(4.0 / 45.0 / DRAWS),
           "their mean square is 1/3");
}

static void test_normal(void)
{
    enum { DRAWS = 1000000 };
    static const double moment[] = {1.0, 0.0, 1.0, 0.0, 3.0, 0.0, 15.0, 0.0, 105.0};
    struct lac_rng r = draws(201);
    double sum[5] = {0}, far = 0.0;
    for (int i = 0; i < DRAWS; i++) {
        double x = lac_rng_normal(&r), power = 1.0;
        for (int k = 0; k < 5; k++) {
            sum[k] += power;
            power *= x;
        }
        far += fabs(x) > 2.0;
    }
    for (size_t k = 1; k < 5; k++) {
        double deviation = sqrt((moment[2 * k] - moment[k] * moment[k]) / DRAWS);
        tap_ok(fabs(sum[k] / DRAWS - moment[k]) < 5.0 * deviation,
               "moment %zu of normal numbers is %g", k, moment[k]);
    }
    tap_ok(fabs(far / DRAWS - 0.0455003) < 5.0 * sqrt(0.0455 / DRAWS),
           "4.55 %% of normal numbers are farther than 2 from 0");
}

/* On each instruction set: any count from any place of the stream. */
static void test_fill(void)
{
    static const char *const names[] = {"portable", "avx2", "avx512"};
    enum { MOST = 300 };
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        bool same = true;
        if (lac_kernels_select(names[k]) != LAC_OK) {
            tap_skip("this processor does not have them", "%s: the words of a stream", names[k]);
            continue;
        }
        for (size_t count = 0; count < MOST; count++) {
            struct lac_rng at_once = draws(202), singly = draws(202);
            uint32_t words[MOST];
            for (size_t i = 0; i < count % 7; i++) {
                same = lac_rng_word(&at_once) == lac_rng_word(&singly) && same;
            }
            lac_rng_fill(&at_once, words, count);
            for (size_t i = 0; i < count; i++) {
                same = words[i] == lac_rng_word(&singly) && same;
            }
            same = lac_rng_word(&at_once) == lac_rng_word(&singly) && same;
        }
        tap_ok(same, "%s: the words of a stream at once are those drawn one by one", names[k]);
    }
    TAP_OK(lac_kernels_select(NULL));
}

int main(void)
{
    test_fill();
    test_known_answers();
    test_streams();
    test_below();
    test_uniform();
    test_normal();
    return tap_done();
}
