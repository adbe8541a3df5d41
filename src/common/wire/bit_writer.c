#include "wire/bit_run.h"

void lac_bits_add_times(struct lac_bits *sum, const struct lac_bits *more, uint64_t times)
{
    for (int class = 0; class < LAC_BIT_CLASSES; class ++) {
        sum->of[class] += times * more->of[class];
    }
    sum->paper += times * more->paper;
}

void lac_bits_add(struct lac_bits *sum, const struct lac_bits *more)
{
    lac_bits_add_times(sum, more, 1);
}

uint64_t lac_bits_total(const struct lac_bits *b)
{
    uint64_t total = 0;
    for (int class = 0; class < LAC_BIT_CLASSES; class ++) {
        total += b->of[class];
    }
    return total;
}

void lac_writer_init(struct lac_writer *w, unsigned char *buffer, size_t capacity)
{
    *w = (struct lac_writer){.start = buffer, .capacity = capacity};
}

void lac_bit_out_end(struct lac_bit_out o, struct lac_writer *w, enum lac_bit_class class)
{
    uint64_t before = (uint64_t)w->bytes * 8 - w->free_bits;
    uint64_t after = (uint64_t)(o.p - w->start) * 8 + o.count;
    for (unsigned stored = 0; stored < o.count; stored += 8) {
        *o.p++ = (unsigned char)o.held;
        o.held >>= 8;
    }
    w->bytes = (size_t)(o.p - w->start);
    w->free_bits = (unsigned)((uint64_t)w->bytes * 8 - after);
    w->bits.of[class] += after - before;
}

void lac_write_bits(struct lac_writer *w, enum lac_bit_class class, uint64_t value, unsigned count)
{
    LAC_ASSERT(count <= 64 && (count == 64 || value >> count == 0));
    struct lac_bit_out o = lac_bit_out_begin(w, count);
    lac_bit_out_put(&o, value, count);
    lac_bit_out_end(o, w, class);
}

void lac_write_align(struct lac_writer *w)
{
    w->bits.of[LAC_BITS_PADDING] += w->free_bits; /* they are zero already */
    w->free_bits = 0;
}

unsigned char *lac_write_room(struct lac_writer *w, enum lac_bit_class class, size_t bytes)
{
    LAC_ASSERT(w->free_bits == 0 && bytes <= w->capacity - w->bytes);
    unsigned char *p = w->start + w->bytes;
    w->bytes += bytes;
    w->bits.of[class] += (uint64_t)bytes * 8;
    return p;
}

void lac_write_doubles(struct lac_writer *w, enum lac_bit_class class, const double *x,
                       size_t count)
{
    unsigned char *p = lac_write_room(w, class, count * sizeof *x);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (count > 0) {
        memcpy(p, x, count * sizeof *x);
    }
#else
    for (size_t i = 0; i < count; i++) {
        lac_store_double(p + 8 * i, x[i]);
    }
#endif
}

void lac_write_u32(struct lac_writer *w, enum lac_bit_class class, uint32_t value)
{
    lac_store32(lac_write_room(w, class, 4), value);
}

void lac_write_u64(struct lac_writer *w, enum lac_bit_class class, uint64_t value)
{
    lac_store64(lac_write_room(w, class, 8), value);
}
