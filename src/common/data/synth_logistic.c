/*
 * synth:logistic: heterogeneous logistic regression, two classes.
 *
 *     row      a = (N(0, I) + 0.7 h c_i) 2/sqrt d      c_i ~ N(0, I) shifts the mean of client i
 *     label    sign(a.(w* + h w_i) + 0.5 N(0, 1))      w* ~ N(0, I) for all, w_i ~ N(0, I)
 *
 * h is the heterogeneity: 1 as in the experiment that was run for COFIG and FRECON
 * (arXiv:2112.13097) with 100 clients, d=40, m=20; 0 makes all clients alike.
 */
#include <math.h>

#include "base/tick.h"
#include "base/vec.h"
#include "data/generator.h"
#include "data/rows_new.h"

struct logistic {
    uint32_t d, m;
    double h;
};

enum { COMMON = 4, SHIFT = 5, WEIGHT = 6, ROWS = 7 }; /* channels of the generator */

static lac_status logistic_read(const struct lac_spec *spec, struct logistic *s)
{
    *s = (struct logistic){.d = 40, .m = 20, .h = 1.0};
    LAC_TRY(lac_generator_size(spec, "d", &s->d));
    LAC_TRY(lac_generator_size(spec, "m", &s->m));
    return lac_generator_number(spec, "heterogeneity", 0.0, 1e6, &s->h);
}

static lac_status logistic_check(const struct lac_spec *spec, uint32_t n, uint32_t *d)
{
    struct logistic s;
    (void)n;
    LAC_TRY(logistic_read(spec, &s));
    *d = s.d;
    return LAC_OK;
}

static double logistic_stored(const struct lac_spec *spec, uint32_t n)
{
    struct logistic s;
    (void)n;
    return logistic_read(spec, &s) == LAC_OK ? (double)s.m * s.d : 0.0;
}

static lac_status logistic_normals(struct lac_arena *arena, uint64_t seed, uint32_t client,
                                   uint8_t channel, size_t d, double **v)
{
    struct lac_rng rng;
    LAC_TRY(LAC_NEW(arena, d, v));
    lac_generator_stream(&rng, seed, client, channel);
    for (size_t k = 0; k < d; k++) {
        (*v)[k] = lac_rng_normal(&rng);
    }
    return LAC_OK;
}

/* work holds w*, c_i and w_i. */
static lac_status logistic_fill(const struct logistic *s, uint64_t seed, uint32_t client,
                                const struct lac_rows *rows, double *label, double *dense,
                                struct lac_arena *work)
{
    double *w, *shift, *own;
    LAC_TRY(logistic_normals(work, seed, LAC_SHARED, COMMON, s->d, &w));
    LAC_TRY(logistic_normals(work, seed, client, SHIFT, s->d, &shift));
    LAC_TRY(logistic_normals(work, seed, client, WEIGHT, s->d, &own));
    vec_axpy(w, s->h, own, s->d);
    struct lac_rng rng;
    lac_generator_stream(&rng, seed, client, ROWS);
    double scale = 2.0 / sqrt((double)s->d);
    for (size_t r = 0; r < s->m; r++) {
        lac_tick();
        double *row = dense + r * rows->stride;
        for (size_t k = 0; k < s->d; k++) {
            row[k] = scale * (lac_rng_normal(&rng) + 0.7 * s->h * shift[k]);
        }
        double z = vec_dot(row, w, s->d) + 0.5 * lac_rng_normal(&rng);
        label[r] = z >= 0.0 ? 1.0 : -1.0;
    }
    return LAC_OK;
}

static lac_status logistic_generate(const struct lac_spec *spec, uint64_t seed, uint32_t n,
                                    uint32_t client, double shared, struct lac_rows *rows,
                                    struct lac_arena *arena)
{
    struct logistic s;
    double *label, *dense;
    struct lac_arena work = {0};
    (void)n;
    (void)shared;
    LAC_TRY(logistic_read(spec, &s));
    LAC_TRY(lac_rows_new_dense(arena, s.m, s.d, rows, &label, &dense));
    lac_status status = logistic_fill(&s, seed, client, rows, label, dense, &work);
    lac_arena_free(&work);
    return status;
}

static const char *const logistic_keys[] = {"d", "m", "heterogeneity", "", NULL};

const struct lac_generator lac_generator_logistic = {
    .name = "logistic",
    .usage = "synth:logistic,d=40,m=20,heterogeneity=1",
    .summary = "two classes; every client has its own mean and its own true weights",
    .paper = "experiments for arXiv:2112.13097",
    .objective = "logistic",
    .two_classes = true,
    .allowed = logistic_keys,
    .check = logistic_check,
    .stored = logistic_stored,
    .generate = logistic_generate,
};
