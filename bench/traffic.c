#include "traffic.h"

#include "base/status.h"

enum { VALUE_BYTES = 8, MOST_INPUT_BITS = 48, MOST_CLIENTS = 1 << 15 };

const struct traffic_masks traffic_masks_assumed = {
    .key_bits = 256, .share_bits = 256, .input_bits = 32};

static uint64_t bytes_of(uint64_t bits)
{
    return (bits + 7) / 8;
}

struct traffic traffic_permk(uint64_t d, uint64_t n, uint64_t sealing)
{
    uint64_t block = (d + n - 1) / n;
    return (struct traffic){block * VALUE_BYTES + sealing, d * VALUE_BYTES + n * sealing};
}

struct traffic traffic_dense(uint64_t d, uint64_t n, uint64_t sealing)
{
    uint64_t vector = d * VALUE_BYTES + sealing;
    return (struct traffic){vector, n * vector};
}

uint32_t traffic_masked_bits(const struct traffic_masks *m, uint64_t n)
{
    LAC_ASSERT(m->input_bits <= MOST_INPUT_BITS && n > 0 && n <= MOST_CLIENTS);
    uint64_t sums = n * ((UINT64_C(1) << m->input_bits) - 1) + 1;
    uint32_t bits = 0;
    while (UINT64_C(1) << bits < sums) {
        bits++;
    }
    return bits;
}

struct traffic traffic_secure_aggregation(const struct traffic_masks *m, uint64_t d, uint64_t n)
{
    uint64_t up = 2 * (uint64_t)m->key_bits + (2 * (n - 1) + n) * m->share_bits +
                  d * traffic_masked_bits(m, n);
    uint64_t down = 2 * (n - 1) * m->key_bits + 2 * (n - 1) * m->share_bits;
    return (struct traffic){bytes_of(up), bytes_of(down) + d * VALUE_BYTES};
}
