/*
 * synth:rare: least squares with rare features (arXiv:2305.15264, the convex experiments).
 *
 * 1. Every feature is held by C = ceil(c n) clients, drawn uniformly; J_i are the features of client
 *    i. Where a J_i is empty, all are drawn again, five times at most.
 * 2. Client i, k = |J_i|, q = min(m, k): a matrix of U[0, 1) (m, k), whose singular values, in
 *    descending order, are replaced by sigma_t = (1 - s) sqrt((L - mu) t/(k - 1) + mu) + s (10 for
 *    i = 0, else 0), t = 0 .. q - 1 (sigma_0 = sqrt L for k = 1); its columns go to the places J_i.
 *    The denominator is k - 1, not q - 1: L_i is below L where k > m.
 * 3. b_i = A_i (1/2, ..., 1/2) + perturbation U[-1, 1)^m; A_i and b_i times sqrt(m/2), so that the
 *    Hessian of f_i = (1/m)|A_i x - b_i|^2 is A^T A of the matrix of step 2.
 *
 * Not as in the authors' scripts: nothing is rounded to float.
 */
#include <math.h>
#include <stdlib.h>

#include "base/tick.h"
#include "base/vec.h"
#include "data/generator.h"
#include "data/orthogonal.h"
#include "data/rows_new.h"

enum { RARE_SIDE_MAX = 400, RARE_TRIES = 5, HOLDERS = 10, MATRIX = 11, TARGET = 12 };

struct rare {
    uint32_t d, m;
    double c, L, mu, s, perturbation;
    uint32_t holders; /* C */
};

static lac_status rare_read(const struct lac_spec *spec, uint32_t n, struct rare *s)
{
    *s = (struct rare){
        .d = 500, .m = 12, .c = 0.5, .L = 20.0, .mu = 1.0, .s = 0.1, .perturbation = 2.0};
    LAC_TRY(lac_generator_size(spec, "d", &s->d));
    LAC_TRY(lac_generator_size(spec, "m", &s->m));
    LAC_TRY(lac_generator_number(spec, "c", 0.0, 1.0, &s->c));
    LAC_TRY(lac_generator_number(spec, "L", 1e-12, 1e12, &s->L));
    s->mu = s->mu < s->L ? s->mu : s->L;
    LAC_TRY(lac_generator_number(spec, "mu", 0.0, s->L, &s->mu));
    LAC_TRY(lac_generator_number(spec, "s", 0.0, 1.0, &s->s));
    LAC_TRY(lac_generator_number(spec, "perturbation", 0.0, 1e12, &s->perturbation));
    if (s->d > RARE_SIDE_MAX && s->m > RARE_SIDE_MAX) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': the smaller one of d and m is from 1 to %d", spec->text,
                        RARE_SIDE_MAX);
    }
    double holders = ceil(s->c * (double)n);
    s->holders = holders < 1.0 ? 1 : holders > (double)n ? n : (uint32_t)holders;
    if ((uint64_t)s->holders * s->d < n) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s': %lu features held by %lu clients each leave some of the %lu clients "
                        "without a feature: c is from %g to 1",
                        spec->text, (unsigned long)s->d, (unsigned long)s->holders,
                        (unsigned long)n, 1.0 / (double)s->d);
    }
    return LAC_OK;
}

static lac_status rare_check(const struct lac_spec *spec, uint32_t n, uint32_t *d)
{
    struct rare s;
    LAC_TRY(rare_read(spec, n, &s));
    *d = s.d;
    return LAC_OK;
}

/* The permutation of all clients whose first C hold the feature. */
static void rare_holders(uint64_t seed, uint32_t n, uint32_t feature, uint16_t attempt,
                         struct lac_permutation *holders)
{
    struct lac_stream stream = {.seed = seed,
                                .round = feature,
                                .client = LAC_SHARED,
                                .purpose = LAC_PURPOSE_DATA,
                                .channel = HOLDERS,
                                .step = attempt};
    lac_permutation_init(holders, &stream, n);
}

/* Whether every client has a feature; seen (n) is work. Ends as soon as they have. */
static bool rare_all_seen(const struct rare *s, uint64_t seed, uint32_t n, uint16_t attempt,
                          bool *seen)
{
    uint32_t left = n;
    for (uint32_t i = 0; i < n; i++) {
        seen[i] = false;
    }
    for (uint32_t feature = 0; feature < s->d && left > 0; feature++) {
        struct lac_permutation holders;
        rare_holders(seed, n, feature, attempt, &holders);
        for (uint32_t place = 0; place < s->holders; place++) {
            uint64_t i = lac_permutation_at(&holders, place);
            left -= !seen[i];
            seen[i] = true;
        }
    }
    return left == 0;
}

static lac_status rare_attempt(const struct lac_spec *spec, const struct rare *s, uint64_t seed,
                               uint32_t n, struct lac_arena *work, uint16_t *attempt)
{
    bool *seen;
    LAC_TRY(LAC_NEW(work, n, &seen));
    for (*attempt = 0; *attempt < RARE_TRIES; ++*attempt) {
        if (rare_all_seen(s, seed, n, *attempt, seen)) {
            return LAC_OK;
        }
    }
    return LAC_FAIL(
        LAC_E_USAGE,
        "'%s': in %d draws some of the %lu clients had no feature; give a larger c or d",
        spec->text, RARE_TRIES, (unsigned long)n);
}

/* J_i, ascending, and its size. */
static lac_status rare_features(const struct rare *s, uint64_t seed, uint32_t n, uint32_t client,
                                uint16_t attempt, struct lac_arena *work, uint32_t **feature,
                                size_t *count)
{
    LAC_TRY(LAC_NEW(work, s->d, feature));
    *count = 0;
    for (uint32_t k = 0; k < s->d; k++) {
        struct lac_permutation holders;
        rare_holders(seed, n, k, attempt, &holders);
        if (lac_permutation_inverse(&holders, client) < s->holders) {
            (*feature)[(*count)++] = k;
        }
    }
    return LAC_OK;
}

static double rare_sigma(const struct rare *s, uint32_t client, size_t k, size_t t)
{
    if (k == 1) {
        return sqrt(s->L);
    }
    double lambda = (s->L - s->mu) * (double)t / (double)(k - 1) + s->mu;
    return (1.0 - s->s) * sqrt(lambda) + (client == 0 ? s->s * 10.0 : 0.0);
}

/* a (m, k) row-major: step 2. */
static lac_status rare_matrix(const struct rare *s, uint64_t seed, uint32_t client, size_t k,
                              struct lac_arena *work, double **a)
{
    size_t m = s->m, longer = m > k ? m : k, q = m > k ? k : m;
    double *w, *j;
    struct lac_rng rng;
    lac_generator_stream(&rng, seed, client, MATRIX);
    LAC_TRY(LAC_NEW(work, m * k, a));
    LAC_TRY(LAC_NEW(work, m * k, &w));
    LAC_TRY(LAC_NEW(work, q * q, &j));
    for (size_t i = 0; i < m * k; i++) { /* a column of w is a row of the matrix where m <= k */
        double u = lac_rng_uniform(&rng);
        w[m > k ? i % k * m + i / k : i] = u;
    }
    LAC_TRY(lac_jacobi_columns(w, longer, q, j));
    for (size_t t = 0; t < q; t++) {
        double ratio = rare_sigma(s, client, k, t) / sqrt(vec_norm_sq(w + t * longer, longer));
        for (size_t x = 0; x < longer; x++) {
            for (size_t y = 0; y < q; y++) {
                size_t row = m > k ? x : y, column = m > k ? y : x;
                (*a)[row * k + column] += ratio * w[t * longer + x] * j[t * q + y];
            }
        }
    }
    return LAC_OK;
}

struct rare_rows {
    struct lac_rows *rows;
    double *label, *dense, *value;
    uint64_t *start;
    uint32_t *index;
};

static lac_status rare_open(const struct rare *s, size_t k, struct lac_arena *arena,
                            struct rare_rows *o)
{
    if (lac_rows_are_dense(s->m, s->d, s->m * k)) {
        return lac_rows_new_dense(arena, s->m, s->d, o->rows, &o->label, &o->dense);
    }
    LAC_TRY(
        lac_rows_new_sparse(arena, s->m, s->d, s->m * k, o->rows, &o->label, &o->start, &o->index));
    LAC_TRY(LAC_NEW(arena, s->m * k, &o->value));
    o->rows->value = o->value;
    return LAC_OK;
}

/* Step 3, and into the rows. */
static void rare_scatter(const struct rare *s, uint64_t seed, uint32_t client, const double *a,
                         const uint32_t *feature, size_t k, const struct rare_rows *o)
{
    double scale = sqrt((double)s->m / 2.0);
    struct lac_rng rng;
    lac_generator_stream(&rng, seed, client, TARGET);
    for (size_t r = 0; r < s->m; r++) {
        lac_tick();
        double u = 2.0 * lac_rng_uniform(&rng) - 1.0;
        o->label[r] = scale * (0.5 * vec_sum(a + r * k, k) + s->perturbation * u);
        for (size_t c = 0; c < k; c++) {
            double entry = scale * a[r * k + c];
            if (o->dense) {
                o->dense[r * o->rows->stride + feature[c]] = entry;
            } else {
                o->value[r * k + c] = entry;
                o->index[r * k + c] = feature[c];
            }
        }
        if (!o->dense) {
            o->start[r + 1] = (r + 1) * k;
        }
    }
}

static lac_status rare_fill(const struct lac_spec *spec, uint64_t seed, uint32_t n, uint32_t client,
                            struct lac_rows *rows, struct lac_arena *arena, struct lac_arena *work)
{
    struct rare s;
    struct rare_rows o = {.rows = rows};
    uint16_t attempt;
    uint32_t *feature;
    size_t k;
    double *a;
    LAC_TRY(rare_read(spec, n, &s));
    LAC_TRY(rare_attempt(spec, &s, seed, n, work, &attempt));
    LAC_TRY(rare_features(&s, seed, n, client, attempt, work, &feature, &k));
    LAC_TRY(rare_matrix(&s, seed, client, k, work, &a));
    LAC_TRY(rare_open(&s, k, arena, &o));
    rare_scatter(&s, seed, client, a, feature, k, &o);
    return LAC_OK;
}

static lac_status rare_generate(const struct lac_spec *spec, uint64_t seed, uint32_t n,
                                uint32_t client, double shared, struct lac_rows *rows,
                                struct lac_arena *arena)
{
    struct lac_arena work = {0};
    (void)shared;
    lac_status status = rare_fill(spec, seed, n, client, rows, arena, &work);
    lac_arena_free(&work);
    return status;
}

static const char *const rare_keys[] = {"d", "m", "c", "L", "mu", "s", "perturbation", "", NULL};

const struct lac_generator lac_generator_rare = {
    .name = "rare",
    .usage = "synth:rare,d=500,m=12,c=0.5,L=20,mu=1,s=0.1,perturbation=2",
    .summary = "least squares; every feature is held by a share c of the clients",
    .paper = "arXiv:2305.15264",
    .objective = "least-squares",
    .two_classes = false,
    .allowed = rare_keys,
    .check = rare_check,
    .generate = rare_generate,
};
