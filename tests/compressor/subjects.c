#include "subjects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

/* The first SMALL are the small ones; pairs are tried at every second size. */
static const struct lac_compressor_size all_sizes[] = {
    {.d = 1, .n = 3},    {.d = 8, .n = 2},     {.d = 5, .n = 13},   {.d = 37, .n = 5},
    {.d = 200, .n = 10}, {.d = 1237, .n = 11}, {.d = 4099, .n = 6},
};

enum { SMALL = 5, ALL = sizeof all_sizes / sizeof *all_sizes, WITH_WIRES = 3 };

static const char *const shape_names[SHAPES] = {"normal", "heavy-tailed", "one-hot", "equal",
                                                "sparse", "huge",         "tiny"};

const char *shape_name(enum shape shape)
{
    return shape_names[shape];
}

static double shaped(enum shape shape, struct lac_rng *rng, bool chosen)
{
    double x = lac_rng_normal(rng);
    switch (shape) {
    case HEAVY:
        return x * x * x;
    case ONE_HOT:
        return chosen ? 1.0 : 0.0;
    case EQUAL:
        return 1.3;
    case SPARSE:
        return chosen || lac_rng_below(rng, 10) == 0 ? x : 0.0;
    case HUGE_SCALE:
        return x * 0x1p100;
    case TINY_SCALE:
        return x * 0x1p-100;
    default:
        return x;
    }
}

void draw_shape(struct subject *s, enum shape shape, uint64_t round)
{
    struct lac_stream stream = {.seed = 7, .round = round, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng rng;
    lac_rng_init(&rng, &stream);
    for (size_t j = 0; j < s->size.d; j++) {
        s->v[j] = shaped(shape, &rng, j == 5 * round % s->size.d);
    }
}

void draw_vector(struct subject *s, uint64_t round)
{
    draw_shape(s, NORMAL, round);
}

lac_status try_encode(struct subject *s, uint64_t round)
{
    uint32_t client = s->size.n > 1;
    s->draw = (struct lac_draw){.seed = 99,
                                .round = round,
                                .client = client,
                                .channel = 2,
                                .position = client,
                                .cohort = s->size.n};
    struct lac_writer w;
    lac_writer_init(&w, s->bytes, s->info.max_bytes);
    lac_status status = lac_encode(&s->sides[0], &s->draw, s->v, &w);
    s->length = w.bytes;
    s->bits = w.bits;
    return status;
}

bool encode_round(struct subject *s, uint64_t round)
{
    return try_encode(s, round) == LAC_OK;
}

bool beyond_wire(struct subject *s, enum shape shape)
{
    if (shape != HUGE_SCALE && shape != TINY_SCALE) {
        return false;
    }
    for (size_t j = 0; j < s->size.d; j++) {
        s->v[j] = 0x1p100; /* whatever is kept */
    }
    for (uint64_t round = 1; round <= 200; round++) { /* in some nothing may be sent */
        if (try_encode(s, round) == LAC_E_NUMERIC) {
            return true;
        }
    }
    return false;
}

bool decode_side(struct subject *s, int side, double scale, double divisor)
{
    struct lac_reader r;
    const struct lac_channel_compressor *c = &s->sides[side];
    lac_reader_init(&r, s->bytes, s->length);
    vec_zero(s->out[side], s->size.d);
    return lac_decode_add(c, &s->draw, &r, scale, divisor, s->out[side]) == LAC_OK &&
           lac_reader_done(&r) == LAC_OK && memcmp(&r.bits, &s->bits, sizeof r.bits) == 0;
}

bool round_trip(struct subject *s, uint64_t round)
{
    return encode_round(s, round) && decode_side(s, 0, 1.0, 1.0) && decode_side(s, 1, 1.0, 1.0);
}

/* Whether the compressor takes these parameters. */
static bool open_subject(struct subject *s, const char *text,
                         const struct lac_compressor_size *size, struct lac_arena *a)
{
    *s = (struct subject){.text = text, .size = *size};
    if (lac_compressor_open(&s->sides[0], text, size, a) != LAC_OK ||
        lac_compressor_open(&s->sides[1], text, size, a) != LAC_OK) {
        return false;
    }
    s->info = s->sides[0].info;
    LAC_ASSERT(LAC_NEW(a, s->info.max_bytes, &s->bytes) == LAC_OK);
    LAC_ASSERT(LAC_NEW(a, size->d, &s->v) == LAC_OK);
    LAC_ASSERT(LAC_NEW(a, size->d, &s->out[0]) == LAC_OK &&
               LAC_NEW(a, size->d, &s->out[1]) == LAC_OK);
    return true;
}

typedef void visitor(struct subject *s);

static size_t visit_one(const struct lac_compressor *compressor, const char *text, bool pair,
                        const struct lac_compressor_size *size, visitor *visit)
{
    struct subject s;
    struct lac_arena arena = {0};
    bool fits = open_subject(&s, text, size, &arena);
    if (fits) {
        s.compressor = compressor;
        s.pair = pair;
        visit(&s);
    }
    lac_arena_free(&arena);
    return fits;
}

/* At one size with every precision on the wire. */
static size_t visit_sizes(const struct lac_compressor *compressor, const char *text, bool pair,
                          enum sizes sizes, visitor *visit)
{
    size_t visited = 0;
    for (size_t i = 0; i < (sizes == SIZES_SMALL ? SMALL : ALL); i++) {
        struct lac_compressor_size size = all_sizes[i];
        enum lac_wire wires = i == WITH_WIRES ? LAC_WIRES : 1;
        for (size.wire = 0; size.wire < wires; size.wire++) {
            bool skipped = pair && (i % 2 == 0 || (size.wire != LAC_FP64 && size.wire != LAC_FP32));
            visited += skipped ? 0 : visit_one(compressor, text, pair, &size, visit);
        }
    }
    return visited;
}

/* Each selector with each quantizer, as the first example of both; where tests are to be short
   (LAC_TEST_SHORT), with one of six. */
static size_t visit_pairs(const struct lac_compressor *selector, size_t number, enum sizes sizes,
                          visitor *visit)
{
    size_t count, visited = 0, stride = getenv("LAC_TEST_SHORT") ? 6 : 1;
    const struct lac_compressor *const *list = lac_compressors(&count);
    for (size_t i = number % stride; i < count; i += stride) {
        char text[128];
        snprintf(text, sizeof text, "%s+%s", selector->examples[0], list[i]->examples[0]);
        visited += list[i]->quantizer ? visit_sizes(selector, text, true, sizes, visit) : 0;
    }
    return visited;
}

size_t for_each_subject(enum sizes sizes, void (*visit)(struct subject *s))
{
    size_t count, visited = 0;
    const struct lac_compressor *const *list = lac_compressors(&count);
    for (size_t i = 0; i < count; i++) {
        for (const char *const *text = list[i]->examples; *text; text++) {
            visited += visit_sizes(list[i], *text, false, sizes, visit);
        }
        visited += list[i]->selector ? visit_pairs(list[i], i, sizes, visit) : 0;
    }
    return visited;
}
