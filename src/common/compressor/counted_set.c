#include "compressor/counted_set.h"

#include <math.h>

#include "base/vec.h"
#include "compressor/index_codes.h"
#include "compressor/keep_kernels.h"

void lac_counted_set_write(struct lac_writer *w, const uint32_t *index, size_t count, size_t most,
                           size_t d)
{
    lac_write_bits(w, LAC_BITS_INDEX, count, lac_bits_of(most));
    if (count > 0) {
        lac_index_set_write(w, index, count, d);
    }
}

lac_status lac_counted_set_read(struct lac_reader *r, uint32_t *index, size_t *count, size_t most,
                                size_t d)
{
    uint64_t sent = lac_read_bits(r, LAC_BITS_INDEX, lac_bits_of(most));
    if (sent > most) {
        return LAC_FAIL(LAC_E_PROTOCOL, "a section keeps %llu entries, more than %zu",
                        (unsigned long long)sent, most);
    }
    *count = (size_t)sent;
    return sent > 0 ? lac_index_set_read(r, index, (size_t)sent, d) : LAC_OK;
}

/* Bits of the index set of `count` entries, by lac_index_set_expected_bits and _information. */
static void add_count(struct lac_selector_info *info, double count, double weight, size_t d)
{
    size_t whole = (size_t)(count + 0.5);
    if (whole > 0) {
        info->sent += weight;
        info->mean += weight * count;
        info->expected_bits += weight * lac_index_set_expected_bits(whole, d);
        info->information_bits += weight * lac_index_set_information(whole, d);
    }
}

static void add_drawn(struct lac_selector_info *info, size_t d, lac_count_of *count, void *state)
{
    double v[LAC_DRAWN_D];
    uint32_t times[LAC_DRAWN_D + 1] = {0};
    struct lac_stream stream = {.purpose = LAC_PURPOSE_TEST, .step = 80};
    struct lac_rng rng;
    lac_rng_init(&rng, &stream);
    for (uint64_t i = 0; i < LAC_DRAWN; i++) {
        for (size_t j = 0; j < d; j++) {
            v[j] = lac_rng_normal(&rng);
        }
        times[count(state, &(struct lac_draw){.round = i, .cohort = 1}, v)]++;
    }
    for (size_t c = 1; c <= d; c++) {
        if (times[c] > 0) {
            add_count(info, (double)c, times[c] / (double)LAC_DRAWN, d);
        }
    }
}

void lac_counted_set_info(struct lac_selector_info *info, size_t d, lac_count_of *count,
                          void *state, double typical)
{
    unsigned width = lac_bits_of(info->most);
    size_t longest = info->most < d ? info->most : d - 1; /* all d need no bits */
    uint64_t most_bits = width + (longest > 0 ? lac_index_set_max_bits(longest, d) : 0);
    info->max_bytes = (size_t)((most_bits + 7) / 8);
    if (d <= LAC_DRAWN_D) {
        add_drawn(info, d, count, state);
    } else {
        double kept = fmin(fmax(typical, 1.0), (double)info->most);
        add_count(info, kept, fmin(typical, 1.0), d);
    }
    LAC_ASSERT(info->sent > 0.0);
    info->mean /= info->sent;
    info->expected_bits += width;
}

double lac_scaled_norm_sq(const double *v, size_t d, int *e)
{
    double sum = vec_norm_sq(v, d);
    *e = 0;
    if (sum >= 0x1p-900 && sum <= 0x1p1000) {
        return sum;
    }
    uint64_t largest = lac_keep_active()->largest(v, d);
    if (largest == 0) {
        return 0.0;
    }
    *e = (int)(largest >> 52) - 1022;
    sum = 0.0;
    for (size_t j = 0; j < d; j++) {
        double x = ldexp(v[j], -*e);
        sum += x * x;
    }
    return sum;
}
