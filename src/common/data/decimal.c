#include "data/decimal.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

const uint64_t lac_power_of_ten[20] = {
    1u,
    10u,
    100u,
    1000u,
    10000u,
    100000u,
    1000000u,
    10000000u,
    100000000u,
    1000000000u,
    10000000000u,
    100000000000u,
    1000000000000u,
    10000000000000u,
    100000000000000u,
    1000000000000000u,
    10000000000000000u,
    100000000000000000u,
    1000000000000000000u,
    10000000000000000000u,
};

const double lac_power_of_ten_double[23] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

enum {
    MOST_DIGITS = 19, /* any 19 digits fit 64 bits */
    MOST_POWER = 27,  /* 5^27 fits 63 bits */
};

static const uint64_t power_of_five[MOST_POWER + 1] = {
    1u,
    5u,
    25u,
    125u,
    625u,
    3125u,
    15625u,
    78125u,
    390625u,
    1953125u,
    9765625u,
    48828125u,
    244140625u,
    1220703125u,
    6103515625u,
    30517578125u,
    152587890625u,
    762939453125u,
    3814697265625u,
    19073486328125u,
    95367431640625u,
    476837158203125u,
    2384185791015625u,
    11920928955078125u,
    59604644775390625u,
    298023223876953125u,
    1490116119384765625u,
    7450580596923828125u,
};

#define FAR_EXPONENT INT64_C(100000000000000000) /* no text has digits enough to undo it */

struct decimal {
    bool negative;
    uint64_t digits;  /* the significant ones, up to MOST_DIGITS of them */
    size_t count;     /* of significant digits in the text */
    int64_t exponent; /* of ten */
    const char *behind;
};

static bool is_digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

static const char *read_digits(const char *p, const char *end, struct decimal *d)
{
    while (d->digits > 0 && d->count + 8 <= MOST_DIGITS) {
        uint64_t x = lac_load_eight(p, end) ^ LAC_EIGHT_ZEROES;
        if (lac_leading_digits(x) < 8) {
            break;
        }
        d->digits = d->digits * lac_power_of_ten[8] + lac_eight_digits(x);
        d->count += 8;
        p += 8;
    }
    for (; is_digit(p, end); p++) {
        d->count += d->count > 0 || *p != '0';
        if (d->count <= MOST_DIGITS) {
            d->digits = d->digits * 10 + (uint64_t)(*p - '0');
        }
    }
    return p;
}

/* [e [+-] digits]; an e without digits behind it is left unread, and then ends no number. */
static const char *read_exponent(const char *p, const char *end, int64_t *exponent)
{
    const char *q = p + 1;
    bool negative = q < end && *q == '-';
    q += q < end && (*q == '-' || *q == '+');
    if (!is_digit(q, end)) {
        return p;
    }
    int64_t power = 0;
    for (; is_digit(q, end); q++) {
        power = power < FAR_EXPONENT ? power * 10 + (*q - '0') : power;
    }
    *exponent += negative ? -power : power;
    return q;
}

/* The grammar of decimal.h. */
static bool read_decimal(const char *p, const char *end, struct decimal *d)
{
    *d = (struct decimal){.negative = p < end && *p == '-'};
    p += p < end && (*p == '-' || *p == '+');
    const char *whole = p;
    p = read_digits(p, end, d);
    bool any = p > whole;
    if (p < end && *p == '.') {
        const char *fraction = p + 1;
        p = read_digits(fraction, end, d);
        any = any || p > fraction;
        d->exponent = -(int64_t)(p - fraction);
    }
    if (!any) {
        return false;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p = read_exponent(p, end, &d->exponent);
    }
    d->behind = p;
    return p == end || *p == ' ' || *p == '\n' || *p == '\t' || *p == '\r';
}

/* significand 2^power rounded to the nearest double, ties to even; inexact: a little more than it. */
static double round_wide(wide significand, bool inexact, int power)
{
    uint64_t high = (uint64_t)(significand >> 64);
    int bits = high ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)significand);
    int shift = bits - 53;
    if (shift <= 0) {
        return ldexp((double)(uint64_t)significand, power);
    }
    uint64_t kept = (uint64_t)(significand >> shift);
    wide rest = significand - ((wide)kept << shift);
    wide half = (wide)1 << (shift - 1);
    kept += rest > half || (rest == half && (inexact || (kept & 1)));
    return ldexp((double)kept, power + shift);
}

/* digits 10^exponent where that is exact before the one rounding. */
static bool scale_exactly(uint64_t digits, int64_t exponent, double *value)
{
    int64_t size = exponent < 0 ? -exponent : exponent;
    if (digits == 0) {
        *value = 0.0;
        return true;
    }
    if (digits <= UINT64_C(1) << 53 && size <= 22) {
        double ten = lac_power_of_ten_double[size];
        *value = exponent < 0 ? (double)digits / ten : (double)digits * ten;
        return true;
    }
    if (size > MOST_POWER) {
        return false;
    }
    uint64_t power = power_of_five[size];
    if (exponent >= 0) {
        *value = round_wide((wide)digits * power, false, (int)exponent);
        return true;
    }
    int up =
        62 + __builtin_clzll(digits) - __builtin_clzll(power); /* a quotient of 62 or 63 bits */
    wide numerator = (wide)digits << up;
    wide quotient = numerator / power;
    *value = round_wide(quotient, quotient * power != numerator, (int)exponent - up);
    return true;
}

/* strtod needs an end that is no part of a number: a copy with a zero. */
static bool by_strtod(const char *p, size_t length, double *value)
{
    char few[128];
    char *copy = length < sizeof few ? few : malloc(length + 1);
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    bool ready = copy && c_locale;
    if (ready) {
        memcpy(copy, p, length);
        copy[length] = '\0';
        *value = strtod_l(copy, NULL, c_locale);
    }
    if (c_locale) {
        freelocale(c_locale);
    }
    if (copy != few) {
        free(copy);
    }
    return ready;
}

const char *lac_decimal_general(const char *p, const char *end, double *value)
{
    struct decimal d;
    double number = 0.0;
    if (!read_decimal(p, end, &d)) {
        return NULL;
    }
    if (d.count <= MOST_DIGITS && scale_exactly(d.digits, d.exponent, &number)) {
        *value = d.negative ? -number : number;
    } else {
        if (!by_strtod(p, (size_t)(d.behind - p), &number) || isinf(number)) {
            return NULL;
        }
        *value = number;
    }
    return d.behind + (d.behind < end && *d.behind == ' ');
}

bool lac_decimal_too_large(const char *p, const char *end)
{
    struct decimal d;
    double value;
    return read_decimal(p, end, &d) && by_strtod(p, (size_t)(d.behind - p), &value) && isinf(value);
}
