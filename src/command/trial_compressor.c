/* What every compressor promises, by what it declares: many draws at few sizes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "command/trial.h"

enum { DRAWS = 3000, CLIENTS = 4, GUARD = 8, BODIES = 2000 };

static const double sigmas = 5.0;
static const double guard = 0x1.23456789abcdep+7;

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

/* One text at one size: two states, as of sender and receiver. */
struct subject {
    const char *text;
    size_t d;
    struct lac_channel_compressor side[2];
    struct lac_arena arena;
    struct lac_draw draw;
    unsigned char *bytes; /* (max_bytes) */
    size_t length;
    struct lac_bits bits;
    double *v, *out, *again, *sum; /* (d); out with GUARD numbers before and behind */
};

static lac_status open_subject(struct subject *s, const char *text, size_t d)
{
    struct lac_compressor_size size = {.d = d, .n = CLIENTS};
    *s = (struct subject){.text = text, .d = d};
    LAC_TRY(lac_compressor_open(&s->side[0], text, &size, &s->arena));
    LAC_TRY(lac_compressor_open(&s->side[1], text, &size, &s->arena));
    LAC_TRY(LAC_NEW(&s->arena, s->side[0].info.max_bytes + 1, &s->bytes));
    LAC_TRY(LAC_NEW(&s->arena, d, &s->v));
    LAC_TRY(LAC_NEW(&s->arena, d + 2 * (size_t)GUARD, &s->out));
    LAC_TRY(LAC_NEW(&s->arena, d, &s->sum));
    return LAC_NEW(&s->arena, d, &s->again);
}

static void draw_vector(struct subject *s, uint64_t round)
{
    const struct lac_stream stream = {.seed = 11, .round = round, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng r;
    lac_rng_init(&r, &stream);
    for (size_t j = 0; j < s->d; j++) {
        s->v[j] = lac_rng_normal(&r);
    }
}

static lac_status encode(struct subject *s, uint64_t round)
{
    struct lac_writer w;
    s->draw =
        (struct lac_draw){.seed = 7, .round = round, .client = 1, .position = 1, .cohort = CLIENTS};
    lac_writer_init(&w, s->bytes, s->side[0].info.max_bytes);
    LAC_TRY(lac_encode(&s->side[0], &s->draw, s->v, &w));
    s->length = w.bytes;
    s->bits = w.bits;
    return LAC_OK;
}

/* Between guards, from bytes that end where they end; *in_order: nothing else was touched, and all bits counted. */
static lac_status decode(struct subject *s, int side, const unsigned char *bytes, size_t length,
                         bool *in_order)
{
    struct lac_reader r;
    unsigned char *copy = malloc(length > 0 ? length : 1);
    *in_order = copy != NULL;
    if (!copy) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory");
    }
    memcpy(copy, bytes, length);
    for (size_t j = 0; j < s->d + 2 * (size_t)GUARD; j++) {
        s->out[j] = j < GUARD || j >= s->d + GUARD ? guard : 0.0;
    }
    lac_reader_init(&r, copy, length);
    lac_status status = lac_decode_add(&s->side[side], &s->draw, &r, 1.0, 1.0, s->out + GUARD);
    for (size_t j = 0; j < GUARD; j++) {
        *in_order = *in_order && s->out[j] == guard && s->out[s->d + GUARD + j] == guard;
    }
    if (status == LAC_OK) {
        *in_order = *in_order && lac_bits_total(&r.bits) == 8 * (uint64_t)(r.p - copy);
    }
    free(copy);
    return status;
}

/* Sender and receiver, and the sender again, have the same bits. */
static void say_sides(struct lac_trial *t, struct subject *s)
{
    bool same = true, counted = true, ordered;
    for (uint64_t round = 1; round <= 50 && same; round++) {
        draw_vector(s, round);
        same = encode(s, round) == LAC_OK &&
               decode(s, 0, s->bytes, s->length, &ordered) == LAC_OK && ordered;
        vec_copy(s->again, s->out + GUARD, s->d);
        same = same && decode(s, 1, s->bytes, s->length, &ordered) == LAC_OK && ordered &&
               memcmp(s->again, s->out + GUARD, s->d * sizeof *s->again) == 0;
        counted = counted && s->length <= s->side[0].info.max_bytes &&
                  lac_bits_total(&s->bits) == 8 * (uint64_t)s->length;
    }
    lac_trial_say(t, same, "%s, d=%zu: both sides decode the same bits%s%s", s->text, s->d,
                  same ? "" : ": ", same ? "" : lac_failure());
    lac_trial_say(t, counted, "%s, d=%zu: every bit is counted, and max_bytes is not passed",
                  s->text, s->d);
}

struct measured {
    struct mean along, error, scaled, bits, paper;
    double worst;
    double bias; /* |mean C(v) - v|^2/|v|^2, of the same v in all draws */
};

static bool measure(struct subject *s, bool fresh, struct measured *m)
{
    const struct lac_compressor_info *info = &s->side[0].info;
    bool ordered;
    *m = (struct measured){0};
    vec_zero(s->sum, s->d);
    draw_vector(s, 1);
    double size = vec_norm_sq(s->v, s->d);
    for (uint64_t round = 1; round <= DRAWS; round++) {
        if (fresh) {
            draw_vector(s, round);
            size = vec_norm_sq(s->v, s->d);
        }
        if (encode(s, round) != LAC_OK || decode(s, 1, s->bytes, s->length, &ordered) != LAC_OK) {
            return false;
        }
        const double *c = s->out + GUARD;
        vec_axpy(s->sum, 1.0 / DRAWS, c, s->d);
        double along = vec_dot(c, s->v, s->d) / size, square = vec_norm_sq(c, s->d) / size;
        double k = 1.0 / (1.0 + info->omega), error = square - 2.0 * along + 1.0;
        mean_add(&m->along, along);
        mean_add(&m->error, error);
        mean_add(&m->scaled, k * k * square - 2.0 * k * along + 1.0);
        mean_add(&m->bits, (double)(s->bits.of[LAC_BITS_VALUE] + s->bits.of[LAC_BITS_INDEX]));
        mean_add(&m->paper, (double)s->bits.paper);
        m->worst = fmax(m->worst, error);
    }
    vec_sub(s->sum, s->sum, s->v, s->d);
    m->bias = vec_norm_sq(s->sum, s->d) / size;
    return true;
}

/* Along v the mean is known best; in all directions together |mean C(v) - v|^2 is the variance through the draws, on average. */
static void say_unbiased(struct lac_trial *t, const struct subject *s, const struct measured *m)
{
    double most = sigmas * sigmas * m->error.mean / DRAWS + 1e-12;
    lac_trial_say(t, fabs(m->along.mean - 1.0) <= sigmas * mean_error(&m->along) + 1e-7,
                  "%s, d=%zu: unbiased: the mean of <C(v), v>/|v|^2 is 1 (%.6g)", s->text, s->d,
                  m->along.mean);
    lac_trial_say(
        t, m->bias <= most,
        "%s, d=%zu: unbiased: the mean of C(v) is v: |mean - v|^2/|v|^2 is at most %.2g (%.2g)",
        s->text, s->d, most, m->bias);
}

static void say_class(struct lac_trial *t, struct subject *s)
{
    const struct lac_compressor_info *info = &s->side[0].info;
    struct measured m;
    bool sane = (info->classes & (LAC_UNBIASED | LAC_CONTRACTIVE)) && info->alpha > 0.0 &&
                info->alpha <= 1.0 && info->omega >= 0.0;
    lac_trial_say(t, sane, "%s, d=%zu: a class is declared, with constants in range", s->text,
                  s->d);
    if (!sane || !measure(s, false, &m)) {
        lac_trial_say(t, !sane, "%s, d=%zu: vectors go through: %s", s->text, s->d, lac_failure());
        return;
    }
    double room = 1.0 - info->alpha + 1e-12, noise = sigmas * mean_error(&m.error);
    if (info->classes & LAC_UNBIASED) {
        double slack = noise + 1e-12 * (1.0 + info->omega);
        say_unbiased(t, s, &m);
        lac_trial_say(t,
                      m.error.mean <= info->omega + slack &&
                          (!info->omega_exact || m.error.mean >= info->omega - slack),
                      "%s, d=%zu: the variance is %s omega = %.6g (%.6g)", s->text, s->d,
                      info->omega_exact ? "" : "at most", info->omega, m.error.mean);
        lac_trial_say(t, m.scaled.mean <= room + sigmas * mean_error(&m.scaled),
                      "%s, d=%zu: C/(1 + omega) contracts by alpha = %.6g (1 - %.6g)", s->text,
                      s->d, info->alpha, m.scaled.mean);
    }
    if (info->classes & LAC_CONTRACTIVE) {
        lac_trial_say(t, m.error.mean <= room + noise && (!info->every_draw || m.worst <= room),
                      "%s, d=%zu: C contracts by alpha = %.6g %s (1 - %.6g)", s->text, s->d,
                      info->alpha, info->every_draw ? "in every draw" : "in the mean",
                      info->every_draw ? m.worst : m.error.mean);
    }
}

static void say_lengths(struct lac_trial *t, struct subject *s)
{
    const struct lac_compressor_info *info = &s->side[0].info;
    struct measured m;
    bool goes = measure(s, true, &m);
    double granted = info->data_dependent ? 0.03 : 0.0;
    double off = fabs(m.bits.mean - info->expected_bits);
    double paper = fabs(m.paper.mean - info->paper_bits);
    lac_trial_say(t,
                  goes && off <= sigmas * mean_error(&m.bits) + 1e-9 * m.bits.mean +
                                     granted * info->expected_bits + (granted > 0.0 ? 64.0 : 0.0),
                  "%s, d=%zu: the mean of value and index bits is the declared %.2f (%.2f)",
                  s->text, s->d, info->expected_bits, m.bits.mean);
    lac_trial_say(t,
                  goes && paper <= sigmas * mean_error(&m.paper) + 1e-9 * m.paper.mean +
                                       granted * info->paper_bits,
                  "%s, d=%zu: the mean of the papers' bits is the declared %.2f (%.2f)", s->text,
                  s->d, info->paper_bits, m.paper.mean);
}

/* Truncations are refused; what is changed is refused or decoded, and nothing else is touched. */
static void say_hostile(struct lac_trial *t, struct subject *s)
{
    const struct lac_stream stream = {.seed = 13, .purpose = LAC_PURPOSE_TEST};
    struct lac_rng r;
    bool ordered, cut = true, harmless = true;
    lac_rng_init(&r, &stream);
    draw_vector(s, 3);
    cut = encode(s, 3) == LAC_OK;
    for (size_t length = 0; cut && length < s->length; length++) {
        cut = decode(s, 1, s->bytes, length, &ordered) == LAC_E_PROTOCOL && ordered;
    }
    for (unsigned i = 0; i < BODIES && s->length > 0; i++) {
        draw_vector(s, i + 1);
        harmless = encode(s, i + 1) == LAC_OK && harmless;
        for (unsigned k = 0; s->length > 0 && k <= i % 8; k++) {
            s->bytes[lac_rng_below(&r, s->length)] = (unsigned char)lac_rng_word(&r);
        }
        lac_status status = decode(s, 1, s->bytes, s->length, &ordered);
        harmless = harmless && ordered && (status == LAC_OK || status == LAC_E_PROTOCOL);
    }
    lac_trial_say(t, cut, "%s, d=%zu: every truncation is refused", s->text, s->d);
    lac_trial_say(t, harmless, "%s, d=%zu: changed bytes are refused or harmless", s->text, s->d);
}

static void say_not_finite(struct lac_trial *t, struct subject *s)
{
    static const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    bool well = true, ordered;
    for (uint64_t round = 1; round <= 30; round++) {
        size_t at = (size_t)(round * 7919) % s->d;
        draw_vector(s, round);
        s->v[at] = bad[round % 3];
        lac_status status = encode(s, round);
        bool absent = status == LAC_OK && decode(s, 1, s->bytes, s->length, &ordered) == LAC_OK &&
                      s->out[GUARD + at] == 0.0;
        well = well && (status == LAC_E_NUMERIC || absent);
    }
    lac_trial_say(t, well, "%s, d=%zu: what is not finite is refused, or not sent", s->text, s->d);
}

static void try_at(struct lac_trial *t, const char *text, size_t d)
{
    struct subject s;
    lac_status status = open_subject(&s, text, d);
    if (status == LAC_OK) {
        say_sides(t, &s);
        say_class(t, &s);
        say_lengths(t, &s);
        say_hostile(t, &s);
        say_not_finite(t, &s);
    } else {
        lac_trial_say(t, status == LAC_E_USAGE, "%s, d=%zu: refused: %s", text, d, lac_failure());
    }
    lac_arena_free(&s.arena);
}

void lac_trial_compressor(struct lac_trial *t, const struct lac_compressor *c)
{
    static const size_t dimensions[] = {1, 30, 200};
    for (const char *const *text = c->examples; *text; text++) {
        for (size_t i = 0; i < sizeof dimensions / sizeof *dimensions; i++) {
            try_at(t, *text, dimensions[i]);
        }
    }
}
