#include "protocol/body.h"

#include "wire/bytes.h"

#define HEADER LAC_BITS_HEADER

void lac_body_begin(struct lac_body *b, const struct lac_frame *f)
{
    *b = (struct lac_body){.message = lac_message_name(f->message)};
    lac_reader_init(&b->r, f->body, f->length);
}

/* Nothing is said of fields that are not there: the end of the body is, by lac_body_end. */
static bool is_well(const struct lac_body *b)
{
    return b->status == LAC_OK && !b->r.bad;
}

void lac_body_demand(struct lac_body *b, bool holds, const char *what)
{
    if (is_well(b) && !holds) {
        b->status = LAC_FAIL(LAC_E_PROTOCOL, "%s: %s", b->message, what);
    }
}

static bool in_range(struct lac_body *b, const char *field, double x, double least, double most)
{
    if (is_well(b) && !(x >= least && x <= most)) {
        b->status = LAC_FAIL(LAC_E_PROTOCOL, "%s: %s is %.10g, not from %.10g to %.10g", b->message,
                             field, x, least, most);
    }
    return is_well(b);
}

uint32_t lac_body_u32(struct lac_body *b, const char *field, uint32_t least, uint32_t most)
{
    uint32_t x = lac_read_u32(&b->r, HEADER);
    return in_range(b, field, x, least, most) ? x : 0;
}

uint64_t lac_body_u64(struct lac_body *b, const char *field, uint64_t least, uint64_t most)
{
    uint64_t x = lac_read_u64(&b->r, HEADER);
    return in_range(b, field, (double)x, (double)least, (double)most) ? x : 0;
}

double lac_body_double(struct lac_body *b, const char *field, double least, double most)
{
    double x = lac_read_double(&b->r, HEADER);
    return in_range(b, field, x, least, most) ? x : 0.0;
}

const char *lac_body_text(struct lac_body *b, const char *field, size_t most, size_t *length)
{
    *length = lac_read_u32(&b->r, HEADER);
    bool fits = in_range(b, field, (double)*length, 0.0, (double)most);
    const void *text = fits ? lac_read_bytes(&b->r, HEADER, *length) : NULL;
    *length = text ? *length : 0;
    return text ? text : "";
}

static const unsigned char *doubles(struct lac_body *b, enum lac_bit_class class, uint64_t count)
{
    size_t bytes = 0;
    bool fits = is_well(b) && !__builtin_mul_overflow(count, sizeof(double), &bytes);
    b->r.bad = b->r.bad || !fits;
    return lac_read_bytes(&b->r, class, bytes);
}

const unsigned char *lac_body_doubles(struct lac_body *b, const char *field, uint64_t count,
                                      double least, double most)
{
    const unsigned char *bytes = doubles(b, HEADER, count);
    for (uint64_t i = 0; bytes && i < count; i++) {
        if (!in_range(b, field, lac_load_double(bytes + i * sizeof(double)), least, most)) {
            return NULL;
        }
    }
    return bytes;
}

const double *lac_body_any_vector(struct lac_body *b, uint64_t count)
{
    const unsigned char *bytes = doubles(b, LAC_BITS_VALUE, count);
    b->r.bad = b->r.bad || (uintptr_t)bytes % sizeof(double) != 0;
    return b->r.bad ? NULL : (const double *)(const void *)bytes;
}

const double *lac_body_vector(struct lac_body *b, const char *field, uint64_t count, double least,
                              double most)
{
    const double *x = lac_body_any_vector(b, count);
    for (uint64_t i = 0; x && i < count; i++) {
        if (!in_range(b, field, x[i], least, most)) {
            return NULL;
        }
    }
    return x;
}

lac_status lac_body_end(const struct lac_body *b)
{
    return b->status == LAC_OK ? lac_reader_done(&b->r) : b->status;
}
