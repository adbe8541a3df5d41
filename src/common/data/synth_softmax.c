/*
 * synth:softmax: K classes, drawn from the model that softmax fits.
 *
 *     row      a = N(0, I) 2/sqrt d
 *     label    drawn with probabilities proportional to exp(a.(w_k + h v_ik)),
 *              w_k ~ N(0, I) for all clients, v_ik ~ N(0, I) of client i; h is the heterogeneity
 */
#include <math.h>

#include "base/elementary.h"
#include "base/tick.h"
#include "base/vec.h"
#include "data/generator.h"
#include "data/rows_new.h"

enum { STREAMS = 15 }; /* channel of the generator: its three streams are rounds of it */
enum { WEIGHTS, OWN, SAMPLES };

struct softmax {
    uint32_t d, m, classes;
    double h;
};

static lac_status softmax_read(const struct lac_spec *spec, struct softmax *s)
{
    *s = (struct softmax){.d = 20, .m = 20, .classes = 3, .h = 1.0};
    LAC_TRY(lac_generator_size(spec, "d", &s->d));
    LAC_TRY(lac_generator_size(spec, "m", &s->m));
    uint64_t classes = s->classes;
    LAC_TRY(lac_spec_count(spec, "classes", &classes));
    LAC_TRY(lac_generator_number(spec, "heterogeneity", 0.0, 1e6, &s->h));
    if (classes < 2 || classes > LAC_CLASSES_MAX) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': classes is from 2 to %d", spec->text, LAC_CLASSES_MAX);
    }
    s->classes = (uint32_t)classes;
    return lac_check_dimension(s->d, s->classes);
}

static lac_status softmax_check(const struct lac_spec *spec, uint32_t n, uint32_t *d)
{
    struct softmax s;
    (void)n;
    LAC_TRY(softmax_read(spec, &s));
    *d = s.d * s.classes;
    return LAC_OK;
}

static double softmax_stored(const struct lac_spec *spec, uint32_t n)
{
    struct softmax s;
    (void)n;
    return softmax_read(spec, &s) == LAC_OK ? (double)s.m * s.d : 0.0;
}

static void open_stream(struct lac_rng *rng, uint64_t seed, uint32_t client, uint64_t number)
{
    struct lac_stream stream = {.seed = seed,
                                .round = number,
                                .client = client,
                                .purpose = LAC_PURPOSE_DATA,
                                .channel = STREAMS};
    lac_rng_init(rng, &stream);
}

/* w (classes, d) = w_k + h v_ik */
static void softmax_weights(const struct softmax *s, uint64_t seed, uint32_t client, double *w)
{
    struct lac_rng common, own;
    open_stream(&common, seed, LAC_SHARED, WEIGHTS);
    open_stream(&own, seed, client, OWN);
    for (size_t j = 0; j < (size_t)s->classes * s->d; j++) {
        w[j] = lac_rng_normal(&common) + s->h * lac_rng_normal(&own);
    }
}

/* The largest of a.w_k + Gumbel's draws is class k with the probability of softmax. */
static double draw_class(const struct softmax *s, const double *row, const double *w,
                         struct lac_rng *rng)
{
    double most = 0.0;
    uint32_t best = 0;
    for (uint32_t k = 0; k < s->classes; k++) {
        double exponential = -lac_log(1.0 - lac_rng_uniform(rng));
        double gumbel = exponential > 0.0 ? -lac_log(exponential) : 100.0;
        double score = vec_dot(row, w + (size_t)k * s->d, s->d) + gumbel;
        if (k == 0 || score > most) {
            most = score;
            best = k;
        }
    }
    return best;
}

static lac_status softmax_generate(const struct lac_spec *spec, uint64_t seed, uint32_t n,
                                   uint32_t client, double shared, struct lac_rows *rows,
                                   struct lac_arena *arena)
{
    struct softmax s;
    struct lac_arena work = {0};
    struct lac_rng rng;
    double *label, *dense, *w;
    (void)n;
    (void)shared;
    LAC_TRY(softmax_read(spec, &s));
    LAC_TRY(lac_rows_new_dense(arena, s.m, s.d, rows, &label, &dense));
    rows->classes = s.classes;
    LAC_TRY(LAC_NEW(&work, (size_t)s.classes * s.d, &w));
    softmax_weights(&s, seed, client, w);
    open_stream(&rng, seed, client, SAMPLES);
    for (size_t r = 0; r < s.m; r++) {
        lac_tick();
        double *row = dense + r * rows->stride;
        for (size_t j = 0; j < s.d; j++) {
            row[j] = 2.0 / sqrt((double)s.d) * lac_rng_normal(&rng);
        }
        label[r] = draw_class(&s, row, w, &rng);
    }
    lac_arena_free(&work);
    return LAC_OK;
}

static const char *const softmax_keys[] = {"d", "m", "classes", "heterogeneity", "", NULL};

const struct lac_generator lac_generator_softmax = {
    .name = "softmax",
    .usage = "synth:softmax,d=20,m=20,classes=3,heterogeneity=1",
    .summary = "several classes; every client has its own true weights",
    .paper = "none: classes drawn from the model itself",
    .objective = "softmax",
    .two_classes = false,
    .allowed = softmax_keys,
    .check = softmax_check,
    .stored = softmax_stored,
    .generate = softmax_generate,
};
