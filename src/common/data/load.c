/* Second pass over the text: the rows of some clients are parsed again and kept. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/tick.h"
#include "data/data.h"
#include "data/libsvm_line.h"
#include "data/rows_new.h"
#include "data/text_content.h"

enum { CHUNK = 256 };

struct client_lines {
    uint64_t rows;
    uint64_t begin; /* of its rows in lines[] */
    uint64_t
        colons; /* at least as many as it has stored values; exact where there are no comments */
};

struct lines {
    const struct lac_text *text;
    const char *end; /* of its content */
    const struct lac_plan *plan;
    const uint32_t *owner;
    uint32_t first, count;       /* clients */
    struct client_lines *client; /* (count) */
    struct line {
        size_t at; /* in bytes */
        uint64_t row;
    } * line; /* of all clients, one after the other */
};

/* In words of eight bytes, whose lanes count for themselves as long as they cannot overflow. */
static size_t count_colons(const char *p, const char *end)
{
    const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F), ones = UINT64_C(0x0101010101010101);
    size_t colons = 0;
    while (end - p >= 8) {
        uint64_t lanes = 0;
        size_t words = (size_t)(end - p) / 8 < 31 ? (size_t)(end - p) / 8 : 31;
        for (size_t i = 0; i < words; i++, p += 8) {
            uint64_t x;
            memcpy(&x, p, 8);
            x ^= ones * ':';
            lanes += ~(((x & low) + low) | x | low) >> 7;
        }
        colons += (lanes * ones) >> 56; /* at most 8 * 31 */
    }
    for (; p < end; p++) {
        colons += *p == ':';
    }
    return colons;
}

static lac_status changed(const struct lines *l, uint64_t row)
{
    return LAC_FAIL(LAC_E_INPUT, "%s:%" PRIu64 ": the file changed while it was being read",
                    l->text->name, row + 1);
}

static struct client_lines *client_of(const struct lines *l, uint64_t row)
{
    uint32_t i = l->owner[row] - l->first; /* a client below first wraps to a large number */
    return l->owner[row] != LAC_NO_OWNER && i < l->count ? &l->client[i] : NULL;
}

/* Where each row of each client begins, and how many values it may have. */
static lac_status find_lines(struct lines *l)
{
    const char *p = l->text->bytes, *run = p; /* of lines with the same owner */
    struct client_lines *owner = NULL;
    for (uint64_t row = 0; row < l->plan->rows; row++) {
        if (p >= l->end) {
            return changed(l, row);
        }
        lac_tick();
        struct client_lines *c = client_of(l, row);
        if (c != owner) {
            if (owner) {
                owner->colons += count_colons(run, p);
            }
            owner = c;
            run = p;
        }
        if (c) {
            l->line[c->begin + c->rows++] = (struct line){(size_t)(p - l->text->bytes), row};
        }
        p = memchr(p, '\n', (size_t)(l->end - p));
        p = p ? p + 1 : l->end;
    }
    if (owner) {
        owner->colons += count_colons(run, p);
    }
    return p == l->end ? LAC_OK : changed(l, l->plan->rows);
}

static lac_status index_lines(struct lines *l)
{
    uint64_t total = 0;
    l->client = calloc(l->count, sizeof *l->client);
    for (uint64_t row = 0; l->client && row < l->plan->rows; row++) {
        struct client_lines *c = client_of(l, row);
        if (c) {
            c->rows++;
            total++;
        }
    }
    l->line = malloc((total + 1) * sizeof *l->line);
    if (!l->client || !l->line) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory while loading %" PRIu64 " rows", total);
    }
    uint64_t begin = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        l->client[i].begin = begin;
        begin += l->client[i].rows;
        l->client[i].rows = 0;
    }
    return find_lines(l);
}

struct sink { /* where the rows of one client go */
    struct lac_rows *rows;
    struct lac_arena *arena;
    double *label, *dense;
    uint64_t *start;
    uint32_t *index;
    double *value; /* NULL until a value is not 1 */
    size_t stored, capacity;
};

static lac_status sink_open(struct sink *s, const struct client_lines *c,
                            const struct lac_plan *plan)
{
    uint32_t d = plan->d;
    s->capacity = c->colons + (plan->intercept ? c->rows : 0);
    if (lac_rows_are_dense(c->rows, d, s->capacity)) {
        return lac_rows_new_dense(s->arena, c->rows, d, s->rows, &s->label, &s->dense);
    }
    return lac_rows_new_sparse(s->arena, c->rows, d, s->capacity, s->rows, &s->label, &s->start,
                               &s->index);
}

static lac_status sink_sparse(struct sink *s, const uint32_t *index, const double *value,
                              size_t count)
{
    int ones = 1;
    for (size_t k = 0; k < count; k++) {
        ones &= value[k] == 1.0;
    }
    if (!ones && !s->value) {
        LAC_TRY(LAC_NEW(s->arena, s->capacity, &s->value));
        for (size_t k = 0; k < s->stored; k++) {
            s->value[k] = 1.0;
        }
        s->rows->value = s->value;
    }
    memcpy(s->index + s->stored, index, count * sizeof *index);
    if (s->value) {
        memcpy(s->value + s->stored, value, count * sizeof *value);
    }
    s->stored += count;
    return LAC_OK;
}

static lac_status sink_pairs(struct sink *s, size_t r, const uint32_t *index, const double *value,
                             size_t count)
{
    if (!s->dense) {
        return sink_sparse(s, index, value, count);
    }
    for (size_t k = 0; k < count; k++) {
        s->dense[r * s->rows->stride + index[k]] = value[k];
    }
    return LAC_OK;
}

/* What the objective is given for a label; false where no such class was scanned. */
static bool label_of(const struct lac_plan *plan, double written, double *label)
{
    if (plan->labels != LAC_CLASSES) {
        double side = written == plan->positive ? 1.0 : -1.0;
        *label = plan->labels == LAC_NUMBERS ? written : side;
        return true;
    }
    uint32_t k = 0;
    while (k < plan->classes && plan->class_label[k] != written) {
        k++;
    }
    *label = k;
    return k < plan->classes;
}

static lac_status load_row(struct sink *s, const struct lines *l, const struct line *line, size_t r)
{
    uint32_t index[CHUNK];
    double value[CHUNK];
    struct lac_line_reader reader = {.p = l->text->bytes + line->at, .end = l->end};
    double label;
    const uint32_t in_text = l->plan->d - l->plan->intercept;
    if (!lac_line_label(&reader, &label)) {
        return changed(l, line->row);
    }
    while (!reader.row_done) {
        size_t count = 0;
        if (!lac_line_pairs(&reader, index, value, CHUNK, &count) || reader.last > in_text ||
            (!s->dense && count > s->capacity - s->stored)) {
            return changed(l, line->row);
        }
        LAC_TRY(sink_pairs(s, r, index, value, count));
    }
    if (l->plan->intercept) {
        static const double one = 1.0;
        LAC_TRY(sink_pairs(s, r, &in_text, &one, 1)); /* indices begin at 0 here */
    }
    return label_of(l->plan, label, &s->label[r]) ? LAC_OK : changed(l, line->row);
}

static lac_status load_client(const struct lines *l, const struct client_lines *c,
                              struct lac_rows *rows, struct lac_arena *arena)
{
    struct sink s = {.rows = rows, .arena = arena};
    LAC_TRY(sink_open(&s, c, l->plan));
    rows->classes = l->plan->classes;
    for (size_t r = 0; r < c->rows; r++) {
        lac_tick();
        LAC_TRY(load_row(&s, l, &l->line[c->begin + r], r));
        if (!s.dense) {
            s.start[r + 1] = s.stored;
        }
    }
    return LAC_OK;
}

lac_status lac_load_rows(const struct lac_text *t, const struct lac_plan *plan,
                         const uint32_t *owner, uint32_t first, uint32_t count,
                         struct lac_rows *rows, struct lac_arena *arena)
{
    struct lines l = {.text = t,
                      .end = t->bytes + lac_text_content(t),
                      .plan = plan,
                      .owner = owner,
                      .first = first,
                      .count = count};
    lac_status status = count > 0 ? index_lines(&l) : LAC_OK;
    for (uint32_t i = 0; status == LAC_OK && i < count; i++) {
        status = load_client(&l, &l.client[i], &rows[i], arena);
    }
    free(l.client);
    free(l.line);
    return status;
}
