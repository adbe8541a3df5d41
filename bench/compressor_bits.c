#include "compressor_bits.h"

#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "bench.h"
#include "compressor/compressor.h"
#include "compressor/index_set.h"

static const double index_limit = 1.03, ternary_limit = 1.02, levels_limit = 1.10;

enum { DRAWS = 3, MANY_DRAWS = 101, FEW = 1000, CLUSTER = 10 };

/* k different positions, single or in clusters of consecutive ones, in ascending order. */
static void draw_positions(struct lac_rng *rng, bool clustered, unsigned char *mark, size_t d,
                           size_t k, uint32_t *index)
{
    memset(mark, 0, d);
    for (size_t left = k; left > 0;) {
        size_t at = (size_t)lac_rng_below(rng, d);
        for (size_t i = 0; i < (clustered ? CLUSTER : 1) && left > 0 && at < d; i++, at++) {
            left -= !mark[at];
            mark[at] = 1;
        }
    }
    for (size_t j = 0, i = 0; j < d; j++) {
        if (mark[j]) {
            index[i++] = (uint32_t)j;
        }
    }
}

struct place { /* room for sets of up to d positions */
    size_t d;
    unsigned char *mark, *bytes;
    uint32_t *index;
    struct lac_rng rng;
};

static lac_status index_row(struct place *p, double share, bool clustered, int *missed)
{
    char name[96];
    double sample[MANY_DRAWS], least;
    size_t k = (size_t)(share * (double)p->d + 0.5);
    int draws = k < FEW ? MANY_DRAWS : DRAWS;
    for (int i = 0; i < draws; i++) {
        struct lac_writer w;
        draw_positions(&p->rng, clustered, p->mark, p->d, k, p->index);
        lac_writer_init(&w, p->bytes, (size_t)(lac_index_set_max_bits(k, p->d) / 8) + 8);
        lac_index_set_write(&w, p->index, k, p->d);
        sample[i] = (double)w.bits.of[LAC_BITS_INDEX] / (double)k;
    }
    least = lac_index_set_information(k, p->d) / (double)k;
    struct bench_time bits = bench_summary(sample, draws);
    (void)snprintf(name, sizeof name, "d = %zu, k/d = %g, %s", p->d, share,
                   clustered ? "clustered" : "random");
    *missed += !bench_row_ratio(name, bits, "bits/index", bits.median / least, -index_limit,
                                "log2 C(d,k)/k");
    return LAC_OK;
}

static lac_status index_table(size_t d, bool quick, int *missed)
{
    static const double shares[] = {1e-4,  2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.015,
                                    0.022, 0.03, 0.05, 0.08, 0.12, 0.2,  0.3,  0.5};
    struct lac_arena arena = {0};
    struct lac_stream stream = {.seed = 11, .purpose = LAC_PURPOSE_TEST};
    struct place p = {.d = d};
    uint64_t most = 0;
    for (size_t k = 1; k <= d; k += d / 64) {
        uint64_t bits = lac_index_set_max_bits(k, d);
        most = bits > most ? bits : most;
    }
    LAC_TRY(LAC_NEW(&arena, d, &p.mark));
    LAC_TRY(LAC_NEW(&arena, d, &p.index));
    LAC_TRY(LAC_NEW(&arena, (size_t)(most / 4) + 64, &p.bytes));
    lac_rng_init(&p.rng, &stream);
    for (int clustered = 0; clustered < 2; clustered++) {
        for (size_t i = 0; i < sizeof shares / sizeof *shares; i += quick ? 5 : 1) {
            LAC_TRY(index_row(&p, shares[i], clustered, missed));
        }
    }
    lac_arena_free(&arena);
    return LAC_OK;
}

lac_status bits_index_tables(bool quick, int *missed)
{
    bench_header("index bits of TopK, each of several sets");
    LAC_TRY(index_table(100000, quick, missed));
    return index_table(1000000, quick, missed);
}

/* Of the values in acc (d), which is sorted here. */
static double entropy(double *acc, size_t d, size_t *different)
{
    double bits = 0.0;
    *different = 0;
    qsort(acc, d, sizeof *acc, bench_compare);
    for (size_t j = 0, next; j < d; j = next) {
        for (next = j + 1; next < d && acc[next] == acc[j]; next++) {
        }
        double share = (double)(next - j) / (double)d;
        bits -= share * log2(share);
        ++*different;
    }
    return bits;
}

/* Of three values by its parameters, not because it hardly ever uses the others. */
static bool is_ternary(const char *text, size_t different)
{
    const char *levels = strstr(text, "levels=");
    size_t digits = levels ? strspn(levels + 7, "0123456789") : 0;
    return different == 3 && (!levels || (digits == 1 && levels[7] == '1'));
}

static lac_status symbol_row(const struct lac_channel_compressor *c, const double *v, double *acc,
                             struct lac_arena *arena, int *missed)
{
    struct lac_draw draw = {.seed = 3, .round = 1, .cohort = 1};
    struct lac_writer w;
    struct lac_reader r;
    unsigned char *bytes;
    size_t different;
    LAC_TRY(LAC_NEW(arena, c->info.max_bytes, &bytes));
    lac_writer_init(&w, bytes, c->info.max_bytes);
    LAC_TRY(lac_encode(c, &draw, v, &w));
    lac_reader_init(&r, bytes, w.bytes);
    vec_zero(acc, c->d);
    LAC_TRY(lac_decode_add(c, &draw, &r, 1.0, 1.0, acc));
    double least = entropy(acc, c->d, &different), bits = 8.0 * (double)w.bytes / (double)c->d;
    bool coded = c->info.data_dependent, ternary = is_ternary(c->text, different);
    double limit = ternary ? ternary_limit : coded ? levels_limit : 0.0;
    const char *of = coded ? "entropy" : "log2 of the levels";
    least = coded ? least : log2((double)different);
    char name[96];
    (void)snprintf(name, sizeof name, "%s", c->text);
    *missed += !bench_row_ratio(name, (struct bench_time){bits, bits, bits}, "bits/entry",
                                bits / least, -limit, of);
    return LAC_OK;
}

/* Quantizers that are no mere casts, of all entries. */
static lac_status symbol_rows(const char *text, const double *v, double *acc, size_t d, int *missed)
{
    struct lac_arena arena = {0};
    struct lac_channel_compressor c;
    struct lac_compressor_size size = {.d = d, .n = 1};
    enum lac_wire wire;
    lac_status status = LAC_OK;
    if (lac_compressor_open(&c, text, &size, &arena) == LAC_OK && !c.whole &&
        strcmp(c.selector->name, "identity") == 0 &&
        lac_wire_find(c.quantizer->name, &wire) != LAC_OK) {
        status = symbol_row(&c, v, acc, &arena, missed);
    }
    lac_arena_free(&arena);
    return status;
}

lac_status bits_symbol_table(const double *v, double *acc, size_t d, const char *const *more,
                             int *missed)
{
    char line[96];
    size_t count;
    const struct lac_compressor *const *list = lac_compressors(&count);
    (void)snprintf(line, sizeof line, "value bits of %zu standard normal entries", d);
    bench_header(line);
    for (size_t i = 0; i < count; i++) {
        for (const char *const *text = list[i]->examples; *text; text++) {
            LAC_TRY(symbol_rows(*text, v, acc, d, missed));
        }
    }
    for (; *more; more++) {
        LAC_TRY(symbol_rows(*more, v, acc, d, missed));
    }
    return LAC_OK;
}
