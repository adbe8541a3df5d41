/* First pass over the text: everything is checked, facts are gathered, nothing is kept. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/data.h"
#include "data/libsvm_line.h"
#include "data/text_content.h"

size_t lac_text_content(const struct lac_text *t)
{
    size_t size = t->size;
    while (size > 0 && strchr(" \t\r\n", t->bytes[size - 1]) && t->bytes[size - 1] != '\0') {
        size--;
    }
    return size;
}

enum { CHUNK = 256, FIRST_ROWS = 1024 };

struct column { /* one number per row; at NULL where nothing is wanted */
    double *at;
    size_t capacity;
};

static lac_status column_begin(struct column *c, bool wanted)
{
    *c = (struct column){0};
    if (wanted) {
        c->at = malloc(FIRST_ROWS * sizeof *c->at);
        c->capacity = FIRST_ROWS;
        if (!c->at) {
            return LAC_FAIL(LAC_E_MEMORY, "out of memory while scanning the data");
        }
    }
    return LAC_OK;
}

static lac_status column_put(struct column *c, uint64_t row, double number)
{
    if (!c->at) {
        return LAC_OK;
    }
    if (row == c->capacity) {
        double *more = realloc(c->at, 2 * c->capacity * sizeof *more);
        if (!more) {
            return LAC_FAIL(LAC_E_MEMORY, "out of memory while scanning row %" PRIu64, row);
        }
        c->at = more;
        c->capacity *= 2;
    }
    c->at[row] = number;
    return LAC_OK;
}

/* A label seen at a line, in the order of the file. */
static void add_class(struct lac_scan *s, double label, uint64_t line)
{
    for (uint32_t i = 0; i < s->classes; i++) {
        if (s->class_label[i] == label) {
            return;
        }
    }
    if (s->classes < LAC_SCAN_LABELS) {
        s->class_label[s->classes] = label;
        s->class_line[s->classes] = line;
        s->classes++;
    }
}

static bool scan_row(struct lac_line_reader *r, struct lac_scan *s, double *label, double *norm_sq)
{
    uint32_t index[CHUNK];
    double value[CHUNK];
    if (norm_sq) {
        *norm_sq = 0.0;
    }
    if (!lac_line_label(r, label)) {
        return false;
    }
    while (!r->row_done) {
        size_t count;
        if (!lac_line_pairs(r, index, value, CHUNK, &count)) {
            return false;
        }
        for (size_t k = 0; norm_sq && k < count; k++) {
            *norm_sq += value[k] * value[k];
        }
        s->values += count;
    }
    s->lines++;
    if (r->last > s->max_index) {
        s->max_index = r->last;
        s->max_index_line = s->lines;
    }
    add_class(s, *label, s->lines);
    return true;
}

static lac_status scan_rows(struct lac_line_reader *r, struct lac_scan *s, struct column *labels,
                            struct column *norms)
{
    while (r->p < r->end) {
        double label, norm_sq = 0.0;
        if (!scan_row(r, s, &label, norms->at ? &norm_sq : NULL)) {
            s->bad_line = s->lines + 1;
            snprintf(s->bad_text, sizeof s->bad_text, "%s", r->error);
            return LAC_OK;
        }
        LAC_TRY(column_put(labels, s->lines - 1, label));
        LAC_TRY(column_put(norms, s->lines - 1, norm_sq));
    }
    return LAC_OK;
}

lac_status lac_scan_stretch(const struct lac_text *t, size_t begin, size_t end,
                            struct lac_scan *scan, double **label, double **norm_sq)
{
    LAC_ASSERT(begin <= end && end <= t->size);
    size_t content = lac_text_content(t);
    size_t stop = end < content ? end : content;
    struct lac_line_reader r = {.p = t->bytes + begin, .end = t->bytes + stop};
    struct column labels, norms = {0};
    *scan = (struct lac_scan){0};
    lac_status status = column_begin(&labels, label != NULL);
    if (status == LAC_OK) {
        status = column_begin(&norms, norm_sq != NULL);
    }
    if (status == LAC_OK) {
        status = scan_rows(&r, scan, &labels, &norms);
    }
    if (status != LAC_OK) {
        free(labels.at);
        free(norms.at);
        return status;
    }
    if (label) {
        *label = labels.at;
    }
    if (norm_sq) {
        *norm_sq = norms.at;
    }
    return LAC_OK;
}

void lac_scan_merge(struct lac_scan *into, const struct lac_scan *next)
{
    if (into->bad_line) {
        return;
    }
    for (uint32_t i = 0; i < next->classes; i++) {
        add_class(into, next->class_label[i], into->lines + next->class_line[i]);
    }
    if (next->max_index > into->max_index) {
        into->max_index = next->max_index;
        into->max_index_line = into->lines + next->max_index_line;
    }
    if (next->bad_line) {
        into->bad_line = into->lines + next->bad_line;
        memcpy(into->bad_text, next->bad_text, sizeof into->bad_text);
    }
    into->lines += next->lines;
    into->values += next->values;
}

static lac_status check_classes(const struct lac_scan *s, const char *name)
{
    if (s->classes == 1) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s:%" PRIu64 ": the file ends with one class only: every label is %g, and "
                        "this objective needs two classes",
                        name, s->lines, s->class_label[0]);
    }
    if (s->classes > 2) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s:%" PRIu64 ": label %g is a third class after %g and %g, and this "
                        "objective needs two classes",
                        name, s->class_line[2], s->class_label[2], s->class_label[0],
                        s->class_label[1]);
    }
    return LAC_OK;
}

static lac_status check_dim(const struct lac_scan *s, const char *name, uint64_t dim)
{
    if (dim > UINT32_MAX) {
        return LAC_FAIL(LAC_E_USAGE, "--dim: %" PRIu64 " is too large: at most %" PRIu32, dim,
                        UINT32_MAX);
    }
    if (dim > 0 && dim < s->max_index) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s:%" PRIu64 ": index %" PRIu32 " is larger than --dim %" PRIu64, name,
                        s->max_index_line, s->max_index, dim);
    }
    if (dim == 0 && s->max_index == 0) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s:%" PRIu64 ": the file ends and no row had a feature; give --dim", name,
                        s->lines);
    }
    return LAC_OK;
}

lac_status lac_plan_make(const struct lac_scan *scan, const char *name, bool two_classes,
                         uint32_t n, uint64_t dim, struct lac_plan *plan)
{
    if (scan->bad_line) {
        return LAC_FAIL(LAC_E_INPUT, "%s:%" PRIu64 ": %s", name, scan->bad_line, scan->bad_text);
    }
    if (scan->lines == 0) {
        return LAC_FAIL(LAC_E_INPUT, "%s:1: no rows: the text is empty", name);
    }
    if (n == 0) {
        return LAC_FAIL(LAC_E_USAGE, "--clients: at least 1 is needed");
    }
    if (n > scan->lines) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s:%" PRIu64 ": the file ends after %" PRIu64 " rows, too few for %" PRIu32
                        " clients",
                        name, scan->lines, scan->lines, n);
    }
    if (two_classes) {
        LAC_TRY(check_classes(scan, name));
    }
    LAC_TRY(check_dim(scan, name, dim));
    *plan = (struct lac_plan){.rows = scan->lines,
                              .d = dim ? (uint32_t)dim : scan->max_index,
                              .n = n,
                              .two_classes = two_classes};
    if (two_classes) {
        bool first = scan->class_label[0] > scan->class_label[1];
        plan->positive = scan->class_label[first ? 0 : 1];
    }
    return LAC_OK;
}
