/* What stands in [vary] behind '=', and in the place of braces. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/text.h"
#include "command/sweep_parts.h"

struct values {
    const char **value; /* (LAC_SWEEP_MOST_RUNS) */
    size_t count;
    const char *where;
    struct lac_arena *arena;
};

static lac_status add(struct values *v, const char *text)
{
    for (size_t i = 0; i < v->count; i++) {
        if (strcmp(v->value[i], text) == 0) {
            return LAC_FAIL(LAC_E_USAGE, "%s'%s' stands there twice", v->where, text);
        }
    }
    if (v->count == LAC_SWEEP_MOST_RUNS) {
        return LAC_FAIL(LAC_E_USAGE, "%smore than %d values", v->where, LAC_SWEEP_MOST_RUNS);
    }
    return lac_arena_text(v->arena, text, &v->value[v->count++]);
}

/* False where the text is no range of whole numbers, "1..10" or "0..100:20". */
static bool is_range(const char *text)
{
    size_t first = strspn(text, "0123456789");
    const char *last = text + first + 2;
    if (first == 0 || strncmp(text + first, "..", 2) != 0) {
        return false;
    }
    size_t length = strspn(last, "0123456789");
    const char *stride = last + length;
    return length > 0 &&
           (*stride == '\0' || (*stride == ':' && stride[1] != '\0' &&
                                strspn(stride + 1, "0123456789") == strlen(stride + 1)));
}

/* A number of a range; where ends in ": ", what its failure begins with does not. */
static lac_status read_number(const struct values *v, const char *text, uint64_t *out)
{
    char what[400];
    size_t length = strlen(v->where);
    snprintf(what, sizeof what, "%.*s", (int)(length > 2 ? length - 2 : 0), v->where);
    return lac_parse_count(what, text, out);
}

static lac_status add_range(struct values *v, char *text)
{
    uint64_t first, last, stride = 1;
    char *dots = strstr(text, ".."), *colon = strchr(text, ':');
    char number[32];
    *dots = '\0';
    if (colon) {
        *colon = '\0';
        LAC_TRY(read_number(v, colon + 1, &stride));
    }
    LAC_TRY(read_number(v, text, &first));
    LAC_TRY(read_number(v, dots + 2, &last));
    if (first > last || stride == 0) {
        return LAC_FAIL(LAC_E_USAGE, "%s%s..%s %s", v->where, text, dots + 2,
                        stride == 0 ? "by steps of 0 does not end" : "begins above its end");
    }
    if ((last - first) / stride >= LAC_SWEEP_MOST_RUNS) {
        return LAC_FAIL(LAC_E_USAGE, "%s%s..%s has more than %d values", v->where, text, dots + 2,
                        LAC_SWEEP_MOST_RUNS);
    }
    for (uint64_t i = 0; i <= (last - first) / stride; i++) {
        snprintf(number, sizeof number, "%" PRIu64, first + i * stride);
        LAC_TRY(add(v, number));
    }
    return LAC_OK;
}

lac_status lac_sweep_values(const char *where, const char *text, const char *const **value,
                            size_t *count, struct lac_arena *a)
{
    struct values v = {.where = where, .arena = a};
    char item[4096];
    LAC_TRY(LAC_NEW(a, LAC_SWEEP_MOST_RUNS, &v.value));
    for (const char *p = text;; p++) {
        size_t length = strcspn(p, "|");
        snprintf(item, sizeof item, "%.*s", (int)length, p);
        char *trimmed = lac_trim(item);
        if (*trimmed == '\0') {
            return LAC_FAIL(LAC_E_USAGE, "%snothing stands %s", where,
                            strchr(text, '|') ? "on one side of a '|'" : "behind '='");
        }
        LAC_TRY(is_range(trimmed) ? add_range(&v, trimmed) : add(&v, trimmed));
        p += length;
        if (*p == '\0') {
            *value = v.value;
            *count = v.count;
            return LAC_OK;
        }
    }
}

/* A word in braces is one of ours, or train's. */
static lac_status check_braces(const char *where, const char *text)
{
    static const char *const known[] = {"{data}", "{results}", "{run}", "{key}", "{rank}"};
    for (const char *p = strchr(text, '{'); p; p = strchr(p + 1, '{')) {
        size_t length = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz") + 2, i = 0;
        while (i < sizeof known / sizeof *known && strncmp(p, known[i], strlen(known[i])) != 0) {
            i++;
        }
        if (p[length - 1] == '}' && length > 2 && i == sizeof known / sizeof *known) {
            return LAC_FAIL(LAC_E_USAGE,
                            "%s%.*s stands for nothing; {data}, {results}, {run} and {key} do",
                            where, (int)(length < 100 ? length : 100), p);
        }
    }
    return LAC_OK;
}

lac_status lac_sweep_place(const struct lac_sweep *s, const char *where, const char *name,
                           const char *text, const char **out)
{
    static const char key[] = "group.key";
    char key_path[4200], result[8192];
    const char *data = getenv("LACONIC_DATA");
    snprintf(key_path, sizeof key_path, "%.4000s/%s", s->folder, key);
    const struct {
        const char *brace, *value;
    } places[] = {{"{data}", data && *data ? data : NULL},
                  {"{results}", s->folder},
                  {"{run}", name},
                  {"{key}", key_path}};
    size_t n = 0;
    LAC_TRY(check_braces(where, text));
    for (const char *p = text; *p && n + 1 < sizeof result;) {
        size_t i = 0;
        while (i < 4 && strncmp(p, places[i].brace, strlen(places[i].brace)) != 0) {
            i++;
        }
        if (i == 4) {
            result[n++] = *p++;
            continue;
        }
        if (!places[i].value) {
            return LAC_FAIL(LAC_E_USAGE,
                            "%s{data} stands for the folder of real data, which LACONIC_DATA names",
                            where);
        }
        n += (size_t)snprintf(result + n, sizeof result - n, "%s", places[i].value);
        p += strlen(places[i].brace);
    }
    if (n + 1 >= sizeof result) {
        return LAC_FAIL(LAC_E_USAGE, "%sthe value is longer than %zu bytes", where,
                        sizeof result - 2);
    }
    result[n] = '\0';
    return lac_arena_text(s->arena, result, out);
}
