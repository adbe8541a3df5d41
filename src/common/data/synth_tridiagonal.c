/*
 * synth:tridiagonal: quadratics with constants under control, the experiments of PAGE with general
 * sampling (arXiv:2206.02275). A row of the objective tridiagonal is s_r, t_r and b_r in
 * f_r(x) = (s_r/2) x^T T x + (t_r/2) |x|^2 - b_r x_1, T = tridiag(-1, 2, -1). With xi, zeta ~ N(0, 1):
 *
 *     worst_case       c = 1 + s xi,  s_r = c/4,  b_r = (c/4)(-1 + s zeta),
 *                      t_r = mu - lambda_min(M): M = (1/N) sum of s_r T over all N rows, so that
 *                      the mean of all f_r is mu-strongly convex, though single f_r need not be convex
 *     lipt_different   c = 1 + s Exp(1),  s_r = c/4,  b_r = -1/4 + s zeta,  t_r = 0
 *
 * s = 0 gives all clients one function; mu means nothing to lipt_different.
 */
#include <string.h>

#include "base/elementary.h"
#include "base/second_difference.h"
#include "data/generator.h"
#include "data/rows_new.h"

enum { SCALE = 13, LINEAR = 14 }; /* channels of the generator */

struct tridiagonal {
    uint32_t d, m;
    double s, mu;
    bool worst_case;
};

static lac_status tridiagonal_read(const struct lac_spec *spec, struct tridiagonal *t)
{
    const char *family = lac_spec_get(spec, "family");
    *t = (struct tridiagonal){.d = 10, .m = 1, .s = 0.1, .mu = 0.001, .worst_case = true};
    LAC_TRY(lac_generator_size(spec, "d", &t->d));
    LAC_TRY(lac_generator_size(spec, "m", &t->m));
    LAC_TRY(lac_generator_number(spec, "s", 0.0, 1e6, &t->s));
    LAC_TRY(lac_generator_number(spec, "mu", 0.0, 1e6, &t->mu));
    if (t->d < 2) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': d is at least 2", spec->text);
    }
    if (family && strcmp(family, "worst_case") != 0 && strcmp(family, "lipt_different") != 0) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': family is worst_case or lipt_different", spec->text);
    }
    t->worst_case = !family || strcmp(family, "worst_case") == 0;
    return LAC_OK;
}

static lac_status tridiagonal_check(const struct lac_spec *spec, uint32_t n, uint32_t *d)
{
    struct tridiagonal t;
    (void)n;
    LAC_TRY(tridiagonal_read(spec, &t));
    *d = t.d;
    return LAC_OK;
}

static double next_scale(const struct tridiagonal *t, struct lac_rng *rng)
{
    double draw = t->worst_case ? lac_rng_normal(rng) : -lac_log(1.0 - lac_rng_uniform(rng));
    return (1.0 + t->s * draw) / 4.0;
}

/* The shift of worst_case. The eigenvalues of T lie from least to 4 - least, symmetric about 2. */
static lac_status tridiagonal_share(const struct lac_spec *spec, uint64_t seed, uint32_t n,
                                    double *shift)
{
    struct tridiagonal t;
    struct lac_rng rng;
    double sum = 0.0, least;
    LAC_TRY(tridiagonal_read(spec, &t));
    for (uint32_t client = 0; t.worst_case && client < n; client++) {
        lac_generator_stream(&rng, seed, client, SCALE);
        for (uint32_t r = 0; r < t.m; r++) {
            sum += next_scale(&t, &rng);
        }
    }
    double mean = sum / ((double)n * (double)t.m);
    least = lac_second_difference_least(t.d);
    *shift = t.worst_case ? t.mu - mean * (mean > 0.0 ? least : 4.0 - least) : 0.0;
    return LAC_OK;
}

static lac_status tridiagonal_generate(const struct lac_spec *spec, uint64_t seed, uint32_t n,
                                       uint32_t client, double shift, struct lac_rows *rows,
                                       struct lac_arena *arena)
{
    struct tridiagonal t;
    struct lac_rng scales, linear;
    double *label, *value;
    uint64_t *start;
    uint32_t *index;
    (void)n;
    LAC_TRY(tridiagonal_read(spec, &t));
    LAC_TRY(lac_rows_new_sparse(arena, t.m, t.d, 2 * (size_t)t.m, rows, &label, &start, &index));
    LAC_TRY(LAC_NEW(arena, 2 * (size_t)t.m, &value));
    lac_generator_stream(&scales, seed, client, SCALE);
    lac_generator_stream(&linear, seed, client, LINEAR);
    for (size_t r = 0; r < t.m; r++) {
        double zeta = t.s * lac_rng_normal(&linear);
        value[2 * r] = next_scale(&t, &scales);
        value[2 * r + 1] = shift;
        label[r] = t.worst_case ? value[2 * r] * (-1.0 + zeta) : -0.25 + zeta;
        index[2 * r + 1] = 1;
        start[r + 1] = 2 * r + 2;
    }
    rows->value = value;
    return LAC_OK;
}

static const char *const tridiagonal_keys[] = {"d", "m", "s", "mu", "family", "", NULL};

const struct lac_generator lac_generator_tridiagonal = {
    .name = "tridiagonal",
    .usage = "synth:tridiagonal,d=10,m=1,s=0.1,mu=0.001,family=worst_case",
    .summary = "quadratics whose Hessians (worst_case) or sizes (lipt_different) differ as s says",
    .paper = "experiments of arXiv:2206.02275",
    .objective = "tridiagonal",
    .two_classes = false,
    .allowed = tridiagonal_keys,
    .check = tridiagonal_check,
    .share = tridiagonal_share,
    .generate = tridiagonal_generate,
};
