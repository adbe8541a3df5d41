/*
 * Any bytes as LIBSVM text: read in one stretch and in three, loaded where they are accepted, and
 * compared with what strtoul and strtod make of the same lines. A libFuzzer target; its corpus is
 * replayed by replay_libsvm.c.
 */
#include <inttypes.h>
#include <stdio.h>

#include "texts.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* One accepted line, which ends with a zero, against a row. */
static bool same_row(char *p, const struct lac_rows *rows, size_t r)
{
    double label = strtod(p, &p);
    uint64_t at = rows->dense ? 0 : rows->start[r];
    bool same = same_bits(label, rows->label[r]);
    for (p += strspn(p, " \t\r"); same && *p && *p != '#'; p += strspn(p, " \t\r")) {
        size_t k = strtoul(p, &p, 10) - 1;
        double value = strtod(p + 1, &p);
        if (rows->dense) {
            same = same_bits(entry_of(rows, r, k), value);
        } else {
            same = at < rows->start[r + 1] && rows->index[at] == k &&
                   same_bits(rows->value ? rows->value[at] : 1.0, value);
            at++;
        }
    }
    return same && (rows->dense || at == rows->start[r + 1]);
}

static bool same_text(const struct lac_text *t, const struct lac_plan *plan,
                      const struct lac_rows *rows)
{
    char *line = malloc(t->size + 1);
    size_t begin = 0;
    bool same = line != NULL;
    for (uint64_t row = 0; same && row < plan->rows; row++) {
        const char *end = memchr(t->bytes + begin, '\n', t->size - begin);
        size_t length = end ? (size_t)(end - t->bytes) - begin : t->size - begin;
        memcpy(line, t->bytes + begin, length);
        line[length] = '\0';
        same = same_row(line, &rows[row % plan->n], row / plan->n);
        begin += length + 1;
    }
    free(line);
    return same;
}

static void load(const struct lac_text *t, const struct lac_scan *scan)
{
    struct lac_plan plan;
    struct lac_rows rows[3];
    struct lac_arena arena = {0};
    uint32_t n = scan->lines < 3 ? (uint32_t)scan->lines : 3;
    uint32_t *owner = malloc((scan->lines + 1) * sizeof *owner);
    if (owner && lac_plan_make(scan, t->name, LAC_NUMBERS, n, 0, &plan) == LAC_OK) {
        for (uint64_t row = 0; row < scan->lines; row++) {
            owner[row] = (uint32_t)(row % n);
        }
        LAC_ASSERT(lac_load_rows(t, &plan, owner, 0, n, rows, &arena) == LAC_OK);
        LAC_ASSERT(same_text(t, &plan, rows));
    }
    lac_arena_free(&arena);
    free(owner);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct lac_text t = text_copy((const char *)bytes, size);
    double *label, *norm_sq, *label_3, *norm_sq_3;
    struct lac_scan one = scan_in_parts(&t, 1, &label, &norm_sq);
    struct lac_scan three = scan_in_parts(&t, 3, &label_3, &norm_sq_3);
    LAC_ASSERT(same_scan(&one, &three));
    LAC_ASSERT(memcmp(label, label_3, one.lines * sizeof *label) == 0);
    LAC_ASSERT(memcmp(norm_sq, norm_sq_3, one.lines * sizeof *label) == 0);
    LAC_ASSERT(strlen(one.bad_text) < sizeof one.bad_text && !strchr(one.bad_text, '\n'));
    if (!one.bad_line) {
        load(&t, &one);
    }
    free(label);
    free(norm_sq);
    free(label_3);
    free(norm_sq_3);
    text_free(&t);
    return 0;
}
