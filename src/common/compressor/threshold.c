/*
 * Threshold: the entries of at least R times the root mean square of all, for an R below 1.
 *
 * Class: contractive with alpha = 1 - R^2: what is left out is below R^2 |v|^2 / d each, and d of them at
 *        most. Of a vector that is not zero some entry is kept, as the largest is at least the root mean
 *        square; where rounding denies even that, the largest are kept.
 * Wire:  the number kept (as many bits as d has), its index set (index_set.h) where it is not 0, filled
 *        up to a byte; then the values in ascending order of index. In the authors' count 32 each.
 * Paper: Dutta, Bergou, Abdelmoniem, Ho, Sahu, Canini, Kalnis. "On the discrepancy between the
 *        theoretical analysis and practical implementations of compressed communication for distributed
 *        deep learning". AAAI 2020. arXiv:1911.08250; with a threshold that scales with v.
 */
#include <math.h>
#include <string.h>

#include "compressor/counted_set.h"
#include "compressor/keep_kernels.h"

struct threshold {
    size_t d;
    double ratio;
    uint32_t *index; /* (d + spare) work */
};

static size_t threshold_keep(void *state, const struct lac_draw *draw, const double *v)
{
    struct threshold *s = state;
    const struct lac_keep_kernels *kernels = lac_keep_active();
    int e;
    double norm_sq = lac_scaled_norm_sq(v, s->d, &e);
    (void)draw;
    if (norm_sq == 0.0) {
        return 0;
    }
    double bound = ldexp(s->ratio * sqrt(norm_sq / (double)s->d), e);
    uint64_t least;
    memcpy(&least, &bound, sizeof least);
    size_t count = kernels->keep(v, 0, s->d, least > 0 ? least : 1, s->index, NULL);
    if (count == 0) {
        count = kernels->keep(v, 0, s->d, kernels->largest(v, s->d), s->index, NULL);
    }
    return count;
}

static lac_status threshold_setup(void *state, const struct lac_compressor_size *size,
                                  const struct lac_spec *spec, struct lac_arena *arena,
                                  struct lac_selector_info *info)
{
    static const char *const keys[] = {"ratio", NULL};
    struct threshold *s = state;
    s->d = size->d;
    s->ratio = -1.0;
    LAC_TRY(lac_spec_allow(spec, keys));
    LAC_TRY(lac_spec_double(spec, "ratio", &s->ratio));
    if (!(s->ratio > 0.0 && s->ratio < 1.0)) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "'%s': threshold:ratio=R needs an R above 0 and below 1: entries of R times "
            "the root mean square are kept",
            spec->text);
    }
    LAC_TRY(LAC_NEW(arena, s->d + LAC_KEEP_SPARE, &s->index));
    *info = (struct lac_selector_info){
        .contractive = true,
        .every_draw = true,
        .alpha = s->d == 1 ? 1.0 : 1.0 - s->ratio * s->ratio,
        .most = s->d,
        .data_dependent = true,
    };
    lac_counted_set_info(info, s->d, threshold_keep, s,
                         (double)s->d * erfc(s->ratio / 0x1.6a09e667f3bcdp+0));
    return LAC_OK;
}

static lac_status threshold_select(void *state, const struct lac_draw *draw, const double *v,
                                   struct lac_writer *w, struct lac_selection *out)
{
    struct threshold *s = state;
    size_t count = threshold_keep(s, draw, v);
    lac_counted_set_write(w, s->index, count, s->d, s->d);
    *out = (struct lac_selection){s->index, 0, count, 1.0, 1.0};
    return LAC_OK;
}

static lac_status threshold_receive(void *state, const struct lac_draw *draw, struct lac_reader *r,
                                    struct lac_selection *out)
{
    struct threshold *s = state;
    size_t count;
    (void)draw;
    LAC_TRY(lac_counted_set_read(r, s->index, &count, s->d, s->d));
    *out = (struct lac_selection){s->index, 0, count, 1.0, 1.0};
    return LAC_OK;
}

static const struct lac_selector threshold_selector = {threshold_setup, threshold_select,
                                                       threshold_receive};
static const char *const threshold_examples[] = {"threshold:ratio=0.9", "threshold:ratio=0.3",
                                                 NULL};

const struct lac_compressor lac_compressor_threshold = {
    .name = "threshold",
    .usage = "threshold:ratio=R",
    .summary = "the entries of at least R times the root mean square",
    .definition = "v_j where |v_j| >= R |v| / sqrt(d), else 0",
    .alpha = "1 - R^2",
    .bits = "a count, its index set, the values",
    .paper = "Dutta et al., AAAI 2020, arXiv:1911.08250",
    .examples = threshold_examples,
    .codec = LAC_CODEC_THRESHOLD,
    .state_size = sizeof(struct threshold),
    .selector = &threshold_selector,
};
