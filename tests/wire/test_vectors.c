/*
 * The test vectors of proto/vectors, made anew and compared with the files byte by byte. With the
 * argument --write the files are written instead: only when the wire version changes.
 * decode.py reads the same files by proto/README.md alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "compressor/compressor.h"
#include "tap.h"

enum { LARGEST_D = 100, LARGEST_SECTION = 2048 };

struct example {
    const char *text;
    size_t d;
    uint32_t position, cohort;
    double (*entry)(size_t j);
};

static double mixed(size_t j)
{
    static const double odd[] = {1.5, -0.1, 3e100, 0.0, -7.0, 0x1p-1074, -0x1.8p-1022, 1.0 / 3.0};
    return odd[j % 8] * (j < 8 ? 1.0 : 0.5);
}

static double spread(size_t j) /* large at scattered places */
{
    double sign = j % 2 ? -1.0 : 1.0;
    return sign * (double)((j * 41 + 13) % 101) / 8.0;
}

static double clustered(size_t j) /* large at the start */
{
    return j < 12 ? 100.0 + (double)j : 0.25;
}

static double tied(size_t j)
{
    return j % 3 ? 2.0 : -2.0;
}

static double descending(size_t j)
{
    return 50.0 / (double)(j + 1);
}

static double scattered(size_t j) /* large at the start, in one more place here and there */
{
    return j < 30 && j % 7 == 1 ? 9.0 - (double)j / 16.0 : 0.5 / (double)(j + 1);
}

static double alternating(size_t j)
{
    return j % 2 ? 1.0 + (double)j : -0.5;
}

static double small(
    size_t j) /* for formats of 8 and 5 exponent bits: below their normal numbers too */
{
    static const double odd[] = {1.0 / 3.0, -0x1.8p-15, 0x1.234p-20,   -0.0,     0x1.5p-30,
                                 -65000.0,  0x1p-133,   0x1.08008p-24, -0x1p-140};
    return odd[j % 9] * (j < 9 ? 1.0 : 1.0 / 3.0);
}

/* Behind a blank stands the precision of values (--wire) where it is not fp64.
   Those of one compressor stand together; the part of the text before ':' or '+' names the file. */
static const struct example examples[] = {
    {"identity", 8, 0, 1, mixed},
    {"topk:k=1", 64, 0, 1, spread},
    {"topk:k=10", 100, 0, 1, spread},
    {"topk:k=12", 100, 0, 1, clustered},
    {"topk:k=10", 24, 0, 1, spread},
    {"topk:50%", 9, 0, 1, tied},
    {"topk:100%", 3, 0, 1, spread},
    {"topk:k=5+natural", 50, 0, 1, spread},
    {"topk:k=3", 100, 0, 1, descending},
    {"topk:k=6", 100, 0, 1, scattered},
    {"topk:k=20", 100, 0, 1, clustered},
    {"topk:k=40", 100, 0, 1, spread},
    {"topk:k=50", 70, 0, 1, alternating},
    {"blocktopk:block=16,k=3", 50, 0, 1, spread},
    {"blocktopk:block=64,k=31", 100, 0, 1, spread},
    {"blocktopk:block=70,k=2", 100, 0, 1, spread},
    {"blocktopk:block=4,k=2+natural", 10, 0, 1, spread},
    {"toplek:30%", 40, 0, 1, spread},
    {"toplek:30%", 40, 1, 2, spread},
    {"toplek:k=1", 20, 0, 1, spread},
    {"toplek:k=5", 100, 0, 1, clustered},
    {"toplek:100%", 3, 0, 1, spread},
    {"threshold:ratio=0.5", 40, 0, 1, spread},
    {"threshold:ratio=0.9", 100, 0, 1, clustered},
    {"threshold:ratio=0.25", 9, 0, 1, tied},
    {"randk:k=4", 10, 1, 3, spread},
    {"randk:20%", 98, 2, 3, spread},
    {"permk", 10, 0, 4, spread},
    {"permk", 10, 1, 4, spread},
    {"permk", 10, 2, 4, spread},
    {"permk", 10, 3, 4, spread},
    {"permk", 99, 66, 70, spread},
    {"permk", 3, 0, 7, spread},
    {"permk", 3, 4, 7, spread},
    {"fp64", 3, 0, 1, mixed},
    {"natural", 9, 1, 3, mixed},
    {"natural", 16, 2, 3, spread},
    /* drawn by both sides */
    {"permk:draws=3", 20, 1, 3, spread},
    {"permk:draws=2+natural", 12, 2, 3, spread},
    {"randseqk:k=4", 10, 1, 3, spread},
    {"randseqk:70%", 9, 2, 3, spread},
    {"randseqk:70%", 9, 0, 3, spread},
    {"bernoulli:p=0.5", 6, 0, 4, spread},
    {"bernoulli:p=0.5", 6, 2, 4, spread},
    {"bernoulli:p=0.3", 6, 1, 4, spread},
    {"bernoulli:p=0.3", 6, 2, 4, spread},
    {"bernoulli:p=0.07", 6, 2, 4, spread},
    {"bernoulli:p=0.07", 6, 19, 20, spread},
    {"bernoulli:p=1", 3, 0, 4, spread},
    {"natural:bits=9", 21, 2, 3, small},
    {"topk:k=5+natural fp32", 50, 0, 1, spread},
    {"fp32", 20, 1, 3, small},
    {"fp32:round=nearest", 19, 1, 3, small},
    {"topk:k=5 fp32", 50, 0, 1, spread},
    {"randk:k=5 fp16", 50, 0, 1, spread},
    {"bf16", 21, 1, 3, small},
    {"bf16:round=nearest", 20, 1, 3, small},
    {"fp16", 23, 1, 3, small},
    {"fp16:round=nearest", 20, 1, 3, small},
    {"sign", 19, 1, 3, spread},
    {"sign fp32", 16, 1, 3, spread},
    {"rankk:k=1", 10, 1, 3, spread},
    {"rankk:k=2 fp32", 13, 1, 3, spread},
    {"rankk:k=3,iterations=2", 30, 1, 3, spread},
    {"dithering:levels=7,norm=inf", 21, 0, 1, spread},
    {"dithering:levels=7,norm=inf", 100, 0, 1, clustered},
    {"dithering:levels=1000,coding=entropy", 100, 0, 1, spread},
    {"dithering:levels=5,norm=1.5,coding=fixed", 40, 0, 1, spread},
    {"qsgd:levels=4", 100, 0, 1, spread},
    {"qsgd:levels=1,coding=entropy", 100, 0, 1, clustered},
    {"qsgd:levels=8,coding=fixed", 9, 0, 1, tied},
    {"terngrad", 37, 0, 1, spread},
    {"terngrad:coding=entropy", 100, 0, 1, clustered},
    {"natural-dithering:levels=6", 30, 0, 1, spread},
    {"natural-dithering:levels=20,norm=inf,coding=entropy", 100, 0, 1, spread},
    {"qsgd:levels=4 fp32", 40, 1, 3, spread},
    {"natural-dithering:levels=3 bf16", 20, 1, 3, spread},
    {"natural:coding=entropy", 100, 1, 3, spread},
    {"natural:bits=9,coding=auto", 90, 2, 3, small},
    {"topk:k=70+natural:coding=entropy", 100, 1, 3, spread},
};

enum { EXAMPLES = sizeof examples / sizeof *examples };

static void put_bytes(FILE *f, const char *key, const unsigned char *bytes, size_t count)
{
    fputs(count == 0 ? key : "", f);
    for (size_t i = 0; i < count; i++) {
        if (i % 32 == 0) {
            fprintf(f, i > 0 ? "\n%s" : "%s", key);
        }
        fprintf(f, " %02x", bytes[i]);
    }
    fputc('\n', f);
}

static void put_doubles(FILE *f, const char *key, const double *x, size_t count)
{
    fputs(key, f);
    for (size_t i = 0; i < count; i++) {
        fprintf(f, " %.17g", x[i]);
    }
    fputc('\n', f);
}

static size_t encode_example(const struct example *e, unsigned char *section, FILE *f)
{
    double v[LARGEST_D], out[LARGEST_D] = {0};
    struct lac_arena arena = {0};
    struct lac_channel_compressor c;
    struct lac_compressor_size size = {.d = e->d, .n = e->cohort};
    char text[64];
    size_t length = strcspn(e->text, " ");
    bool wire = e->text[length] != '\0';
    (void)snprintf(text, sizeof text, "%.*s", (int)length, e->text);
    LAC_ASSERT(!wire || lac_wire_find(e->text + length + 1, &size.wire) == LAC_OK);
    struct lac_draw draw = {.seed = UINT64_C(0x123456789abcdef0),
                            .round = 5,
                            .client = 20 + e->position,
                            .channel = 1,
                            .position = e->position,
                            .cohort = e->cohort};
    struct lac_writer w;
    struct lac_reader r;
    for (size_t j = 0; j < e->d; j++) {
        v[j] = e->entry(j);
    }
    LAC_ASSERT(lac_compressor_open(&c, text, &size, &arena) == LAC_OK);
    lac_writer_init(&w, section, LARGEST_SECTION);
    LAC_ASSERT(lac_encode(&c, &draw, v, &w) == LAC_OK);
    lac_reader_init(&r, section, w.bytes);
    LAC_ASSERT(lac_decode_add(&c, &draw, &r, 1.0, 1.0, out) == LAC_OK);
    lac_arena_free(&arena);
    if (f) {
        fprintf(f, "\nexample %s\nd %zu\nseed %llu\nround %llu\nclient %u\nchannel %u\n", text,
                e->d, (unsigned long long)draw.seed, (unsigned long long)draw.round, draw.client,
                draw.channel);
        fprintf(f, "position %u\ncohort %u\n", draw.position, draw.cohort);
        if (wire) {
            fprintf(f, "wire %s\n", lac_wire_name(size.wire));
        }
        put_doubles(f, "input", v, e->d);
        put_bytes(f, "section", section, w.bytes);
        fprintf(f, "bits %llu %llu %llu\n", (unsigned long long)w.bits.of[LAC_BITS_VALUE],
                (unsigned long long)w.bits.of[LAC_BITS_INDEX],
                (unsigned long long)w.bits.of[LAC_BITS_PADDING]);
        put_doubles(f, "output", out, e->d);
    }
    return w.bytes;
}

static bool belongs(const struct example *e, const char *name)
{
    size_t length = strcspn(e->text, ":+ ");
    return strlen(name) == length && memcmp(e->text, name, length) == 0;
}

static size_t put_examples(FILE *f, const char *name)
{
    size_t count = 0;
    fprintf(f, "# bits: of values, of indices, of padding; output: C(input) as it is decoded\n");
    for (size_t i = 0; i < EXAMPLES; i++) {
        unsigned char section[LARGEST_SECTION];
        if (belongs(&examples[i], name)) {
            encode_example(&examples[i], section, f);
            count++;
        }
    }
    return count;
}

static void put_frame(FILE *f)
{
    static unsigned char frame[LAC_FRAME_HEADER + LARGEST_SECTION];
    static unsigned char section[LARGEST_SECTION];
    static const uint16_t messages[] = {LAC_MESSAGE_STOP, LAC_MESSAGE_UPDATE};
    for (size_t i = 0; i < 2; i++) {
        struct lac_writer w;
        size_t body = i == 0 ? 0 : encode_example(&examples[2], section, NULL);
        uint32_t client = i == 0 ? LAC_NO_CLIENT : 3;
        lac_frame_begin(&w, frame, sizeof frame);
        memcpy(lac_write_room(&w, LAC_BITS_VALUE, body), section, body);
        lac_frame_end(&w, messages[i], 0, client, 1000000 * i);
        fprintf(f, "\nexample %s\nmessage %d\nflags 0\nclient %u\nround %zu\nlength %zu\n",
                lac_message_name(messages[i]), messages[i], client, 1000000 * i, body);
        put_bytes(f, "frame", frame, w.bytes);
    }
}

static void put_stream(FILE *f, const struct lac_stream *stream)
{
    struct lac_rng rng;
    fprintf(
        f,
        "\nexample stream\nseed %llu\nround %llu\nclient %u\npurpose %d\nchannel %d\nstep %d\nwords",
        (unsigned long long)stream->seed, (unsigned long long)stream->round, stream->client,
        stream->purpose, stream->channel, stream->step);
    lac_rng_init(&rng, stream);
    for (int i = 0; i < 10; i++) {
        fprintf(f, " %08x", lac_rng_word(&rng));
    }
    double uniform[4];
    lac_rng_init(&rng, stream);
    for (size_t i = 0; i < 4; i++) {
        uniform[i] = lac_rng_uniform(&rng);
    }
    fputc('\n', f);
    put_doubles(f, "uniform", uniform, 4);
    fprintf(f, "below");
    lac_rng_init(&rng, stream);
    for (uint64_t bound = 3; bound < 10; bound++) {
        fprintf(f, " %llu", (unsigned long long)lac_rng_below(&rng, bound));
    }
    fputc('\n', f);
}

static void put_permutation(FILE *f, const struct lac_stream *stream, uint64_t size)
{
    struct lac_permutation pi;
    fprintf(f, "permutation %llu", (unsigned long long)size);
    lac_permutation_init(&pi, stream, size);
    for (uint64_t i = 0; i < size && i < 12; i++) {
        fprintf(f, " %llu", (unsigned long long)lac_permutation_at(&pi, i));
    }
    fputc('\n', f);
}

static void put_generator(FILE *f)
{
    static const struct lac_stream streams[] = {
        {0},
        {.seed = UINT64_MAX,
         .round = LAC_RNG_MAX_ROUND,
         .client = LAC_SHARED,
         .purpose = UINT8_MAX,
         .channel = LAC_RNG_MAX_CHANNEL,
         .step = LAC_RNG_MAX_STEP},
        {.seed = UINT64_C(0x0123456789abcdef),
         .round = UINT64_C(0x1122334455),
         .client = UINT32_C(0x66778899),
         .purpose = LAC_PURPOSE_COMPRESS,
         .channel = 10,
         .step = 0xbcd},
    };
    static const uint64_t sizes[] = {
        1, 2, 5, 17, 64, 65, 1000, 65536, 65537, UINT64_C(1) << 33, UINT64_C(1) << 62};
    fprintf(
        f,
        "# words, uniform and below: each from the start of the stream, below with bounds 3, 4, ..., 9;\n"
        "# permutation: its size, then its values at 0, 1, ...\n");
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        put_stream(f, &streams[i]);
        for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++) {
            put_permutation(f, &streams[i], sizes[j]);
        }
    }
}

/* What `put` writes, or the examples of the compressor `name`, is what stands in name.hex. */
static void check_file(const char *name, void (*put)(FILE *f), const char *folder, bool write)
{
    static char stored[1 << 17];
    char path[1024], *text;
    size_t size, count = 1;
    FILE *memory = open_memstream(&text, &size);
    LAC_ASSERT(memory);
    if (put) {
        put(memory);
    } else {
        count = put_examples(memory, name);
    }
    fclose(memory);
    snprintf(path, sizeof path, "%s/%s.hex", folder, name);
    FILE *file = fopen(path, write ? "w" : "r");
    size_t length = file && !write ? fread(stored, 1, sizeof stored, file) : 0;
    if (file && write) {
        length = fwrite(text, 1, size, file);
        memcpy(stored, text, size);
    }
    tap_ok(count > 0 && length == size && memcmp(stored, text, size) == 0,
           "%s.hex is what this program makes, %zu examples", name, count);
    if (file) {
        fclose(file);
    }
    free(text);
}

int main(int argc, char **argv)
{
    size_t count;
    const struct lac_compressor *const *list = lac_compressors(&count);
    if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "--write") != 0)) {
        fprintf(stderr, "usage: %s FOLDER [--write]\n", argv[0]);
        return 2;
    }
    check_file("generator", put_generator, argv[1], argc == 3);
    check_file("frame", put_frame, argv[1], argc == 3);
    for (size_t i = 0; i < count; i++) {
        check_file(list[i]->name, NULL, argv[1], argc == 3);
    }
    return tap_done();
}
