#include "subjects.h"

#include <stdio.h>
#include <string.h>

#include "base/vec.h"

static const struct lac_compressor_size sizes[] = {
    {.d = 1, .n = 3}, {.d = 8, .n = 2}, {.d = 5, .n = 13}, {.d = 37, .n = 5}, {.d = 200, .n = 10},
};

enum { COUNT_SIZES = sizeof sizes / sizeof *sizes };

void draw_vector(struct subject *s, uint64_t round)
{
    struct lac_stream stream = {.seed = 7, .round = round, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng rng;
    lac_rng_init(&rng, &stream);
    for (size_t j = 0; j < s->size.d; j++) {
        s->v[j] = lac_rng_normal(&rng);
    }
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
    const struct lac_channel_compressor *c = &s->sides[0];
    lac_status status = lac_encode(c, &s->draw, s->v, &w);
    s->length = w.bytes;
    s->bits = w.bits;
    return status;
}

bool encode_round(struct subject *s, uint64_t round)
{
    return try_encode(s, round) == LAC_OK;
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

static size_t visit_sizes(const char *text, void (*visit)(struct subject *s))
{
    size_t visited = 0;
    for (size_t i = 0; i < COUNT_SIZES * LAC_WIRES; i++) {
        struct subject s;
        struct lac_arena arena = {0};
        struct lac_compressor_size size = sizes[i % COUNT_SIZES];
        size.wire =
            i % COUNT_SIZES == COUNT_SIZES - 2 ? (enum lac_wire)(i / COUNT_SIZES) : LAC_FP64;
        bool again = i >= COUNT_SIZES && size.wire == LAC_FP64; /* one size alone has all */
        if (!again && open_subject(&s, text, &size, &arena)) {
            visit(&s);
            visited++;
        }
        lac_arena_free(&arena);
    }
    return visited;
}

/* Each selector with each quantizer, as the first example of both. */
static size_t visit_pairs(const struct lac_compressor *selector, void (*visit)(struct subject *s))
{
    size_t count, visited = 0;
    const struct lac_compressor *const *list = lac_compressors(&count);
    for (size_t i = 0; i < count; i++) {
        char text[128];
        snprintf(text, sizeof text, "%s+%s", selector->examples[0], list[i]->examples[0]);
        visited += list[i]->quantizer ? visit_sizes(text, visit) : 0;
    }
    return visited;
}

size_t for_each_subject(void (*visit)(struct subject *s))
{
    size_t count, visited = 0;
    const struct lac_compressor *const *list = lac_compressors(&count);
    for (size_t i = 0; i < count; i++) {
        for (const char *const *text = list[i]->examples; *text; text++) {
            visited += visit_sizes(*text, visit);
        }
        visited += list[i]->selector ? visit_pairs(list[i], visit) : 0;
    }
    return visited;
}
