/* The ranks' facts merged into one plan: dimension, classes, and which client owns which row. */
#include <stdlib.h>
#include <string.h>

#include "server/server_state.h"

/* What plan_make may have to name: with --data-local, the file of each kind of fault. */
enum fault { FAULT_NONE, FAULT_LINE, FAULT_CLASS, FAULT_INDEX, FAULTS };

struct merged {
    struct lac_scan scan;
    const char *name[FAULTS];
    double *label, *norm_sq; /* (rows) malloced; NULL: not sent */
    uint64_t rows;           /* gathered in label, norm_sq */
    unsigned wants;          /* of the split, LAC_WANT_... */
};

static lac_status gather(double **all, uint64_t have, const unsigned char *more, uint64_t count)
{
    if (!more || count == 0) {
        return LAC_OK;
    }
    double *larger = realloc(*all, (have + count) * sizeof **all);
    if (!larger) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: facts of %llu rows",
                        (unsigned long long)(have + count));
    }
    memcpy(larger + have, more, count * sizeof **all);
    *all = larger;
    return LAC_OK;
}

/* Class number classes_allowed, from 0, is one too many. */
static uint32_t classes_allowed(const struct lac_config *c)
{
    return c->two_classes ? 2 : c->classes ? LAC_CLASSES_MAX : LAC_SCAN_LABELS;
}

/* next's facts into m's. Lines of --data-local are counted in each owner's file, not across files. */
static void merge_facts(struct lac_server *s, struct merged *m, const struct lac_scan *next,
                        const char *name)
{
    struct lac_scan before = m->scan;
    lac_scan_merge(&m->scan, next);
    uint64_t skip = s->config->data_local ? before.lines : 0;
    if (before.bad_line == 0 && m->scan.bad_line != 0) {
        m->name[FAULT_LINE] = name;
        m->scan.bad_line -= skip;
    }
    uint32_t most = classes_allowed(s->config);
    if (before.classes <= most && m->scan.classes > most) {
        m->name[FAULT_CLASS] = name;
        m->scan.class_line[most] -= skip;
    }
    if (m->scan.max_index > before.max_index) {
        m->name[FAULT_INDEX] = name;
        m->scan.max_index_line -= skip;
    }
}

static lac_status merge(struct lac_server *s, struct merged *m, const struct lac_rows_found *found)
{
    char *name;
    unsigned wants = s->config->data_path ? m->wants : 0;
    if ((found->label != NULL) != !!(wants & LAC_WANT_LABELS) ||
        (found->norm_sq != NULL) != !!(wants & LAC_WANT_NORMS)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "SCAN: it has other facts of rows than the split needs");
    }
    if (found->scan.lines > LAC_MOST_ROWS - m->rows) {
        return LAC_FAIL(LAC_E_PROTOCOL, "SCAN: with those before it has too many rows");
    }
    LAC_TRY(LAC_NEW(s->arena, found->name_length + 1, &name));
    memcpy(name, found->name, found->name_length);
    m->name[FAULT_NONE] = m->name[FAULT_NONE] ? m->name[FAULT_NONE] : name;
    LAC_TRY(gather(&m->label, m->rows, found->label, found->scan.lines));
    LAC_TRY(gather(&m->norm_sq, m->rows, found->norm_sq, found->scan.lines));
    m->rows += found->scan.lines;
    merge_facts(s, m, &found->scan, name);
    return LAC_OK;
}

static const char *name_of(const struct lac_server *s, const struct merged *m)
{
    enum fault fault = FAULT_NONE;
    if (m->scan.bad_line != 0) {
        fault = FAULT_LINE;
    } else if (m->scan.classes > classes_allowed(s->config)) {
        fault = FAULT_CLASS;
    } else if (s->config->dim != 0 && m->scan.max_index > s->config->dim) {
        fault = FAULT_INDEX;
    }
    return m->name[fault] ? m->name[fault] : m->name[FAULT_NONE];
}

static lac_status scan_ranks(struct lac_server *s, struct merged *m)
{
    for (uint32_t rank = 1; rank <= s->transport->ranks; rank++) {
        struct lac_frame f;
        struct lac_rows_found found;
        LAC_TRY(lac_server_take(s, rank, LAC_MESSAGE_SCAN, &f));
        LAC_TRY(lac_blame(rank, lac_take_scan(&f, &found)));
        LAC_TRY(lac_blame(rank, merge(s, m, &found)));
    }
    return LAC_OK;
}

static lac_status send_plan(struct lac_server *s, uint32_t rank, uint16_t message,
                            const struct lac_plan *plan, const uint32_t *owner, const char *text,
                            size_t length)
{
    struct lac_writer w;
    size_t capacity = lac_plan_bytes(plan, owner != NULL, length);
    unsigned char *frame = malloc(capacity);
    if (!frame) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: %zu bytes of rows for rank %u", capacity,
                        rank);
    }
    lac_frame_begin(&w, frame, capacity);
    lac_put_plan(&w, plan, owner, text, length);
    lac_frame_end(&w, message, 0, LAC_NO_CLIENT, 0);
    lac_status status = lac_send(s->transport, rank, frame, w.bytes);
    if (status == LAC_OK) {
        status = lac_flush(s->transport);
    }
    free(frame);
    return status;
}

/* The lines of standard input that a rank's clients own, in order, with their owners. */
static lac_status deal_rank(struct lac_server *s, uint32_t rank, const struct lac_text *text,
                            const struct lac_plan *plan, const uint32_t *owner, char *lines,
                            uint32_t *dealt)
{
    uint32_t first = lac_first_client(s->n, s->transport->ranks, rank);
    uint32_t after = lac_first_client(s->n, s->transport->ranks, rank + 1);
    struct lac_plan part = *plan;
    const char *p = text->bytes, *end = text->bytes + text->size;
    size_t length = 0;
    part.rows = 0;
    for (uint64_t row = 0; row < plan->rows; row++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t bytes = newline ? (size_t)(newline - p) + 1 : (size_t)(end - p);
        if (owner[row] >= first && owner[row] < after) {
            memcpy(lines + length, p, bytes);
            length += bytes;
            dealt[part.rows++] = owner[row];
        }
        p += bytes;
    }
    return send_plan(s, rank, LAC_MESSAGE_ROWS, &part, dealt, lines, length);
}

static lac_status deal(struct lac_server *s, const struct lac_text *text,
                       const struct lac_plan *plan, const uint32_t *owner)
{
    char *lines = malloc(text->size + 1);
    uint32_t *dealt = malloc((plan->rows + 1) * sizeof *dealt);
    lac_status status = LAC_OK;
    if (!lines || !dealt) {
        status = LAC_FAIL(LAC_E_MEMORY, "out of memory: dealing out %zu bytes", text->size);
    }
    for (uint32_t rank = 1; status == LAC_OK && rank <= s->transport->ranks; rank++) {
        status = deal_rank(s, rank, text, plan, owner, lines, dealt);
    }
    free(lines);
    free(dealt);
    return status;
}

/* Coefficients of an objective, not features of which any number may stand in a row. */
static lac_status check_features(const struct lac_server *s, const struct merged *m)
{
    if (s->config->features > 0 && m->scan.max_index > s->config->features) {
        return LAC_FAIL(
            LAC_E_INPUT,
            "%s:%llu: index %u: a row for --objective %s has features 1 to %u only, its "
            "coefficients; the dimension is --dim",
            m->name[FAULT_INDEX], (unsigned long long)m->scan.max_index_line, m->scan.max_index,
            s->config->objective, s->config->features);
    }
    return LAC_OK;
}

/* Each row to the rank of its client, of a text that is here or of a file that every rank reads. */
static lac_status split_and_send(struct lac_server *s, const struct merged *m,
                                 const struct lac_text *text, const struct lac_plan *plan)
{
    uint32_t *owner = malloc((plan->rows + 1) * sizeof *owner);
    if (!owner) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: the owners of %llu rows",
                        (unsigned long long)plan->rows);
    }
    lac_status status =
        lac_split_rows(&s->config->split, s->config->seed, s->n, s->config->drop_remainder,
                       plan->rows, m->label, m->norm_sq, owner);
    if (status == LAC_E_USAGE) {
        status = lac_config_option(s->config, LAC_CONFIG_SPLIT, status);
    }
    if (status == LAC_OK && text) {
        status = deal(s, text, plan, owner);
    }
    for (uint32_t rank = 1; status == LAC_OK && !text && rank <= s->transport->ranks; rank++) {
        status = send_plan(s, rank, LAC_MESSAGE_PLAN, plan, owner, NULL, 0);
    }
    free(owner);
    return status;
}

static lac_status plan_and_send(struct lac_server *s, const struct merged *m,
                                const struct lac_text *text)
{
    struct lac_plan plan;
    LAC_TRY(lac_plan_make(&m->scan, name_of(s, m),
                          lac_labels_of(s->config->two_classes, s->config->classes), s->n,
                          s->config->dim, &plan));
    if (s->config->intercept) {
        if (s->config->features > 0) {
            return LAC_FAIL(LAC_E_USAGE, "--intercept: rows of %s are coefficients, not features",
                            s->config->objective);
        }
        LAC_TRY(lac_plan_add_intercept(&plan));
    }
    LAC_TRY(check_features(s, m));
    s->d = (uint32_t)lac_dimension(plan.d, plan.classes);
    s->rows = plan.rows;
    s->data_name = m->name[FAULT_NONE];
    LAC_TRY(lac_server_room(s, 0.0));
    if (s->config->data_local) {
        for (uint32_t rank = 1; rank <= s->transport->ranks; rank++) {
            LAC_TRY(send_plan(s, rank, LAC_MESSAGE_PLAN, &plan, NULL, NULL, 0));
        }
        return LAC_OK;
    }
    return split_and_send(s, m, text, &plan);
}

static lac_status from_stdin(struct lac_server *s, struct merged *m)
{
    struct lac_text text;
    LAC_TRY(lac_text_read_stdin(&text));
    m->name[FAULT_NONE] = text.name;
    lac_status status = lac_scan_stretch(&text, 0, text.size, &m->scan,
                                         m->wants & LAC_WANT_LABELS ? &m->label : NULL,
                                         m->wants & LAC_WANT_NORMS ? &m->norm_sq : NULL);
    if (status == LAC_OK) {
        status = plan_and_send(s, m, &text);
    }
    lac_text_close(&text);
    return status;
}

lac_status lac_server_data(struct lac_server *s)
{
    const struct lac_config *c = s->config;
    if (lac_config_generated(c)) {
        s->data_name = c->setting[LAC_CONFIG_DATA].value;
        const struct lac_generator *g;
        LAC_TRY(lac_generator_check(&c->data, s->n, &s->d, &g));
        return lac_server_room(s, g->stored ? g->stored(&c->data, s->n) : 0.0);
    }
    const struct lac_split *split;
    LAC_TRY(lac_split_find(&c->split, &split));
    struct merged m = {.wants = split->wants};
    lac_status status;
    if (c->data_path && strcmp(c->data_path, "-") == 0) {
        status = from_stdin(s, &m);
    } else {
        status = scan_ranks(s, &m);
        if (status == LAC_OK) {
            status = plan_and_send(s, &m, NULL);
        }
    }
    free(m.label);
    free(m.norm_sq);
    return status;
}
