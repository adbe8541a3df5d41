/* Numbers against strtod, bit for bit. The two may only disagree about what is refused. */
#include <inttypes.h>
#include <math.h>

#include "base/rng.h"
#include "data/decimal.h"
#include "data/libsvm_line.h"
#include "tap.h"
#include "texts.h"

enum { PER_SHAPE = 400000, LONGEST = 1500 };

static struct lac_rng rng;

static size_t put_digits(char *p, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        p[i] = (char)('0' + lac_rng_below(&rng, 10));
    }
    return count;
}

/* Reads exactly the text, from memory that ends with it, and with a space or a line end behind it. */
static bool agrees(const char *number, size_t length)
{
    static const char *const behind[] = {"",   " ",    "\n",
                                         "\t", "\r\n", " 12:3.25 13:5 14:0.5 15:7\n"};
    const char *follows = behind[lac_rng_below(&rng, 6)];
    char text[LONGEST + 64];
    memcpy(text, number, length);
    strcpy(text + length, follows);
    double expected = strtod(number, NULL), value = -7.0;
    struct lac_text t = text_of(text);
    const char *stop = lac_decimal(t.bytes, t.bytes + t.size, &value);
    bool good = isinf(expected)
                    ? !stop
                    : stop == t.bytes + length + (*follows == ' ') && same_bits(value, expected);
    if (!good) {
        printf("# %.60s: %a, strtod says %a\n", number, value, expected);
    }
    text_free(&t);
    return good;
}

/* The same number as a value among others, where windows of the text are read. */
static bool agrees_in_a_line(const char *number)
{
    static const char after[] =
        " 8:1 9:2.5 10:-3 11:4 12:1 13:1 14:1 15:1 16:1 17:1 18:1 19:1 20:1 21:1\n";
    char text[LONGEST + 128];
    uint32_t index[32];
    double value[32], expected = strtod(number, NULL);
    size_t count;
    int length = snprintf(text, sizeof text, " 7:%s%s", number, after);
    struct lac_line_reader r = {.p = text, .end = text + length};
    bool good = lac_line_pairs(&r, index, value, 32, &count);
    good = isinf(expected) ? !good
                           : good && r.row_done && count == 15 && index[0] == 6 &&
                                 same_bits(value[0], expected) && index[1] == 7 && value[2] == 2.5;
    if (!good) {
        printf("# in a line: %.60s: %a, strtod says %a\n", number, value[0], expected);
    }
    return good;
}

typedef size_t shape(char *p);

static size_t shape_short(char *p) /* what most files hold */
{
    size_t n = lac_rng_below(&rng, 3) == 0;
    memcpy(p, "-", n);
    n += put_digits(p + n, 1 + lac_rng_below(&rng, 9));
    if (lac_rng_below(&rng, 3)) {
        p[n++] = '.';
        n += put_digits(p + n, lac_rng_below(&rng, 17));
    }
    return n;
}

static size_t shape_exponent(char *p)
{
    size_t n = shape_short(p);
    n += (size_t)sprintf(p + n, "%c%+d", "eE"[lac_rng_below(&rng, 2)],
                         (int)lac_rng_below(&rng, 61) - 30);
    return n;
}

static size_t shape_any_exponent(char *p) /* subnormal, zero and infinite ones too */
{
    size_t n = shape_short(p);
    n += (size_t)sprintf(p + n, "e%d", (int)lac_rng_below(&rng, 700) - 350);
    return n;
}

static size_t shape_many_digits(char *p)
{
    size_t n = put_digits(p, lac_rng_below(&rng, 25));
    p[n++] = '.';
    n += put_digits(p + n, 1 + lac_rng_below(&rng, 30));
    return n;
}

static size_t shape_leading_zeroes(char *p)
{
    size_t n = (size_t)sprintf(p, "%s", lac_rng_below(&rng, 2) ? "+0." : "-000000000000.");
    size_t zeroes = lac_rng_below(&rng, 30);
    memset(p + n, '0', zeroes);
    n += zeroes;
    return n + put_digits(p + n, 1 + lac_rng_below(&rng, 20));
}

static size_t shape_round_trip(char *p)
{
    uint64_t bits;
    double x;
    do {
        bits = lac_rng_word64(&rng);
        memcpy(&x, &bits, sizeof x);
    } while (!isfinite(x));
    return (size_t)sprintf(p, "%.17g", x);
}

static size_t shape_near_one(char *p)
{
    return (size_t)sprintf(p, "%.*g", 15 + (int)lac_rng_below(&rng, 4), lac_rng_normal(&rng));
}

/* Halfway between two doubles, written out, and a digit more or less: where rounding is decided. */
static size_t shape_halfway(char *p)
{
    uint64_t whole = (UINT64_C(1) << 53) + lac_rng_below(&rng, UINT64_C(1) << 53);
    int places = (int)lac_rng_below(&rng, 12);
    whole |= 1; /* of 54 bits: the last one is the half */
    int n = sprintf(p, "%" PRIu64, whole);
    switch (lac_rng_below(&rng, 4)) {
    case 0:
        n += sprintf(p + n, ".%0*d", places + 1, 0);
        break;
    case 1:
        n += sprintf(p + n, ".%0*d1", places + 1, 0);
        break;
    case 2:
        n += sprintf(p + n, "e%d", places);
        break;
    default:
        n += sprintf(p + n, "e-%d", places);
    }
    return (size_t)n;
}

static size_t shape_very_long(char *p)
{
    size_t n = put_digits(p, lac_rng_below(&rng, 600));
    p[n++] = '.';
    n += put_digits(p + n, 1 + lac_rng_below(&rng, 600));
    return n + (size_t)sprintf(p + n, "e%d", (int)lac_rng_below(&rng, 600) - 300);
}

static void test_shapes(void)
{
    static const struct {
        const char *name;
        shape *make;
        int count;
    } shapes[] = {
        {"short numbers", shape_short, 4 * PER_SHAPE},
        {"numbers with an exponent", shape_exponent, PER_SHAPE},
        {"numbers with an exponent of any size", shape_any_exponent, PER_SHAPE},
        {"numbers of up to 54 digits", shape_many_digits, PER_SHAPE},
        {"numbers with leading zeroes", shape_leading_zeroes, PER_SHAPE},
        {"any double in 17 digits", shape_round_trip, PER_SHAPE},
        {"normal variates in 15 to 18 digits", shape_near_one, PER_SHAPE},
        {"numbers halfway between doubles", shape_halfway, PER_SHAPE},
        {"numbers of up to 1200 digits", shape_very_long, PER_SHAPE / 40},
    };
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        char number[LONGEST];
        int wrong = 0, count = tap_cases(shapes[s].count);
        for (int i = 0; i < count && wrong < 5; i++) {
            size_t length = shapes[s].make(number);
            number[length] = '\0';
            wrong += !agrees(number, length) || !agrees_in_a_line(number);
        }
        tap_ok(wrong == 0, "%s have the bits that strtod gives them", shapes[s].name);
    }
}

static void test_spellings(void)
{
    static const char *const good[] = {
        "0",
        "-0",
        "+1",
        "1e-3",
        "1E3",
        ".5",
        "5.",
        "-.5",
        "+5.e1",
        "00012",
        "0e9",
        "1e+2",
        "12345678",
        "123456789",
        "1234567.25",
        "12345678.5",
        "9007199254740993",
        "9007199254740992",
        "18446744073709551615",
        "18446744073709551616",
        "1e22",
        "1e23",
        "1e27",
        "1e28",
        "123456789012345678e-27",
        "4.9e-324",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "9.86899159742946E-02",
        "1e-400",
        "0e999999999999999999999",
    };
    static const char *const bad[] = {
        "",      ".",      "-",     "+",     "e5",        "-.",
        "1e",    "1e+",    "0x10",  "0X1p3", "inf",       "-inf",
        "nan",   "NaN",    "INF",   "1.2.3", "1,5",       "--1",
        "+-1",   "1f",     "1e5.0", "1_000", "infinity",  "nan(1)",
        "1e309", "-1e999", "1:",    "1d5",   "\302\2401", "1e999999999999999999999",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        tap_ok(agrees(good[i], strlen(good[i])), "'%s' is a number", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value = 7.0;
        struct lac_text t = text_of(bad[i]);
        tap_ok(!lac_decimal(t.bytes, t.bytes + t.size, &value) && value == 7.0,
               "spelling number %zu, '%s', is refused", i,
               i + 2 < sizeof bad / sizeof *bad ? bad[i] : "...");
        text_free(&t);
    }
}

int main(void)
{
    struct lac_stream stream = {.seed = 20, .purpose = LAC_PURPOSE_TEST};
    lac_rng_init(&rng, &stream);
    test_spellings();
    test_shapes();
    return tap_done();
}
