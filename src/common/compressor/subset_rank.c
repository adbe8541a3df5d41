#include "compressor/subset_rank.h"

static void fill(struct lac_subsets *s)
{
    for (unsigned p = 0; p <= LAC_SUBSET_MAX; p++) {
        s->choose[0][p] = 1;
        for (unsigned i = 1; i <= p; i++) {
            s->choose[i][p] = s->choose[i - 1][p - 1] + (i < p ? s->choose[i][p - 1] : 0);
            uint64_t last = s->choose[i][p] - 1;
            s->rank_bits[p][i] = last > 0 ? (uint8_t)(64 - __builtin_clzll(last)) : 0;
        }
    }
}

const struct lac_subsets *lac_subsets(void)
{
    static struct lac_subsets table;
    if (table.choose[0][LAC_SUBSET_MAX] == 0) {
        fill(&table);
    }
    return &table;
}

void lac_subset_put(const struct lac_subsets *s, struct lac_bit_out *out, const uint32_t *index,
                    unsigned size, uint64_t first, unsigned n)
{
    uint64_t rank = 0;
    for (unsigned i = 0; i < size; i++) {
        rank += s->choose[i + 1][index[i] - first];
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

bool lac_subset_get(const struct lac_subsets *s, struct lac_bit_in *in, uint32_t *index,
                    unsigned size, uint64_t first, unsigned n)
{
    uint64_t rank = get_long(in, s->rank_bits[n][size]);
    if (rank >= s->choose[size][n]) {
        return false;
    }
    unsigned p = n;
    for (unsigned i = size; i > 0; i--) {
        do {
            p--;
        } while (s->choose[i][p] > rank);
        rank -= s->choose[i][p];
        index[i - 1] = (uint32_t)(first + p);
    }
    return true;
}
