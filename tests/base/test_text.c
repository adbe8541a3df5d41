#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/text.h"
#include "tap.h"

static void test_numbers(void)
{
    static const char *const bad_doubles[] = {"",     "x",   "1x",    "1 ",  " 1",  "nan",
                                              "-inf", "inf", "1e999", "--1", "1,5", "1e-400"};
    static const char *const bad_counts[] = {
        "", "-1", "+1", " 1", "1 ", "1.5", "x", "0x10", "18446744073709551616"};
    double number = 7.0;
    uint64_t count = 7;
    TAP_OK(lac_parse_double("--step", "-2.5e-3", &number));
    tap_ok(number == -2.5e-3, "a number is read exactly");
    TAP_OK(lac_parse_double("--step", "5e-324", &number));
    tap_ok(number > 0.0, "the smallest too");
    TAP_OK(lac_parse_double("--step", "0e-400", &number));
    tap_ok(number == 0.0, "and 0, however it is written");
    for (size_t i = 0; i < sizeof bad_doubles / sizeof *bad_doubles; i++) {
        number = 7.0;
        tap_ok(lac_parse_double("--step", bad_doubles[i], &number) == LAC_E_USAGE &&
                   number == 7.0 && strncmp(lac_failure(), "--step: ", 8) == 0,
               "'%s' is refused as a number, the option is named", bad_doubles[i]);
    }
    TAP_OK(lac_parse_count("--rounds", "18446744073709551615", &count));
    tap_ok(count == UINT64_MAX, "the largest count is read exactly");
    for (size_t i = 0; i < sizeof bad_counts / sizeof *bad_counts; i++) {
        count = 7;
        tap_ok(lac_parse_count("--rounds", bad_counts[i], &count) == LAC_E_USAGE && count == 7,
               "'%s' is refused as a count", bad_counts[i]);
    }
}

static void test_bytes(void)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"37", 37},
        {"3K", 3072},
        {"512M", UINT64_C(512) << 20},
        {"4G", UINT64_C(4) << 30},
        {"16777215T", UINT64_C(16777215) << 40},
        {"18446744073709551615", UINT64_MAX},
    };
    static const char *const bad[] = {
        "",          "K",    "4k",
        "4GB",       "1.5G", "-1K",
        "16777216T", "KK",   "0000000000000000000000000000000000004K"};
    uint64_t bytes;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        bytes = 7;
        TAP_OK(lac_parse_bytes("--max-memory", good[i].text, &bytes));
        tap_ok(bytes == good[i].bytes, "%s is %llu bytes", good[i].text,
               (unsigned long long)good[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bytes = 7;
        tap_ok(lac_parse_bytes("--max-memory", bad[i], &bytes) == LAC_E_USAGE && bytes == 7 &&
                   strncmp(lac_failure(), "--max-memory: ", 14) == 0,
               "'%s' is refused as a number of bytes", bad[i]);
    }
}

static void test_nearest(void)
{
    static const char *const names[] = {"topk", "randk", "permk", "natural", "identity"};
    char endless[200];
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    const char *found = lac_nearest("tpok", names, 5);
    tap_ok(found && strcmp(found, "topk") == 0, "the nearest name to 'tpok' is topk");
    found = lac_nearest("identiy", names, 5);
    tap_ok(found && strcmp(found, "identity") == 0, "the nearest name to 'identiy' is identity");
    tap_ok(!lac_nearest("zzzzzzzz", names, 5), "nothing is near to 'zzzzzzzz'");
    tap_ok(!lac_nearest(endless, names, 5), "nothing is near to an endless text");
    tap_ok(!lac_nearest("topk", names, 0), "nothing is near where there are no names");
}

static void test_spec(void)
{
    static const char *const allowed[] = {"k", "ratio", NULL}, *const plain[] = {"", NULL};
    struct lac_arena a = {0};
    struct lac_spec s;
    uint64_t k = 1;
    double ratio = 0.5;
    TAP_OK(lac_spec_parse(&s, "topk:k=100,ratio=0.25", &a));
    tap_ok(strcmp(s.name, "topk") == 0 && s.count == 2 &&
               strcmp(s.text, "topk:k=100,ratio=0.25") == 0,
           "a specification has a name and parameters");
    TAP_OK(lac_spec_allow(&s, allowed));
    TAP_OK(lac_spec_count(&s, "k", &k));
    TAP_OK(lac_spec_double(&s, "ratio", &ratio));
    tap_ok(k == 100 && ratio == 0.25, "its parameters are read");
    TAP_OK(lac_spec_count(&s, "absent", &k));
    tap_ok(k == 100, "an absent parameter leaves the value as it was");
    tap_ok(lac_spec_count(&s, "ratio", &k) == LAC_E_USAGE && k == 100,
           "0.25 is refused as a count");

    TAP_OK(lac_spec_parse(&s, "topk:5%", &a));
    const char *value = lac_spec_get(&s, "");
    tap_ok(value && strcmp(value, "5%") == 0, "a parameter without a key has the key ''");
    TAP_OK(lac_spec_allow(&s, plain));
    tap_ok(lac_spec_allow(&s, allowed) == LAC_E_USAGE, "it is refused where keys are needed");

    TAP_OK(lac_spec_parse(&s, "topk:ratoi=1", &a));
    tap_ok(lac_spec_allow(&s, allowed) == LAC_E_USAGE && strstr(lac_failure(), "ratio"),
           "an unknown key is refused and the nearest named");
    TAP_OK(lac_spec_parse(&s, "topk:zzzzzzz=1", &a));
    tap_ok(lac_spec_allow(&s, allowed) == LAC_E_USAGE && strstr(lac_failure(), "; it has ") &&
               !strstr(lac_failure(), "did you mean"),
           "one that is near to none is refused, and all are named: %s", lac_failure());
    TAP_OK(lac_spec_parse(&s, "topk:k=1,k=2", &a));
    tap_ok(lac_spec_allow(&s, allowed) == LAC_E_USAGE, "a key given twice is refused");
    TAP_OK(lac_spec_parse(&s, "identity", &a));
    tap_ok(s.count == 0 && !lac_spec_get(&s, "k"), "a name alone has no parameters");
    TAP_OK(lac_spec_parse(&s, "", &a));
    tap_ok(s.count == 0 && *s.name == '\0', "an empty text is an empty name");
    tap_ok(lac_spec_parse(&s, "x:1,2,3,4,5,6,7,8,9,10,11,12,13", &a) == LAC_E_USAGE,
           "too many parameters are refused");
    lac_arena_free(&a);
}

static void percentages(void)
{
    double p = 0.0;
    tap_ok(lac_is_percentage("5%") && lac_is_percentage("%") && !lac_is_percentage("5") &&
               !lac_is_percentage(""),
           "a percentage ends in its sign");
    tap_ok(lac_parse_percentage("--x", "2.5%", &p) == LAC_OK && p == 2.5, "2.5%% is 2.5");
    tap_ok(lac_parse_percentage("--x", "%", &p) == LAC_E_USAGE &&
               lac_parse_percentage("--x", "5%%", &p) == LAC_E_USAGE &&
               lac_parse_percentage("--x",
                                    "0000000000000000000000000000000000000000000000000000000000000"
                                    "0000000001%",
                                    &p) == LAC_E_USAGE,
           "nothing, two signs and a number that is too long are none: %s", lac_failure());
    tap_ok(lac_percent_of(20.0, 7, false) == 2.0 && lac_percent_of(20.0, 7, true) == 1.0 &&
               lac_percent_of(100.0, 7, false) == 7.0,
           "20%% of 7 are 2 rounded up, 1 rounded down");
    unsigned wrong = 0;
    for (size_t k = 1; k <= 1000;
         k++) { /* k of 1000, as k/10 percent: products miss k by rounding */
        wrong += lac_percent_of((double)k / 10.0, 1000, false) != (double)k;
        wrong += lac_percent_of((double)k / 10.0, 1000, true) != (double)k;
        wrong += lac_percent_of((double)k / 1000.0, 100000, false) != (double)k;
        wrong += lac_percent_of((double)k / 1000.0, 100000, true) != (double)k;
    }
    tap_ok(wrong == 0, "a whole number is met whatever the rounding of the product");
}

/* As printf and strtod make it. */
static const char *shortest_by_printf(double value, char out[32])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value) {
            break;
        }
    }
    return out;
}

static unsigned differs(double value)
{
    char a[32], b[32];
    bool same = strcmp(lac_shortest(value, a), shortest_by_printf(value, b)) == 0;
    if (!same) {
        printf("# %a is %s, not %s\n", value, b, a);
    }
    return !same;
}

static unsigned differs_around(double value)
{
    return differs(value) + differs(nextafter(value, HUGE_VAL)) + differs(nextafter(value, 0.0)) +
           differs(-value);
}

static void shortest(void)
{
    enum { TRIES = 300000 };
    struct lac_stream stream = {.seed = 11, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng r;
    unsigned wrong = differs(0.0) + differs(-0.0) + differs(HUGE_VAL) + differs(-HUGE_VAL) +
                     differs(5e-324) + differs(DBL_MAX) + differs(DBL_MIN);
    for (int ten = -40; ten <= 40; ten++) {
        wrong += differs_around(pow(10.0, ten)) + differs_around(pow(2.0, ten)) +
                 differs_around(0.3 * pow(10.0, ten)) + differs_around(9.5 * pow(10.0, ten));
    }
    lac_rng_init(&r, &stream);
    for (int i = 0; i < TRIES; i++) {
        uint64_t bits = lac_rng_word64(&r);
        double any, digits = (double)(bits % 1000000);
        memcpy(&any, &bits, sizeof any);
        wrong += isnan(any) ? 0 : differs(any);
        wrong += differs(ldexp(1.0 + lac_rng_uniform(&r), (int)(bits % 140) - 80));
        wrong += differs(digits / pow(10.0, (double)(bits % 19)));
        wrong += differs(lac_rng_uniform(&r)); /* of which 53 bits are seldom used whole */
        wrong += differs(floor(ldexp(lac_rng_uniform(&r), (int)(bits % 64))));
    }
    tap_ok(wrong == 0, "the shortest decimals of %d numbers are those of printf (%u are not)",
           5 * TRIES, wrong);
}

int main(void)
{
    test_numbers();
    test_bytes();
    test_nearest();
    test_spec();
    percentages();
    shortest();
    return tap_done();
}
