/*
 * compressor_errors D CLIENTS DRAWS TEXT...: for each compressor, on two vectors, the mean over so many
 * messages of their bits and of |C(v) - v|^2 / |v|^2, and what its class promises, as CSV. A text that is
 * refused has the reason in its row.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/vec.h"
#include "compressor/compressor.h"

struct vector {
    const char *name;
    double *v;
};

struct result {
    double bits, error, deviation; /* the last of the mean */
};

/* Student's t with 2 degrees of freedom: Z / sqrt(E), E exponential with mean 1. */
static void fill(struct vector *gaussian, struct vector *heavy, size_t d)
{
    struct lac_stream stream = {.seed = 20, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng rng;
    lac_rng_init(&rng, &stream);
    for (size_t j = 0; j < d; j++) {
        gaussian->v[j] = lac_rng_normal(&rng);
        heavy->v[j] = lac_rng_normal(&rng) / sqrt(-log(1.0 - lac_rng_uniform(&rng)));
    }
}

static lac_status one_message(const struct lac_channel_compressor *c, const struct lac_draw *draw,
                              const double *v, unsigned char *bytes, double *work, double *bits,
                              double *error)
{
    struct lac_writer w;
    struct lac_reader r;
    lac_writer_init(&w, bytes, c->info.max_bytes);
    LAC_TRY(lac_encode(c, draw, v, &w));
    lac_reader_init(&r, bytes, w.bytes);
    vec_scale(work, -1.0, v, c->d);
    LAC_TRY(lac_decode_add(c, draw, &r, 1.0, 1.0, work));
    *bits = 8.0 * (double)w.bytes / (double)c->d;
    *error = vec_dot(work, work, c->d) / vec_dot(v, v, c->d);
    return LAC_OK;
}

static lac_status measure(const struct lac_channel_compressor *c, uint32_t n, uint64_t draws,
                          const double *v, struct lac_arena *arena, struct result *out)
{
    unsigned char *bytes;
    double *work, bits = 0.0, sum = 0.0, squares = 0.0, count = (double)draws;
    LAC_TRY(LAC_NEW(arena, c->info.max_bytes, &bytes));
    LAC_TRY(LAC_NEW(arena, c->d, &work));
    for (uint64_t round = 0; round < draws; round++) {
        double more, error;
        struct lac_draw draw = {.seed = 1, .round = round, .cohort = n};
        LAC_TRY(one_message(c, &draw, v, bytes, work, &more, &error));
        bits += more;
        sum += error;
        squares += error * error;
    }
    double mean = sum / count, variance = fmax(squares / count - mean * mean, 0.0);
    *out = (struct result){bits / count, mean, sqrt(variance / count)};
    return LAC_OK;
}

static lac_status rows(const char *text, const struct vector vectors[2],
                       const struct lac_compressor_size *size, uint64_t draws,
                       struct lac_arena *arena)
{
    struct lac_channel_compressor c;
    LAC_TRY(lac_compressor_open(&c, text, size, arena));
    bool unbiased = c.info.classes & LAC_UNBIASED;
    for (int i = 0; i < 2; i++) {
        struct result r;
        LAC_TRY(measure(&c, size->n, draws, vectors[i].v, arena, &r));
        printf("\"%s\",%s,%.9g,%.9g,%.9g,%s,%.9g,\n", text, vectors[i].name, r.bits, r.error,
               r.deviation, unbiased ? "unbiased" : "contractive",
               unbiased ? c.info.omega : 1.0 - c.info.alpha);
    }
    return LAC_OK;
}

int main(int argc, char **argv)
{
    struct lac_arena arena = {0};
    struct vector vectors[2] = {{.name = "gaussian"}, {.name = "heavy-tailed"}};
    uint64_t d = 0, n = 0, draws = 0;
    if (argc < 5 || lac_parse_count("D", argv[1], &d) != LAC_OK ||
        lac_parse_count("CLIENTS", argv[2], &n) != LAC_OK ||
        lac_parse_count("DRAWS", argv[3], &draws) != LAC_OK || d < 1 || n < 1 || draws < 1 ||
        n > UINT16_MAX || LAC_NEW(&arena, (size_t)d, &vectors[0].v) != LAC_OK ||
        LAC_NEW(&arena, (size_t)d, &vectors[1].v) != LAC_OK) {
        (void)fprintf(stderr, "usage: compressor_errors D CLIENTS DRAWS TEXT...\n");
        return 2;
    }
    struct lac_compressor_size size = {.d = (size_t)d, .n = (uint32_t)n};
    fill(&vectors[0], &vectors[1], size.d);
    printf("compressor,vector,bits,error,deviation,class,promise,refused\n");
    for (int i = 4; i < argc; i++) {
        struct lac_arena own = {0};
        if (rows(argv[i], vectors, &size, draws, &own) != LAC_OK) {
            printf("\"%s\",,,,,,,\"%s\"\n", argv[i], lac_failure());
        }
        lac_arena_free(&own);
    }
    lac_arena_free(&arena);
    return 0;
}
