#include "compressor/index_set.h"

#include <math.h>

#include "wire/bit_run.h"

enum coding { PACKED = 0, BITMAP = 1, RICE = 2 };
enum { FIELD_BITS = 8, CODING_BITS = 2, MAX_RICE = 32 };

static unsigned bits_of(uint64_t value) /* 0 for 0 */
{
    return value == 0 ? 0 : 64 - (unsigned)__builtin_clzll(value);
}

static unsigned packed_width(size_t d)
{
    return bits_of((uint64_t)d - 1);
}

static uint64_t rice_bits(const uint32_t *index, size_t k, unsigned r)
{
    uint64_t zeros = index[0] >> r;
    for (size_t i = 1; i < k; i++) {
        zeros += (index[i] - index[i - 1] - 1) >> r;
    }
    return zeros + (uint64_t)k * (r + 1);
}

static unsigned rice_guess(size_t k, size_t d)
{
    return bits_of((uint64_t)((double)(d - k) / (double)k * 0.69));
}

/* rice_bits is convex in r: downhill from a guess ends at the best r. */
static unsigned rice_parameter(const uint32_t *index, size_t k, uint64_t *bits)
{
    unsigned guess = rice_guess(k, (size_t)index[k - 1] + 1);
    unsigned r = guess < MAX_RICE ? guess : MAX_RICE - 1;
    uint64_t here = rice_bits(index, k, r), next;
    while (r > 0 && (next = rice_bits(index, k, r - 1)) <= here) {
        here = next;
        r--;
    }
    while (r >= guess && r + 1 < MAX_RICE && (next = rice_bits(index, k, r + 1)) < here) {
        here = next;
        r++;
    }
    *bits = here;
    return r;
}

static void write_packed(struct lac_bit_out *out, const uint32_t *index, size_t k, size_t d)
{
    unsigned width = packed_width(d);
    for (size_t i = 0; i < k; i++) {
        lac_bit_out_put(out, index[i], width);
    }
}

static void write_bitmap(struct lac_bit_out *out, const uint32_t *index, size_t k, size_t d)
{
    size_t i = 0;
    for (size_t first = 0; first < d; first += 64) {
        uint64_t word = 0;
        for (; i < k && index[i] - first < 64; i++) {
            word |= UINT64_C(1) << (index[i] - first);
        }
        lac_bit_out_put(out, word, d - first < 64 ? (unsigned)(d - first) : 64);
    }
}

static void write_rice(struct lac_bit_out *out, const uint32_t *index, size_t k, unsigned r)
{
    uint32_t low_mask = (uint32_t)((UINT64_C(1) << r) - 1);
    uint32_t next = 0; /* one above the previous index */
    for (size_t i = 0; i < k; i++) {
        uint32_t gap = index[i] - next;
        uint32_t zeros = gap >> r;
        next = index[i] + 1;
        for (; zeros + r >= 64; zeros -= 32) {
            lac_bit_out_put(out, 0, 32);
        }
        lac_bit_out_put(out, ((uint64_t)(gap & low_mask) << 1 | 1) << zeros, zeros + 1 + r);
    }
}

void lac_index_set_write(struct lac_writer *w, const uint32_t *index, size_t k, size_t d)
{
    if (k == d) {
        return;
    }
    uint64_t best;
    unsigned parameter = rice_parameter(index, k, &best);
    uint64_t packed = (uint64_t)k * packed_width(d);
    enum coding coding = RICE;
    if (d <= best) {
        coding = BITMAP;
        best = d;
    }
    if (packed <= best) {
        coding = PACKED;
        best = packed;
    }
    struct lac_bit_out out = lac_bit_out_begin(w, FIELD_BITS + best);
    unsigned field =
        coding == RICE ? (unsigned)coding | parameter << CODING_BITS : (unsigned)coding;
    lac_bit_out_put(&out, field, FIELD_BITS);
    switch (coding) {
    case PACKED:
        write_packed(&out, index, k, d);
        break;
    case BITMAP:
        write_bitmap(&out, index, k, d);
        break;
    case RICE:
        write_rice(&out, index, k, parameter);
        break;
    }
    lac_bit_out_end(out, w, LAC_BITS_INDEX);
}

/* Each reader returns whether it found k ascending indices below d. */
static bool read_packed(struct lac_bit_in *in, uint32_t *index, size_t k, size_t d)
{
    unsigned width = packed_width(d);
    uint64_t least = 0;
    bool good = true;
    for (size_t i = 0; i < k; i++) {
        uint64_t j = lac_bit_in_get(in, width);
        good = good && j >= least && j < d;
        index[i] = (uint32_t)j;
        least = j + 1;
    }
    return good;
}

static bool read_bitmap(struct lac_bit_in *in, uint32_t *index, size_t k, size_t d)
{
    size_t count = 0;
    for (size_t first = 0; first < d && !in->bad; first += 32) {
        uint64_t word = lac_bit_in_get(in, d - first < 32 ? (unsigned)(d - first) : 32);
        for (; word != 0 && count < k; word &= word - 1) {
            index[count++] = (uint32_t)first + (uint32_t)__builtin_ctzll(word);
        }
        if (word != 0) {
            return false;
        }
    }
    return count == k;
}

static bool read_rice(struct lac_bit_in *in, uint32_t *index, size_t k, size_t d, unsigned r)
{
    uint64_t next = 0;
    for (size_t i = 0; i < k; i++) {
        uint64_t zeros = lac_bit_in_zeros(in);
        uint64_t j = next + lac_bit_in_get(in, r) + (zeros << r);
        if (zeros >= d || j >= d) {
            return false;
        }
        index[i] = (uint32_t)j;
        next = j + 1;
    }
    return true;
}

lac_status lac_index_set_read(struct lac_reader *r, uint32_t *index, size_t k, size_t d)
{
    if (k == d) {
        for (size_t j = 0; j < d; j++) {
            index[j] = (uint32_t)j;
        }
        return LAC_OK;
    }
    struct lac_bit_in in = lac_bit_in_begin(r);
    unsigned field = (unsigned)lac_bit_in_get(&in, FIELD_BITS);
    unsigned parameter = field >> CODING_BITS;
    bool good = false;
    if (field == PACKED) {
        good = read_packed(&in, index, k, d);
    } else if (field == BITMAP) {
        good = read_bitmap(&in, index, k, d);
    } else if ((field & ((1u << CODING_BITS) - 1)) == RICE && parameter < MAX_RICE) {
        good = read_rice(&in, index, k, d, parameter);
    }
    lac_bit_in_end(in, r, LAC_BITS_INDEX);
    if (!good || r->bad) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a section holds no set of %zu ascending indices below %zu",
                        k, d);
    }
    return LAC_OK;
}

uint64_t lac_index_set_max_bits(size_t k, size_t d)
{
    uint64_t packed = (uint64_t)k * packed_width(d);
    return k == d ? 0 : FIELD_BITS + (packed < d ? packed : d);
}

/*
 * Mean of quotients(r): k times the sum over i = 1, 2, ... of P(gap >= i 2^r), where
 * P(gap >= t) = C(d - t, k) / C(d, k), the product of (d - k - s) / (d - s) over s < t, and as well
 * the product of (d - t - s) / (d - s) over s < k: the shorter is taken.
 */
static double mean_quotients(size_t k, size_t d, unsigned r)
{
    uint64_t step = UINT64_C(1) << r;
    double sum = 0.0, tail = 1.0;
    for (uint64_t t = 0; t + step <= d - k && tail > 1e-12; t += step) {
        double top = (double)(d - t); /* size of what is left */
        uint64_t short_side = step < k ? step : k;
        double taken = (double)(step < k ? k : step);
        for (uint64_t s = 0; s < short_side; s++) {
            tail *= (top - taken - (double)s) / (top - (double)s);
        }
        sum += tail;
    }
    return (double)k * sum;
}

double lac_index_set_expected_bits(size_t k, size_t d)
{
    if (k == d) {
        return 0.0;
    }
    double best = (double)(lac_index_set_max_bits(k, d) - FIELD_BITS);
    unsigned guess = rice_guess(k, d);
    for (unsigned r = guess > 1 ? guess - 2 : 0; r < guess + 2 && r < MAX_RICE; r++) {
        double bits = mean_quotients(k, d, r) + (double)k * (r + 1);
        best = bits < best ? bits : best;
    }
    return FIELD_BITS + best;
}

double lac_index_set_information(size_t k, size_t d)
{
    return (lgamma((double)d + 1.0) - lgamma((double)k + 1.0) - lgamma((double)(d - k) + 1.0)) /
           0x1.62e42fefa39efp-1;
}
