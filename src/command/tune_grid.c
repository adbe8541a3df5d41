#include "command/tune_grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { MOST_EXPONENT = 300, MOST_STRIDE = 600, LONGEST_ITEM = 63 };

struct power {
    int base, exponent; /* base 0: a plain number */
};

static double value_of(struct power p)
{
    char text[16];
    if (p.base == 2) {
        return ldexp(1.0, p.exponent);
    }
    snprintf(text, sizeof text, "1e%d", p.exponent); /* nearest to the power, as 0.001 is written */
    return strtod(text, NULL);
}

static lac_status read_exponent(const char *what, const char *text, int *out)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || !strchr("-0123456789", *text)) {
        return LAC_FAIL(LAC_E_USAGE, "%s: the exponent '%s' is no whole number", what, text);
    }
    if (value < -MOST_EXPONENT || value > MOST_EXPONENT) {
        return LAC_FAIL(LAC_E_USAGE, "%s: the exponent %s is outside %d..%d", what, text,
                        -MOST_EXPONENT, MOST_EXPONENT);
    }
    *out = (int)value;
    return LAC_OK;
}

/* "2^-4", "10^3". */
static lac_status read_power(const char *what, const char *text, struct power *out)
{
    const char *caret = strchr(text, '^');
    size_t length = caret ? (size_t)(caret - text) : 0;
    struct power p = {.base = length == 1 && *text == '2' ? 2 : 10};
    if (!caret || (p.base == 10 && (length != 2 || strncmp(text, "10", 2) != 0))) {
        return LAC_FAIL(LAC_E_USAGE, "%s: '%s' is no power of 2 or 10, as 2^-4 is", what, text);
    }
    LAC_TRY(read_exponent(what, caret + 1, &p.exponent));
    *out = p;
    return LAC_OK;
}

static lac_status add(struct lac_tune_grid *g, const char *what, double multiplier)
{
    if (g->count == LAC_TUNE_MOST_RUNS) {
        return LAC_FAIL(LAC_E_USAGE, "%s: more than %d multipliers", what, LAC_TUNE_MOST_RUNS);
    }
    size_t at = g->count;
    while (at > 0 && g->multiplier[at - 1] > multiplier) {
        at--;
    }
    if (at > 0 && g->multiplier[at - 1] == multiplier) {
        char text[32];
        return LAC_FAIL(LAC_E_USAGE, "%s: %s stands there twice", what,
                        lac_shortest(multiplier, text));
    }
    memmove(g->multiplier + at + 1, g->multiplier + at, (g->count - at) * sizeof *g->multiplier);
    g->multiplier[at] = multiplier;
    g->count++;
    return LAC_OK;
}

/* "2^-4", "..", "2^8:2" of which the text before ".." is first. */
static lac_status add_range(struct lac_tune_grid *g, const char *what, const char *first,
                            char *last)
{
    struct power from, to;
    uint64_t every = 1;
    char *colon = strchr(last, ':');
    if (colon) {
        *colon = '\0';
        LAC_TRY(lac_parse_count(what, colon + 1, &every));
    }
    LAC_TRY(read_power(what, first, &from));
    LAC_TRY(read_power(what, last, &to));
    if (from.base != to.base) {
        return LAC_FAIL(LAC_E_USAGE, "%s: %s..%s has two bases", what, first, last);
    }
    if (from.exponent > to.exponent) {
        return LAC_FAIL(LAC_E_USAGE, "%s: %s..%s begins above its end", what, first, last);
    }
    if (every < 1 || every > MOST_STRIDE) {
        return LAC_FAIL(LAC_E_USAGE, "%s: the stride '%s' is outside 1..%d", what, colon + 1,
                        MOST_STRIDE);
    }
    for (; from.exponent <= to.exponent; from.exponent += (int)every) {
        LAC_TRY(add(g, what, value_of(from)));
    }
    return LAC_OK;
}

static lac_status add_item(struct lac_tune_grid *g, const char *what, char *item)
{
    char *dots = strstr(item, "..");
    if (dots) {
        *dots = '\0';
        return add_range(g, what, item, dots + 2);
    }
    if (strchr(item, '^')) {
        struct power p;
        LAC_TRY(read_power(what, item, &p));
        return add(g, what, value_of(p));
    }
    double multiplier;
    LAC_TRY(lac_parse_double(what, item, &multiplier));
    if (!(multiplier > 0.0)) {
        return LAC_FAIL(LAC_E_USAGE, "%s: %s is not above 0", what, item);
    }
    return add(g, what, multiplier);
}

lac_status lac_tune_grid_parse(struct lac_tune_grid *out, const char *what, const char *text,
                               struct lac_arena *a)
{
    struct lac_tune_grid g = {0};
    LAC_TRY(LAC_NEW(a, LAC_TUNE_MOST_RUNS, &g.multiplier));
    for (const char *p = text;; p++) {
        char item[LONGEST_ITEM + 1];
        size_t length = strcspn(p, ",");
        if (length == 0 || length > LONGEST_ITEM) {
            return LAC_FAIL(LAC_E_USAGE, "%s: '%.80s' has %s between its commas", what, text,
                            length ? "a long text" : "nothing");
        }
        snprintf(item, sizeof item, "%.*s", (int)length, p);
        LAC_TRY(add_item(&g, what, item));
        p += length;
        if (*p == '\0') {
            *out = g;
            return LAC_OK;
        }
    }
}

lac_status lac_tune_step(const char *what, const char *step, double multiplier, struct lac_arena *a,
                         const char **out)
{
    char number[32], text[300];
    double factor = 1.0;
    bool is_number = strchr("+-.0123456789", *step) != NULL;
    size_t length = is_number ? 0 : strcspn(step, "*");
    if (is_number || step[length] == '*') {
        LAC_TRY(lac_parse_double(what, step + length + !is_number, &factor));
    }
    factor *= multiplier;
    if (!(factor > 0.0) || !isfinite(factor)) {
        return LAC_FAIL(LAC_E_USAGE, "%s: %.100s times %s is %g; a step is a positive number", what,
                        step, lac_shortest(multiplier, number), factor);
    }
    snprintf(text, sizeof text, "%.*s%s%s", (int)(length < 200 ? length : 200), step,
             is_number ? "" : "*", lac_shortest(factor, number));
    return lac_arena_text(a, text, out);
}
