/*
 * Block TopK: of each block of B consecutive entries the K of largest magnitude (of a last block of
 * fewer than K all), the others zero.
 *
 * Class: contractive with alpha = K / B, as each block contracts by it (a short last block of n keeps
 *        min(K, n) of n, no smaller share); K / d where d < B. With all entries kept the identity, and
 *        so unbiased with omega = 0 too.
 * Ties:  the lowest index is kept.
 * Wire:  B <= 64: for each block the rank of its set (subset_rank.h), ceil(log2 C(B, K)) bits; so the
 *        length does not depend on v. B > 64: one index set (index_set.h) of all that are kept, which
 *        takes about (1/2) log2(2 pi K (1 - K / B)) bits a block more than ranks would. Filled up to a
 *        byte; then the values in ascending order of index. In the authors' count 32 each.
 * Paper: the blocks of Aji, Heafield, "Sparse communication for distributed gradient descent", EMNLP
 *        2017, arXiv:1704.05021 (layers there).
 */
#include "compressor/index_set.h"
#include "compressor/largest.h"
#include "compressor/parts.h"
#include "compressor/subset_rank.h"

enum { MOST_LISTED = 4096 };

struct blocktopk {
    size_t d, block, k;
    size_t count;      /* kept in all */
    uint32_t *index;   /* (count) work */
    uint64_t *members; /* (C(block, k)) by rank; NULL where these are many */
    struct lac_largest largest;
};

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static lac_status read_parameters(struct blocktopk *s, const struct lac_spec *spec)
{
    static const char *const keys[] = {"block", "k", NULL};
    uint64_t block = 0, k = 0;
    LAC_TRY(lac_spec_allow(spec, keys));
    LAC_TRY(lac_spec_count(spec, "block", &block));
    LAC_TRY(lac_spec_count(spec, "k", &k));
    if (block < 1 || block > UINT32_MAX) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': blocktopk:block=B,k=K needs a B in 1..%u, the entries of a block",
                        spec->text, UINT32_MAX);
    }
    if (k < 1 || k > block) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': blocktopk:block=B,k=K needs a K in 1..%llu, the entries of a block",
                        spec->text, (unsigned long long)block);
    }
    s->block = min((size_t)block, s->d);
    if (k > s->block) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': k must be in 1..%zu, the dimension", spec->text, s->d);
    }
    s->k = (size_t)k;
    return LAC_OK;
}

/* Bits of the index set, and the least there can be. */
static void index_bits(const struct blocktopk *s, struct lac_selector_info *info)
{
    size_t full = s->d / s->block, rest = s->d % s->block, last = min(s->k, rest);
    info->information_bits = (double)full * lac_index_set_information(s->k, s->block) +
                             (rest > 0 ? lac_index_set_information(last, rest) : 0.0);
    if (s->block <= LAC_SUBSET_MAX) {
        const struct lac_subsets *subsets = lac_subsets();
        uint64_t bits =
            (uint64_t)full * subsets->rank_bits[s->block][s->k] + subsets->rank_bits[rest][last];
        info->max_bytes = (size_t)((bits + 7) / 8);
        info->expected_bits = (double)bits;
    } else {
        info->max_bytes = (size_t)((lac_index_set_max_bits(s->count, s->d) + 7) / 8);
        info->expected_bits = lac_index_set_expected_bits(s->count, s->d);
        info->data_dependent = s->count < s->d;
    }
}

/* Of blocks with few sets all of them, so that a rank is looked up. */
static lac_status list_members(struct blocktopk *s, struct lac_arena *arena)
{
    const struct lac_subsets *subsets = lac_subsets();
    s->members = NULL;
    if (s->block > LAC_SUBSET_MAX || subsets->choose[s->block][s->k] > MOST_LISTED) {
        return LAC_OK;
    }
    uint64_t count = subsets->choose[s->block][s->k];
    LAC_TRY(LAC_NEW(arena, count, &s->members));
    for (uint64_t rank = 0; rank < count; rank++) {
        struct lac_subset_run run = {1, {(unsigned)s->k}, {rank}};
        uint32_t index[LAC_SUBSET_MAX];
        size_t listed = lac_subset_list(subsets, &run, 0, (unsigned)s->block, index);
        for (size_t i = 0; i < listed; i++) {
            s->members[rank] |= UINT64_C(1) << index[i];
        }
    }
    return LAC_OK;
}

static lac_status blocktopk_setup(void *state, const struct lac_compressor_size *size,
                                  const struct lac_spec *spec, struct lac_arena *arena,
                                  struct lac_selector_info *info)
{
    struct blocktopk *s = state;
    s->d = size->d;
    LAC_TRY(read_parameters(s, spec));
    s->count = s->d / s->block * s->k + min(s->k, s->d % s->block);
    LAC_TRY(LAC_NEW(arena, s->count, &s->index));
    LAC_TRY(lac_largest_init(&s->largest, s->block, s->k, arena));
    LAC_TRY(list_members(s, arena));
    *info = (struct lac_selector_info){
        .unbiased = s->count == s->d,
        .omega_exact = s->count == s->d,
        .contractive = true,
        .every_draw = true,
        .alpha = (double)s->k / (double)s->block,
        .most = s->count,
        .sent = 1.0,
        .mean = (double)s->count,
    };
    index_bits(s, info);
    return LAC_OK;
}

static void write_ranks(const struct blocktopk *s, struct lac_writer *w)
{
    const struct lac_subsets *subsets = lac_subsets();
    const uint32_t *index = s->index;
    uint64_t blocks = (s->d + s->block - 1) / s->block;
    struct lac_bit_out out = lac_bit_out_begin(w, blocks * subsets->rank_bits[s->block][s->k]);
    for (size_t first = 0; first < s->d; first += s->block) {
        size_t n = min(s->block, s->d - first), k = min(s->k, n);
        lac_subset_put(subsets, &out, index, (unsigned)k, first, (unsigned)n);
        index += k;
    }
    lac_bit_out_end(out, w, LAC_BITS_INDEX);
}

/* Of the blocks of the full size. */
static bool look_up_ranks(const struct blocktopk *s, struct lac_bit_in *in)
{
    const struct lac_subsets *subsets = lac_subsets();
    uint32_t *index = s->index;
    const uint64_t count = subsets->choose[s->block][s->k];
    for (size_t first = 0; first + s->block <= s->d; first += s->block) {
        uint64_t rank = lac_bit_in_get(in, subsets->rank_bits[s->block][s->k]);
        if (rank >= count) {
            return false;
        }
        for (uint64_t rest = s->members[rank]; rest != 0; rest &= rest - 1) {
            *index++ = (uint32_t)first + (uint32_t)__builtin_ctzll(rest);
        }
    }
    return true;
}

static bool search_ranks(const struct blocktopk *s, struct lac_bit_in *in)
{
    const struct lac_subsets *subsets = lac_subsets();
    const unsigned n = (unsigned)s->block;
    uint32_t *index = s->index;
    struct lac_subset_run run = {0};
    size_t first = 0;
    for (size_t next = n; next <= s->d; next += n) {
        if (!lac_subset_get(subsets, in, &run, (unsigned)s->k, n)) {
            return false;
        }
        if (run.count == LAC_SUBSET_LANES) {
            index += lac_subset_list(subsets, &run, first, n, index);
            first = next;
        }
    }
    (void)lac_subset_list(subsets, &run, first, n, index);
    return true;
}

static bool read_ranks(const struct blocktopk *s, struct lac_reader *r)
{
    const struct lac_subsets *subsets = lac_subsets();
    const unsigned rest = (unsigned)(s->d % s->block);
    struct lac_bit_in in = lac_bit_in_begin(r);
    bool good = s->members ? look_up_ranks(s, &in) : search_ranks(s, &in);
    if (good && rest > 0) {
        struct lac_subset_run run = {0};
        unsigned k = (unsigned)min(s->k, rest);
        good = lac_subset_get(subsets, &in, &run, k, rest);
        (void)(good && lac_subset_list(subsets, &run, s->d - rest, rest, s->index + s->count - k));
    }
    lac_bit_in_end(in, r, LAC_BITS_INDEX);
    return good;
}

/* Whether each block has as many as it should. */
static bool is_shared_out(const struct blocktopk *s)
{
    const uint32_t *index = s->index;
    for (size_t first = 0; first < s->d; first += s->block) {
        size_t n = min(s->block, s->d - first), k = min(s->k, n);
        if (index[0] < first || index[k - 1] - first >= n) {
            return false;
        }
        index += k;
    }
    return true;
}

static lac_status blocktopk_select(void *state, const struct lac_draw *draw, const double *v,
                                   struct lac_writer *w, struct lac_selection *out)
{
    struct blocktopk *s = state;
    uint32_t *index = s->index;
    (void)draw;
    for (size_t first = 0; first < s->d; first += s->block) {
        size_t n = min(s->block, s->d - first), k = min(s->k, n);
        lac_largest(&s->largest, v + first, n, k, index);
        for (size_t i = 0; i < k; i++) {
            index[i] += (uint32_t)first;
        }
        index += k;
    }
    if (s->block <= LAC_SUBSET_MAX) {
        write_ranks(s, w);
    } else {
        lac_index_set_write(w, s->index, s->count, s->d);
    }
    *out = (struct lac_selection){s->index, 0, s->count, 1.0, 1.0};
    return LAC_OK;
}

static lac_status blocktopk_receive(void *state, const struct lac_draw *draw, struct lac_reader *r,
                                    struct lac_selection *out)
{
    struct blocktopk *s = state;
    bool good;
    (void)draw;
    if (s->block <= LAC_SUBSET_MAX) {
        good = read_ranks(s, r);
    } else {
        LAC_TRY(lac_index_set_read(r, s->index, s->count, s->d));
        good = is_shared_out(s);
    }
    if (!good || r->bad) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a section does not keep %zu entries of each block of %zu",
                        s->k, s->block);
    }
    *out = (struct lac_selection){s->index, 0, s->count, 1.0, 1.0};
    return LAC_OK;
}

static const struct lac_selector blocktopk_selector = {blocktopk_setup, blocktopk_select,
                                                       blocktopk_receive};
static const char *const blocktopk_examples[] = {"blocktopk:block=16,k=2", "blocktopk:block=5,k=3",
                                                 "blocktopk:block=1000,k=10",
                                                 "blocktopk:block=64,k=64", NULL};

const struct lac_compressor lac_compressor_blocktopk = {
    .name = "blocktopk",
    .usage = "blocktopk:block=B,k=K",
    .summary = "the K entries of largest magnitude of each block of B",
    .definition = "v_j where |v_j| is among the K largest of its block, else 0",
    .alpha = "K/B",
    .bits = "a rank of log2 C(B, K) for each block (B <= 64) or an index set, the values",
    .paper = "Aji, Heafield, EMNLP 2017, arXiv:1704.05021",
    .examples = blocktopk_examples,
    .codec = LAC_CODEC_BLOCKTOPK,
    .state_size = sizeof(struct blocktopk),
    .selector = &blocktopk_selector,
};
