/*
 * Decimal text to double, exact to the last bit (what strtod gives in the C locale, ties to even).
 *
 * Accepted: [+-] digits [. digits] [e [+-] digits], at least one digit, then a blank, a line end or
 * the end of the text. Refused: hexadecimal, infinity, NaN, and numbers too large for a double.
 *
 * Three ways, the first that fits:
 *   1. up to 2^53 in at most 19 digits, divided by a power of ten up to 10^22: both exact in a
 *      double, so one rounding (Clinger: "How to read floating point numbers accurately", 1990);
 *   2. up to 19 digits and a power of ten up to 10^27: exact in 128 bits, rounded once;
 *   3. strtod in the C locale on a copy of the number.
 */
#ifndef LAC_WORKER_DATA_DECIMAL_H
#define LAC_WORKER_DATA_DECIMAL_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LAC_EIGHT_ZEROES UINT64_C(0x3030303030303030)

extern const uint64_t lac_power_of_ten[20];      /* 10^0 .. 10^19 */
extern const double lac_power_of_ten_double[23]; /* 10^0 .. 10^22, exact */

/* Eight bytes of text, the first lowest; zeroes beyond the end. */
static inline uint64_t lac_load_eight(const char *p, const char *end)
{
    uint64_t word = 0;
    if (__builtin_expect(end - p >= 8, 1)) {
        memcpy(&word, p, 8);
    } else if (p < end) {
        memcpy(&word, p, (size_t)(end - p));
    }
    return le64toh(word);
}

/* x: eight bytes with '0' taken off (xor). The top bit of each byte that is no digit, up to the first
   of them; those behind it may be wrong. */
static inline uint64_t lac_no_digits(uint64_t x)
{
    return ((x + UINT64_C(0x7676767676767676)) | x) & UINT64_C(0x8080808080808080);
}

/* How many of the eight bytes, from the lowest, are digits. */
static inline unsigned lac_leading_digits(uint64_t x)
{
    uint64_t other = lac_no_digits(x);
    return other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
}

/* The number that eight digits make, the first lowest in x. */
static inline uint64_t lac_eight_digits(uint64_t x)
{
    const uint64_t pairs = UINT64_C(0x000000FF000000FF);
    x = x * 10 + (x >> 8);
    return ((x & pairs) * (100 + (UINT64_C(1000000) << 32)) +
            ((x >> 16) & pairs) * (1 + (UINT64_C(10000) << 32))) >>
           32;
}

/* The number that the first count digits make, count at most 7. */
static inline uint64_t lac_few_digits(uint64_t x, unsigned count)
{
    return lac_eight_digits((x << 8) << (56 - 8 * count));
}

/* Byte number i of text from which '0' was taken off. */
static inline unsigned lac_byte_of(uint64_t x, unsigned i)
{
    return (unsigned)((x >> (8 * i)) & 0xFF) ^ '0';
}

/* What lac_decimal does not do in its head. */
const char *lac_decimal_general(const char *p, const char *end, double *value);

/*
 * Reads one number at p. The place behind it and behind one space that follows it; NULL where
 * there is no number as above.
 */
static inline const char *lac_decimal(const char *p, const char *end, double *value)
{
    uint64_t x = lac_load_eight(p, end);
    unsigned negative = (x & 0xFF) == '-';
    unsigned sign = negative | ((x & 0xFF) == '+');
    x = (x >> (8 * sign)) ^ LAC_EIGHT_ZEROES;
    unsigned whole = lac_leading_digits(x);
    if (__builtin_expect(whole > 6, 0)) {
        return lac_decimal_general(p, end, value);
    }
    const char *q = p + sign + whole;
    uint64_t digits = lac_few_digits(x, whole);
    unsigned next = lac_byte_of(x, whole);
    unsigned places = 0;
    if (next == '.') {
        uint64_t y = lac_load_eight(q + 1, end) ^ LAC_EIGHT_ZEROES;
        places = lac_leading_digits(y);
        if (places == 8) {
            digits = digits * lac_power_of_ten[8] + lac_eight_digits(y);
            y = lac_load_eight(q + 9, end) ^ LAC_EIGHT_ZEROES;
            unsigned more = lac_leading_digits(y);
            if (more == 8) {
                return lac_decimal_general(p, end, value);
            }
            digits = digits * lac_power_of_ten[more] + lac_few_digits(y, more);
            next = lac_byte_of(y, more);
            places += more;
        } else {
            digits = digits * lac_power_of_ten[places] + lac_few_digits(y, places);
            next = lac_byte_of(y, places);
        }
        q += 1 + places;
    }
    if (__builtin_expect((next != ' ' && next != '\n') || whole + places - 1u >= 19u ||
                             digits > UINT64_C(1) << 53,
                         0)) {
        return lac_decimal_general(p, end, value);
    }
    static const double sign_of[2] = {1.0, -1.0};
    *value = sign_of[negative] * ((double)(int64_t)digits / lac_power_of_ten_double[places]);
    return q + (next == ' ');
}

/* For messages: whether the text at p is a number as above, but too large for a double. */
bool lac_decimal_too_large(const char *p, const char *end);

#endif
