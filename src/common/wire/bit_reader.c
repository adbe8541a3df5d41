#include "wire/bit_run.h"

void lac_reader_init(struct lac_reader *r, const unsigned char *bytes, size_t count)
{
    *r = (struct lac_reader){.p = bytes, .end = bytes + count};
}

static void spoil(struct lac_reader *r)
{
    r->p = r->end;
    r->left_bits = 0;
    r->bad = true;
}

struct lac_bit_in lac_bit_in_zeros_long(struct lac_bit_in b, uint64_t *zeros)
{
    *zeros = 0;
    for (;;) {
        lac_bit_in_fill(&b);
        if (b.count == 0) {
            b.bad = true;
            return b;
        }
        unsigned run = b.held == 0 ? b.count : (unsigned)__builtin_ctzll(b.held);
        if (run < b.count) {
            b.held >>= run + 1;
            b.count -= run + 1;
            *zeros += run;
            return b;
        }
        *zeros += b.count;
        b.held = 0;
        b.count = 0;
    }
}

void lac_bit_in_end(struct lac_bit_in b, struct lac_reader *r, enum lac_bit_class class)
{
    if (b.bad) {
        spoil(r);
        return;
    }
    const unsigned char *p = b.p - b.count / 8;
    unsigned left_bits = b.count % 8;
    r->bits.of[class] += (uint64_t)(p - r->p) * 8 + r->left_bits - left_bits;
    r->p = p;
    r->left_bits = left_bits;
}

uint64_t lac_read_bits(struct lac_reader *r, enum lac_bit_class class, unsigned count)
{
    LAC_ASSERT(count <= 64);
    struct lac_bit_in b = lac_bit_in_begin(r);
    unsigned low_count = count > 32 ? 32 : count;
    uint64_t low = lac_bit_in_get(&b, low_count);
    uint64_t high = lac_bit_in_get(&b, count - low_count);
    lac_bit_in_end(b, r, class);
    return b.bad ? 0 : low | high << 32;
}

void lac_read_align(struct lac_reader *r)
{
    if (r->left_bits > 0 && r->p[-1] >> (8 - r->left_bits) != 0) {
        spoil(r);
    }
    r->bits.of[LAC_BITS_PADDING] += r->left_bits;
    r->left_bits = 0;
}

const unsigned char *lac_read_bytes(struct lac_reader *r, enum lac_bit_class class, size_t count)
{
    LAC_ASSERT(r->left_bits == 0);
    if (r->bad || count > (size_t)(r->end - r->p)) {
        spoil(r);
        return NULL;
    }
    const unsigned char *p = r->p;
    r->p += count;
    r->bits.of[class] += (uint64_t)count * 8;
    return p;
}

uint32_t lac_read_u32(struct lac_reader *r, enum lac_bit_class class)
{
    const unsigned char *p = lac_read_bytes(r, class, 4);
    return p ? lac_load32(p) : 0;
}

uint64_t lac_read_u64(struct lac_reader *r, enum lac_bit_class class)
{
    const unsigned char *p = lac_read_bytes(r, class, 8);
    return p ? lac_load64(p) : 0;
}

double lac_read_double(struct lac_reader *r, enum lac_bit_class class)
{
    const unsigned char *p = lac_read_bytes(r, class, 8);
    return p ? lac_load_double(p) : 0.0;
}

lac_status lac_reader_done(const struct lac_reader *r)
{
    struct lac_reader rest = *r;
    lac_read_align(&rest);
    if (rest.bad) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "a message ends before its content does, or pads with ones");
    }
    if (rest.p != rest.end) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a message has %zu bytes after its content",
                        (size_t)(rest.end - rest.p));
    }
    return LAC_OK;
}
