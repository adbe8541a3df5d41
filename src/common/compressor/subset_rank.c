#include "compressor/subset_rank.h"

static void fill(struct lac_subsets *s)
{
    for (unsigned p = 0; p <= LAC_SUBSET_MAX; p++) {
        s->choose[p][0] = 1;
        for (unsigned i = 1; i <= p; i++) {
            s->choose[p][i] = s->choose[p - 1][i - 1] + (i < p ? s->choose[p - 1][i] : 0);
            uint64_t last = s->choose[p][i] - 1;
            s->rank_bits[p][i] = last > 0 ? (uint8_t)(64 - __builtin_clzll(last)) : 0;
        }
    }
}

const struct lac_subsets *lac_subsets(void)
{
    static struct lac_subsets table;
    if (table.choose[LAC_SUBSET_MAX][0] == 0) {
        fill(&table);
    }
    return &table;
}

void lac_subset_put(const struct lac_subsets *s, struct lac_bit_out *out, const uint32_t *index,
                    unsigned size, uint64_t first, unsigned n)
{
    uint64_t rank = 0;
    for (unsigned i = 0; i < size; i++) {
        rank += s->choose[index[i] - first][i + 1];
    }
    lac_bit_out_put(out, rank, s->rank_bits[n][size]);
}

static uint64_t get_long(struct lac_bit_in *in, unsigned count)
{
    if (count <= 56) {
        return lac_bit_in_get(in, count);
    }
    uint64_t low = lac_bit_in_get(in, 32);
    return low | lac_bit_in_get(in, count - 32) << 32;
}

bool lac_subset_get(const struct lac_subsets *s, struct lac_bit_in *in, struct lac_subset_run *run,
                    unsigned size, unsigned n)
{
    uint64_t rank = get_long(in, s->rank_bits[n][size]);
    run->size[run->count] = size;
    run->rank[run->count++] = rank;
    return rank < s->choose[n][size];
}

/* From the highest place down: p is a member where C(p, what is left) <= the rank that is left. */
static void find_members(const struct lac_subsets *s, const struct lac_subset_run *run, unsigned n,
                         uint64_t *members)
{
    uint64_t rank[LAC_SUBSET_LANES], left[LAC_SUBSET_LANES], found[LAC_SUBSET_LANES];
    for (unsigned l = 0; l < LAC_SUBSET_LANES; l++) {
        rank[l] = l < run->count ? run->rank[l] : 0;
        left[l] = l < run->count ? run->size[l] : 0;
        found[l] = 0;
    }
    for (unsigned p = n; p-- > 0;) {
        const uint64_t *choose = s->choose[p];
        for (unsigned l = 0; l < LAC_SUBSET_LANES; l++) {
            uint64_t here = choose[left[l]], is_in = rank[l] >= here;
            rank[l] -= here & (0 - is_in);
            left[l] -= is_in;
            found[l] = found[l] << 1 | is_in;
        }
    }
    for (unsigned l = 0; l < LAC_SUBSET_LANES; l++) {
        members[l] = found[l];
    }
}

size_t lac_subset_list(const struct lac_subsets *s, struct lac_subset_run *run, uint64_t first,
                       unsigned n, uint32_t *index)
{
    uint64_t members[LAC_SUBSET_LANES];
    size_t listed = 0;
    find_members(s, run, n, members);
    for (unsigned l = 0; l < run->count; l++) {
        for (uint64_t rest = members[l]; rest != 0; rest &= rest - 1) {
            index[listed++] = (uint32_t)first + (uint32_t)__builtin_ctzll(rest);
        }
        first += n;
    }
    run->count = 0;
    return listed;
}
