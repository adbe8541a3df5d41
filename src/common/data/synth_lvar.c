/*
 * synth:lvar: least squares whose clients have the smoothness constants
 *
 *     l_i = (-ln(1 - u_i))^kappa,   u_i = (i + 1/2)/n,   i = 0 .. n - 1,
 *
 * so that L_var = (1/n) sum (l_i - mean)^2 grows with kappa (quantiles of an exponential
 * distribution, to the power kappa). A_i = N(0, 1)^(m, d) scaled so that
 * (2/m) sigma_max(A_i)^2 = l_i, b_i = A_i 1 + 0.1 sqrt(l_i) N(0, 1). For the experiments of EF21-W
 * (arXiv:2402.10774): 2000 clients, d=10, m=10.
 */
#include <math.h>

#include "base/elementary.h"
#include "base/tick.h"
#include "base/vec.h"
#include "data/generator.h"
#include "data/orthogonal.h"
#include "data/rows_new.h"

enum { LVAR_SIDE_MAX = 400, MATRIX = 8, TARGET = 9 }; /* and channels of the generator */

struct lvar {
    uint32_t d, m;
    double kappa;
};

static lac_status lvar_read(const struct lac_spec *spec, struct lvar *s)
{
    *s = (struct lvar){.d = 10, .m = 10, .kappa = 1.0};
    LAC_TRY(lac_generator_size(spec, "d", &s->d));
    LAC_TRY(lac_generator_size(spec, "m", &s->m));
    LAC_TRY(lac_generator_number(spec, "kappa", 0.0, 20.0, &s->kappa));
    if (s->d > LVAR_SIDE_MAX && s->m > LVAR_SIDE_MAX) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': the smaller one of d and m is from 1 to %d", spec->text,
                        LVAR_SIDE_MAX);
    }
    return LAC_OK;
}

static lac_status lvar_check(const struct lac_spec *spec, uint32_t n, uint32_t *d)
{
    struct lvar s;
    (void)n;
    LAC_TRY(lvar_read(spec, &s));
    *d = s.d;
    return LAC_OK;
}

static double lvar_stored(const struct lac_spec *spec, uint32_t n)
{
    struct lvar s;
    (void)n;
    return lvar_read(spec, &s) == LAC_OK ? (double)s.m * s.d : 0.0;
}

/* The largest singular value of the rows. */
static lac_status lvar_sigma(const struct lac_rows *rows, struct lac_arena *work, double *sigma)
{
    size_t m = rows->m, d = rows->d;
    size_t longer = m > d ? m : d, shorter = m > d ? d : m;
    double *w, *j;
    LAC_TRY(LAC_NEW(work, longer * shorter, &w));
    LAC_TRY(LAC_NEW(work, shorter * shorter, &j));
    for (size_t r = 0; r < m; r++) {
        for (size_t k = 0; k < d; k++) {
            w[m > d ? k * m + r : r * d + k] = rows->dense[r * rows->stride + k];
        }
    }
    LAC_TRY(lac_jacobi_columns(w, longer, shorter, j));
    *sigma = sqrt(vec_norm_sq(w, longer));
    return LAC_OK;
}

static void lvar_normals(const struct lvar *s, uint64_t seed, uint32_t client, size_t stride,
                         double *dense)
{
    struct lac_rng rng;
    lac_generator_stream(&rng, seed, client, MATRIX);
    for (size_t r = 0; r < s->m; r++) {
        lac_tick();
        for (size_t k = 0; k < s->d; k++) {
            dense[r * stride + k] = lac_rng_normal(&rng);
        }
    }
}

static void lvar_targets(const struct lvar *s, uint64_t seed, uint32_t client, double noise,
                         const struct lac_rows *rows, double *label)
{
    struct lac_rng rng;
    lac_generator_stream(&rng, seed, client, TARGET);
    for (size_t r = 0; r < s->m; r++) {
        label[r] = vec_sum(rows->dense + r * rows->stride, s->d) + noise * lac_rng_normal(&rng);
    }
}

static lac_status lvar_generate(const struct lac_spec *spec, uint64_t seed, uint32_t n,
                                uint32_t client, double shared, struct lac_rows *rows,
                                struct lac_arena *arena)
{
    struct lvar s;
    double *label, *dense, sigma;
    (void)shared;
    LAC_TRY(lvar_read(spec, &s));
    LAC_TRY(lac_rows_new_dense(arena, s.m, s.d, rows, &label, &dense));
    lvar_normals(&s, seed, client, rows->stride, dense);
    struct lac_arena work = {0};
    lac_status status = lvar_sigma(rows, &work, &sigma);
    lac_arena_free(&work);
    LAC_TRY(status);
    double u = ((double)client + 0.5) / (double)n;
    double l = lac_pow(-lac_log(1.0 - u), s.kappa);
    double scale = sqrt(l * (double)s.m / 2.0) / sigma;
    vec_scale(dense, scale, dense, s.m * rows->stride);
    lvar_targets(&s, seed, client, 0.1 * sqrt(l), rows, label);
    return LAC_OK;
}

static const char *const lvar_keys[] = {"d", "m", "kappa", "", NULL};

const struct lac_generator lac_generator_lvar = {
    .name = "lvar",
    .usage = "synth:lvar,kappa=1,d=10,m=10",
    .summary = "least squares; smoothness of the clients as unequal as kappa says",
    .paper = "experiments for arXiv:2402.10774",
    .objective = "least-squares",
    .two_classes = false,
    .allowed = lvar_keys,
    .check = lvar_check,
    .stored = lvar_stored,
    .generate = lvar_generate,
};
