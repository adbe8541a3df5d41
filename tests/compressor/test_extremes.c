/* The least and huge dimensions: d = 1, and d = 2^31 + 5 and 2^32 - 1 for what costs only what it keeps. */
#include <string.h>
#include <sys/mman.h>

#include "compressor/index_set.h"
#include "compressor/parts.h"
#include "subjects.h"
#include "tap.h"

static const size_t huge_ones[] = {(UINT64_C(1) << 31) + 5, UINT32_MAX};
static size_t huge;     /* one of them */
static size_t farthest; /* place that was kept */
enum { MANY_CLIENTS = (1 << 20) + 3, FEW_BYTES = 65536 };

static size_t tried;

static void check_one(struct subject *s)
{
    if (s->size.d != 1) {
        return;
    }
    bool good = true;
    for (uint64_t round = 1; round <= 200; round++) {
        draw_vector(s, round);
        good = round_trip(s, round) && s->out[0][0] == s->out[1][0] && good;
        s->v[0] = 0.0;
        good = round_trip(s, round) && s->out[0][0] == 0.0 && good;
    }
    tap_ok(good, "%s, d=1, n=%u: both sides decode the same, and zero as zero", s->text, s->size.n);
}

/* Zeros that cost no memory until they are written; NULL where the system does not give them. */
static double *map_zeros(size_t d)
{
    void *p = mmap(NULL, d * sizeof(double), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static size_t place_of(const struct lac_selection *s, size_t at)
{
    return s->index ? s->index[at] : (s->first + at) % huge;
}

/* Puts a value on each entry that this draw keeps. */
static lac_status fill_kept(const struct lac_channel_compressor *c, const struct lac_draw *draw,
                            double *v, struct lac_selection *kept)
{
    static unsigned char bytes[FEW_BYTES];
    struct lac_writer w;
    lac_writer_init(&w, bytes, sizeof bytes);
    LAC_TRY(c->selector->selector->select(c->select_state, draw, v, &w, kept));
    for (size_t i = 0; i < kept->count; i++) {
        size_t place = place_of(kept, i);
        v[place] = 1.0 + (double)(i % 7);
        farthest = place > farthest ? place : farthest;
    }
    return LAC_OK;
}

/* What came back stands where it was, the powers of two and small numbers as they are or near. */
static bool came_back(const struct lac_channel_compressor *c, const struct lac_selection *kept,
                      const double *v, double *acc)
{
    double gain = c->plain ? 1.0 : kept->numerator / kept->denominator;
    double error = 0.0, size = 0.0;
    bool inside = true;
    for (size_t i = 0; i < kept->count; i++) {
        size_t place = place_of(kept, i);
        double got = acc[place] / gain - v[place];
        inside = inside && place < huge;
        error += got * got;
        size += v[place] * v[place];
    }
    return inside && error <= (c->info.omega + 1.0) * size;
}

static lac_status go_through(struct lac_channel_compressor sides[2], const struct lac_draw *draw,
                             double *v, double *acc, bool *good)
{
    static unsigned char bytes[FEW_BYTES];
    struct lac_selection kept = {0};
    struct lac_writer w;
    struct lac_reader r;
    lac_writer_init(&w, bytes, sides[0].info.max_bytes);
    LAC_TRY(fill_kept(&sides[1], draw, v, &kept));
    LAC_TRY(lac_encode(&sides[0], draw, v, &w));
    lac_reader_init(&r, bytes, w.bytes);
    LAC_TRY(lac_decode_add(&sides[1], draw, &r, 1.0, 1.0, acc));
    LAC_TRY(lac_reader_done(&r));
    *good = kept.count > 0 && came_back(&sides[0], &kept, v, acc);
    for (size_t i = 0; i < kept.count; i++) {
        v[place_of(&kept, i)] = acc[place_of(&kept, i)] = 0.0;
    }
    return LAC_OK;
}

/* Whether it is declared to cost what it keeps, and keeps few entries of many. */
static bool keeps_few(const char *text)
{
    static const size_t sizes[] = {1000, 1000000};
    bool few = true;
    for (size_t i = 0; few && i < 2; i++) {
        struct lac_arena arena = {0};
        struct lac_channel_compressor c;
        struct lac_compressor_size size = {.d = sizes[i], .n = MANY_CLIENTS};
        few = lac_compressor_open(&c, text, &size, &arena) == LAC_OK && c.info.sparse &&
              c.info.max_bytes <= 1000;
        lac_arena_free(&arena);
    }
    return few;
}

static void check_huge(const char *text, double *v, double *acc)
{
    struct lac_arena arena = {0};
    struct lac_channel_compressor sides[2];
    struct lac_compressor_size size = {.d = huge, .n = MANY_CLIENTS};
    bool good = false;
    farthest = 0;
    lac_status status = lac_compressor_open(&sides[0], text, &size, &arena);
    status = status ? status : lac_compressor_open(&sides[1], text, &size, &arena);
    for (uint64_t round = 1; status == LAC_OK && round <= 20; round++) {
        struct lac_draw draw = {
            .seed = 4, .round = round, .client = 9, .position = 9, .cohort = MANY_CLIENTS};
        bool here = false;
        LAC_ASSERT(sides[0].info.max_bytes <= FEW_BYTES);
        status = go_through(sides, &draw, v, acc, &here);
        good = here && (good || round == 1);
    }
    lac_arena_free(&arena);
    tap_ok(status == LAC_OK && good && farthest >= huge / 2, "%s goes through at d = %zu%s%s", text,
           huge, status ? ": " : "", status ? lac_failure() : "");
    tried++;
}

static void check_huge_pairs(const char *text, double *v, double *acc)
{
    size_t count;
    const struct lac_compressor *const *list = lac_compressors(&count);
    for (size_t i = 0; i < count; i++) {
        char both[128];
        snprintf(both, sizeof both, "%s+%s", text, list[i]->examples[0]);
        if (list[i]->quantizer && keeps_few(both)) {
            check_huge(both, v, acc);
        }
    }
}

static void check_all_huge(void)
{
    size_t count;
    const struct lac_compressor *const *list = lac_compressors(&count);
    double *v = map_zeros(huge), *acc = map_zeros(huge);
    if (!v || !acc) {
        tap_skip("no address space", "sections at d = %zu", huge);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        for (const char *const *text = list[i]->examples; *text; text++) {
            if (keeps_few(*text)) {
                check_huge(*text, v, acc);
                check_huge_pairs(*text, v, acc);
            }
        }
    }
    munmap(v, huge * sizeof *v);
    munmap(acc, huge * sizeof *acc);
    tap_ok(tried > 0, "some compressors cost only what they keep: %zu", tried);
}

enum { INDICES = 1000 };

static bool set_returns(const uint32_t *index, size_t k)
{
    static unsigned char bytes[FEW_BYTES];
    uint32_t back[INDICES];
    struct lac_writer w;
    struct lac_reader r;
    size_t most = (size_t)((lac_index_set_max_bits(k, huge) + 7) / 8);
    lac_writer_init(&w, bytes, most < sizeof bytes ? most : sizeof bytes);
    lac_index_set_write(&w, index, k, huge);
    lac_write_align(&w);
    lac_reader_init(&r, bytes, w.bytes);
    lac_status status = lac_index_set_read(&r, back, k, huge);
    lac_read_align(&r);
    return status == LAC_OK && lac_reader_done(&r) == LAC_OK &&
           memcmp(back, index, k * sizeof *index) == 0;
}

static void check_index_sets(void)
{
    uint32_t index[INDICES];
    bool good = true;
    for (uint32_t step = 1; step < huge / INDICES; step = step * 5 + 1) {
        for (uint32_t i = 0; i < INDICES; i++) {
            index[i] = (uint32_t)(huge - 1) - step * (INDICES - 1 - i);
        }
        for (size_t k = 1; k <= INDICES; k += 111) {
            good = set_returns(index + INDICES - k, k) && good;
            index[INDICES - k] = 0; /* one far away */
            good = set_returns(index + INDICES - k, k) && good;
            index[INDICES - k] = (uint32_t)(huge - 1) - step * (uint32_t)(k - 1);
        }
    }
    tap_ok(good, "index sets up to the index %zu are read as they were written", huge - 1);
}

int main(void)
{
    for_each_subject(SIZES_SMALL, check_one);
    for (size_t i = 0; i < sizeof huge_ones / sizeof *huge_ones; i++) {
        huge = huge_ones[i];
        check_all_huge();
        check_index_sets();
    }
    return tap_done();
}
