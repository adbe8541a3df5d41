#include "data/libsvm_line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/status.h"
#include "data/decimal.h"
#include "data/text_window.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool ends_token(const char *p, const char *end)
{
    return p == end || is_blank(*p) || *p == '\n' || *p == '\r';
}

__attribute__((cold, format(printf, 2, 3))) static bool refuse(struct lac_line_reader *r,
                                                               const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->error, sizeof r->error, format, args);
    va_end(args);
    return false;
}

enum { QUOTED = 32 };

struct quote {
    char text[4 * QUOTED + 4];
};

/* The beginning of the token at p, fit for a message; stop (0: none) ends it too. */
__attribute__((cold)) static struct quote quote(const char *p, const char *end, char stop)
{
    struct quote q;
    size_t used = 0;
    for (int i = 0; i < QUOTED && !ends_token(p, end) && (stop == '\0' || *p != stop); i++, p++) {
        unsigned char c = (unsigned char)*p;
        bool plain = c >= ' ' && c < 0x7F;
        used += (size_t)snprintf(q.text + used, sizeof q.text - used, plain ? "%c" : "\\x%02x", c);
    }
    bool whole = ends_token(p, end) || (stop != '\0' && *p == stop);
    snprintf(q.text + used, sizeof q.text - used, "%s", whole ? "" : "...");
    return q;
}

__attribute__((cold)) static bool refuse_label(struct lac_line_reader *r, const char *p)
{
    struct quote q = quote(p, r->end, '\0');
    if (*p == '#') {
        return refuse(r, "a comment without a row before it");
    }
    if (lac_decimal_too_large(p, r->end)) {
        return refuse(r, "label '%s' is too large a number", q.text);
    }
    return refuse(r, "label '%s' is no decimal number", q.text);
}

__attribute__((cold)) static bool refuse_value(struct lac_line_reader *r, uint64_t index,
                                               const char *p)
{
    struct quote q = quote(p, r->end, '\0');
    if (ends_token(p, r->end)) {
        return refuse(r, "index %" PRIu64 " has no value", index);
    }
    if (lac_decimal_too_large(p, r->end)) {
        return refuse(r, "value '%s' of index %" PRIu64 " is too large a number", q.text, index);
    }
    return refuse(r, "value '%s' of index %" PRIu64 " is no decimal number", q.text, index);
}

__attribute__((cold)) static bool refuse_index(struct lac_line_reader *r, uint64_t index)
{
    if (index == 0) {
        return refuse(r, "index 0: indices begin at 1");
    }
    if (index == r->last) {
        return refuse(r, "index %" PRIu64 " is repeated", index);
    }
    return refuse(r, "index %" PRIu64 " after index %" PRIu32 ": indices must ascend", index,
                  r->last);
}

__attribute__((cold)) static bool refuse_pair(struct lac_line_reader *r, const char *p)
{
    struct quote q = quote(p, r->end, '\0');
    if (r->end - p >= 4 && memcmp(p, "qid:", 4) == 0) {
        return refuse(r, "'%s': query ids are not supported", q.text);
    }
    if (*p == '\r') {
        return refuse(r, "a carriage return inside the line");
    }
    return refuse(r, "'%s' is no index:value pair", q.text);
}

/* At the end of a row: steps over it, and over a comment before it. */
static bool end_row(struct lac_line_reader *r, const char *p)
{
    if (p < r->end && *p == '#') {
        p = memchr(p, '\n', (size_t)(r->end - p));
        p = p ? p : r->end;
    }
    p += p < r->end && *p == '\r';
    if (p < r->end && *p != '\n') {
        return false;
    }
    r->p = p + (p < r->end);
    r->row_done = true;
    return true;
}

bool lac_line_label(struct lac_line_reader *r, double *label)
{
    const char *p = r->p, *end = r->end;
    LAC_ASSERT(p && p < end);
    while (p < end && is_blank(*p)) {
        p++;
    }
    r->last = 0;
    r->row_done = false;
    if (end - p >= 3 && (*p == '-' || *p == '+') && p[1] == '1' && p[2] == ' ') {
        *label = *p == '-' ? -1.0 : 1.0;
        r->p = p + 3;
        return true;
    }
    const char *behind = lac_decimal(p, end, label);
    if (!behind) {
        if (ends_token(p, end)) {
            return refuse(r, "an empty line: every line is a row and begins with its label");
        }
        return refuse_label(r, p);
    }
    r->p = behind;
    return true;
}

/* An index of any length; NULL where the text at p is none, or too large for one. */
static const char *read_index(struct lac_line_reader *r, const char *p, uint64_t *index)
{
    const char *token = p;
    uint64_t i = 0;
    for (; p < r->end && *p >= '0' && *p <= '9' && i <= UINT32_MAX; p++) {
        i = i * 10 + (uint64_t)(*p - '0');
    }
    if (i > UINT32_MAX) {
        struct quote q = quote(token, r->end, ':');
        refuse(r, "index %s is too large: at most %" PRIu32, q.text, UINT32_MAX);
        return NULL;
    }
    if (p == r->end || *p != ':') {
        refuse_pair(r, token);
        return NULL;
    }
    *index = i;
    return p;
}

/* Where no digit stands: steps over blanks or ends the row. */
static bool between_pairs(struct lac_line_reader *r, const char **p)
{
    if (*p < r->end && is_blank(**p)) {
        while (*p < r->end && is_blank(**p)) {
            (*p)++;
        }
        return true;
    }
    return end_row(r, *p) || refuse_pair(r, *p);
}

/* One pair of any kind at p, where a digit stands. */
static const char *read_pair(struct lac_line_reader *r, const char *p, uint64_t *index,
                             double *value)
{
    p = read_index(r, p, index);
    if (!p) {
        return NULL;
    }
    if (*index <= r->last) {
        refuse_index(r, *index);
        return NULL;
    }
    const char *token = p + 1;
    p = lac_decimal(token, r->end, value);
    if (!p) {
        refuse_value(r, *index, token);
    }
    return p;
}

static inline uint64_t eight_bytes(const char *p)
{
    uint64_t x;
    memcpy(&x, p, 8);
    return le64toh(x);
}

/* Eight digits or fewer at p, as a number. */
static inline uint64_t short_number(const char *p, unsigned count)
{
    uint64_t x = eight_bytes(p) ^ LAC_EIGHT_ZEROES;
    return count < 8 ? lac_few_digits(x, count) : lac_eight_digits(x);
}

/* The index that the first bytes of x are, without '0', as many as bits has; 0 for no byte. */
static inline uint32_t short_index(uint64_t x, unsigned bits)
{
    if (__builtin_expect(bits > 32, 0)) {
        return (uint32_t)lac_few_digits(x, bits / 8);
    }
    uint32_t y = (uint32_t)((x << 32) >> bits);
    y = y * 10 + (y >> 8);
    return (y & 0xFF) * 100 + (y >> 16 & 0xFF);
}

/*
 * A value of the plain kind, size bytes long: digits, with a point in them or without, at most 8
 * before it and 15 in all. no_digit: bit i for byte i of it, as in text_window.h.
 */
static inline bool quick_value(const char *p, uint64_t no_digit, unsigned size, double *value)
{
    static const double sign_of[2] = {1.0, -1.0};
    unsigned negative = *p == '-';
    p += negative;
    no_digit >>= negative;
    size -= negative;
    unsigned whole = (unsigned)__builtin_ctzll(no_digit);
    uint64_t digits = short_number(p, whole);
    unsigned places = 0;
    if (whole != size) {
        places = size - whole - 1;
        if (p[whole] != '.' || whole > 8 || places > 15 - whole || size == 1 ||
            (no_digit >> (whole + 1) << (63 - places)) != UINT64_C(1) << 63) {
            return false;
        }
        digits *= lac_power_of_ten[places];
        if (places > 8) {
            digits += short_number(p + whole + 1, places - 8) * lac_power_of_ten[8];
            digits += short_number(p + size - 8, 8);
        } else {
            digits += short_number(p + whole + 1, places);
        }
    } else if (whole - 1u >= 8u) {
        return false;
    }
    *value = sign_of[negative] * ((double)(int64_t)digits / lac_power_of_ten_double[places]);
    return true;
}

struct pairs {
    uint32_t last; /* index */
    uint32_t *index;
    double *value;
    size_t count;
};

/*
 * The plain pairs, "12:-3.25", of the next 64 bytes; the place behind them and their spaces. Where
 * each ends is known from the window before any is converted, which leaves a processor free to do
 * several at a time.
 */
static inline const char *window_pairs(const char *p, struct pairs *out)
{
    struct lac_window w = lac_window(p);
    unsigned at = 0;
    for (; w.blank; w.blank &= w.blank - 1) {
        unsigned stop = (unsigned)__builtin_ctzll(w.blank);
        uint64_t no_digit = w.no_digit >> at;
        unsigned colon = (unsigned)__builtin_ctzll(no_digit);
        if (colon - 1u >= 7u || p[at + colon] != ':') {
            break;
        }
        uint32_t i = short_index(eight_bytes(p + at) ^ LAC_EIGHT_ZEROES, 8 * colon);
        unsigned begin = at + colon + 1;
        bool space = p[stop] == ' ';
        if (i <= out->last || stop <= begin || (!space && p[stop] != '\n') ||
            !quick_value(p + begin, w.no_digit >> begin, stop - begin, &out->value[out->count])) {
            break;
        }
        out->index[out->count++] = i - 1;
        out->last = i;
        at = stop + space;
        if (!space) {
            break;
        }
    }
    return p + at;
}

/*
 * How many bits before the ":1 " of a pair "12:1 ", at most four digits; 0 where something else
 * stands. By comparisons, for a processor guesses their outcome, and so knows where the next pair
 * begins, long before it could have found the colon in the bytes.
 */
static inline unsigned bits_before_one(uint64_t bytes)
{
    const uint64_t one = ':' | '1' << 8 | ' ' << 16, mask = 0xFFFFFF;
    if ((bytes >> 24 & mask) == one) {
        return 24;
    }
    if ((bytes >> 16 & mask) == one) {
        return 16;
    }
    if ((bytes >> 32 & mask) == one) {
        return 32;
    }
    return (bytes >> 8 & mask) == one ? 8 : 0;
}

/* Pairs "12:1 ", of which many files hold little else; the place behind them. */
static inline const char *pairs_of_one(const char *p, const char *last_place, size_t most,
                                       struct pairs *out)
{
    uint32_t last = out->last;
    size_t count = out->count;
    while (p <= last_place && count < most) {
        uint64_t bytes = eight_bytes(p), x = bytes ^ LAC_EIGHT_ZEROES;
        unsigned bits = bits_before_one(bytes);
        uint32_t i = short_index(x, bits);
        if (bits == 0 || i <= last || lac_no_digits(x) << (64 - bits) != 0) {
            break;
        }
        out->index[count] = i - 1;
        out->value[count] = 1.0;
        last = i;
        count++;
        p += bits / 8 + 3;
    }
    out->last = last;
    out->count = count;
    return p;
}

enum {
    ROOM = LAC_WINDOW_BYTES + 8, /* that window_pairs may read beyond p */
    MOST_IN_WINDOW = LAC_WINDOW_BYTES / 4,
};

static const char *plain_pairs(const char *p, const char *end, size_t capacity, struct pairs *out)
{
    if (end - p < ROOM || capacity < MOST_IN_WINDOW) {
        return p;
    }
    const char *last_place = end - ROOM;
    size_t most = capacity - MOST_IN_WINDOW;
    while (p <= last_place && out->count <= most) {
        p = pairs_of_one(p, last_place, most, out);
        if (*p < '0' || *p > '9' || p > last_place) {
            break;
        }
        const char *behind = window_pairs(p, out);
        if (behind == p) {
            break;
        }
        p = behind;
    }
    return p;
}

bool lac_line_pairs(struct lac_line_reader *r, uint32_t *index, double *value, size_t capacity,
                    size_t *count)
{
    struct pairs out = {.last = r->last, .index = index, .value = value};
    const char *p = plain_pairs(r->p, r->end, capacity, &out);
    while (out.count < capacity && !r->row_done) {
        r->last = out.last;
        if (p < r->end && *p >= '0' && *p <= '9') {
            uint64_t i;
            p = read_pair(r, p, &i, &value[out.count]);
            if (!p) {
                return false;
            }
            out.last = (uint32_t)i;
            index[out.count++] = (uint32_t)(i - 1);
        } else if (!between_pairs(r, &p)) {
            return false;
        }
        if (!r->row_done) {
            p = plain_pairs(p, r->end, capacity, &out);
        }
    }
    r->last = out.last;
    r->p = r->row_done ? r->p : p;
    *count = out.count;
    return true;
}
