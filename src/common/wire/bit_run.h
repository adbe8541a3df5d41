/*
 * Many bit fields one after the other, with 64 bits held in a register: the same bits as
 * lac_write_bits and lac_read_bits, for loops. Between begin and end the writer or reader itself
 * is not touched. Functions out of line take the state by value, so that it stays in registers.
 */
#ifndef LAC_WIRE_BIT_RUN_H
#define LAC_WIRE_BIT_RUN_H

#include "wire/bytes.h"
#include "wire/wire.h"

struct lac_bit_out {
    unsigned char *p;
    uint64_t held;
    unsigned count; /* bits held and not yet stored, 0..63 */
};

/* Room for at_most bits is asserted here, once. */
static inline struct lac_bit_out lac_bit_out_begin(const struct lac_writer *w, uint64_t at_most)
{
    size_t free_bytes = w->capacity - w->bytes;
    LAC_ASSERT(at_most <= w->free_bits || (at_most - w->free_bits + 7) / 8 <= free_bytes);
    if (w->free_bits == 0) {
        return (struct lac_bit_out){.p = w->start + w->bytes};
    }
    unsigned char *p = w->start + w->bytes - 1;
    return (struct lac_bit_out){.p = p, .held = *p, .count = 8 - w->free_bits};
}

/* value < 2^count, count <= 64 */
static inline void lac_bit_out_put(struct lac_bit_out *o, uint64_t value, unsigned count)
{
    unsigned total = o->count + count;
    o->held |= value << o->count;
    if (total >= 64) {
        lac_store64(o->p, o->held);
        o->p += 8;
        o->held = o->count == 0 ? 0 : value >> (64 - o->count);
        total -= 64;
    }
    o->count = total;
}

/* Stores what is held and counts all bits of the run under class. */
void lac_bit_out_end(struct lac_bit_out o, struct lac_writer *w, enum lac_bit_class class);

struct lac_bit_in {
    const unsigned char *p, *end;
    uint64_t held;  /* its low count bits are next; bits above them are zero or the true ones */
    unsigned count; /* 0..63 */
    bool bad;
};

static inline struct lac_bit_in lac_bit_in_begin(const struct lac_reader *r)
{
    struct lac_bit_in b = {.p = r->p, .end = r->end, .bad = r->bad};
    if (r->left_bits > 0) {
        b.held = (uint64_t)r->p[-1] >> (8 - r->left_bits);
        b.count = r->left_bits;
    }
    return b;
}

/* At least 56 bits are held, or all there are. */
static inline void lac_bit_in_fill(struct lac_bit_in *b)
{
    if (b->end - b->p >= 8) {
        b->held |= lac_load64(b->p) << b->count;
        b->p += (63 - b->count) >> 3;
        b->count |= 56;
        return;
    }
    while (b->count < 56 && b->p < b->end) {
        b->held |= (uint64_t)*b->p++ << b->count;
        b->count += 8;
    }
}

/* count <= 56; 0 and bad past the end */
static inline uint64_t lac_bit_in_get(struct lac_bit_in *b, unsigned count)
{
    if (b->count < count) {
        lac_bit_in_fill(b);
        if (b->count < count) {
            *b = (struct lac_bit_in){.p = b->end, .end = b->end, .bad = true};
            return 0;
        }
    }
    uint64_t value = b->held & ((UINT64_C(1) << count) - 1);
    b->held >>= count;
    b->count -= count;
    return value;
}

/* The general case of the function below. */
struct lac_bit_in lac_bit_in_zeros_long(struct lac_bit_in b, uint64_t *zeros);

/* How many zeros stand before the next one, which is read too; bad past the end. */
static inline uint64_t lac_bit_in_zeros(struct lac_bit_in *b)
{
    if (b->held == 0 || (unsigned)__builtin_ctzll(b->held) >= b->count) {
        uint64_t many;
        *b = lac_bit_in_zeros_long(*b, &many);
        return many;
    }
    unsigned zeros = (unsigned)__builtin_ctzll(b->held);
    b->held >>= zeros + 1;
    b->count -= zeros + 1;
    return zeros;
}

/* Gives unread whole bytes back to the reader and counts what was read under class. */
void lac_bit_in_end(struct lac_bit_in b, struct lac_reader *r, enum lac_bit_class class);

#endif
