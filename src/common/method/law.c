#include "method/law.h"

#include <math.h>

#include "base/elementary.h"
#include "base/vec.h"

bool lac_law_is_weighted(enum lac_law_kind kind)
{
    return kind == LAC_LAW_IMPORTANCE || kind == LAC_LAW_WEIGHTED || kind == LAC_LAW_EXTENDED_NICE;
}

bool lac_law_repeats(enum lac_law_kind kind)
{
    return kind == LAC_LAW_UNIFORM || kind == LAC_LAW_IMPORTANCE || kind == LAC_LAW_EXTENDED_NICE;
}

bool lac_law_counts(enum lac_law_kind kind)
{
    return kind != LAC_LAW_INDEPENDENT && kind != LAC_LAW_WEIGHTED;
}

size_t lac_law_most(enum lac_law_kind kind, size_t n, double tau)
{
    return lac_law_counts(kind) ? (size_t)tau : n;
}

/* A of tau of n items without replacement. */
static double nice(double n, double tau)
{
    return n > 1.0 ? (n - tau) / (tau * (n - 1.0)) : 0.0;
}

/* weight (n) <- the L_i, none below a thousandth of their mean; returns the mean. */
static double weights(const double *L, size_t n, double *weight)
{
    double mean = vec_sum(L, n) / (double)n;
    for (size_t i = 0; i < n; i++) {
        weight[i] = mean > 0.0 ? fmax(L[i], 1e-3 * mean) : 1.0;
    }
    return vec_sum(weight, n) / (double)n;
}

static lac_status open_importance(struct lac_law *law, const double *L, double *factor,
                                  struct lac_arena *a)
{
    double *until, sum = 0.0, n = (double)law->n;
    LAC_TRY(LAC_NEW(a, law->n, &until));
    double mean = weights(L, law->n, factor);
    for (size_t i = 0; i < law->n; i++) {
        double q = factor[i] / (mean * n);
        until[i] = sum += q;
        factor[i] = 1.0 / (law->tau * n * q);
    }
    law->until = until;
    law->A = law->B = 1.0 / law->tau;
    return LAC_OK;
}

static lac_status open_extended_nice(struct lac_law *law, const double *L, double *factor,
                                     struct lac_arena *a)
{
    double *until, copies = 0.0;
    LAC_TRY(LAC_NEW(a, law->n, &until));
    double mean = weights(L, law->n, factor);
    for (size_t i = 0; i < law->n; i++) {
        factor[i] = ceil(factor[i] / mean);
        until[i] = copies += factor[i];
    }
    for (size_t i = 0; i < law->n; i++) {
        factor[i] = copies / (law->tau * (double)law->n * factor[i]);
    }
    law->until = until;
    law->copies = (size_t)copies;
    law->A = law->B = nice(copies, law->tau);
    return LAC_OK;
}

/* p_i = min(1, c L_i) with sum tau: c grows until it fits; every pass makes at least one more p_i = 1. */
static void share_out(double *p, size_t n, double tau)
{
    for (bool again = true; again;) {
        double whole = 0.0, rest = 0.0;
        again = false;
        for (size_t i = 0; i < n; i++) {
            whole += p[i] == HUGE_VAL ? 1.0 : 0.0;
            rest += p[i] == HUGE_VAL ? 0.0 : p[i];
        }
        for (size_t i = 0; i < n; i++) {
            if (p[i] != HUGE_VAL && p[i] * (tau - whole) >= rest) {
                p[i] = HUGE_VAL; /* always there */
                again = true;
            }
        }
        for (size_t i = 0; !again && i < n; i++) {
            p[i] = p[i] == HUGE_VAL ? 1.0 : p[i] * (tau - whole) / rest;
        }
    }
}

static void open_independent(struct lac_law *law, const double *L, double *factor)
{
    double odds = 0.0, n = (double)law->n;
    bool weighted = law->kind == LAC_LAW_WEIGHTED;
    if (weighted) {
        weights(L, law->n, factor);
        share_out(factor, law->n, law->tau);
    }
    for (size_t i = 0; i < law->n; i++) {
        double p = weighted ? factor[i] : law->tau / n;
        odds += p < 1.0 ? p / (1.0 - p) : 0.0;
        factor[i] = 1.0 / (n * p);
    }
    law->A = odds > 0.0 ? 1.0 / odds : 0.0;
}

lac_status lac_law_open(struct lac_law *law, enum lac_law_kind kind, size_t n, double tau,
                        const double *L, struct lac_arena *a)
{
    double *factor = NULL;
    *law = (struct lac_law){.kind = kind, .n = n, .tau = tau, .copies = n};
    if (kind == LAC_LAW_NICE || kind == LAC_LAW_UNIFORM) {
        law->A = law->B = kind == LAC_LAW_NICE ? nice((double)n, tau) : 1.0 / tau;
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(a, n, &factor));
    law->factor = factor;
    if (kind == LAC_LAW_IMPORTANCE) {
        return open_importance(law, L, factor, a);
    }
    if (kind == LAC_LAW_EXTENDED_NICE) {
        return open_extended_nice(law, L, factor, a);
    }
    open_independent(law, L, factor);
    return LAC_OK;
}

lac_status lac_law_vanilla(struct lac_law *law, size_t n, double tau)
{
    LAC_TRY(lac_law_open(law, LAC_LAW_UNIFORM, n, tau, NULL, NULL)); /* keeps nothing */
    law->B = 0.0;
    return LAC_OK;
}

double lac_law_factor(const struct lac_law *law, size_t i)
{
    return law->factor ? law->factor[i] : 1.0 / law->tau;
}

double lac_law_noise(const struct lac_law *law, size_t i)
{
    if (!lac_law_counts(law->kind)) {
        double noise = law->factor[i] - 1.0 / (double)law->n; /* (1 - p_i)/(n p_i) */
        return noise > 0.0 ? noise : 0.0;
    }
    return law->A * law->tau * lac_law_factor(law, i);
}

double lac_law_chance(const struct lac_law *law, size_t i)
{
    return 1.0 / ((double)law->n * lac_law_factor(law, i));
}

double lac_law_square(const struct lac_law *law, size_t i)
{
    return lac_law_noise(law, i) + (1.0 - law->B) / (double)law->n;
}

/* The probability that item i is not drawn, where it may be drawn more than once. */
static double chance_of_none(const struct lac_law *law, size_t i)
{
    double q =
        law->kind == LAC_LAW_UNIFORM ? 1.0 / (double)law->n : lac_law_chance(law, i) / law->tau;
    double copies = (double)law->copies, none = 1.0;
    if (law->kind != LAC_LAW_EXTENDED_NICE) {
        return q < 1.0 ? lac_pow(1.0 - q, law->tau) : 0.0;
    }
    uint64_t own = (uint64_t)(q * copies + 0.5);
    for (uint64_t j = 0; j < own; j++) {
        none *= fmax(0.0, copies - law->tau - (double)j) / (copies - (double)j);
    }
    return none;
}

double lac_law_distinct(const struct lac_law *law)
{
    double sum = 0.0;
    if (!lac_law_repeats(law->kind)) {
        return law->tau;
    }
    for (size_t i = 0; i < law->n; i++) {
        sum += 1.0 - chance_of_none(law, i);
    }
    return sum;
}

double lac_law_none(const struct lac_law *law)
{
    double none = lac_law_counts(law->kind) ? 0.0 : 1.0;
    for (size_t i = 0; i < law->n && none > 0.0; i++) {
        none *= fmax(0.0, 1.0 - lac_law_chance(law, i));
    }
    return none;
}

void lac_draws_begin(struct lac_draws *d, const struct lac_law *law,
                     const struct lac_stream *stream)
{
    d->law = law;
    d->at = 0;
    lac_rng_init(&d->rng, stream);
    if (law->kind == LAC_LAW_NICE || law->kind == LAC_LAW_EXTENDED_NICE) {
        lac_permutation_init(&d->order, stream, law->copies);
    }
}

/* The first item whose `until` lies above point. */
static uint32_t item_at(const struct lac_law *law, double point)
{
    size_t low = 0, high = law->n - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (law->until[middle] > point) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return (uint32_t)low;
}

static bool next_present(struct lac_draws *d, uint32_t *item)
{
    while (d->at < d->law->n) {
        size_t i = d->at++;
        if (lac_rng_uniform(&d->rng) < lac_law_chance(d->law, i)) {
            *item = (uint32_t)i;
            return true;
        }
    }
    return false;
}

bool lac_draws_next(struct lac_draws *d, uint32_t *item)
{
    const struct lac_law *law = d->law;
    if (!lac_law_counts(law->kind)) {
        return next_present(d, item);
    }
    if (d->at == (size_t)law->tau) {
        return false;
    }
    switch (law->kind) {
    case LAC_LAW_UNIFORM:
        *item = (uint32_t)lac_rng_below(&d->rng, law->n);
        break;
    case LAC_LAW_IMPORTANCE:
        *item = item_at(law, lac_rng_uniform(&d->rng));
        break;
    case LAC_LAW_EXTENDED_NICE:
        *item = item_at(law, (double)lac_permutation_at(&d->order, d->at));
        break;
    default:
        *item = (uint32_t)lac_permutation_at(&d->order, d->at);
        break;
    }
    d->at++;
    return true;
}
