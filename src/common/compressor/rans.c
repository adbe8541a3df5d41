#include "compressor/rans.h"

#include <string.h>

#include "base/elementary.h"
#include "base/kernels.h"

enum { TOTAL = 1 << LAC_RANS_BITS, LENGTH_BITS = 4, LANES_SHORT = 8 };

static const struct lac_rans_kernels *kernels(void)
{
#ifdef __x86_64__
    static const struct lac_rans_kernels *const tables[LAC_LEVELS] = {
        &lac_rans_kernels_portable, &lac_rans_kernels_avx2, &lac_rans_kernels_avx512};
    return tables[lac_kernels_level()];
#else
    return &lac_rans_kernels_portable;
#endif
}

static size_t lanes_of(size_t count)
{
    return count >= LAC_RANS_WIDE ? LAC_RANS_LANES : count >= LAC_RANS_SHORT ? LANES_SHORT : 1;
}

lac_status lac_rans_init(struct lac_rans *r, size_t most, struct lac_arena *arena)
{
    r->room = 2 * most + 16;
    return LAC_NEW(arena, r->room, &r->words);
}

size_t lac_rans_max_bytes(size_t count, unsigned alphabet)
{
    return (alphabet * (LENGTH_BITS + LAC_RANS_BITS) + 7) / 8 + 4 * LAC_RANS_LANES + 2 * count;
}

static unsigned bit_length(unsigned x)
{
    return x == 0 ? 0 : 32u - (unsigned)__builtin_clz(x);
}

/* In proportion to the counts; what is missing or too much goes to and comes from the most frequent. */
static void set_frequencies(struct lac_rans *r, size_t count, unsigned alphabet)
{
    int left = TOTAL;
    for (unsigned a = 0; a < alphabet; a++) {
        uint64_t scaled = ((uint64_t)r->count[a] * TOTAL + count / 2) / count;
        r->frequency[a] = (uint16_t)(r->count[a] > 0 && scaled == 0 ? 1 : scaled);
        left -= r->frequency[a];
    }
    while (left != 0) {
        unsigned most = 0;
        for (unsigned a = 1; a < alphabet; a++) {
            most = r->frequency[a] > r->frequency[most] ? a : most;
        }
        int give = left > 0 ? left : (left > -8 ? -1 : left / 8);
        LAC_ASSERT(r->frequency[most] + give >= 1);
        r->frequency[most] = (uint16_t)(r->frequency[most] + give);
        left -= give;
    }
}

double lac_rans_plan(struct lac_rans *r, const uint8_t *symbol, size_t count, unsigned alphabet)
{
    kernels()->count(symbol, count, alphabet, r->count);
    set_frequencies(r, count, alphabet);
    double bits = LENGTH_BITS * alphabet + (double)(LAC_RANS_STATE_BITS * lanes_of(count));
    for (unsigned a = 0; a < alphabet; a++) {
        unsigned f = r->frequency[a];
        if (f > 0) {
            bits += bit_length(f) - 1 +
                    r->count[a] * (LAC_RANS_BITS - lac_log(f) / 0x1.62e42fefa39efp-1);
        }
    }
    return bits;
}

static void set_steps(struct lac_rans *r, unsigned alphabet)
{
    uint32_t start = 0;
    for (unsigned a = 0; a < alphabet; a++) {
        uint32_t f = r->frequency[a];
        if (f > 0) {
            unsigned shift = bit_length(f - 1);
            r->steps.inverse[a] = (uint32_t)(((UINT64_C(1) << (31 + shift)) + f - 1) / f);
            r->steps.rest[a] = (f - 1) | start << 12 | shift << 24;
        }
        start += f;
    }
}

static void write_frequencies(const struct lac_rans *r, struct lac_writer *w, unsigned alphabet)
{
    for (unsigned a = 0; a < alphabet; a++) {
        unsigned f = r->frequency[a], length = bit_length(f);
        lac_write_bits(w, LAC_BITS_VALUE, length, LENGTH_BITS);
        if (length > 1) {
            lac_write_bits(w, LAC_BITS_VALUE, f - (1u << (length - 1)), length - 1);
        }
    }
    lac_write_align(w);
}

void lac_rans_write(struct lac_rans *r, struct lac_writer *w, const uint8_t *symbol, size_t count,
                    unsigned alphabet)
{
    uint32_t state[LAC_RANS_LANES];
    size_t lanes = lanes_of(count);
    size_t groups = lanes == LAC_RANS_LANES ? count / LAC_RANS_LANES : 0;
    unsigned char *end = r->words + r->room, *p = end;
    for (size_t lane = 0; lane < lanes; lane++) {
        state[lane] = UINT32_C(1) << LAC_RANS_LOW;
    }
    set_steps(r, alphabet);
    for (size_t i = count; i-- > groups * LAC_RANS_LANES;) {
        p = lac_rans_put(&state[i & (lanes - 1)], r->steps.inverse[symbol[i]],
                         r->steps.rest[symbol[i]], p);
    }
    if (groups > 0) {
        p = kernels()->write(&r->steps, alphabet, symbol, groups, state, p);
    }
    write_frequencies(r, w, alphabet);
    for (size_t lane = 0; lane < lanes; lane++) {
        lac_write_bits(w, LAC_BITS_VALUE, state[lane], LAC_RANS_STATE_BITS);
    }
    lac_write_align(w);
    memcpy(lac_write_room(w, LAC_BITS_VALUE, (size_t)(end - p)), p, (size_t)(end - p));
}

static bool read_frequencies(struct lac_rans *r, struct lac_reader *in, unsigned alphabet)
{
    uint32_t start = 0;
    for (unsigned a = 0; a < alphabet; a++) {
        unsigned length = (unsigned)lac_read_bits(in, LAC_BITS_VALUE, LENGTH_BITS);
        uint32_t f = length > 0 && length <= LAC_RANS_BITS + 1 ? 1u << (length - 1) : 0;
        if (length > 1 && f > 0) {
            f |= (uint32_t)lac_read_bits(in, LAC_BITS_VALUE, length - 1);
        }
        if (in->bad || length > LAC_RANS_BITS + 1 || f > TOTAL - start) {
            return false;
        }
        for (uint32_t i = 0; i < f; i++) {
            r->slot[start + i] = a | i << 8 | (f - 1) << 20;
        }
        start += f;
    }
    return start == TOTAL;
}

lac_status lac_rans_read(struct lac_rans *r, struct lac_reader *in, uint8_t *symbol, size_t count,
                         unsigned alphabet)
{
    uint32_t state[LAC_RANS_LANES];
    size_t lanes = lanes_of(count);
    bool good = read_frequencies(r, in, alphabet);
    lac_read_align(in);
    for (size_t lane = 0; lane < lanes; lane++) {
        state[lane] = (uint32_t)lac_read_bits(in, LAC_BITS_VALUE, LAC_RANS_STATE_BITS);
        good = good && state[lane] >> LAC_RANS_LOW > 0;
    }
    lac_read_align(in);
    if (!good || in->bad) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a section holds no table of frequencies and states");
    }
    const unsigned char *p = in->p;
    size_t i = 0;
    if (lanes == LAC_RANS_LANES) {
        i = lanes * kernels()->read(r->slot, state, &p, in->end, symbol, count / lanes);
    }
    for (; i < count; i++) {
        uint32_t *x = &state[i & (lanes - 1)];
        symbol[i] = lac_rans_get(r->slot, x);
        if (*x >> LAC_RANS_LOW == 0) {
            if (in->end - p < 2) {
                return LAC_FAIL(LAC_E_PROTOCOL, "a section ends within %zu levels", count);
            }
            *x = *x << 16 | lac_load16(p);
            p += 2;
        }
    }
    for (size_t lane = 0; lane < lanes; lane++) {
        good = good && state[lane] == UINT32_C(1) << LAC_RANS_LOW;
    }
    (void)lac_read_bytes(in, LAC_BITS_VALUE, (size_t)(p - in->p));
    return good ? LAC_OK
                : LAC_FAIL(LAC_E_PROTOCOL, "a section's levels do not end where they began");
}
