/* First pass over the text: everything is checked, facts are gathered, nothing is kept. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
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
    if (s->classes == LAC_SCAN_LABELS) {
        return;
    }
    for (uint32_t i = 0; i < s->classes; i++) {
        if (s->class_label[i] == label) {
            return;
        }
    }
    s->class_label[s->classes] = label;
    s->class_line[s->classes] = line;
    s->classes++;
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
        lac_tick();
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

static lac_status check_classes(const struct lac_scan *s, const char *name, enum lac_labels labels)
{
    if (labels != LAC_NUMBERS && s->classes == 1) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s:%" PRIu64 ": the file ends with one class only: every label is %g, and "
                        "this objective needs two classes",
                        name, s->lines, s->class_label[0]);
    }
    if (labels == LAC_TWO_CLASSES && s->classes > 2) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s:%" PRIu64 ": label %g is a third class after %g and %g, and this "
                        "objective needs two classes",
                        name, s->class_line[2], s->class_label[2], s->class_label[0],
                        s->class_label[1]);
    }
    if (labels == LAC_CLASSES && s->classes > LAC_CLASSES_MAX) {
        return LAC_FAIL(LAC_E_INPUT,
                        "%s:%" PRIu64 ": label %g is class number %d, and this objective takes "
                        "%d classes",
                        name, s->class_line[LAC_CLASSES_MAX], s->class_label[LAC_CLASSES_MAX],
                        LAC_CLASSES_MAX + 1, LAC_CLASSES_MAX);
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

lac_status lac_check_dimension(uint64_t features, uint64_t classes)
{
    if (classes > 0 && features > UINT32_MAX / classes) {
        return LAC_FAIL(LAC_E_USAGE,
                        "%" PRIu64 " features for %" PRIu64 " classes make a model of more than "
                        "%" PRIu32 " numbers",
                        features, classes, UINT32_MAX);
    }
    return LAC_OK;
}

/* The plan's classes in ascending order, by insertion. */
static void sort_classes(const struct lac_scan *scan, struct lac_plan *plan)
{
    plan->classes = scan->classes;
    for (uint32_t i = 0; i < scan->classes; i++) {
        uint32_t place = i;
        for (; place > 0 && plan->class_label[place - 1] > scan->class_label[i]; place--) {
            plan->class_label[place] = plan->class_label[place - 1];
        }
        plan->class_label[place] = scan->class_label[i];
    }
}

lac_status lac_plan_make(const struct lac_scan *scan, const char *name, enum lac_labels labels,
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
    LAC_TRY(check_classes(scan, name, labels));
    LAC_TRY(check_dim(scan, name, dim));
    *plan = (struct lac_plan){
        .rows = scan->lines, .d = dim ? (uint32_t)dim : scan->max_index, .n = n, .labels = labels};
    if (labels == LAC_TWO_CLASSES) {
        bool first = scan->class_label[0] > scan->class_label[1];
        plan->positive = scan->class_label[first ? 0 : 1];
        plan->negative = scan->class_label[first ? 1 : 0];
    }
    if (labels == LAC_CLASSES) {
        sort_classes(scan, plan);
    }
    return lac_check_dimension(plan->d, plan->classes);
}

lac_status lac_plan_add_intercept(struct lac_plan *plan)
{
    LAC_TRY(lac_check_dimension((uint64_t)plan->d + 1, plan->classes));
    plan->d++;
    plan->intercept = true;
    return LAC_OK;
}
