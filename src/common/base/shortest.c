/*
 * The shortest of the decimals of 15, 16 and 17 digits that reads back as the same double, as printf writes it with %g.
 *
 * A double is m 2^e, m < 2^53. Of n digits its decimal is D 10^-k, k = n - 1 - floor(log10 |v|), D the integer nearest to
 * v 10^k = m 5^k 2^(e+k). Up to k = 32 that product has 128 bits, so that D, what is lost, and whether less than half of
 * the last bit is lost, are exact. Numbers beyond, and a few that are at the edge of something, go through printf.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

__extension__ typedef unsigned __int128 uint128;

enum { LEAST_DIGITS = 15, MOST_DIGITS = 17, MOST_POWER = 32 };

static const uint64_t ten_to[] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
};

static uint128 power_of_five(int k)
{
    enum { HALF = MOST_POWER / 2 };
    int low = k > HALF ? HALF : k, high = k - low;
    return (uint128)(ten_to[low] >> low) * (ten_to[high] >> high);
}

/* A number above 0, and the power of ten of its first digit. */
struct binary {
    uint64_t m;
    int e, ten;
};

/* *decimal <- D of so many digits; false where it cannot be said here. *same: it reads back as the number. */
static bool round_to(const struct binary *v, int digits, uint64_t *decimal, bool *same)
{
    int k = digits - 1 - v->ten, shift = -(v->e + k);
    if (k < 0 || k > MOST_POWER || shift < 1 || shift > 126) {
        return false;
    }
    uint128 five = power_of_five(k), product = v->m * five;
    uint128 one = (uint128)1 << shift, rest = product & (one - 1), half = one >> 1;
    uint64_t whole = (uint64_t)(product >> shift);
    bool up = rest > half || (rest == half && (whole & 1));
    uint128 lost = up ? one - rest : rest;
    *decimal = whole + up;
    *same = lost + lost < five || (lost + lost == five && v->m % 2 == 0);
    return *decimal >= ten_to[digits - 1] && *decimal < ten_to[digits];
}

/* Where the last digits are 0 they are left out, as %g does. */
static void write_decimal(uint64_t decimal, int digits, int ten, char *out)
{
    char text[MOST_DIGITS + 1];
    int last = digits;
    for (int i = digits - 1; i >= 0; i--) {
        text[i] = (char)('0' + decimal % 10);
        decimal /= 10;
    }
    while (last > 1 && text[last - 1] == '0') {
        last--;
    }
    if (ten < -4 || ten >= digits) { /* 1.5e-07 */
        *out++ = text[0];
        if (last > 1) {
            *out++ = '.';
            memcpy(out, text + 1, (size_t)last - 1);
            out += last - 1;
        }
        int magnitude = abs(ten);
        *out++ = 'e';
        *out++ = ten < 0 ? '-' : '+';
        *out++ = (char)('0' + magnitude / 10); /* two digits: beyond 99 it is not done here */
        *out++ = (char)('0' + magnitude % 10);
        *out = '\0';
        return;
    }
    for (int zeros = ten; zeros < 0; zeros++) { /* 0.0015 */
        *out++ = '0';
        if (zeros == ten) {
            *out++ = '.';
        }
    }
    for (int i = 0; i < last || i <= ten; i++) {
        if (i == ten + 1 && ten >= 0) {
            *out++ = '.';
        }
        *out++ = i < last ? text[i] : '0';
    }
    *out = '\0';
}

static void write_whole(double value, char *out)
{
    char text[MOST_DIGITS + 1];
    size_t length = 0;
    uint64_t rest = (uint64_t)fabs(value);
    if (value < 0.0) {
        *out++ = '-';
    }
    for (; rest > 0; rest /= 10) {
        text[length++] = (char)('0' + rest % 10);
    }
    while (length > 0) {
        *out++ = text[--length];
    }
    *out = '\0';
}

static bool write_exactly(double value, char *out)
{
    uint64_t bits, decimal;
    bool same = false;
    if (value == floor(value) && fabs(value) < 1e15 && value != 0.0) {
        write_whole(value, out);
        return true;
    }
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    if (exponent == 0 || exponent == 0x7ff ||
        fraction == 0) { /* also where the gap below is narrower */
        return false;
    }
    struct binary v = {fraction | UINT64_C(1) << 52, exponent - 1075, 0};
    v.ten = (exponent - 1023) * 1233 /
            4096; /* log10 2; too small by one at most, or too large where it is negative */
    v.ten -= exponent < 1023;
    if (bits >> 63) {
        *out++ = '-';
    }
    for (int digits = LEAST_DIGITS; digits <= MOST_DIGITS; digits++) {
        bool done = round_to(&v, digits, &decimal, &same);
        if (!done) {
            v.ten++;
            done = round_to(&v, digits, &decimal, &same);
        }
        if (!done) {
            return false;
        }
        if (same) {
            write_decimal(decimal, digits, v.ten, out);
            return true;
        }
    }
    return false;
}

const char *lac_shortest(double value, char out[32])
{
    if (write_exactly(value, out)) {
        return out;
    }
    for (int digits = LEAST_DIGITS; digits <= MOST_DIGITS; digits++) {
        snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value) {
            break;
        }
    }
    return out;
}
