/* What each compressor's info says, held against many draws; no code here knows a compressor. */
#include <math.h>
#include <string.h>

#include "base/vec.h"
#include "subjects.h"
#include "tap.h"

enum { DRAWS = 3000 };

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

static double distance_sq(const double *x, const double *y, size_t d)
{
    double sum = 0.0;
    for (size_t j = 0; j < d; j++) {
        sum += (x[j] - y[j]) * (x[j] - y[j]);
    }
    return sum;
}

/* The worst deviation of the coordinates' means from v, in standard errors. What happens once in
   many draws is hardly seen in the variance of few: one such event more is within the error. */
static double worst_bias(const struct subject *s, const struct mean *coordinate)
{
    double worst = 0.0, jump = 0.0;
    for (size_t j = 0; j < s->size.d; j++) {
        jump = fmax(jump, coordinate[j].squares > 0.0 ? fabs(s->out[1][j] - s->v[j]) : 0.0);
    }
    for (size_t j = 0; j < s->size.d; j++) {
        double slack =
            SIGMAS * hypot(mean_error(&coordinate[j]), jump / DRAWS) + 1e-12 * fabs(s->v[j]);
        worst = fmax(worst, SIGMAS * fabs(coordinate[j].mean - s->v[j]) / slack);
    }
    return worst;
}

/* Of C(v) / divisor. */
static void measure(struct subject *s, double divisor, struct mean *coordinate, struct mean *error)
{
    memset(coordinate, 0, s->size.d * sizeof *coordinate);
    *error = (struct mean){0};
    for (uint64_t round = 1; round <= DRAWS; round++) {
        if (!encode_round(s, round) || !decode_side(s, 1, 1.0, divisor)) {
            tap_ok(false, "%s at d=%zu goes through: %s", s->text, s->size.d, lac_failure());
            return;
        }
        for (size_t j = 0; j < s->size.d; j++) {
            mean_add(&coordinate[j], s->out[1][j]);
        }
        mean_add(error, distance_sq(s->out[1], s->v, s->size.d) / vec_norm_sq(s->v, s->size.d));
    }
}

static void check_classes(struct subject *s)
{
    static struct mean coordinate[256];
    struct mean error;
    const struct lac_compressor_info *info = &s->info;
    draw_vector(s, 1);
    if (info->classes & LAC_UNBIASED) {
        measure(s, 1.0, coordinate, &error);
        tap_ok(worst_bias(s, coordinate) <= SIGMAS, "%s, d=%zu, n=%u: the mean of C(v) is v",
               s->text, s->size.d, s->size.n);
        tap_ok(error.mean <= info->omega + SIGMAS * mean_error(&error) + 1e-12,
               "%s, d=%zu, n=%u: the variance %.4f is at most omega = %.4f", s->text, s->size.d,
               s->size.n, error.mean, info->omega);
        measure(s, 1.0 + info->omega, coordinate, &error);
        tap_ok(error.mean <= 1.0 - info->alpha + SIGMAS * mean_error(&error) + 1e-12,
               "%s, d=%zu, n=%u: C / (1 + omega) contracts by alpha = %.4f", s->text, s->size.d,
               s->size.n, info->alpha);
    }
    if (info->classes & LAC_CONTRACTIVE) {
        measure(s, 1.0, coordinate, &error);
        tap_ok(error.mean <= 1.0 - info->alpha + SIGMAS * mean_error(&error) + 1e-12,
               "%s, d=%zu, n=%u: C contracts by alpha = %.4f", s->text, s->size.d, s->size.n,
               info->alpha);
    }
    tap_ok((info->classes & (LAC_UNBIASED | LAC_CONTRACTIVE)) != 0 && info->alpha > 0.0 &&
               info->alpha <= 1.0 && info->omega >= 0.0,
           "%s, d=%zu: a class and constants in range are declared", s->text, s->size.d);
}

static void check_lengths(struct subject *s)
{
    struct mean bits = {0}, paper = {0};
    bool bounded = true, exact = true, fixed = true;
    for (uint64_t round = 1; round <= DRAWS; round++) {
        draw_vector(s, round);
        bounded = encode_round(s, round) && s->length <= s->info.max_bytes && bounded;
        exact = exact && lac_bits_total(&s->bits) == 8 * (uint64_t)s->length;
        uint64_t information = s->bits.of[LAC_BITS_VALUE] + s->bits.of[LAC_BITS_INDEX];
        uint64_t length = s->length;
        vec_zero(s->v, s->size.d);
        s->v[round % s->size.d] = 1.0;
        fixed = encode_round(s, round) && length == s->length && fixed;
        mean_add(&bits, (double)information);
        mean_add(&paper, (double)s->bits.paper);
    }
    tap_ok(bounded, "%s, d=%zu: no section is longer than max_bytes", s->text, s->size.d);
    tap_ok(exact, "%s, d=%zu: the ledger counts 8 bits for each byte", s->text, s->size.d);
    /* the coding is chosen for each message: shorter than the coding that is best in the mean */
    double below = s->info.data_dependent ? 3.0 : 0.0;
    double slack = SIGMAS * mean_error(&bits) + 1e-9;
    tap_ok(bits.mean <= s->info.expected_bits + slack &&
               bits.mean >= s->info.expected_bits - slack - below,
           "%s, d=%zu, n=%u: the mean of value and index bits, %.2f, is the declared %.2f", s->text,
           s->size.d, s->size.n, bits.mean, s->info.expected_bits);
    tap_ok(fabs(paper.mean - s->info.paper_bits) <= SIGMAS * mean_error(&paper) + 1e-9,
           "%s, d=%zu, n=%u: the mean of the papers' bits is the declared %.2f", s->text, s->size.d,
           s->size.n, s->info.paper_bits);
    tap_ok(fixed || s->info.data_dependent,
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
            adds = adds && fabs(s->out[0][j] + s->out[1][j]) <= 1e-15 * fabs(s->out[1][j]);
        }
    }
    lac_arena_free(&arena);
    tap_ok(same, "%s, d=%zu: sender and receiver decode the same bits and count the same", s->text,
           s->size.d);
    tap_ok(repeated, "%s, d=%zu: the same draw gives the same bytes", s->text, s->size.d);
    tap_ok(adds, "%s, d=%zu: scale and divisor are one factor", s->text, s->size.d);
}

/* Whether C(t v) = t C(v) to rounding, for the same draw. */
static bool scales(struct subject *s, uint64_t round, double t)
{
    bool equal = round_trip(s, round);
    vec_scale(s->v, t, s->v, s->size.d);
    equal = encode_round(s, round) && decode_side(s, 0, 1.0, 1.0) && equal;
    for (size_t j = 0; j < s->size.d; j++) {
        equal = equal && fabs(s->out[0][j] - t * s->out[1][j]) <= 1e-14 * fabs(s->out[0][j]);
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
    tap_ok(always == s->info.homogeneous,
           "%s, d=%zu: C(t v) = t C(v) holds if and only if declared", s->text, s->size.d);
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
        good = good && fabs(s->out[1][j] - (double)j - 0.5 * s->v[j]) <= 1e-13 * (double)(j + 1);
    }
    tap_ok(good, "%s, d=%zu: decoding adds to what is there", s->text, s->size.d);
}

/* Zero, all equal, subnormal, the extremes: decoded, finite, and of the declared length. */
static void check_odd_vectors(struct subject *s)
{
    static const double odd[] = {
        0.0, -0.0, 1.0, -4.0 / 3.0, 0x1p-1074, 0x1.8p-1030, 0x1.fffffffffffffp1023};
    bool good = true;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        for (size_t j = 0; j < s->size.d; j++) {
            s->v[j] = odd[i];
        }
        bool huge = odd[i] > 0x1p1000; /* its norm, or a sum, may be none of the doubles */
        bool went = round_trip(s, i + 1);
        good = (went || huge) && good && s->length <= s->info.max_bytes;
        for (size_t j = 0; went && j < s->size.d; j++) {
            good = good && !isnan(s->out[0][j]) && (odd[i] != 0.0 || s->out[0][j] == 0.0);
        }
    }
    tap_ok(good, "%s, d=%zu: zero, equal, subnormal and huge entries go through", s->text,
           s->size.d);
}

int main(void)
{
    size_t count;
    lac_compressors(&count);
    tap_ok(for_each_subject(check_classes) >= 5 * count, "every compressor is tried at every size");
    for_each_subject(check_lengths);
    for_each_subject(check_bits_of_both_sides);
    for_each_subject(check_homogeneous);
    for_each_subject(check_decode_adds);
    for_each_subject(check_odd_vectors);
    return tap_done();
}
