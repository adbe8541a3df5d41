#include <stdio.h>
#include <string.h>

#include "base/vec.h"
#include "method/method.h"

enum { DENSE_ALIGNMENT = sizeof(double) };

void lac_message_begin(struct lac_message *m, uint32_t sender, unsigned char *buffer,
                       size_t capacity)
{
    *m = (struct lac_message){.sender = sender};
    lac_frame_begin(&m->out, buffer, capacity);
    m->body = buffer + LAC_FRAME_HEADER;
}

void lac_message_read(struct lac_message *m, uint32_t sender, const unsigned char *body,
                      size_t length)
{
    *m = (struct lac_message){.sender = sender, .body = body, .length = length};
}

lac_status lac_new_vector(const struct lac_env *e, struct lac_arena *a, double **x)
{
    return LAC_NEW(a, e->d, x);
}

lac_status lac_gradient(struct lac_env *e, const double *x, double *g)
{
    static const struct lac_batch drawn = {.drawn = true};
    double loss;
    if (e->round == 0 || e->estimator.kind == LAC_ESTIMATOR_FULL) {
        return lac_full_gradient(e, x, g);
    }
    return e->gradient(e->oracle, e->who.client, x, &drawn, &loss, g);
}

lac_status lac_full_gradient(struct lac_env *e, const double *x, double *g)
{
    double loss;
    LAC_TRY(e->gradient(e->oracle, e->who.client, x, NULL, &loss, g));
    if (e->capture && !e->captured) {
        e->capture[0] = loss;
        vec_copy(e->capture + 1, g, e->d);
        e->captured = true;
    }
    return LAC_OK;
}

lac_status lac_batch_gradient(struct lac_env *e, const double *x, uint32_t number, uint32_t count,
                              double *g)
{
    double loss;
    struct lac_batch batch = {.number = number, .count = count};
    LAC_ASSERT(number < count);
    return e->gradient(e->oracle, e->who.client, x, &batch, &loss, g);
}

/* In an exact start the channels lose nothing: dense vectors stand in for compressed ones. */
static bool lossless(const struct lac_env *e)
{
    return e->round == 0 && e->start == LAC_START_EXACT;
}

static struct lac_draw draw_of(const struct lac_env *e, size_t channel, const struct lac_message *m)
{
    bool server = m->sender == LAC_SHARED; /* whoever takes part in the round */
    return (struct lac_draw){.seed = e->seed,
                             .round = e->round,
                             .client = m->sender,
                             .channel = (uint8_t)channel,
                             .position = server ? 0 : e->position,
                             .cohort = server ? e->n : e->cohort};
}

lac_status lac_partial_gradient(struct lac_env *e, size_t channel, const struct lac_message *m,
                                const double *x, double *g)
{
    struct lac_draw draw = draw_of(e, channel, m);
    struct lac_entries kept;
    struct lac_batch some = {.only = &kept};
    double loss;
    bool whole = (e->capture && !e->overlaps) || e->measure || lossless(e) ||
                 e->estimator.kind != LAC_ESTIMATOR_FULL;
    if (whole || !lac_drawn_entries(&e->channel[channel], &draw, &kept)) {
        return lac_gradient(e, x, g);
    }
    if (e->capture) {
        LAC_TRY(lac_gradient(
            e, x, g)); /* for the evaluation; what is sent has the bits of other rounds */
    }
    return e->gradient(e->oracle, e->who.client, x, &some, &loss, g);
}

static lac_status not_finite(const struct lac_env *e, uint32_t sender)
{
    if (sender == LAC_SHARED) {
        return LAC_FAIL(LAC_E_NUMERIC,
                        "round %llu: the iterates are not finite any more; try a smaller --step",
                        (unsigned long long)e->round);
    }
    return LAC_FAIL(LAC_E_NUMERIC,
                    "round %llu: client %u has a number that is not finite; try a smaller --step",
                    (unsigned long long)e->round, sender);
}

/* What a compressor refused, with whose number it was. */
static lac_status numeric_failure(const struct lac_env *e, uint32_t sender)
{
    char what[256];
    snprintf(what, sizeof what, "%s", lac_failure());
    if (sender == LAC_SHARED) {
        return LAC_FAIL(LAC_E_NUMERIC, "round %llu: %s", (unsigned long long)e->round, what);
    }
    return LAC_FAIL(LAC_E_NUMERIC, "round %llu, client %u: %s", (unsigned long long)e->round,
                    sender, what);
}

/* What the section from `at` on lost of v; divisor: of C(v). */
static lac_status lost_square(const struct lac_env *e, size_t channel, const struct lac_message *m,
                              size_t at, double divisor, const double *v, double *square)
{
    struct lac_draw draw = draw_of(e, channel, m);
    struct lac_reader r;
    double *lost = e->measure->scratch;
    vec_zero(lost, e->d);
    lac_reader_init(&r, m->body + at, m->length - at);
    LAC_TRY(lac_decode_add(&e->channel[channel], &draw, &r, 1.0, divisor, lost));
    vec_sub(lost, lost, v, e->d);
    *square = vec_norm_sq(lost, e->d);
    return LAC_OK;
}

static lac_status measure(const struct lac_env *e, size_t channel, const struct lac_message *m,
                          size_t at, const double *v)
{
    double scale = e->channel_scale[channel], plain, scaled;
    LAC_TRY(lost_square(e, channel, m, at, 1.0, v, &plain));
    scaled = plain;
    if (scale != 1.0) {
        LAC_TRY(lost_square(e, channel, m, at, scale, v, &scaled));
    }
    e->measure->error += plain;
    e->measure->scaled_error += scaled;
    e->measure->norm += vec_norm_sq(v, e->d);
    return LAC_OK;
}

lac_status lac_compress(const struct lac_env *e, size_t channel, const double *v,
                        struct lac_message *m)
{
    const struct lac_channel_compressor *c = &e->channel[channel];
    struct lac_draw draw = draw_of(e, channel, m);
    size_t at = m->out.bytes - LAC_FRAME_HEADER;
    if (lossless(e)) {
        return lac_put(e, m, v);
    }
    lac_status status = lac_encode(c, &draw, v, &m->out);
    if (status == LAC_E_NUMERIC) {
        return numeric_failure(e, m->sender);
    }
    LAC_TRY(status);
    m->length = m->out.bytes - LAC_FRAME_HEADER;
    return e->measure ? measure(e, channel, m, at, v) : LAC_OK;
}

/* The section that was just read ends where r stands; its bits count the first time. */
static void section_read(struct lac_message *m, const struct lac_reader *r)
{
    m->next = m->length - (size_t)(r->end - r->p);
    if (m->at >= m->counted) {
        lac_bits_add(&m->bits, &r->bits);
        m->counted = m->next;
    }
}

static lac_status add_section(const struct lac_env *e, size_t channel, struct lac_message *m,
                              double scale, double divisor, double *acc)
{
    if (lossless(e)) {
        const double *x = NULL;
        LAC_TRY(lac_get(e, m, &x));
        vec_axpy(acc, scale / divisor, x, e->d);
        return LAC_OK;
    }
    const struct lac_channel_compressor *c = &e->channel[channel];
    struct lac_draw draw = draw_of(e, channel, m);
    struct lac_reader r;
    lac_reader_init(&r, m->body + m->at, m->length - m->at);
    LAC_TRY(lac_decode_add(c, &draw, &r, scale, divisor * e->channel_scale[channel], acc));
    section_read(m, &r);
    return LAC_OK;
}

lac_status lac_add(const struct lac_env *e, size_t channel, struct lac_message *m, double scale,
                   double *acc)
{
    return add_section(e, channel, m, scale, 1.0, acc);
}

lac_status lac_add_mean(const struct lac_env *e, size_t channel, struct lac_message *m, double *acc)
{
    return add_section(e, channel, m, 1.0, (double)e->n, acc);
}

/* Bytes from `at` to where a dense vector may stand. */
static size_t dense_gap(size_t at)
{
    return (DENSE_ALIGNMENT - at % DENSE_ALIGNMENT) % DENSE_ALIGNMENT;
}

lac_status lac_put(const struct lac_env *e, struct lac_message *m, const double *x)
{
    static const unsigned char zeros[DENSE_ALIGNMENT];
    if (!vec_finite(x, e->d)) {
        return not_finite(e, m->sender);
    }
    lac_put_bytes(m, LAC_BITS_PADDING, zeros, dense_gap(m->out.bytes - LAC_FRAME_HEADER));
    lac_write_doubles(&m->out, LAC_BITS_VALUE, x, e->d);
    m->out.bits.paper += 32 * (uint64_t)e->d;
    m->length = m->out.bytes - LAC_FRAME_HEADER;
    return LAC_OK;
}

/* What lac_put writes: zeros before a vector that is finite. */
static lac_status check_dense(const struct lac_env *e, const unsigned char *gap, size_t gap_bytes,
                              const double *x)
{
    static const unsigned char zeros[DENSE_ALIGNMENT];
    if (memcmp(gap, zeros, gap_bytes) != 0 || !vec_finite(x, e->d)) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "round %llu: a dense vector is not finite, or comes after ones",
                        (unsigned long long)e->round);
    }
    return LAC_OK;
}

lac_status lac_get(const struct lac_env *e, struct lac_message *m, const double **x)
{
    struct lac_reader r;
    lac_reader_init(&r, m->body + m->at, m->length - m->at);
    const unsigned char *gap = lac_read_bytes(&r, LAC_BITS_PADDING, dense_gap(m->at));
    const unsigned char *bytes = lac_read_bytes(&r, LAC_BITS_VALUE, e->d * sizeof(double));
    if (!bytes) {
        return LAC_FAIL(LAC_E_PROTOCOL, "round %llu: a message is too short for a dense vector",
                        (unsigned long long)e->round);
    }
    LAC_ASSERT((uintptr_t)bytes % DENSE_ALIGNMENT == 0); /* frames lie aligned */
    const double *sent = (const double *)(const void *)bytes;
    if (m->at >= m->counted) { /* read for the first time */
        LAC_TRY(check_dense(e, gap, dense_gap(m->at), sent));
    }
    r.bits.paper = 32 * (uint64_t)e->d;
    section_read(m, &r);
    *x = sent;
    return LAC_OK;
}

void lac_put_bytes(struct lac_message *m, enum lac_bit_class class, const void *bytes, size_t count)
{
    if (count > 0) {
        memcpy(lac_write_room(&m->out, class, count), bytes, count);
    }
    m->length = m->out.bytes - LAC_FRAME_HEADER;
}

lac_status lac_get_bytes(struct lac_message *m, enum lac_bit_class class, size_t count,
                         const unsigned char **bytes)
{
    struct lac_reader r;
    lac_reader_init(&r, m->body + m->at, m->length - m->at);
    *bytes = lac_read_bytes(&r, class, count);
    if (r.bad) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a message is too short: %zu bytes more were expected",
                        count);
    }
    section_read(m, &r);
    return LAC_OK;
}

void lac_next(struct lac_message *m)
{
    LAC_ASSERT(m->next >= m->at);
    m->at = m->next;
}

static bool coin_of(const struct lac_env *e, uint32_t client, uint16_t number, double p)
{
    struct lac_stream stream = {.seed = e->seed,
                                .round = e->round,
                                .client = client,
                                .purpose = LAC_PURPOSE_COIN,
                                .step = number};
    struct lac_rng r;
    lac_rng_init(&r, &stream);
    return lac_rng_uniform(&r) < p;
}

bool lac_coin(const struct lac_env *e, uint16_t number, double p)
{
    return coin_of(e, LAC_SHARED, number, p);
}

bool lac_client_coin(const struct lac_env *e, uint16_t number, double p)
{
    return coin_of(e, e->who.client, number, p);
}
