/* Numbers, names and "name:key=value,..." specifications as users write them. */
#ifndef LAC_BASE_TEXT_H
#define LAC_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* The whole text must be the number; what names it in the message: "--rounds", "topk: k". */
lac_status lac_parse_double(const char *what, const char *text, double *out) LAC_MUST_CHECK;
lac_status lac_parse_count(const char *what, const char *text, uint64_t *out) LAC_MUST_CHECK;
/* A whole number of bytes; with K, M, G or T behind it of 2^10, 2^20, 2^30, 2^40 bytes. */
lac_status lac_parse_bytes(const char *what, const char *text, uint64_t *out) LAC_MUST_CHECK;

/* The shortest decimal that reads back as the same double: out. */
const char *lac_shortest(double value, char out[32]);

/* The end of a noun behind a number: "" of one, else "s". */
static inline const char *lac_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

bool lac_is_percentage(const char *text); /* ends in '%' */
/* The number before the sign, whatever its size. */
lac_status lac_parse_percentage(const char *what, const char *text, double *percent) LAC_MUST_CHECK;
/* percent of whole, rounded up or down; a whole number that the product misses by rounding alone is met. */
double lac_percent_of(double percent, size_t whole, bool down);

/* As one word for sh, quoted where it must be; at most 4 bytes for each of word and 2. Returns the end, a 0. */
char *lac_put_word(char *out, const char *word);

/* The name nearest to text by edit distance, or NULL where none is near enough to be meant. */
const char *lac_nearest(const char *text, const char *const *names, size_t count);

enum { LAC_SPEC_MAX = 12 };

/* "topk:k=100" has name "topk", key[0] "k", value[0] "100"; "topk:5%" has key[0] "", value "5%". */
struct lac_spec {
    const char *text; /* as given */
    const char *name;
    const char *key[LAC_SPEC_MAX], *value[LAC_SPEC_MAX];
    size_t count;
};

lac_status lac_spec_parse(struct lac_spec *s, const char *text, struct lac_arena *a) LAC_MUST_CHECK;
/* The value given for key, or NULL. */
const char *lac_spec_get(const struct lac_spec *s, const char *key);
/* Refuses keys that are not in the list, naming the nearest; allowed ends with NULL. */
lac_status lac_spec_allow(const struct lac_spec *s, const char *const *allowed) LAC_MUST_CHECK;
/* As above for one number; *out keeps its value where the key is absent. */
lac_status lac_spec_double(const struct lac_spec *s, const char *key, double *out) LAC_MUST_CHECK;
lac_status lac_spec_count(const struct lac_spec *s, const char *key, uint64_t *out) LAC_MUST_CHECK;

#endif
