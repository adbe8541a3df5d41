#include "compressor/index_codes.h"

static void put_golomb(struct lac_bit_out *out, uint32_t value, unsigned r)
{
    uint32_t zeros = value >> r;
    uint64_t low = value & ((UINT64_C(1) << r) - 1);
    for (; zeros >= 32; zeros -= 32) {
        lac_bit_out_put(out, 0, 32);
    }
    lac_bit_out_put(out, (low << 1 | 1) << zeros, zeros + 1 + r);
}

/* False where the value is not below the bound. */
static inline bool get_golomb(struct lac_bit_in *in, unsigned r, uint64_t bound, uint64_t *value)
{
    uint64_t zeros = lac_bit_in_zeros(in);
    *value = lac_bit_in_get(in, r) + (zeros << r);
    return zeros < bound && *value < bound;
}

static void write_packed(struct lac_bit_out *out, const uint32_t *index, size_t k, size_t d)
{
    unsigned width = lac_index_width(d);
    for (size_t i = 0; i < k; i++) {
        lac_bit_out_put(out, index[i], width);
    }
}

static bool read_packed(struct lac_bit_in *in, uint32_t *index, size_t k, size_t d)
{
    unsigned width = lac_index_width(d);
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

static void write_elias_fano(struct lac_bit_out *out, const uint32_t *index, size_t k, unsigned r)
{
    uint32_t low_mask = (uint32_t)((UINT64_C(1) << r) - 1), upper = 0;
    for (size_t i = 0; i < k; i++) {
        lac_bit_out_put(out, index[i] & low_mask, r);
    }
    for (size_t i = 0; i < k; i++) {
        put_golomb(out, (index[i] >> r) - upper, 0);
        upper = index[i] >> r;
    }
}

static bool read_elias_fano(struct lac_bit_in *in, uint32_t *index, size_t k, size_t d, unsigned r)
{
    uint64_t upper = 0, least = 0;
    for (size_t i = 0; i < k; i++) {
        index[i] = (uint32_t)lac_bit_in_get(in, r);
    }
    for (size_t i = 0; i < k; i++) {
        uint64_t rise;
        if (!get_golomb(in, 0, d, &rise)) {
            return false;
        }
        upper += rise;
        uint64_t j = upper << r | index[i];
        if (j < least || j >= d) {
            return false;
        }
        index[i] = (uint32_t)j;
        least = j + 1;
    }
    return true;
}

/* The gaps of indices begin.. by Golomb's code. */
static void write_gaps(struct lac_bit_out *out, const uint32_t *index, size_t begin, size_t k,
                       unsigned r)
{
    uint32_t next = begin > 0 ? index[begin - 1] + 1 : 0; /* one above the previous index */
    for (size_t i = begin; i < k; i++) {
        put_golomb(out, index[i] - next, r);
        next = index[i] + 1;
    }
}

/* Gaps that lie in the bits held, refilled while 8 bytes are there; indices that pass d are for the
   caller to refuse: *least, one above the last, is then above d. */
static size_t read_held_gaps(struct lac_bit_in *state, uint32_t *index, size_t i, size_t k,
                             size_t d, unsigned r, uint64_t *least)
{
    struct lac_bit_in in = *state;
    const uint64_t mask = (UINT64_C(1) << r) - 1;
    uint64_t next = *least;
    while (i < k && next <= d && in.end - in.p >= 8) {
        size_t begin = i;
        lac_bit_in_fill(&in);
        for (; i < k && in.held != 0; i++) {
            unsigned zeros = (unsigned)__builtin_ctzll(in.held), used = zeros + 1 + r;
            if (used > in.count) {
                break;
            }
            uint64_t j = next + ((in.held >> zeros >> 1 & mask) | (uint64_t)zeros << r);
            in.held = in.held >> zeros >> (r + 1);
            in.count -= used;
            index[i] = (uint32_t)j;
            next = j + 1;
        }
        if (i == begin) {
            break;
        }
    }
    *state = in;
    *least = next;
    return i;
}

static bool read_gaps(struct lac_bit_in *in, uint32_t *index, size_t begin, size_t k, size_t d,
                      unsigned r)
{
    uint64_t next = begin > 0 ? (uint64_t)index[begin - 1] + 1 : 0, gap;
    for (size_t i = begin; i < k;) {
        i = read_held_gaps(in, index, i, k, d, r, &next);
        if (next > d || (i < k && !get_golomb(in, r, d - next, &gap))) {
            return false;
        }
        if (i < k) {
            index[i++] = (uint32_t)(next + gap);
            next += gap + 1;
        }
    }
    return true;
}

static void write_blocks(struct lac_bit_out *out, const uint32_t *index, size_t k, size_t d,
                         unsigned r)
{
    const struct lac_subsets *subsets = lac_subsets();
    const unsigned mean = lac_mean_count(k, d);
    for (uint64_t first = 0; first < d; first += LAC_BLOCK_SIZE) {
        unsigned size = 0, n = d - first < LAC_BLOCK_SIZE ? (unsigned)(d - first) : LAC_BLOCK_SIZE;
        while (size < k && index[size] < first + n) {
            size++;
        }
        if (d - first > LAC_BLOCK_SIZE) {
            put_golomb(out, lac_count_place(size, mean), r);
        }
        lac_subset_put(subsets, out, index, size, first, n);
        index += size;
        k -= size;
    }
}

/* The number of indices in a block that is not the last. */
static inline bool read_count(struct lac_bit_in *in, unsigned mean, unsigned r, uint64_t *size)
{
    uint64_t place;
    if (!get_golomb(in, r, LAC_BLOCK_SIZE + 1, &place)) {
        return false;
    }
    *size = lac_count_at((unsigned)place, mean);
    return true;
}

static bool read_blocks(struct lac_bit_in *in, uint32_t *index, size_t k, size_t d, unsigned r)
{
    const struct lac_subsets *subsets = lac_subsets();
    const unsigned mean = lac_mean_count(k, d);
    struct lac_subset_run run = {0};
    uint64_t first = 0, size, listed = 0; /* blocks before first are in index */
    for (uint64_t next = LAC_BLOCK_SIZE; next < d; next += LAC_BLOCK_SIZE) {
        if (!read_count(in, mean, r, &size) || size > k ||
            !lac_subset_get(subsets, in, &run, (unsigned)size, LAC_BLOCK_SIZE)) {
            return false;
        }
        k -= size;
        if (run.count == LAC_SUBSET_LANES) {
            listed += lac_subset_list(subsets, &run, first, LAC_BLOCK_SIZE, index + listed);
            first = next;
        }
    }
    uint64_t last = (d - 1) / LAC_BLOCK_SIZE * LAC_BLOCK_SIZE;
    unsigned n = (unsigned)(d - last);
    listed += lac_subset_list(subsets, &run, first, LAC_BLOCK_SIZE, index + listed);
    if (in->bad || k > n || !lac_subset_get(subsets, in, &run, (unsigned)k, n)) {
        return false;
    }
    (void)lac_subset_list(subsets, &run, last, n, index + listed);
    return true;
}

static void write_runs(struct lac_bit_out *out, const uint32_t *index, size_t k, unsigned r,
                       unsigned second)
{
    for (size_t i = 0; i < k;) {
        size_t begin = i;
        if (i > 0) {
            put_golomb(out, index[i] - index[i - 1] - 2, r);
        }
        for (i++; i < k && index[i] == index[i - 1] + 1; i++) {
        }
        put_golomb(out, (uint32_t)(i - begin - 1), second);
    }
}

static bool read_runs(struct lac_bit_in *in, uint32_t *index, size_t k, size_t d, unsigned r,
                      unsigned second)
{
    for (size_t i = 0; i < k;) {
        uint64_t first = index[0], gap, more;
        if (i > 0) {
            if (!get_golomb(in, r, d, &gap)) {
                return false;
            }
            first = (uint64_t)index[i - 1] + 2 + gap;
        }
        if (!get_golomb(in, second, k - i, &more) || first + more >= d) {
            return false;
        }
        for (uint64_t l = 0; l <= more; l++) {
            index[i++] = (uint32_t)(first + l);
        }
    }
    return true;
}

static void write_usual(struct lac_bit_out *out, const uint32_t *index, size_t k, size_t d)
{
    lac_bit_out_put(out, 1, 1);
    if (lac_usual_is_blocks(k, d)) {
        write_blocks(out, index, k, d, LAC_USUAL_BLOCK_PARAMETER);
    } else {
        write_gaps(out, index, 0, k, lac_usual_rice(k, d));
    }
}

static bool read_usual(struct lac_bit_in *in, uint32_t *index, size_t k, size_t d)
{
    return lac_usual_is_blocks(k, d) ? read_blocks(in, index, k, d, LAC_USUAL_BLOCK_PARAMETER)
                                     : read_gaps(in, index, 0, k, d, lac_usual_rice(k, d));
}

static void write_head(struct lac_bit_out *out, const struct lac_index_code *code)
{
    lac_bit_out_put(out, 0, 1);
    lac_bit_out_put(out, code->coding, LAC_INDEX_CODING_BITS);
    if (code->coding >= LAC_INDEX_ELIAS_FANO) {
        lac_bit_out_put(out, code->parameter, LAC_INDEX_PARAMETER_BITS);
    }
    if (code->coding == LAC_INDEX_RUNS) {
        lac_bit_out_put(out, code->second, LAC_INDEX_PARAMETER_BITS);
    }
}

void lac_index_code_write(struct lac_bit_out *out, const struct lac_index_code *code,
                          const uint32_t *index, size_t k, size_t d)
{
    unsigned r = code->parameter;
    if (code->coding == LAC_INDEX_USUAL) {
        write_usual(out, index, k, d);
        return;
    }
    write_head(out, code);
    switch (code->coding) {
    case LAC_INDEX_PACKED:
        write_packed(out, index, k, d);
        break;
    case LAC_INDEX_BITMAP:
        write_bitmap(out, index, k, d);
        break;
    case LAC_INDEX_ELIAS_FANO:
        write_elias_fano(out, index, k, r);
        break;
    case LAC_INDEX_RICE:
        write_packed(out, index, 1, d);
        write_gaps(out, index, 1, k, r);
        break;
    case LAC_INDEX_BLOCKS:
        write_blocks(out, index, k, d, r);
        break;
    default:
        write_packed(out, index, 1, d);
        write_runs(out, index, k, r, code->second);
        break;
    }
}

bool lac_index_code_read(struct lac_bit_in *in, uint32_t *index, size_t k, size_t d)
{
    if (lac_bit_in_get(in, 1) == 1) {
        return read_usual(in, index, k, d);
    }
    uint64_t coding = lac_bit_in_get(in, LAC_INDEX_CODING_BITS);
    bool named = coding >= LAC_INDEX_ELIAS_FANO;
    unsigned r = named ? (unsigned)lac_bit_in_get(in, LAC_INDEX_PARAMETER_BITS) : 0, second;
    switch (coding) {
    case LAC_INDEX_PACKED:
        return read_packed(in, index, k, d);
    case LAC_INDEX_BITMAP:
        return read_bitmap(in, index, k, d);
    case LAC_INDEX_ELIAS_FANO:
        return read_elias_fano(in, index, k, d, r);
    case LAC_INDEX_RICE:
        return read_packed(in, index, 1, d) && read_gaps(in, index, 1, k, d, r);
    case LAC_INDEX_BLOCKS:
        return r < LAC_BLOCK_PARAMETERS && read_blocks(in, index, k, d, r);
    case LAC_INDEX_RUNS:
        second = (unsigned)lac_bit_in_get(in, LAC_INDEX_PARAMETER_BITS);
        return read_packed(in, index, 1, d) && read_runs(in, index, k, d, r, second);
    default:
        return false;
    }
}
