#include "protocol/protocol.h"

#include <stdio.h>
#include <string.h>

#define HEADER LAC_BITS_HEADER

uint32_t lac_first_client(uint32_t n, uint32_t ranks, uint32_t rank)
{
    return (uint32_t)((uint64_t)(rank - 1) * n / ranks);
}

uint32_t lac_rank_of(uint32_t n, uint32_t ranks, uint32_t client)
{
    uint32_t rank = (uint32_t)((uint64_t)client * ranks / n) + 1;
    while (rank < ranks && lac_first_client(n, ranks, rank + 1) <= client) {
        rank++;
    }
    return rank;
}

static void put_double(struct lac_writer *w, double x)
{
    lac_write_doubles(w, HEADER, &x, 1);
}

static void put_text(struct lac_writer *w, const char *text, size_t length)
{
    lac_write_u32(w, HEADER, (uint32_t)length);
    memcpy(lac_write_room(w, HEADER, length), text, length);
}

static const char *take_text(struct lac_reader *r, size_t *length)
{
    *length = lac_read_u32(r, HEADER);
    const char *text = (const char *)lac_read_bytes(r, HEADER, *length);
    *length = text ? *length : 0;
    return text ? text : "";
}

static const uint64_t byte_order = UINT64_C(0x0102030405060708);

void lac_put_hello(struct lac_writer *w, const struct lac_hello *h)
{
    memcpy(lac_write_room(w, HEADER, sizeof byte_order), &byte_order, sizeof byte_order);
    put_text(w, h->version, h->version_length);
    put_text(w, h->host, h->host_length);
    put_text(w, h->trajectory, h->trajectory_length);
}

lac_status lac_take_hello(const struct lac_frame *f, struct lac_hello *h)
{
    struct lac_reader r;
    lac_reader_init(&r, f->body, f->length);
    const unsigned char *order = lac_read_bytes(&r, HEADER, sizeof byte_order);
    h->version = take_text(&r, &h->version_length);
    h->host = take_text(&r, &h->host_length);
    h->trajectory = take_text(&r, &h->trajectory_length);
    LAC_TRY(lac_reader_done(&r));
    if (memcmp(order, &byte_order, sizeof byte_order) != 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "the rank on %.*s has another byte order; all ranks must share one",
                        (int)h->host_length, h->host);
    }
    return LAC_OK;
}

size_t lac_scan_bytes(const struct lac_scan *scan, const char *name, bool label, bool norm_sq)
{
    size_t arrays = (size_t)label + (size_t)norm_sq;
    return LAC_FRAME_HEADER + 128 + LAC_SCAN_LABELS * 16 + strlen(name) + sizeof scan->bad_text +
           arrays * scan->lines * sizeof(double);
}

void lac_put_scan(struct lac_writer *w, const struct lac_scan *scan, const char *name,
                  const double *label, const double *norm_sq)
{
    lac_write_u64(w, HEADER, scan->lines);
    lac_write_u64(w, HEADER, scan->values);
    lac_write_u32(w, HEADER, scan->max_index);
    lac_write_u32(w, HEADER, scan->classes);
    for (size_t i = 0; i < scan->classes; i++) {
        put_double(w, scan->class_label[i]);
        lac_write_u64(w, HEADER, scan->class_line[i]);
    }
    lac_write_u64(w, HEADER, scan->max_index_line);
    lac_write_u64(w, HEADER, scan->bad_line);
    put_text(w, scan->bad_text, strnlen(scan->bad_text, sizeof scan->bad_text));
    put_text(w, name, strlen(name));
    lac_write_u32(w, HEADER, (label ? 1u : 0) | (norm_sq ? 2u : 0));
    if (label) {
        lac_write_doubles(w, HEADER, label, scan->lines);
    }
    if (norm_sq) {
        lac_write_doubles(w, HEADER, norm_sq, scan->lines);
    }
}

static const unsigned char *take_array(struct lac_reader *r, bool there, uint64_t count,
                                       size_t size)
{
    if (!there) {
        return NULL;
    }
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        r->bad = true;
        return NULL;
    }
    return lac_read_bytes(r, HEADER, bytes);
}

/* At most most; 0 and a bad reader where more are said. */
static uint32_t take_count(struct lac_reader *r, uint32_t most)
{
    uint32_t count = lac_read_u32(r, HEADER);
    if (count > most) {
        r->bad = true;
        return 0;
    }
    return count;
}

lac_status lac_take_scan(const struct lac_frame *f, struct lac_rows_found *found)
{
    struct lac_reader r;
    struct lac_scan *scan = &found->scan;
    size_t length;
    *found = (struct lac_rows_found){0};
    lac_reader_init(&r, f->body, f->length);
    scan->lines = lac_read_u64(&r, HEADER);
    scan->values = lac_read_u64(&r, HEADER);
    scan->max_index = lac_read_u32(&r, HEADER);
    scan->classes = take_count(&r, LAC_SCAN_LABELS);
    for (size_t i = 0; i < scan->classes; i++) {
        scan->class_label[i] = lac_read_double(&r, HEADER);
        scan->class_line[i] = lac_read_u64(&r, HEADER);
    }
    scan->max_index_line = lac_read_u64(&r, HEADER);
    scan->bad_line = lac_read_u64(&r, HEADER);
    const char *bad = take_text(&r, &length);
    length = length < sizeof scan->bad_text ? length : sizeof scan->bad_text - 1;
    memcpy(scan->bad_text, bad, length);
    found->name = take_text(&r, &found->name_length);
    uint32_t arrays = lac_read_u32(&r, HEADER);
    found->label = take_array(&r, arrays & 1u, scan->lines, sizeof(double));
    found->norm_sq = take_array(&r, arrays & 2u, scan->lines, sizeof(double));
    return lac_reader_done(&r);
}

size_t lac_plan_bytes(const struct lac_plan *plan, bool owner, size_t text_length)
{
    return LAC_FRAME_HEADER + 64 + plan->classes * sizeof(double) +
           (owner ? plan->rows * sizeof(uint32_t) : 0) + text_length;
}

void lac_put_plan(struct lac_writer *w, const struct lac_plan *plan, const uint32_t *owner,
                  const char *text, size_t text_length)
{
    lac_write_u64(w, HEADER, plan->rows);
    lac_write_u32(w, HEADER, plan->d);
    lac_write_u32(w, HEADER, plan->n);
    lac_write_u32(w, HEADER, plan->intercept ? 1 : 0);
    lac_write_u32(w, HEADER, plan->labels);
    put_double(w, plan->positive);
    lac_write_u32(w, HEADER, plan->classes);
    for (size_t i = 0; i < plan->classes; i++) {
        put_double(w, plan->class_label[i]);
    }
    lac_write_u32(w, HEADER, owner ? 1 : 0);
    for (uint64_t i = 0; owner && i < plan->rows; i++) {
        lac_write_u32(w, HEADER, owner[i]);
    }
    lac_write_u64(w, HEADER, text_length);
    if (text_length > 0) {
        memcpy(lac_write_room(w, HEADER, text_length), text, text_length);
    }
}

lac_status lac_take_plan(const struct lac_frame *f, struct lac_rows_plan *p)
{
    struct lac_reader r;
    lac_reader_init(&r, f->body, f->length);
    *p = (struct lac_rows_plan){0};
    p->plan.rows = lac_read_u64(&r, HEADER);
    p->plan.d = lac_read_u32(&r, HEADER);
    p->plan.n = lac_read_u32(&r, HEADER);
    p->plan.intercept = take_count(&r, 1);
    p->plan.labels = take_count(&r, LAC_CLASSES);
    p->plan.positive = lac_read_double(&r, HEADER);
    p->plan.classes = take_count(&r, LAC_CLASSES_MAX);
    for (size_t i = 0; i < p->plan.classes; i++) {
        p->plan.class_label[i] = lac_read_double(&r, HEADER);
    }
    r.bad = r.bad || (p->plan.labels == LAC_CLASSES) != (p->plan.classes > 0);
    bool owner = lac_read_u32(&r, HEADER);
    p->owner = take_array(&r, owner, p->plan.rows, sizeof(uint32_t));
    p->text_length = lac_read_u64(&r, HEADER);
    p->text = (const char *)lac_read_bytes(&r, HEADER, p->text_length);
    return lac_reader_done(&r);
}

size_t lac_start_bytes(uint32_t n, size_t d)
{
    return LAC_FRAME_HEADER + 64 + ((size_t)n + d) * sizeof(double);
}

void lac_put_start(struct lac_writer *w, const struct lac_start_values *v, uint32_t n, size_t d)
{
    const struct lac_constants *c = &v->constants;
    put_double(w, v->gamma);
    put_double(w, c->L);
    put_double(w, c->L_mean);
    put_double(w, c->L_rms);
    put_double(w, c->L_max);
    put_double(w, c->fraction);
    lac_write_u32(w, HEADER, v->start);
    lac_write_u32(w, HEADER, (v->evaluate ? 1u : 0) | (c->L_i ? 2u : 0) | (v->x0 ? 4u : 0));
    if (c->L_i) {
        lac_write_doubles(w, HEADER, c->L_i, n);
    }
    if (v->x0) {
        lac_write_doubles(w, LAC_BITS_VALUE, v->x0, d);
    }
}

static const double *aligned_doubles(struct lac_reader *r, const unsigned char *bytes)
{
    if (!bytes || (uintptr_t)bytes % sizeof(double) != 0) {
        r->bad = true;
        return NULL;
    }
    return (const double *)(const void *)bytes;
}

lac_status lac_take_start(const struct lac_frame *f, uint32_t n, size_t d,
                          struct lac_start_values *v)
{
    struct lac_reader r;
    struct lac_constants *c = &v->constants;
    lac_reader_init(&r, f->body, f->length);
    *v = (struct lac_start_values){.gamma = lac_read_double(&r, HEADER)};
    c->L = lac_read_double(&r, HEADER);
    c->L_mean = lac_read_double(&r, HEADER);
    c->L_rms = lac_read_double(&r, HEADER);
    c->L_max = lac_read_double(&r, HEADER);
    c->fraction = lac_read_double(&r, HEADER);
    uint32_t start = lac_read_u32(&r, HEADER);
    uint32_t flags = lac_read_u32(&r, HEADER);
    v->start = start == LAC_START_COMPRESSED ? LAC_START_COMPRESSED
               : start == LAC_START_EXACT    ? LAC_START_EXACT
                                             : LAC_START_ZERO;
    v->evaluate = flags & 1u;
    if (flags & 2u) {
        c->L_i = aligned_doubles(&r, lac_read_bytes(&r, HEADER, (size_t)n * sizeof(double)));
    }
    if (flags & 4u) {
        v->x0 = aligned_doubles(&r, lac_read_bytes(&r, LAC_BITS_VALUE, d * sizeof(double)));
    }
    return lac_reader_done(&r);
}

static const struct lac_question questions[] = {
    [LAC_QUERY_EVALUATE] = {.sends_vector = true, .wants_vector = true},
    [LAC_QUERY_CURVATURE] = {.sends_vector = true, .wants_vector = true, .set_up = true},
    [LAC_QUERY_SMOOTHNESS] = {.set_up = true},
    [LAC_QUERY_MODEL] = {.wants_vector = true},
    [LAC_QUERY_MEMORY] = {.set_up = true},
    [LAC_QUERY_FEATURES] = {.wants_vector = true, .set_up = true},
    [LAC_QUERY_CURVATURE_TWICE] = {.sends_vector = true, .wants_vector = true, .set_up = true},
    [LAC_QUERY_ROWS_NOISE] = {.set_up = true},
    [LAC_QUERY_ROWS_VANILLA] = {.set_up = true},
    [LAC_QUERY_ROWS_FRACTION] = {.set_up = true},
    [LAC_QUERY_ROWS_SPREAD] = {.set_up = true},
    [LAC_QUERY_TEST_ROWS] = {.set_up = true},
    [LAC_QUERY_TEST] = {.sends_vector = true, .wants_vector = true},
    [LAC_QUERY_TEST_CORRECT] = {.sends_vector = true},
    [LAC_QUERY_ORACLE_ROWS] = {0},
    [LAC_QUERY_ORACLE_FULL] = {0},
    [LAC_QUERY_DIGEST_1] = {.set_up = true},
    [LAC_QUERY_DIGEST_2] = {.set_up = true},
    [LAC_QUERY_DIGEST_3] = {.set_up = true},
    [LAC_QUERY_DIGEST_4] = {.set_up = true},
};

const struct lac_question *lac_question(enum lac_query kind)
{
    return &questions[kind];
}

void lac_put_query(struct lac_writer *w, enum lac_query kind, const double *v, size_t d)
{
    lac_write_u64(w, HEADER, kind);
    if (v) {
        lac_write_doubles(w, LAC_BITS_VALUE, v, d);
    }
}

lac_status lac_take_query(const struct lac_frame *f, size_t d, enum lac_query *kind,
                          const double **v)
{
    struct lac_reader r;
    lac_reader_init(&r, f->body, f->length);
    uint64_t number = lac_read_u64(&r, HEADER);
    if (number < LAC_QUERY_EVALUATE || number >= sizeof questions / sizeof *questions) {
        return LAC_FAIL(LAC_E_PROTOCOL, "there is no question number %llu",
                        (unsigned long long)number);
    }
    *kind = (enum lac_query)number;
    *v = NULL;
    if (lac_question(*kind)->sends_vector) {
        *v = aligned_doubles(&r, lac_read_bytes(&r, LAC_BITS_VALUE, d * sizeof(double)));
    }
    return lac_reader_done(&r);
}

void lac_put_answer(struct lac_writer *w, double number, const double *v, size_t d)
{
    lac_write_doubles(w, LAC_BITS_VALUE, &number, 1);
    if (v) {
        lac_write_doubles(w, LAC_BITS_VALUE, v, d);
    }
}

lac_status lac_take_answer(const struct lac_frame *f, size_t d, double *number, const double **v)
{
    struct lac_reader r;
    lac_reader_init(&r, f->body, f->length);
    *number = lac_read_double(&r, LAC_BITS_VALUE);
    *v = NULL;
    if (f->length > sizeof(double)) {
        *v = aligned_doubles(&r, lac_read_bytes(&r, LAC_BITS_VALUE, d * sizeof(double)));
    }
    return lac_reader_done(&r);
}

void lac_put_error(struct lac_writer *w, lac_status status, const char *sentence)
{
    lac_write_u32(w, HEADER, status);
    put_text(w, sentence, strlen(sentence));
}

lac_status lac_take_error(const struct lac_frame *f, uint32_t rank)
{
    struct lac_reader r;
    size_t length;
    lac_reader_init(&r, f->body, f->length);
    uint32_t status = lac_read_u32(&r, HEADER);
    const char *sentence = take_text(&r, &length);
    LAC_TRY(lac_reader_done(&r));
    bool known = status > LAC_OK && status <= LAC_E_SECURITY;
    bool of_user = status == LAC_E_INPUT || status == LAC_E_USAGE; /* the rank does not matter */
    char where[32] = "";
    if (!of_user) {
        snprintf(where, sizeof where, "[rank %u] ", rank);
    }
    return LAC_FAIL(known ? (lac_status)status : LAC_E_FAILED, "%s%.*s", where, (int)length,
                    sentence);
}

void lac_put_report(struct lac_writer *w, const struct lac_worker_report *r)
{
    put_double(w, r->gradient);
    put_double(w, r->compress);
    put_double(w, r->total);
    lac_write_u64(w, HEADER, r->arena_bytes);
    lac_write_u64(w, HEADER, r->resident_bytes);
}

lac_status lac_take_report(const struct lac_frame *f, struct lac_worker_report *out)
{
    struct lac_reader r;
    lac_reader_init(&r, f->body, f->length);
    out->gradient = lac_read_double(&r, HEADER);
    out->compress = lac_read_double(&r, HEADER);
    out->total = lac_read_double(&r, HEADER);
    out->arena_bytes = lac_read_u64(&r, HEADER);
    out->resident_bytes = lac_read_u64(&r, HEADER);
    return lac_reader_done(&r);
}
