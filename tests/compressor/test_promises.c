/* What each compressor's info says, held against many draws; no code here knows a compressor. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "subjects.h"
#include "tap.h"

#define SIGMAS 5.0

struct mean { /* running mean and sum of squared deviations (Welford) */
    double count, mean, squares;
};

static void mean_add(struct mean *m, double x)
{
    double delta = x - m->mean;
    m->count += 1.0;
    m->mean += delta / m->count;
    m->squares += delta * (x - m->mean);
}

static double mean_error(const struct mean *m)
{
    return sqrt(m->squares / (m->count * (m->count - 1.0)));
}

/*
 * The worst deviation of the coordinates' means from v, in standard errors. An outcome of probability
 * below 10 / draws may not have been seen: it moves the mean by at most 4 true standard errors and adds
 * nothing to the measured one, so that of an average coordinate stands in for it.
 */
static double worst_bias(const struct subject *s, const struct mean *coordinate,
                         const struct mean *error)
{
    double worst = 0.0, d = (double)s->size.d;
    double usual = sqrt(error->mean * vec_norm_sq(s->v, s->size.d) / (d * error->count));
    for (size_t j = 0; j < s->size.d; j++) {
        double slack = SIGMAS * mean_error(&coordinate[j]) + 4.0 * usual + 1e-12 * fabs(s->v[j]);
        worst = fmax(worst, SIGMAS * fabs(coordinate[j].mean - s->v[j]) / slack);
    }
    return worst;
}

/* What many draws of C(v) for one v showed; errors are relative to |v|^2. */
struct measured {
    struct mean coordinate[256];
    struct mean along;  /* <C(v), v> / |v|^2 */
    struct mean error;  /* of C(v) */
    struct mean scaled; /* of C(v) / (1 + omega) */
    double worst;       /* error of C(v) */
    bool same;          /* C(v) was the same for all draws */
};

static void measure_one(const struct subject *s, struct measured *m)
{
    const double *c = s->out[1], *v = s->v;
    double along = 0.0, error = 0.0, scaled = 0.0, size = 0.0;
    for (size_t j = 0; j < s->size.d; j++) {
        double less = c[j] / (1.0 + s->info.omega);
        mean_add(&m->coordinate[j], c[j]);
        along += c[j] * v[j];
        error += (c[j] - v[j]) * (c[j] - v[j]);
        scaled += (less - v[j]) * (less - v[j]);
        size += v[j] * v[j];
    }
    mean_add(&m->along, along / size);
    mean_add(&m->error, error / size);
    mean_add(&m->scaled, scaled / size);
    m->worst = fmax(m->worst, error / size);
    m->same = m->same && memcmp(c, s->out[0], s->size.d * sizeof *c) == 0;
}

/* More draws where few of them keep anything: each coordinate is to be hit 300 times. */
static uint64_t draws_for(const struct subject *s, enum shape shape)
{
    uint64_t least = s->pair ? 400 : shape == NORMAL ? 3000 : 600;
    double rare = (s->pair ? 100.0 : 300.0) * (1.0 + s->info.omega);
    uint64_t draws =
        (s->info.classes & LAC_UNBIASED) && rare > (double)least ? (uint64_t)rare : least;
    return draws < 100000 ? draws : 100000;
}

static bool measure(struct subject *s, enum shape shape, struct measured *m)
{
    uint64_t draws = draws_for(s, shape);
    memset(m, 0, sizeof *m);
    m->same = true;
    for (uint64_t round = 1; round <= draws; round++) {
        if (!encode_round(s, round) || !decode_side(s, 1, 1.0, 1.0)) {
            return tap_ok(false, "%s at d=%zu goes through: %s", s->text, s->size.d, lac_failure());
        }
        if (round == 1) {
            vec_copy(s->out[0], s->out[1], s->size.d);
        }
        measure_one(s, m);
    }
    return true;
}

static bool variance_holds(const struct subject *s, const struct mean *error)
{
    double slack = SIGMAS * mean_error(error) + 1e-12 * (1.0 + s->info.omega);
    return error->mean <= s->info.omega + slack &&
           (!s->info.omega_exact || error->mean >= s->info.omega - slack);
}

/* Judged over all shapes of v: what is not declared must fail for one of them. */
struct verdict {
    bool unbiased, variance, scaled, contracts, every_draw, below, same;
    enum shape last; /* of the first that failed */
};

static void judge(const struct subject *s, enum shape shape, const struct measured *m,
                  struct verdict *all)
{
    const struct lac_compressor_info *info = &s->info;
    bool was = all->unbiased && all->variance && all->scaled && all->contracts && all->every_draw;
    double room = 1.0 - info->alpha + 1e-12, noise = mean_error(&m->error);
    if (info->classes & LAC_UNBIASED) {
        double off = fabs(m->along.mean - 1.0);
        /* a norm that was rounded to a single is undone in few draws of 2^23 */
        double exact = s->size.wire == LAC_FP64 ? 1e-12 : 0x1p-23;
        bool each = shape != NORMAL || s->pair || worst_bias(s, m->coordinate, &m->error) <= SIGMAS;
        all->unbiased = all->unbiased && each && off <= SIGMAS * mean_error(&m->along) + exact;
        all->variance = all->variance && variance_holds(s, &m->error);
        all->below = all->below || m->error.mean + SIGMAS * noise < info->omega;
        all->scaled = all->scaled && m->scaled.mean <= room + SIGMAS * mean_error(&m->scaled);
    }
    if (info->classes & LAC_CONTRACTIVE) {
        all->contracts = all->contracts && m->error.mean <= room + SIGMAS * noise;
        all->every_draw = all->every_draw && (!info->every_draw || m->worst <= room);
        all->same = all->same && m->same;
    }
    bool is = all->unbiased && all->variance && all->scaled && all->contracts && all->every_draw;
    all->last = was && !is ? shape : all->last;
}

static void report(const struct subject *s, const struct verdict *all)
{
    const struct lac_compressor_info *info = &s->info;
    const char *at = shape_name(all->last);
    size_t d = s->size.d;
    uint32_t n = s->size.n;
    bool telling = d >= 30 && !s->pair && s->size.wire == LAC_FP64;
    if (info->classes & LAC_UNBIASED) {
        tap_ok(all->unbiased, "%s, d=%zu, n=%u: the mean of C(v) is v (%s)", s->text, d, n, at);
        tap_ok(all->variance, "%s, d=%zu, n=%u: the variance %s omega = %.4f (%s)", s->text, d, n,
               info->omega_exact ? "is" : "is at most", info->omega, at);
        tap_ok(info->omega_exact || all->below || info->omega < 1e-9 || !telling,
               "%s, d=%zu, n=%u: omega is exact for all v only where declared", s->text, d, n);
        tap_ok(all->scaled, "%s, d=%zu, n=%u: C / (1 + omega) contracts by alpha = %.4f (%s)",
               s->text, d, n, info->alpha, at);
    }
    if (info->classes & LAC_CONTRACTIVE) {
        tap_ok(all->contracts && all->every_draw,
               "%s, d=%zu, n=%u: C contracts by alpha = %.4f %s (%s)", s->text, d, n, info->alpha,
               info->every_draw ? "in every draw" : "in the mean", at);
        tap_ok(!all->same || info->every_draw || info->alpha > 0.999 || !telling,
               "%s, d=%zu, n=%u: where nothing is drawn, each draw is declared to contract",
               s->text, d, n);
    }
}

static void check_classes(struct subject *s)
{
    static struct measured m;
    struct verdict all = {true, true, true, true, true, false, true, NORMAL};
    const struct lac_compressor_info *info = &s->info;
    for (enum shape shape = 0; shape < SHAPES; shape++) {
        bool beyond = beyond_wire(s, shape);
        draw_shape(s, shape, 1);
        if (!beyond) {
            if (!measure(s, shape, &m)) {
                return;
            }
            judge(s, shape, &m, &all);
        }
    }
    report(s, &all);
    tap_ok((info->classes & (LAC_UNBIASED | LAC_CONTRACTIVE)) != 0 && info->alpha > 0.0 &&
               info->alpha <= 1.0 && info->omega >= 0.0,
           "%s, d=%zu: a class and constants in range are declared", s->text, s->size.d);
}

struct lengths {
    struct mean bits, paper; /* over standard normal vectors */
    bool bounded, exact, fixed;
};

/* A normal vector and one of another shape with the same draw. */
static void measure_lengths(struct subject *s, uint64_t round, struct lengths *l)
{
    draw_vector(s, round);
    l->bounded = encode_round(s, round) && s->length <= s->info.max_bytes && l->bounded;
    l->exact = l->exact && lac_bits_total(&s->bits) == 8 * (uint64_t)s->length;
    mean_add(&l->bits, (double)(s->bits.of[LAC_BITS_VALUE] + s->bits.of[LAC_BITS_INDEX]));
    mean_add(&l->paper, (double)s->bits.paper);
    size_t length = s->length;
    draw_shape(s, HEAVY + (enum shape)(round % (HUGE_SCALE - HEAVY)), round);
    l->bounded = encode_round(s, round) && s->length <= s->info.max_bytes && l->bounded;
    l->fixed = length == s->length && l->fixed;
}

/*
 * A length that depends on nothing or on draws alone has exactly the declared mean. Where it depends
 * on data, the declaration is an estimate, and the coding may be chosen for each message: 3 % and 64
 * bits are granted.
 */
static void check_lengths(struct subject *s)
{
    struct lengths l = {.bounded = true, .exact = true, .fixed = true};
    const struct lac_compressor_info *info = &s->info;
    for (uint64_t round = 1; round <= (s->pair ? 400 : 2000); round++) {
        measure_lengths(s, round, &l);
    }
    tap_ok(l.bounded, "%s, d=%zu: no section is longer than max_bytes", s->text, s->size.d);
    tap_ok(l.exact, "%s, d=%zu: the ledger counts 8 bits for each byte", s->text, s->size.d);
    double granted = info->data_dependent ? 0.03 * info->expected_bits + 64.0 : 0.0;
    double noise = SIGMAS * mean_error(&l.bits) + 1e-9 * l.bits.mean;
    tap_ok(fabs(l.bits.mean - info->expected_bits) <= noise + granted,
           "%s, d=%zu, n=%u: the mean of value and index bits, %.2f, is the declared %.2f", s->text,
           s->size.d, s->size.n, l.bits.mean, info->expected_bits);
    tap_ok(info->information_bits > 0.0 &&
               info->information_bits <=
                   l.bits.mean * (1.0 + (info->data_dependent ? 0.01 : 0.0)) + noise,
           "%s, d=%zu, n=%u: the information, %.2f bits, is not above the mean, %.2f", s->text,
           s->size.d, s->size.n, info->information_bits, l.bits.mean);
    double paper = SIGMAS * mean_error(&l.paper) + 1e-9 * l.paper.mean;
    tap_ok(fabs(l.paper.mean - info->paper_bits) <=
               paper + (info->data_dependent ? 0.03 * info->paper_bits : 0.0),
           "%s, d=%zu, n=%u: the mean of the papers' bits, %.2f, is the declared %.2f", s->text,
           s->size.d, s->size.n, l.paper.mean, info->paper_bits);
    tap_ok(l.fixed || info->data_dependent,
           "%s, d=%zu: the length depends on data only where declared", s->text, s->size.d);
}

static void check_bits_of_both_sides(struct subject *s)
{
    bool same = true, repeated = true, adds = true;
    unsigned char *first;
    struct lac_arena arena = {0};
    LAC_ASSERT(LAC_NEW(&arena, s->info.max_bytes, &first) == LAC_OK);
    for (uint64_t round = 1; round <= 50; round++) {
        draw_vector(s, round);
        same = round_trip(s, round) && same &&
               memcmp(s->out[0], s->out[1], s->size.d * sizeof *s->out[0]) == 0;
        size_t length = s->length;
        memcpy(first, s->bytes, length);
        encode_round(s, round + 1);
        encode_round(s, round);
        repeated = repeated && length == s->length && memcmp(first, s->bytes, length) == 0;
        adds = decode_side(s, 0, -3.0, 3.0) && adds;
        for (size_t j = 0; j < s->size.d; j++) {
            adds = adds && fabs(s->out[0][j] + s->out[1][j]) <= 4e-15 * fabs(s->out[1][j]);
        }
    }
    lac_arena_free(&arena);
    tap_ok(same, "%s, d=%zu: sender and receiver decode the same bits and count the same", s->text,
           s->size.d);
    tap_ok(repeated, "%s, d=%zu: the same draw gives the same bytes", s->text, s->size.d);
    tap_ok(adds, "%s, d=%zu: scale and divisor are one factor", s->text, s->size.d);
}

/* Whether C(t v) = t C(v) for the same draw, to rounding of the largest entry: sums of many are less
   exact than themselves. */
static bool scales(struct subject *s, uint64_t round, double t)
{
    bool equal = round_trip(s, round);
    double largest = 0.0;
    vec_scale(s->v, t, s->v, s->size.d);
    equal = encode_round(s, round) && decode_side(s, 0, 1.0, 1.0) && equal;
    for (size_t j = 0; j < s->size.d; j++) {
        largest = fmax(largest, fabs(s->out[0][j]));
    }
    for (size_t j = 0; j < s->size.d; j++) {
        equal = equal && fabs(s->out[0][j] - t * s->out[1][j]) <= 1e-12 * largest;
    }
    return equal;
}

static void check_homogeneous(struct subject *s)
{
    bool always = true;
    for (uint64_t round = 1; round <= 50; round++) {
        draw_vector(s, round);
        always = scales(s, round, 3.0) && always;
        draw_vector(s, round);
        always = scales(s, round, 1.0 / 1024.0) && always;
    }
    tap_ok(s->info.homogeneous ? always : !always || s->size.d < 30,
           "%s, d=%zu: C(t v) = t C(v) holds if and only if declared", s->text, s->size.d);
}

/* Every second entry is zero. */
static void check_zeros(struct subject *s)
{
    bool moved = false, good = true;
    for (uint64_t round = 1; round <= 40; round++) {
        draw_vector(s, round);
        for (size_t j = 0; j < s->size.d; j += 2) {
            s->v[j] = 0.0;
        }
        good = round_trip(s, round) && good;
        for (size_t j = 0; j < s->size.d; j += 2) {
            moved = moved || s->out[1][j] != 0.0;
        }
    }
    tap_ok(good && (s->info.moves_zeros || !moved), "%s, d=%zu: zeros stay zeros as declared",
           s->text, s->size.d);
}

static void check_decode_adds(struct subject *s)
{
    draw_vector(s, 3);
    bool good = round_trip(s, 3);
    struct lac_reader r;
    const struct lac_channel_compressor *c = &s->sides[1];
    lac_reader_init(&r, s->bytes, s->length);
    vec_copy(s->v, s->out[0], s->size.d);
    for (size_t j = 0; j < s->size.d; j++) {
        s->out[1][j] = (double)j;
    }
    good = lac_decode_add(c, &s->draw, &r, 0.5, 1.0, s->out[1]) == LAC_OK && good;
    for (size_t j = 0; j < s->size.d; j++) {
        good = good && fabs(s->out[1][j] - (double)j - 0.5 * s->v[j]) <=
                           1e-13 * ((double)(j + 1) + fabs(s->v[j]));
    }
    tap_ok(good, "%s, d=%zu: decoding adds to what is there", s->text, s->size.d);
}

/* Zero, all equal, subnormal, the extremes: decoded, finite, and of the declared length; what is too
   large for the precision on the wire may be refused. */
static void check_odd_vectors(struct subject *s)
{
    static const double odd[] = {
        0.0, -0.0, 1.0, -4.0 / 3.0, 0x1p-1074, 0x1.8p-1030, 0x1.fffffffffffffp1023};
    bool good = true;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        for (size_t j = 0; j < s->size.d; j++) {
            s->v[j] = odd[i];
        }
        if (odd[i] > 1e300 && try_encode(s, i + 1) == LAC_E_NUMERIC) {
            continue;
        }
        good = round_trip(s, i + 1) && good && s->length <= s->info.max_bytes;
        for (size_t j = 0; j < s->size.d; j++) {
            good = good && !isnan(s->out[0][j]) && (odd[i] != 0.0 || s->out[0][j] == 0.0);
        }
    }
    tap_ok(good, "%s, d=%zu: zero, equal, subnormal and huge entries go through or are refused",
           s->text, s->size.d);
}

/* NaN and infinity anywhere: refused by name, or not among what is sent. */
static void check_not_finite(struct subject *s)
{
    static const double bad[] = {(double)NAN, -(double)NAN, (double)INFINITY, -(double)INFINITY};
    bool good = true, named = false;
    for (uint64_t round = 1; round <= 40; round++) {
        size_t place = (size_t)(round * 7919) % s->size.d;
        draw_vector(s, round);
        s->v[place] = bad[round % 4];
        lac_status status = try_encode(s, round);
        bool refused = status == LAC_E_NUMERIC && strstr(lac_failure(), "not finite");
        bool absent = status == LAC_OK && decode_side(s, 1, 1.0, 1.0) && s->out[1][place] == 0.0;
        good = good && (refused || absent);
        named = named || refused;
    }
    tap_ok(good && (named || s->info.omega > 20.0),
           "%s, d=%zu: what is not finite is refused by name, or not sent", s->text, s->size.d);
}

int main(void)
{
    size_t count;
    lac_compressors(&count);
    tap_ok(for_each_subject(SIZES_SMALL, check_classes) >= 5 * count,
           "every compressor is tried at every size");
    for_each_subject(SIZES_SMALL, check_lengths);
    for_each_subject(SIZES_SMALL, check_bits_of_both_sides);
    for_each_subject(SIZES_SMALL, check_homogeneous);
    for_each_subject(SIZES_SMALL, check_zeros);
    for_each_subject(SIZES_SMALL, check_decode_adds);
    for_each_subject(SIZES_SMALL, check_odd_vectors);
    for_each_subject(SIZES_SMALL, check_not_finite);
    return tap_done();
}
