#include "compressor/dither.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"
#include "base/kernels.h"
#include "base/vec.h"
#include "compressor/cast.h"
#include "compressor/level_kernels.h"

enum { CHUNK = 1024, LARGE = 256, DRAWS_MOST = 1024 };

static const double norm_most = 0x1p1023, far = 0x1p900;

/* sum of (|v_j| / most)^p in the 8 lanes of base/vec.h */
static double power_sum(const double *v, size_t count, double most, double p)
{
    double lane[8] = {0};
    for (size_t j = 0; j < count; j++) {
        double x = fabs(v[j]) / most;
        lane[j % 8] += x == 0.0 ? 0.0 : p == 2.0 ? x * x : lac_pow(x, p);
    }
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

double lac_dither_norm(const double *v, size_t count, double p)
{
    if (p == 2.0) {
        double square = vec_norm_sq(v, count);
        if (square < far && square > 1.0 / far) {
            return sqrt(square);
        }
    }
    double most = lac_level_active()->largest(v, count);
    if (most == 0.0 || isinf(p)) {
        return most;
    }
    double sum = power_sum(v, count, most, p);
    return most * (p == 2.0 ? sqrt(sum) : lac_pow(sum, 1.0 / p));
}

/* Rounded up to what is sent. */
static lac_status sent_norm(const struct lac_dither *c, double *norm)
{
    if (c->wire != LAC_FP64 && *norm <= (double)0x1.fffffep127f) {
        float single = (float)*norm;
        if ((double)single < *norm) {
            uint32_t bits;
            memcpy(&bits, &single, sizeof bits);
            bits++;
            memcpy(&single, &bits, sizeof bits);
        }
        *norm = (double)single;
    } else if (c->wire != LAC_FP64 || !(*norm <= norm_most)) {
        return LAC_FAIL(LAC_E_NUMERIC, "%s: the norm %g is too large to be sent", c->name, *norm);
    }
    return LAC_OK;
}

static struct lac_level_scale scale_of(const struct lac_dither *c, double norm)
{
    double lift = norm < 1.0 / far ? 0x1p600 : norm > far ? 0x1p-600 : 1.0;
    double top = c->natural ? 1.0 : (double)c->s;
    return (struct lac_level_scale){.lift = lift,
                                    .scale = top / (norm * lift),
                                    .top = top,
                                    .least = ldexp(1.0, 1 - (int)c->s),
                                    .levels = (int32_t)c->s};
}

/* Entries whose 16 bits are equal to those of the fraction: 32 more decide. */
static void settle_ties(const struct lac_dither *c, const struct lac_level_scale *scale,
                        const double *v, const uint16_t *r, size_t count, struct lac_rng *ties,
                        int16_t *level)
{
    for (size_t j = 0; j < count; j++) {
        uint64_t x =
            c->natural ? (uint64_t)lac_level_natural(scale, v[j]) : lac_level_linear(scale, v[j]);
        if ((x >> 32 & 0xFFFF) == r[j] && (uint32_t)lac_rng_word64(ties) < (uint32_t)x) {
            level[j] = (int16_t)(level[j] + (v[j] < 0.0 ? -1 : 1));
        }
    }
}

struct draws {
    struct lac_rng rng, ties;
};

/* count <= block; from a word's begin */
static void round_block(const struct lac_dither *c, const struct lac_level_scale *scale,
                        struct draws *draws, const double *v, size_t count, int16_t *level)
{
    for (size_t first = 0; first < count; first += CHUNK) {
        uint32_t words[CHUNK / 2];
        uint16_t r[CHUNK];
        size_t here = count - first < CHUNK ? count - first : CHUNK;
        lac_rng_fill(&draws->rng, words, (here + 1) / 2);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        memcpy(r, words, here * sizeof *r);
#else
        for (size_t j = 0; j < here; j++) {
            r[j] = (uint16_t)(words[j / 2] >> 16 * (j % 2));
        }
#endif
        bool equal = (c->natural ? lac_level_active()->natural : lac_level_active()->linear)(
            scale, v + first, r, here, level + first);
        if (equal) {
            settle_ties(c, scale, v + first, r, here, &draws->ties, level + first);
        }
    }
}

static void write_values(struct lac_dither *c, struct draws *draws, double norm, const double *v,
                         size_t count, struct lac_writer *w)
{
    struct lac_level_scale scale = scale_of(c, norm > 0.0 ? norm : 1.0);
    for (size_t first = 0; first < count; first += LAC_LEVEL_BLOCK) {
        size_t here = count - first < LAC_LEVEL_BLOCK ? count - first : LAC_LEVEL_BLOCK;
        round_block(c, &scale, draws, v + first, here, c->level);
        lac_levels_write(&c->levels, w, c->level, here);
    }
}

lac_status lac_dither_encode(void *state, const struct lac_draw *draw, const double *v,
                             size_t count, struct lac_writer *w)
{
    struct lac_dither *c = state;
    struct lac_stream first = lac_draw_stream(draw, draw->client, LAC_PURPOSE_ROUNDING, 0);
    struct lac_stream second = lac_draw_stream(draw, draw->client, LAC_PURPOSE_ROUNDING, 1);
    struct draws draws;
    double norm = lac_dither_norm(v, count, c->p);
    if (!(norm <= norm_most) && !vec_finite(v, count)) {
        return lac_not_finite(v, count);
    }
    LAC_TRY(sent_norm(c, &norm));
    lac_rng_init(&draws.rng, &first);
    lac_rng_init(&draws.ties, &second);
    LAC_TRY(lac_scalar_write(w, c->wire != LAC_FP64, norm, c->name));
    if (norm > 0.0 || c->levels.coding == LAC_LEVELS_FIXED) { /* fixed is fixed, for sealing */
        write_values(c, &draws, norm, v, count, w);
    }
    return LAC_OK;
}

static void add_block(const struct lac_dither *c, double norm, size_t count, struct lac_sink *sink)
{
    double unit = norm / (double)c->s;
    for (size_t first = 0; first < count; first += LAC_BLOCK) {
        double value[LAC_BLOCK];
        size_t here = count - first < LAC_BLOCK ? count - first : LAC_BLOCK;
        const int16_t *level = c->level + first;
        for (size_t i = 0; i < here; i++) {
            value[i] = (double)level[i] * unit;
        }
        for (size_t i = 0; c->natural && i < here; i++) {
            value[i] = c->value[level[i] + (int)c->s];
        }
        lac_sink_add(sink, value, here);
    }
}

static void set_values(struct lac_dither *c, double norm)
{
    c->value[c->s] = 0.0;
    for (unsigned m = 1; m <= c->s; m++) {
        double size = ldexp(norm, (int)m - (int)c->s);
        c->value[c->s + m] = size;
        c->value[c->s - m] = -size;
    }
}

lac_status lac_dither_decode_add(void *state, size_t count, struct lac_reader *r,
                                 struct lac_sink *sink)
{
    struct lac_dither *c = state;
    double norm = lac_scalar_read(r, c->wire != LAC_FP64);
    if (r->bad || !(norm >= 0.0 && norm <= norm_most)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "%s: a section begins with no norm", c->name);
    }
    if (norm == 0.0 && c->levels.coding != LAC_LEVELS_FIXED) {
        sink->at += count;
        return LAC_OK;
    }
    if (c->natural) {
        set_values(c, norm);
    }
    for (size_t first = 0; first < count; first += LAC_LEVEL_BLOCK) {
        size_t here = count - first < LAC_LEVEL_BLOCK ? count - first : LAC_LEVEL_BLOCK;
        LAC_TRY(lac_levels_read(&c->levels, r, c->level, here));
        add_block(c, norm, here, sink);
    }
    return LAC_OK;
}

double lac_dither_paper_bits(const void *state, double count)
{
    const struct lac_dither *c = state;
    return 32.0 + count * (1.0 + ceil(log2((double)c->s)));
}

lac_status lac_dither_parameters(struct lac_dither *c, const struct lac_spec *spec, uint64_t most)
{
    const char *norm = lac_spec_get(spec, "norm");
    uint64_t levels = 0;
    if (!lac_spec_get(spec, "levels")) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': say how many levels: %s:levels=S with S in 1..%llu",
                        spec->text, spec->name, (unsigned long long)most);
    }
    LAC_TRY(lac_spec_count(spec, "levels", &levels));
    if (levels < 1 || levels > most) {
        return LAC_FAIL(LAC_E_USAGE, "'%s': levels must be in 1..%llu", spec->text,
                        (unsigned long long)most);
    }
    c->s = (unsigned)levels;
    if (norm && strcmp(norm, "inf") == 0) {
        c->p = HUGE_VAL;
    } else if (norm) {
        LAC_TRY(lac_parse_double(spec->text, norm, &c->p));
        if (!(c->p >= 1.0 && c->p <= 1000.0)) {
            return LAC_FAIL(LAC_E_USAGE, "'%s': norm must be in 1..1000, or inf", spec->text);
        }
    }
    return LAC_OK;
}

static double omega(const struct lac_dither *c, double d)
{
    double s = (double)c->s, p = c->p;
    double ratio = p < 2.0 ? lac_pow(d, 1.0 / p) : sqrt(d); /* of norm |v|_1 to |v|_2^2, at most */
    double single = c->wire == LAC_FP64 ? 0.0 : 0x1p-21 * (1.0 + ratio); /* for its rounding up */
    if (c->natural) {
        double big = ratio * ldexp(1.0, 1 - (int)c->s);
        return 0.125 + big * fmin(1.0, big) + single;
    }
    double few = (ratio - 1.0) / (isinf(p) ? 2.0 * s : s);
    return fmin(ratio * ratio / (4.0 * s * s), few) + single;
}

/* The norm of a standard normal vector of so many entries. */
static double typical_norm(double d, double p)
{
    double a = sqrt(2.0 * log(2.0 * d));
    double most = a - (log(log(2.0 * d)) + log(4.0 * 3.14159265358979)) / (2.0 * a) + 0.5772 / a;
    if (isinf(p)) {
        return most;
    }
    double moment = exp(p / 2.0 * log(2.0) + lgamma((p + 1.0) / 2.0)) / sqrt(3.14159265358979);
    double norm = pow(d * moment, 1.0 / p);
    return p > 2.0 && !(norm > most) ? most : norm;
}

static double entropy(const struct lac_dither *c, size_t count, uint32_t *histogram)
{
    double bits = 0.0;
    for (unsigned i = 0; i <= 2 * c->s; i++) {
        double share = (double)histogram[i] / (double)count;
        bits -= share > 0.0 ? share * log2(share) : 0.0;
    }
    return bits;
}

struct estimation { /* work of set-up */
    double *v;
    unsigned char *bytes;
    size_t capacity;
    uint32_t *histogram;
};

/* Where all messages of d entries are of one length, one is enough. */
static size_t draws_for(const struct lac_dither *c, size_t d, size_t part)
{
    enum lac_level_coding coding = c->levels.coding;
    if (coding == LAC_LEVELS_FIXED || (coding == LAC_LEVELS_AUTO && d < LAC_LEVEL_SHORT)) {
        return 8;
    }
    size_t most = DRAWS_MOST;
    return part > LARGE ? 1 + (1u << 16) / part : part < LAC_LEVEL_SHORT ? 8 * most : most;
}

/* By what some fixed pseudo-random vectors take; of long ones one block stands for all. Adds share
   times the bits of d entries. */
static lac_status estimate(struct lac_dither *c, size_t d, double share, struct estimation *e,
                           struct lac_quantizer_info *info)
{
    size_t part = d < LAC_LEVEL_BLOCK ? d : LAC_LEVEL_BLOCK, draws = draws_for(c, d, part);
    struct lac_stream stream = {.purpose = LAC_PURPOSE_TEST, .step = 77};
    struct lac_stream rounding = {.purpose = LAC_PURPOSE_TEST, .step = 78};
    struct lac_rng normal;
    struct draws by;
    uint64_t sum = 0;
    lac_rng_init(&normal, &stream);
    lac_rng_init(&by.rng, &rounding);
    lac_rng_init(&by.ties, &rounding);
    memset(e->histogram, 0, (2 * c->s + 1) * sizeof *e->histogram);
    for (size_t i = 0; i < draws; i++) {
        struct lac_writer w;
        for (size_t j = 0; j < part; j++) {
            e->v[j] = lac_rng_normal(&normal);
        }
        double norm = part < d ? typical_norm((double)d, c->p) : lac_dither_norm(e->v, part, c->p);
        LAC_TRY(sent_norm(c, &norm));
        lac_writer_init(&w, e->bytes, e->capacity);
        write_values(c, &by, norm, e->v, part, &w);
        sum += w.bits.of[LAC_BITS_VALUE] + w.bits.of[LAC_BITS_INDEX];
        for (size_t j = 0; j < part; j++) {
            e->histogram[c->level[j] + (int)c->s]++;
        }
    }
    double scalar = c->wire == LAC_FP64 ? 64.0 : 32.0, whole = (double)d / (double)part;
    info->expected_bits += share * (scalar + (double)sum / (double)draws * whole);
    info->information_bits += share * (scalar + entropy(c, draws * part, e->histogram) * (double)d);
    return LAC_OK;
}

/* A mean between two whole numbers: the two in their shares. */
static lac_status estimate_mean(struct lac_dither *c, double mean, struct estimation *e,
                                struct lac_quantizer_info *info)
{
    size_t below = mean < 1.0 ? 1 : (size_t)mean;
    double share = mean - (double)below;
    LAC_TRY(estimate(c, below, share > 0.0 ? 1.0 - share : 1.0, e, info));
    return share > 0.0 ? estimate(c, below + 1, share, e, info) : LAC_OK;
}

lac_status lac_dither_setup(struct lac_dither *c, const struct lac_quantizer_size *size,
                            const struct lac_spec *spec, struct lac_arena *arena,
                            struct lac_quantizer_info *info)
{
    size_t block = size->most < LAC_LEVEL_BLOCK ? size->most : LAC_LEVEL_BLOCK;
    c->name = spec->name;
    c->wire = size->wire;
    LAC_TRY(lac_levels_init(&c->levels, c->s, size->most, spec, arena));
    LAC_TRY(LAC_NEW(arena, block, &c->level));
    LAC_TRY(LAC_NEW(arena, c->natural ? 2 * c->s + 1 : 1, &c->value));
    *info = (struct lac_quantizer_info){
        .unbiased = true,
        .omega = omega(c, (double)size->most),
        .max_bytes = 8 + lac_levels_max_bytes(&c->levels, size->most),
        .homogeneous = c->wire == LAC_FP64, /* a single is rounded */
        .data_dependent = c->levels.coding != LAC_LEVELS_FIXED,
    };
    struct estimation e = {.capacity = lac_levels_max_bytes(&c->levels, block)};
    e.v = malloc(block * sizeof *e.v);
    e.bytes = malloc(e.capacity);
    e.histogram = malloc((2 * c->s + 1) * sizeof *e.histogram);
    lac_status status = LAC_E_MEMORY;
    if (e.v && e.bytes && e.histogram) {
        status = estimate_mean(c, size->mean, &e, info);
    } else {
        status = LAC_FAIL(LAC_E_MEMORY, "no memory for the set-up of %s", c->name);
    }
    free(e.histogram);
    free(e.bytes);
    free(e.v);
    return status;
}
