/*
 * Compressors on one core in processor time: encode, and decode-and-add, of standard normal vectors
 * beside a one-pass read of the vector in the same run; TopK on vectors that are hard for it; and
 * bits beside what the same content takes at least. bench_compressors --help.
 */
#include <string.h>

#include "base/kernels.h"
#include "base/vec.h"
#include "bench.h"
#include "compressor/compressor.h"
#include "compressor_bits.h"
#include "read.h"

static const char help[] =
    "usage: bench_compressors [--dim D] [--only NAME] [--kernels NAME|all] [--quick]\n\n"
    "  --dim D         entries of the vectors [10000000]\n"
    "  --only NAME     compressors whose text begins so (\"topk:1%\"), or \"bits\": those tables alone\n"
    "  --kernels NAME  portable, avx2, avx512 or all [the widest that this processor has]\n"
    "  --write FILE    writes the vector as doubles, and does nothing else\n"
    "  --quick         a tenth of the entries, the first example of each compressor\n";

/* Beside the examples of the registry; what it does not have is left out. */
static const char *const more[] = {"topk:1%",
                                   "topk:1%+natural",
                                   "randk:1%",
                                   "randseqk:1%",
                                   "dithering:levels=7,norm=inf,coding=fixed",
                                   "qsgd:levels=8,coding=fixed",
                                   "terngrad:coding=fixed",
                                   NULL};

enum kind { CAST, DENSE, CODED, CHOSEN, DRAWN, WHOLE, KINDS };

/* Least shares of the read's speed, 0: reported alone; by what a row is. */
static const struct {
    double encode, decode;
} limits[KINDS] = {
    [CAST] = {0.6, 0.35}, /* as they are, or fewer bits of each */
    [DENSE] = {0.25, 0.35} /* all entries, so many bits each */,
    [CODED] = {0.25, 0.35}, /* all entries, as many bits as the data need */
    [CHOSEN] = {0.0, 0.0},  /* some entries, by the data: indices are sent */
    [DRAWN] = {0.0, 0.0},   /* entries that the receiver knows */
    [WHOLE] = {0.0, 0.0},   /* no entries */
};
static const char headline[] = "topk:1%";                        /* a CHOSEN with a demand */
static const double headline_encode = 0.35, sparse_rate = 150e6; /* entries a second */

enum { MESSAGES = 2, ROUNDS_TRIED = 1000, FEW = 10000, CLIENTS = 10 };

struct job {
    const char *text;
    struct lac_channel_compressor sender, receiver;
    enum kind kind;
    size_t d, kept;
    const double *v;
    double *acc, sum;
    unsigned turn; /* messages take turns: drawn indices are drawn again, as in every round */
    struct lac_draw draw[MESSAGES];
    unsigned char *bytes[MESSAGES];
    size_t length[MESSAGES];
    uint32_t *index; /* (kept) of DRAWN ones, in the order of the message */
};

static struct {
    size_t d;
    bool quick;
    const char *only, *kernels, *write;
    int missed;
} all = {.d = 10000000};

static lac_status encode(struct job *job, unsigned i, const double *v, struct lac_writer *w)
{
    lac_writer_init(w, job->bytes[i], job->sender.info.max_bytes);
    LAC_TRY(lac_encode(&job->sender, &job->draw[i], v, w));
    job->length[i] = w->bytes;
    return LAC_OK;
}

static void encode_body(void *context)
{
    struct job *job = context;
    struct lac_writer w;
    LAC_ASSERT(encode(job, job->turn++ % MESSAGES, job->v, &w) == LAC_OK);
}

static void decode_body(void *context)
{
    struct job *job = context;
    struct lac_reader r;
    unsigned i = job->turn++ % MESSAGES;
    lac_reader_init(&r, job->bytes[i], job->length[i]);
    LAC_ASSERT(lac_decode_add(&job->receiver, &job->draw[i], &r, 0.5, 1.0, job->acc) == LAC_OK);
}

static void read_body(void *context)
{
    struct job *job = context;
    job->sum += bench_read(job->v, job->d);
}

static void gather_body(void *context)
{
    struct job *job = context;
    for (size_t i = 0; i < job->kept; i++) {
        job->sum += job->v[job->index[i]];
    }
}

static enum kind kind_of(const struct lac_channel_compressor *c, const struct lac_bits *bits)
{
    enum lac_wire wire;
    if (c->whole) {
        return WHOLE;
    }
    if (strcmp(c->selector->name, "identity") != 0) {
        return bits->of[LAC_BITS_INDEX] > 0 ? CHOSEN : DRAWN;
    }
    if (lac_wire_find(c->quantizer->name, &wire) == LAC_OK) {
        return CAST;
    }
    return c->info.data_dependent ? CODED : DENSE;
}

/* Messages of two rounds in which anything is sent (a coin may keep all of it back). */
static lac_status make_messages(struct job *job, const double *v, struct lac_bits *bits)
{
    uint64_t round = 0;
    for (unsigned i = 0; i < MESSAGES; i++) {
        struct lac_writer w;
        do {
            job->draw[i] = (struct lac_draw){.seed = 1, .round = round++, .cohort = CLIENTS};
            LAC_TRY(encode(job, i, v, &w));
        } while (w.bytes == 0 && round < ROUNDS_TRIED);
        *bits = w.bits;
    }
    return LAC_OK;
}

static size_t count_kept(const struct job *job)
{
    size_t kept = 0;
    for (size_t j = 0; j < job->d; j++) {
        kept += job->acc[j] != 0.0;
    }
    return kept;
}

/* Each value says its own place, so that a message of doubles is the list of its places. */
static lac_status find_places(struct job *job, struct lac_arena *arena)
{
    double *place;
    struct lac_bits bits;
    struct lac_channel_compressor c;
    struct lac_compressor_size size = {.d = job->d, .n = CLIENTS};
    char text[64];
    (void)snprintf(text, sizeof text, "%.*s", (int)strcspn(job->text, "+"), job->text);
    LAC_TRY(lac_compressor_open(&c, text, &size, arena));
    LAC_TRY(LAC_NEW(arena, job->d, &place));
    LAC_TRY(LAC_NEW(arena, job->kept, &job->index));
    for (size_t j = 0; j < job->d; j++) {
        place[j] = (double)j;
    }
    struct job other = {.sender = c, .d = job->d};
    for (unsigned i = 0; i < MESSAGES; i++) {
        LAC_TRY(LAC_NEW(arena, c.info.max_bytes, &other.bytes[i]));
    }
    LAC_TRY(make_messages(&other, place, &bits));
    for (size_t i = 0; i < job->kept && 8 * i < other.length[0]; i++) {
        double at;
        memcpy(&at, other.bytes[0] + 8 * i, sizeof at);
        job->index[i] = (uint32_t)at;
    }
    return LAC_OK;
}

static lac_status open_job(struct job *job, const char *text, const double *v, double *acc,
                           struct lac_arena *arena)
{
    struct lac_compressor_size size = {.d = all.d, .n = CLIENTS};
    struct lac_bits bits;
    *job = (struct job){.text = text, .d = all.d, .v = v, .acc = acc};
    LAC_TRY(lac_compressor_open(&job->sender, text, &size, arena));
    LAC_TRY(lac_compressor_open(&job->receiver, text, &size, arena));
    for (unsigned i = 0; i < MESSAGES; i++) {
        LAC_TRY(LAC_NEW(arena, job->sender.info.max_bytes, &job->bytes[i]));
    }
    LAC_TRY(make_messages(job, v, &bits));
    vec_zero(acc, job->d);
    decode_body(job);
    job->kept = count_kept(job);
    job->kind = kind_of(&job->sender, &bits);
    return job->kind == DRAWN ? find_places(job, arena) : LAC_OK;
}

/* Limits are those of AVX2 and AVX-512; the portable kernels are reported. */
static double demanded(double target)
{
    return lac_kernels_level() == LAC_PORTABLE ? 0.0 : target;
}

static void row_of(const char *what, const struct job *job, struct bench_time value,
                   const char *unit, double ratio, double target, const char *of)
{
    char name[96];
    (void)snprintf(name, sizeof name, "%-6s %s", what, job->text);
    all.missed += !bench_row_ratio(name, value, unit, ratio, demanded(target), of);
}

/* Beside the read; for drawn entries beside a gather of the same, per entry that is kept. */
static void encode_row(struct job *job)
{
    if (job->kind == DRAWN && job->kept >= FEW) {
        struct bench_pair t = bench_run_beside(encode_body, gather_body, job);
        row_of("encode", job, bench_scaled(t.body, 1e9 / (double)job->kept), "ns/kept", t.ratio,
               0.0, "gather");
        return;
    }
    double target = strcmp(job->text, headline) == 0 ? headline_encode : limits[job->kind].encode;
    struct bench_pair t = bench_run_beside(encode_body, read_body, job);
    row_of("encode", job, bench_scaled(t.body, 1e9 / (double)job->d), "ns/entry", t.ratio, target,
           "read");
}

static void decode_row(struct job *job)
{
    bool sparse = job->kind == CHOSEN || job->kind == DRAWN;
    struct bench_pair t = bench_run_beside(decode_body, read_body, job);
    if (sparse && job->kept >= FEW) {
        double rate = (double)job->kept / t.body.median / sparse_rate;
        row_of("decode", job, bench_scaled(t.body, 1e9 / (double)job->kept), "ns/kept", rate, 1.0,
               "150 M/s");
        return;
    }
    row_of("decode", job, bench_scaled(t.body, 1e9 / (double)job->d), "ns/entry", t.ratio,
           sparse ? 0.0 : limits[job->kind].decode, "read");
}

static void refused(const char *text)
{
    printf("%-44s left out: %s\n", text, lac_failure());
}

static bool wanted(const char *text)
{
    return !all.only || strncmp(text, all.only, strlen(all.only)) == 0;
}

static void speed_rows(const char *text, const double *v, double *acc)
{
    struct lac_arena arena = {0};
    struct job job;
    if (!wanted(text)) {
        return;
    }
    if (open_job(&job, text, v, acc, &arena) == LAC_OK) {
        encode_row(&job);
        decode_row(&job);
    } else {
        refused(text);
    }
    lac_arena_free(&arena);
}

static void speed_table(const char *level, const double *v, double *acc)
{
    char line[128];
    size_t count;
    const struct lac_compressor *const *list = lac_compressors(&count);
    (void)snprintf(line, sizeof line, "encode, decode-and-add: %zu standard normal entries, %s",
                   all.d, level);
    bench_header(line);
    for (size_t i = 0; i < count; i++) {
        for (const char *const *text = list[i]->examples; *text; text++) {
            speed_rows(*text, v, acc);
            if (all.quick) {
                break;
            }
        }
    }
    for (const char *const *text = more; *text; text++) {
        speed_rows(*text, v, acc);
    }
}

static void fill_hard(double *v, const double *normal, int number)
{
    for (size_t j = 0; j < all.d; j++) {
        double by_place[] = {1.0, (double)j, normal[j] * 0x1p-1060, j % 1000 ? 0.0 : normal[j]};
        v[j] = by_place[number];
    }
}

static lac_status hard_table(const double *normal, double *v, double *acc)
{
    static const char *const names[] = {"all equal", "sorted", "denormals", "mostly zero"};
    bench_header("TopK where it is hard, 1 % kept: encode");
    for (int i = 0; i < 4; i++) {
        struct lac_arena arena = {0};
        struct job job;
        fill_hard(v, normal, i);
        LAC_TRY(open_job(&job, headline, v, acc, &arena));
        struct bench_pair t = bench_run_beside(encode_body, read_body, &job);
        job.text = names[i];
        row_of("encode", &job, bench_scaled(t.body, 1e9 / (double)job.d), "ns/entry", t.ratio, 0.0,
               "read");
        lac_arena_free(&arena);
    }
    return LAC_OK;
}

static void fill_normal(double *v, size_t d)
{
    struct lac_stream stream = {.seed = 7, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng rng;
    lac_rng_init(&rng, &stream);
    for (size_t j = 0; j < d; j++) {
        v[j] = lac_rng_normal(&rng);
    }
}

static lac_status run_levels(const double *v, double *hard, double *acc)
{
    static const char *const names[LAC_LEVELS] = {"portable", "avx2", "avx512"};
    const char *widest = names[lac_kernels_level()];
    bool every = all.kernels && strcmp(all.kernels, "all") == 0;
    const char *one = all.kernels && !every ? all.kernels : widest;
    for (int level = 0; level < LAC_LEVELS; level++) {
        bool in = every || strcmp(names[level], one) == 0;
        if (in && lac_kernels_select(names[level]) == LAC_OK) {
            speed_table(names[level], v, acc);
            if (wanted(headline)) {
                LAC_TRY(hard_table(v, hard, acc));
            }
        }
    }
    return lac_kernels_select(widest);
}

static lac_status write_vector(const double *v)
{
    FILE *file = fopen(all.write, "wb");
    bool good = file && fwrite(v, sizeof *v, all.d, file) == all.d;
    good = (!file || fclose(file) == 0) && good;
    return good ? LAC_OK : LAC_FAIL(LAC_E_IO, "cannot write '%s'", all.write);
}

static lac_status run(void)
{
    struct lac_arena arena = {0};
    double *v, *hard, *acc;
    LAC_TRY(LAC_NEW(&arena, all.d, &v));
    LAC_TRY(LAC_NEW(&arena, all.d, &hard));
    LAC_TRY(LAC_NEW(&arena, all.d, &acc));
    fill_normal(v, all.d);
    if (all.write) {
        LAC_TRY(write_vector(v));
        lac_arena_free(&arena);
        return LAC_OK;
    }
    bool bits_alone = all.only && strcmp(all.only, "bits") == 0;
    if (!bits_alone) {
        LAC_TRY(run_levels(v, hard, acc));
    }
    if (!all.only || bits_alone) {
        LAC_TRY(bits_index_tables(all.quick, &all.missed));
        LAC_TRY(bits_symbol_table(v, acc, all.d < 1000000 ? all.d : 1000000, more, &all.missed));
    }
    lac_arena_free(&arena);
    return LAC_OK;
}

static lac_status read_options(int argc, char **argv)
{
    uint64_t d = all.d;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--quick") == 0) {
            all.quick = true;
            d = 1000000;
            continue;
        }
        if (strcmp(argv[i], "--kernels") == 0) {
            all.kernels = value;
            LAC_TRY(strcmp(value, "all") == 0 ? LAC_OK : lac_kernels_select(value));
        } else if (strcmp(argv[i], "--only") == 0) {
            all.only = value;
        } else if (strcmp(argv[i], "--write") == 0) {
            all.write = value;
        } else if (strcmp(argv[i], "--dim") == 0) {
            LAC_TRY(lac_parse_count(argv[i], value, &d));
        } else {
            return LAC_FAIL(LAC_E_USAGE, "no option '%s'; --help shows all", argv[i]);
        }
        i++;
    }
    if (d < 1000 || d > 100000000) {
        return LAC_FAIL(LAC_E_USAGE, "--dim: %llu is outside 1000..100000000",
                        (unsigned long long)d);
    }
    all.d = (size_t)d;
    return LAC_OK;
}

int main(int argc, char **argv)
{
    bench_clock = CLOCK_THREAD_CPUTIME_ID;
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("%s", help);
        return 0;
    }
    lac_status status = read_options(argc, argv);
    status = status == LAC_OK ? run() : status;
    if (status != LAC_OK) {
        (void)fprintf(stderr, "bench_compressors: %s\n", lac_failure());
        return lac_exit_code(status);
    }
    if (all.write) {
        return 0;
    }
    printf("\n%d of the numbers demanded %s missed\n", all.missed,
           all.missed == 1 ? "was" : "were");
    return all.missed > 0;
}
