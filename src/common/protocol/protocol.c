#include "protocol/protocol.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "protocol/body.h"
#include "wire/bytes.h"

#define HEADER LAC_BITS_HEADER

uint32_t lac_first_client(uint32_t n, uint32_t ranks, uint32_t rank)
{
    return (uint32_t)((uint64_t)(rank - 1) * n / ranks);
}

size_t lac_round_frame(const struct lac_method *m, const struct lac_env *e)
{
    return (lac_method_max_bytes(m, e) + LAC_FRAME_HEADER + sizeof(double) + 63) / 64 * 64;
}

static uint32_t codec_of(const struct lac_compressor *part, unsigned place)
{
    return part ? (uint32_t)part->codec << place : 0;
}

struct lac_room lac_round_room(const struct lac_method *m, const struct lac_env *e)
{
    size_t frame = lac_round_frame(m, e);
    struct lac_room room = {.longest = frame > LAC_ERROR_FRAME ? frame : LAC_ERROR_FRAME,
                            .most = 2 * (size_t)e->n,
                            .clients = e->n};
    if (lac_method_channels(m) > 0) {
        const struct lac_channel_compressor *c = &e->channel[0];
        room.block_bytes = LAC_FRAME_HEADER + c->info.max_bytes;
        room.codec = codec_of(c->selector, 0) | codec_of(c->quantizer, 8) | codec_of(c->whole, 16);
    }
    return room;
}

size_t lac_round_frames(size_t frame)
{
    size_t fit = ((size_t)64 << 20) / frame;
    return fit < 2 ? 2 : fit > 64 ? 64 : fit;
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

void lac_put_text(struct lac_writer *w, const char *text, size_t length)
{
    lac_write_u32(w, HEADER, (uint32_t)length);
    memcpy(lac_write_room(w, HEADER, length), text, length);
}

lac_status lac_check_header(const struct lac_frame *f)
{
    const char *name = lac_message_name(f->message);
    bool of_client = f->message == LAC_MESSAGE_UPDATE || f->message == LAC_MESSAGE_ANSWER;
    bool empty = f->message == LAC_MESSAGE_STOP || f->message == LAC_MESSAGE_GO;
    bool before = f->message == LAC_MESSAGE_HELLO || f->message == LAC_MESSAGE_SCAN ||
                  f->message == LAC_MESSAGE_PLAN || f->message == LAC_MESSAGE_ROWS;
    bool begins = f->message == LAC_MESSAGE_ROUND || f->message == LAC_MESSAGE_GO;
    bool ends = f->message == LAC_MESSAGE_STOP;
    unsigned flags = begins ? LAC_FLAG_EVALUATE : ends ? LAC_FLAG_APART : 0;
    if (f->flags & ~flags) {
        return LAC_FAIL(LAC_E_PROTOCOL, "%s: its flags are %u, which says nothing", name, f->flags);
    }
    if (of_client != (f->client != LAC_NO_CLIENT)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "%s: it is %s", name,
                        of_client ? "of no client" : "of one client");
    }
    if (f->round > (before ? 0 : LAC_RNG_MAX_ROUND)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "%s: it is of round %llu", name,
                        (unsigned long long)f->round);
    }
    if (empty && f->length > 0) {
        return LAC_FAIL(LAC_E_PROTOCOL, "%s: its body is not empty", name);
    }
    return LAC_OK;
}

static const uint64_t byte_order = UINT64_C(0x0102030405060708);

void lac_put_hello(struct lac_writer *w, const struct lac_hello *h)
{
    memcpy(lac_write_room(w, HEADER, sizeof byte_order), &byte_order, sizeof byte_order);
    lac_put_text(w, h->version, h->version_length);
    lac_put_text(w, h->host, h->host_length);
    lac_put_text(w, h->trajectory, h->trajectory_length);
}

lac_status lac_take_hello(const struct lac_frame *f, struct lac_hello *h)
{
    struct lac_body b;
    lac_body_begin(&b, f);
    const unsigned char *order = lac_read_bytes(&b.r, HEADER, sizeof byte_order);
    h->version =
        lac_body_text(&b, "the length of its version", LAC_SMALL_FRAME, &h->version_length);
    h->host = lac_body_text(&b, "the length of its host", LAC_SMALL_FRAME, &h->host_length);
    h->trajectory =
        lac_body_text(&b, "the length of its options", LAC_SMALL_FRAME, &h->trajectory_length);
    LAC_TRY(lac_body_end(&b));
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
    lac_put_text(w, scan->bad_text, strnlen(scan->bad_text, sizeof scan->bad_text));
    lac_put_text(w, name, strlen(name));
    lac_write_u32(w, HEADER, (label ? 1u : 0) | (norm_sq ? 2u : 0));
    if (label) {
        lac_write_doubles(w, HEADER, label, scan->lines);
    }
    if (norm_sq) {
        lac_write_doubles(w, HEADER, norm_sq, scan->lines);
    }
}

static void take_labels(struct lac_body *b, struct lac_scan *scan)
{
    scan->classes = lac_body_u32(b, "the number of its labels", 0, LAC_SCAN_LABELS);
    lac_body_demand(b, (scan->classes > 0) == (scan->lines > 0), "labels and rows do not fit");
    for (size_t i = 0; i < scan->classes; i++) {
        scan->class_label[i] = lac_body_double(b, "a label", -DBL_MAX, DBL_MAX);
        uint64_t after = i > 0 ? scan->class_line[i - 1] : 0;
        scan->class_line[i] = lac_body_u64(b, "the line of a label", after + 1, scan->lines);
    }
}

/* A bad line is the first after those that were counted, and its values were counted in part. */
static void take_fault(struct lac_body *b, struct lac_scan *scan)
{
    size_t length;
    scan->bad_line = lac_body_u64(b, "its bad line", 0, scan->lines + 1);
    const char *bad =
        lac_body_text(b, "the length of its fault", sizeof scan->bad_text - 1, &length);
    memcpy(scan->bad_text, bad, length);
    lac_body_demand(b, (scan->bad_line != 0) == (length > 0), "a fault and its line do not fit");
    lac_body_demand(b, scan->bad_line == 0 || scan->bad_line == scan->lines + 1,
                    "its bad line is not behind the good ones");
    lac_body_demand(b,
                    scan->bad_line != 0 ||
                        (double)scan->values <= (double)scan->lines * (double)scan->max_index,
                    "it has more values than its rows can have");
}

lac_status lac_take_scan(const struct lac_frame *f, struct lac_rows_found *found)
{
    struct lac_body b;
    struct lac_scan *scan = &found->scan;
    *found = (struct lac_rows_found){0};
    lac_body_begin(&b, f);
    scan->lines = lac_body_u64(&b, "the number of its rows", 0, LAC_MOST_ROWS);
    scan->values = lac_body_u64(&b, "the number of its values", 0, UINT64_MAX);
    scan->max_index = lac_body_u32(&b, "its largest index", 0, UINT32_MAX);
    take_labels(&b, scan);
    scan->max_index_line =
        lac_body_u64(&b, "the line of its largest index", scan->max_index > 0, scan->lines);
    lac_body_demand(&b, scan->max_index > 0 || scan->max_index_line == 0,
                    "an index and its line do not fit");
    take_fault(&b, scan);
    found->name = lac_body_text(&b, "the length of its name", LAC_MOST_NAME, &found->name_length);
    uint32_t arrays = lac_body_u32(&b, "its set of flags", 0, 3);
    if (arrays & 1u) {
        found->label = lac_body_doubles(&b, "the label of a row", scan->lines, -DBL_MAX, DBL_MAX);
    }
    if (arrays & 2u) {
        found->norm_sq =
            lac_body_doubles(&b, "the norm of a row", scan->lines, 0.0, (double)INFINITY);
    }
    return lac_body_end(&b);
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
    put_double(w, plan->negative);
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

static void take_classes(struct lac_body *b, struct lac_plan *plan)
{
    plan->labels = lac_body_u32(b, "the kind of its labels", 0, LAC_CLASSES);
    plan->positive = lac_body_double(b, "its positive label", -DBL_MAX, DBL_MAX);
    plan->negative = lac_body_double(b, "its negative label", -DBL_MAX, DBL_MAX);
    plan->classes = lac_body_u32(b, "the number of its classes", 0, LAC_CLASSES_MAX);
    lac_body_demand(b, (plan->labels == LAC_CLASSES) == (plan->classes > 0),
                    "its classes do not fit the kind of its labels");
    for (size_t i = 0; i < plan->classes; i++) {
        plan->class_label[i] = lac_body_double(b, "a class", -DBL_MAX, DBL_MAX);
        lac_body_demand(b, i == 0 || plan->class_label[i] > plan->class_label[i - 1],
                        "its classes do not ascend");
    }
}

static const unsigned char *take_owners(struct lac_body *b, const struct lac_plan *plan)
{
    const unsigned char *owner =
        lac_read_bytes(&b->r, HEADER, (size_t)plan->rows * sizeof(uint32_t));
    for (uint64_t row = 0; owner && row < plan->rows; row++) {
        uint32_t client = lac_load32(owner + row * sizeof client);
        lac_body_demand(b, client < plan->n || client == LAC_NO_OWNER,
                        "a row is of a client that is not there");
    }
    return owner;
}

lac_status lac_take_plan(const struct lac_frame *f, struct lac_rows_plan *p)
{
    struct lac_body b;
    struct lac_plan *plan = &p->plan;
    lac_body_begin(&b, f);
    *p = (struct lac_rows_plan){0};
    plan->rows = lac_body_u64(&b, "the number of its rows", 0, LAC_MOST_ROWS);
    plan->d = lac_body_u32(&b, "the number of its features", 1, UINT32_MAX);
    plan->n = lac_body_u32(&b, "the number of its clients", 1, UINT32_MAX);
    plan->intercept = lac_body_u32(&b, "its intercept", 0, 1);
    lac_body_demand(&b, plan->d > plan->intercept, "it has no feature but the intercept");
    take_classes(&b, plan);
    if (lac_body_u32(&b, "whether owners follow", 0, 1)) {
        p->owner = take_owners(&b, plan);
    }
    p->text_length = lac_read_u64(&b.r, HEADER);
    p->text = (const char *)lac_read_bytes(&b.r, HEADER, p->text_length);
    return lac_body_end(&b);
}

size_t lac_start_bytes(uint32_t n, size_t d)
{
    return LAC_FRAME_HEADER + 64 + ((size_t)n + d) * sizeof(double);
}

void lac_put_start(struct lac_writer *w, const struct lac_start_values *v, uint32_t n, size_t d)
{
    const struct lac_constants *c = &v->constants;
    put_double(w, v->gamma);
    put_double(w, v->p);
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

lac_status lac_take_start(const struct lac_frame *f, uint32_t n, size_t d,
                          struct lac_start_values *v)
{
    struct lac_body b;
    struct lac_constants *c = &v->constants;
    lac_body_begin(&b, f);
    *v = (struct lac_start_values){.gamma = lac_body_double(&b, "its step", DBL_TRUE_MIN, DBL_MAX)};
    v->p = lac_body_double(&b, "its probability", 0.0, 1.0);
    c->L = lac_body_double(&b, "L", 0.0, DBL_MAX);
    c->L_mean = lac_body_double(&b, "L_mean", 0.0, DBL_MAX);
    c->L_rms = lac_body_double(&b, "L_rms", 0.0, DBL_MAX);
    c->L_max = lac_body_double(&b, "L_max", 0.0, LAC_MOST_SMOOTHNESS);
    c->fraction = lac_body_double(&b, "its part of the rows", DBL_TRUE_MIN, UINT32_MAX);
    uint32_t start = lac_body_u32(&b, "its kind of start", LAC_START_ZERO, LAC_START_EXACT);
    lac_body_demand(&b, start == 0 || (start & (start - 1)) == 0, "there is no such kind of start");
    uint32_t flags = lac_body_u32(&b, "its set of flags", 0, 7);
    v->start = (enum lac_start)start;
    v->evaluate = flags & 1u;
    if (flags & 2u) {
        c->L_i = lac_body_vector(&b, "an L_i", n, 0.0, LAC_MOST_SMOOTHNESS);
    }
    if (flags & 4u) {
        v->x0 = lac_body_vector(&b, "an entry of x^0", d, -DBL_MAX, DBL_MAX);
    }
    return lac_body_end(&b);
}

void lac_put_error(struct lac_writer *w, lac_status status, const char *sentence)
{
    lac_write_u32(w, HEADER, status);
    lac_put_text(w, sentence, strlen(sentence));
}

lac_status lac_take_error(const struct lac_frame *f, uint32_t rank)
{
    struct lac_body b;
    size_t length;
    lac_body_begin(&b, f);
    uint32_t status = lac_read_u32(&b.r, HEADER);
    const char *sentence =
        lac_body_text(&b, "the length of its sentence", LAC_ERROR_FRAME, &length);
    LAC_TRY(lac_blame(rank, lac_body_end(&b)));
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
    struct lac_body b;
    lac_body_begin(&b, f);
    out->gradient = lac_body_double(&b, "its seconds in gradients", 0.0, DBL_MAX);
    out->compress = lac_body_double(&b, "its seconds in compression", -DBL_MAX, DBL_MAX);
    out->total = lac_body_double(&b, "its seconds", 0.0, DBL_MAX);
    out->arena_bytes = lac_body_u64(&b, "the size of its arena", 0, (uint64_t)LAC_MOST_COUNT);
    out->resident_bytes = lac_body_u64(&b, "its resident size", 0, (uint64_t)LAC_MOST_COUNT);
    return lac_body_end(&b);
}
