#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lac_status lac_parse_double(const char *what, const char *text, double *out)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || isspace((unsigned char)*text)) {
        return LAC_FAIL(LAC_E_USAGE, "%s: '%s' is no number", what, text);
    }
    if (!(value - value == 0.0)) {
        return LAC_FAIL(LAC_E_USAGE, "%s: '%s' is not a finite number", what, text);
    }
    if (value == 0.0 && errno == ERANGE) {
        return LAC_FAIL(LAC_E_USAGE, "%s: '%s' is so small that it would be 0; write 0", what,
                        text);
    }
    *out = value;
    return LAC_OK;
}

lac_status lac_parse_count(const char *what, const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0') {
        return LAC_FAIL(LAC_E_USAGE, "%s: '%s' is no whole number", what, text);
    }
    if (errno == ERANGE) {
        return LAC_FAIL(LAC_E_USAGE, "%s: '%s' is too large", what, text);
    }
    *out = value;
    return LAC_OK;
}

lac_status lac_parse_bytes(const char *what, const char *text, uint64_t *out)
{
    static const char units[] = "KMGT";
    char number[32] = "";
    size_t length = strlen(text);
    const char *unit = length > 1 ? strchr(units, text[length - 1]) : NULL;
    uint64_t value, scale = unit ? UINT64_C(1) << (10 * (unit - units + 1)) : 1;
    if (!unit || length > sizeof number) {
        return lac_parse_count(what, text, out);
    }
    memcpy(number, text, length - 1);
    LAC_TRY(lac_parse_count(what, number, &value));
    if (value > UINT64_MAX / scale) {
        return LAC_FAIL(LAC_E_USAGE, "%s: '%s' is too large", what, text);
    }
    *out = value * scale;
    return LAC_OK;
}

char *lac_put_word(char *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:=,%+@";
    bool quoted = !*word || strspn(word, plain) != strlen(word);
    out = stpcpy(out, quoted ? "'" : "");
    for (; *word; word++) {
        if (*word == '\'') {
            out = stpcpy(out, "'\\''");
        } else {
            *out++ = *word;
        }
    }
    return stpcpy(out, quoted ? "'" : "");
}

bool lac_is_percentage(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && text[length - 1] == '%';
}

lac_status lac_parse_percentage(const char *what, const char *text, double *percent)
{
    char number[64] = "";
    size_t length = strlen(text) - 1; /* without the sign */
    memcpy(number, text, length < sizeof number ? length : 0);
    return lac_parse_double(what, number, percent);
}

double lac_percent_of(double percent, size_t whole, bool down)
{
    double exact = percent * (double)whole / 100.0;
    double nearest = floor(exact + 0.5);
    if (fabs(exact - nearest) <= 1e-12 * exact) {
        return nearest;
    }
    return down ? floor(exact) : ceil(exact);
}

enum { LONGEST_NAME = 63 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to change, add, leave out, or let change places with the next; both texts at most LONGEST_NAME long. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST_NAME + 1], length_b = strlen(b);
    size_t *above = rows[0], *row = rows[1],
           *two_above = rows[2]; /* [j]: of a's first i letters and b's first j */
    for (size_t j = 0; j <= length_b; j++) {
        row[j] = j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t *free_row = two_above;
        two_above = above;
        above = row;
        row = free_row;
        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            row[j] =
                smaller(above[j - 1] + (a[i - 1] != b[j - 1]), smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = smaller(row[j], two_above[j - 2] + 1);
            }
        }
    }
    return row[length_b];
}

const char *lac_nearest(const char *text, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t length = strlen(text);
    size_t least = length / 2 + 2; /* farther than this is another word */
    for (size_t i = 0; i < count && length <= LONGEST_NAME; i++) {
        size_t distance = strlen(names[i]) <= LONGEST_NAME ? edit_distance(text, names[i]) : least;
        if (distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

lac_status lac_spec_parse(struct lac_spec *s, const char *text, struct lac_arena *a)
{
    char *p = NULL;
    size_t bytes = strlen(text) + 1;
    *s = (struct lac_spec){0};
    LAC_TRY(lac_arena_text(a, text, &s->text));
    LAC_TRY(LAC_NEW(a, bytes, &p));
    memcpy(p, text, bytes);
    s->name = p;
    p = strchr(p, ':');
    while (p) {
        *p++ = '\0';
        char *next = strchr(p, ',');
        char *equals = strchr(p, '=');
        if (s->count == LAC_SPEC_MAX) {
            return LAC_FAIL(LAC_E_USAGE, "'%s' has more than %d parameters", text, LAC_SPEC_MAX);
        }
        bool keyed = equals && (!next || equals < next);
        s->key[s->count] = keyed ? p : "";
        s->value[s->count] = keyed ? equals + 1 : p;
        s->count++;
        if (keyed) {
            *equals = '\0';
        }
        p = next;
    }
    return LAC_OK;
}

const char *lac_spec_get(const struct lac_spec *s, const char *key)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->key[i], key) == 0) {
            return s->value[i];
        }
    }
    return NULL;
}

static lac_status refuse_key(const struct lac_spec *s, const char *key, const char *const *allowed,
                             size_t count)
{
    if (count == 0) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': %s takes no parameters", s->text, s->name);
    }
    if (*key == '\0') {
        return LAC_FAIL(LAC_E_USAGE, "'%s': parameters are written key=value", s->text);
    }
    const char *nearest = lac_nearest(key, allowed, count);
    if (nearest && *nearest) { /* not the name of a bare value */
        return LAC_FAIL(LAC_E_USAGE, "'%s': %s has no parameter '%s'; did you mean '%s'?", s->text,
                        s->name, key, nearest);
    }
    char known[256] = "";
    for (size_t i = 0, n = 0; i < count && n < sizeof known; i++) {
        if (*allowed[i]) {
            n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", n > 0 ? ", " : "; it has ",
                                  allowed[i]);
        }
    }
    return LAC_FAIL(LAC_E_USAGE, "'%s': %s has no parameter '%s'%s", s->text, s->name, key, known);
}

lac_status lac_spec_allow(const struct lac_spec *s, const char *const *allowed)
{
    size_t count = 0;
    while (allowed[count]) {
        count++;
    }
    for (size_t i = 0; i < s->count; i++) {
        bool known = false;
        for (size_t j = 0; j < count; j++) {
            known = known || strcmp(s->key[i], allowed[j]) == 0;
        }
        if (!known) {
            return refuse_key(s, s->key[i], allowed, count);
        }
        const char *first = lac_spec_get(s, s->key[i]);
        if (first != s->value[i] && *s->key[i] == '\0') {
            return LAC_FAIL(LAC_E_USAGE, "'%s': one value is enough, '%s' or '%s'", s->text, first,
                            s->value[i]);
        }
        if (first != s->value[i]) {
            return LAC_FAIL(LAC_E_USAGE, "'%s': '%s' is given twice", s->text, s->key[i]);
        }
    }
    return LAC_OK;
}

lac_status lac_spec_double(const struct lac_spec *s, const char *key, double *out)
{
    const char *value = lac_spec_get(s, key);
    if (!value) {
        return LAC_OK;
    }
    double number;
    if (lac_parse_double(key, value, &number) != LAC_OK) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': %s", s->text, lac_failure());
    }
    *out = number;
    return LAC_OK;
}

lac_status lac_spec_count(const struct lac_spec *s, const char *key, uint64_t *out)
{
    const char *value = lac_spec_get(s, key);
    if (!value) {
        return LAC_OK;
    }
    uint64_t number;
    if (lac_parse_count(key, value, &number) != LAC_OK) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': %s", s->text, lac_failure());
    }
    *out = number;
    return LAC_OK;
}
