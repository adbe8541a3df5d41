/* Texts for the tests of src/common/data: exact copies, so that a sanitizer sees one byte too many. */
#ifndef LAC_TESTS_DATA_TEXTS_H
#define LAC_TESTS_DATA_TEXTS_H

#include <stdlib.h>
#include <string.h>

#include "data/data.h"

static inline struct lac_text text_copy(const char *bytes, size_t size)
{
    char *copy = malloc(size ? size : 1);
    LAC_ASSERT(copy);
    memcpy(copy, bytes, size);
    return (struct lac_text){.name = "train.txt", .bytes = copy, .size = size};
}

static inline struct lac_text text_of(const char *string)
{
    return text_copy(string, strlen(string));
}

static inline void text_free(struct lac_text *t)
{
    free((void *)(uintptr_t)t->bytes);
}

/* The facts of the whole text, from so many stretches; labels and norms in one piece, malloced. */
static inline struct lac_scan scan_in_parts(const struct lac_text *t, size_t parts, double **label,
                                            double **norm_sq)
{
    struct lac_scan all = {0};
    *label = malloc((t->size + 1) * sizeof **label);
    *norm_sq = malloc((t->size + 1) * sizeof **norm_sq);
    LAC_ASSERT(*label && *norm_sq);
    for (size_t part = 0; part < parts; part++) {
        struct lac_scan next;
        size_t begin, end;
        double *some_label, *some_norm;
        lac_text_stretch(t, part, parts, &begin, &end);
        LAC_ASSERT(lac_scan_stretch(t, begin, end, &next, &some_label, &some_norm) == LAC_OK);
        memcpy(*label + all.lines, some_label, next.lines * sizeof **label);
        memcpy(*norm_sq + all.lines, some_norm, next.lines * sizeof **norm_sq);
        free(some_label);
        free(some_norm);
        lac_scan_merge(&all, &next);
    }
    return all;
}

static inline bool same_scan(const struct lac_scan *a, const struct lac_scan *b)
{
    bool same = a->bad_line == b->bad_line && strcmp(a->bad_text, b->bad_text) == 0;
    if (!same || a->bad_line) {
        return same; /* behind a wrong line nothing is promised */
    }
    same = a->lines == b->lines && a->values == b->values && a->max_index == b->max_index &&
           a->max_index_line == b->max_index_line && a->classes == b->classes;
    for (uint32_t i = 0; same && i < a->classes; i++) {
        same = a->class_label[i] == b->class_label[i] && a->class_line[i] == b->class_line[i];
    }
    return same;
}

/* Bits alike: not even the sign of a zero differs. */
static inline bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Value of feature k in row r, whatever the form. */
static inline double entry_of(const struct lac_rows *rows, size_t r, size_t k)
{
    if (rows->dense) {
        return rows->dense[r * rows->stride + k];
    }
    for (uint64_t i = rows->start[r]; i < rows->start[r + 1]; i++) {
        if (rows->index[i] == k) {
            return rows->value ? rows->value[i] : 1.0;
        }
    }
    return 0.0;
}

static inline bool same_rows(const struct lac_rows *a, const struct lac_rows *b)
{
    bool same = a->m == b->m && a->d == b->d && !a->dense == !b->dense && !a->value == !b->value;
    for (size_t r = 0; same && r < a->m; r++) {
        same = same_bits(a->label[r], b->label[r]);
        if (a->dense) {
            same = same && memcmp(a->dense + r * a->stride, b->dense + r * b->stride,
                                  a->stride * sizeof *a->dense) == 0;
        }
    }
    if (!same || a->dense || a->m == 0) {
        return same;
    }
    size_t stored = a->start[a->m];
    return memcmp(a->start, b->start, (a->m + 1) * sizeof *a->start) == 0 &&
           memcmp(a->index, b->index, stored * sizeof *a->index) == 0 &&
           (!a->value || memcmp(a->value, b->value, stored * sizeof *a->value) == 0);
}

#endif
