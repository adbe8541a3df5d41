#include "compressor/levels.h"

#include <string.h>

#include "base/elementary.h"
#include "base/kernels.h"
#include "compressor/index_set.h"
#include "compressor/level_kernels.h"
#include "wire/bit_run.h"

enum { FIXED, RANS, SPARSE, CODING_BITS = 8, COUNT_BITS = 17, SINGLE = 16, PARTS_BITS = 3 };

const struct lac_level_kernels *lac_level_active(void)
{
#ifdef __x86_64__
    static const struct lac_level_kernels *const tables[LAC_LEVELS] = {
        &lac_level_kernels_portable, &lac_level_kernels_avx2, &lac_level_kernels_avx512};
    return tables[lac_kernels_level()];
#else
    return &lac_level_kernels_portable;
#endif
}

static unsigned log2_floor(uint32_t x)
{
    return 31u - (unsigned)__builtin_clz(x);
}

/* Magnitudes below 16 are buckets of their own, above each octave has eight. */
static unsigned bucket_of(unsigned m)
{
    if (m < SINGLE) {
        return m;
    }
    unsigned e = log2_floor(m);
    return SINGLE + ((e - 4) << PARTS_BITS) + ((m >> (e - PARTS_BITS)) & 7u);
}

static unsigned extra_bits(unsigned bucket)
{
    return bucket < SINGLE ? 0 : 1 + (bucket - SINGLE) / 8;
}

static unsigned bucket_base(unsigned bucket)
{
    return bucket < SINGLE ? bucket : (8 + (bucket - SINGLE) % 8) << extra_bits(bucket);
}

static lac_status read_coding(struct lac_levels *l, const struct lac_spec *spec)
{
    static const char *const names[] = {"fixed", "entropy", "auto"};
    const char *value = lac_spec_get(spec, "coding");
    l->coding = LAC_LEVELS_AUTO;
    for (int i = 0; value && i < 3; i++) {
        if (strcmp(value, names[i]) == 0) {
            l->coding = (enum lac_level_coding)i;
            return LAC_OK;
        }
    }
    return value ? LAC_FAIL(LAC_E_USAGE, "'%s': coding is fixed, entropy or auto", spec->text)
                 : LAC_OK;
}

lac_status lac_levels_init(struct lac_levels *l, unsigned s, size_t most,
                           const struct lac_spec *spec, struct lac_arena *arena)
{
    size_t block = most < LAC_LEVEL_BLOCK ? most : LAC_LEVEL_BLOCK;
    LAC_TRY(read_coding(l, spec));
    l->s = s;
    l->width = log2_floor(2 * s) + 1;
    l->alphabet = 2 * bucket_of(s) + 1;
    if (l->coding == LAC_LEVELS_FIXED) {
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(arena, 2 * s + 1, &l->symbol_of));
    LAC_TRY(LAC_NEW(arena, block, &l->symbol));
    LAC_TRY(LAC_NEW(arena, block, &l->index));
    LAC_TRY(LAC_NEW(arena, 1, &l->rans));
    l->symbol_of[s] = 0;
    for (unsigned m = 1; m <= s; m++) {
        l->symbol_of[s + m] = (uint8_t)(2 * bucket_of(m) - 1);
        l->symbol_of[s - m] = (uint8_t)(2 * bucket_of(m));
    }
    return lac_rans_init(l->rans, block, arena);
}

uint64_t lac_levels_fixed_bits(const struct lac_levels *l, size_t count)
{
    size_t groups = count / LAC_TERNARY_GROUP, rest = count % LAC_TERNARY_GROUP;
    return l->s == 1 ? 8 * (uint64_t)(groups * LAC_TERNARY_BYTES + (rest + 4) / 5)
                     : (uint64_t)l->width * count;
}

size_t lac_levels_max_bytes(const struct lac_levels *l, size_t count)
{
    size_t blocks = (count + LAC_LEVEL_BLOCK - 1) / LAC_LEVEL_BLOCK;
    size_t fixed = (size_t)((lac_levels_fixed_bits(l, count) + 7) / 8);
    if (l->coding != LAC_LEVELS_ENTROPY) {
        size_t margin = count < LAC_LEVEL_SHORT ? 0 : fixed / 64 + 64; /* estimates decide */
        return fixed + (l->coding == LAC_LEVELS_AUTO ? blocks + margin : 0);
    }
    size_t extra = (extra_bits(bucket_of(l->s)) * count + 7) / 8 + blocks;
    return fixed + blocks * (2 + lac_rans_max_bytes(0, l->alphabet)) + 2 * count + extra;
}

static void write_ternary(struct lac_writer *w, const int16_t *level, size_t count)
{
    size_t bytes = count / LAC_TERNARY_GROUP * LAC_TERNARY_BYTES;
    unsigned char *out = lac_write_room(w, LAC_BITS_VALUE, bytes);
    size_t done = 0;
    for (; done + LAC_TERNARY_GROUP <= count; done += LAC_TERNARY_GROUP) {
        lac_level_active()->pack_ternary(level + done, out);
        out += LAC_TERNARY_BYTES;
    }
    size_t rest = count - done, q = (rest + 4) / 5;
    out = lac_write_room(w, LAC_BITS_VALUE, q);
    for (size_t i = 0; i < q; i++) {
        int code = 0;
        for (size_t k = 5; k-- > 0;) {
            size_t at = k * q + i;
            code = 3 * code + (at < rest ? level[done + at] + 1 : 0);
        }
        out[i] = (unsigned char)code;
    }
}

static bool read_ternary(struct lac_reader *r, int16_t *level, size_t count)
{
    size_t bytes = count / LAC_TERNARY_GROUP * LAC_TERNARY_BYTES;
    const unsigned char *in = lac_read_bytes(r, LAC_BITS_VALUE, bytes);
    bool good = in != NULL;
    size_t done = 0;
    for (; good && done + LAC_TERNARY_GROUP <= count; done += LAC_TERNARY_GROUP) {
        good = lac_level_active()->unpack_ternary(in, level + done);
        in += LAC_TERNARY_BYTES;
    }
    size_t rest = count - done, q = (rest + 4) / 5;
    in = good ? lac_read_bytes(r, LAC_BITS_VALUE, q) : NULL;
    for (size_t i = 0; in && i < q; i++) {
        unsigned code = in[i];
        good = good && code <= 242;
        for (size_t k = 0; k < 5; k++, code /= 3) {
            if (k * q + i < rest) {
                level[done + k * q + i] = (int16_t)(code % 3) - 1;
            }
        }
    }
    return good && in;
}

static void write_fixed(const struct lac_levels *l, struct lac_writer *w, const int16_t *level,
                        size_t count)
{
    enum { SPARE = 16 };
    const size_t spare = SPARE;
    if (l->s == 1) {
        write_ternary(w, level, count);
        return;
    }
    size_t done = 0;
    if (l->width <= 8 && count >= 2 * spare) { /* kernels write 8 bytes too many */
        done = (count - spare) / 8 * 8;
        unsigned char *out = lac_write_room(w, LAC_BITS_VALUE, done / 8 * l->width);
        lac_level_active()->pack(level, done - spare, l->s, l->width, out);
        out += (done - spare) / 8 * l->width;
        unsigned char last[SPARE + 16];
        lac_level_active()->pack(level + done - spare, spare, l->s, l->width, last);
        memcpy(out, last, spare / 8 * l->width);
    }
    struct lac_bit_out o = lac_bit_out_begin(w, (uint64_t)l->width * (count - done));
    for (; done < count; done++) {
        lac_bit_out_put(&o, (uint64_t)((int64_t)level[done] + l->s), l->width);
    }
    lac_bit_out_end(o, w, LAC_BITS_VALUE);
}

static bool read_fixed(const struct lac_levels *l, struct lac_reader *r, int16_t *level,
                       size_t count)
{
    if (l->s == 1) {
        return read_ternary(r, level, count);
    }
    size_t done = 0;
    bool good = true;
    if (l->width <= 8 && count >= 64 && r->left_bits == 0) { /* kernels read 8 bytes too many */
        done = (count - 32) / 8 * 8;
        if ((size_t)(r->end - r->p) < done / 8 * l->width + 8) {
            done = 0;
        } else {
            const unsigned char *in = lac_read_bytes(r, LAC_BITS_VALUE, done / 8 * l->width);
            good = lac_level_active()->unpack(in, done, l->s, l->width, level);
        }
    }
    struct lac_bit_in b = lac_bit_in_begin(r);
    for (; done < count; done++) {
        uint64_t code = lac_bit_in_get(&b, l->width);
        good = good && code <= 2 * (uint64_t)l->s;
        level[done] = (int16_t)((int)code - (int)l->s);
    }
    lac_bit_in_end(b, r, LAC_BITS_VALUE);
    return good && !r->bad;
}

static unsigned magnitude(int16_t level)
{
    return (unsigned)(level < 0 ? -level : level);
}

/* What the histogram of a block says of its codings. */
struct summary {
    size_t kept;    /* not 0 */
    bool ones;      /* those are 1 or -1 */
    uint64_t gamma; /* bits of their signs and magnitudes, in gamma code where not all are 1 */
    uint64_t low;   /* extra bits of all */
    double sparse;  /* the longest that the sparse form may be */
};

static double sparse_bits(const struct summary *s, size_t count)
{
    size_t k = s->kept;
    double set = k > 0 ? (double)lac_index_set_max_bits(k, count) : 0.0;
    double rice = k > 0 ? 8.0 + (double)k * (log2_floor((uint32_t)(count / k)) + 3.0) : 0.0;
    return COUNT_BITS + 1 + (double)s->gamma + (rice < set ? rice : set);
}

static void summarise(const struct lac_levels *l, size_t count, struct summary *s)
{
    const uint32_t *times = l->rans->count;
    uint64_t gamma = 0, low = 0;
    for (unsigned a = 1; a < l->alphabet; a++) {
        unsigned bucket = (a + 1) / 2;
        gamma += (uint64_t)times[a] * (2 * log2_floor(bucket_base(bucket)) + 2);
        low += (uint64_t)times[a] * extra_bits(bucket);
    }
    s->kept = count - times[0];
    s->ones = l->alphabet == 3 || s->kept == (size_t)times[1] + times[2];
    s->gamma = s->ones ? s->kept : gamma;
    s->low = low;
    s->sparse = sparse_bits(s, count);
}

static void write_sparse(const struct lac_levels *l, struct lac_writer *w, const int16_t *level,
                         size_t count, const struct summary *s)
{
    size_t k = lac_level_active()->nonzero(level, count, l->index);
    LAC_ASSERT(k == s->kept);
    lac_write_bits(w, LAC_BITS_VALUE, k, COUNT_BITS);
    lac_write_bits(w, LAC_BITS_VALUE, s->ones, 1);
    if (k > 0) {
        lac_index_set_write(w, l->index, k, count);
    }
    struct lac_bit_out o = lac_bit_out_begin(w, s->gamma);
    for (size_t i = 0; i < k; i++) {
        int16_t value = level[l->index[i]];
        unsigned m = magnitude(value), e = log2_floor(m);
        uint64_t gamma = (UINT64_C(1) | (uint64_t)(m - (1u << e)) << 1) << e;
        lac_bit_out_put(&o, value < 0, 1);
        if (!s->ones) {
            lac_bit_out_put(&o, gamma, 2 * e + 1);
        }
    }
    lac_bit_out_end(o, w, LAC_BITS_VALUE);
    lac_write_align(w);
}

static bool read_sparse(const struct lac_levels *l, struct lac_reader *r, int16_t *level,
                        size_t count)
{
    size_t k = (size_t)lac_read_bits(r, LAC_BITS_VALUE, COUNT_BITS);
    bool ones = lac_read_bits(r, LAC_BITS_VALUE, 1);
    if (r->bad || k > count || (k > 0 && lac_index_set_read(r, l->index, k, count) != LAC_OK)) {
        return false;
    }
    memset(level, 0, count * sizeof *level);
    struct lac_bit_in b = lac_bit_in_begin(r);
    bool good = true;
    for (size_t i = 0; i < k && good; i++) {
        bool negative = lac_bit_in_get(&b, 1);
        uint64_t e = ones ? 0 : lac_bit_in_zeros(&b);
        unsigned m = e < 15 ? 1u << e | (unsigned)lac_bit_in_get(&b, (unsigned)e) : UINT32_MAX;
        good = m <= l->s && !b.bad;
        level[l->index[i]] = (int16_t)(negative ? -(int)m : (int)m);
    }
    lac_bit_in_end(b, r, LAC_BITS_VALUE);
    lac_read_align(r);
    return good && !r->bad;
}

static void write_low_bits(struct lac_writer *w, const int16_t *level, size_t count, uint64_t bits)
{
    struct lac_bit_out o = lac_bit_out_begin(w, bits);
    for (size_t i = 0; bits > 0 && i < count; i++) {
        unsigned m = magnitude(level[i]), extra = extra_bits(bucket_of(m));
        lac_bit_out_put(&o, m & ((1u << extra) - 1), extra);
    }
    lac_bit_out_end(o, w, LAC_BITS_VALUE);
    lac_write_align(w);
}

static bool read_rans(const struct lac_levels *l, struct lac_reader *r, int16_t *level,
                      size_t count)
{
    if (lac_rans_read(l->rans, r, l->symbol, count, l->alphabet) != LAC_OK) {
        return false;
    }
    if (l->s < SINGLE) { /* no extra bits */
        lac_level_active()->unfold(l->symbol, count, level);
        return true;
    }
    bool good = true;
    struct lac_bit_in b = lac_bit_in_begin(r);
    for (size_t i = 0; i < count; i++) {
        unsigned bucket = (l->symbol[i] + 1u) / 2, m = bucket_base(bucket);
        m += (unsigned)lac_bit_in_get(&b, extra_bits(bucket));
        good = good && m <= l->s;
        level[i] = (int16_t)(l->symbol[i] % 2 == 0 ? -(int)m : (int)m);
    }
    lac_bit_in_end(b, r, LAC_BITS_VALUE);
    lac_read_align(r);
    return good && !r->bad;
}

static void set_symbols(const struct lac_levels *l, const int16_t *level, size_t count)
{
    if (l->s < SINGLE) {
        lac_level_active()->fold(level, count, l->symbol);
        return;
    }
    const uint8_t *symbol_of = l->symbol_of + l->s;
    for (size_t i = 0; i < count; i++) {
        l->symbol[i] = symbol_of[level[i]];
    }
}

/* The coding that takes least. */
static unsigned choose(struct lac_levels *l, const int16_t *level, size_t count, struct summary *s)
{
    double best = l->coding == LAC_LEVELS_AUTO ? (double)lac_levels_fixed_bits(l, count) : 1e300;
    if (l->coding == LAC_LEVELS_AUTO && count < LAC_LEVEL_SHORT) {
        return FIXED;
    }
    set_symbols(l, level, count);
    double planned = lac_rans_plan(l->rans, l->symbol, count, l->alphabet);
    summarise(l, count, s);
    /* 16 bits and a thousandth: states and rounding, so that fixed is never exceeded */
    double rans = 1.001 * planned + 16.0 + (double)s->low;
    unsigned coding = rans < best ? RANS : FIXED;
    best = rans < best ? rans : best;
    return s->sparse + 8.0 < best ? SPARSE : coding;
}

void lac_levels_write(struct lac_levels *l, struct lac_writer *w, const int16_t *level,
                      size_t count)
{
    if (l->coding == LAC_LEVELS_FIXED) {
        write_fixed(l, w, level, count);
        return;
    }
    struct summary s = {0};
    unsigned coding = choose(l, level, count, &s);
    lac_write_bits(w, LAC_BITS_VALUE, coding, CODING_BITS);
    if (coding == FIXED) {
        write_fixed(l, w, level, count);
    } else if (coding == RANS) {
        lac_rans_write(l->rans, w, l->symbol, count, l->alphabet);
        write_low_bits(w, level, count, s.low);
    } else {
        write_sparse(l, w, level, count, &s);
    }
}

lac_status lac_levels_read(struct lac_levels *l, struct lac_reader *r, int16_t *level, size_t count)
{
    bool good = false;
    uint64_t coding =
        l->coding == LAC_LEVELS_FIXED ? FIXED : lac_read_bits(r, LAC_BITS_VALUE, CODING_BITS);
    if (!r->bad && coding == FIXED) {
        good = read_fixed(l, r, level, count);
    } else if (!r->bad && coding == RANS) {
        good = read_rans(l, r, level, count);
    } else if (!r->bad && coding == SPARSE) {
        good = read_sparse(l, r, level, count);
    }
    return good ? LAC_OK
                : LAC_FAIL(LAC_E_PROTOCOL, "a section holds no %zu levels in -%u..%u", count, l->s,
                           l->s);
}
