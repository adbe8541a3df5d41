/* Samplings against their table, by full enumeration: the mean, the variance as A, B and w_i say, for one
   level and for two. */
#include <math.h>
#include <stdio.h>

#include "method/law.h"
#include "tap.h"

enum { N = 5, TAU = 2, D = 3, MOST = 4096 };

static const double smoothness[N] = {0.4, 2.0, 3.0, 0.1, 7.0};

/* All outcomes of one draw: probability, and how often each item comes. */
struct outcomes {
    size_t count;
    double chance[MOST];
    unsigned times[MOST][N];
};

static double q_of(size_t i)
{
    return smoothness[i] / (0.4 + 2.0 + 3.0 + 0.1 + 7.0);
}

static const unsigned copies_of[N] = {1, 1, 2, 1, 3}; /* ceil(L_i/2.5) */

/* tau = 2, p_i in proportion to L_i with p_4 = 1: the rest share 1. */
static double p_of(enum lac_law_kind kind, size_t i)
{
    if (kind == LAC_LAW_INDEPENDENT) {
        return 0.4;
    }
    return i == 4 ? 1.0 : smoothness[i] / 5.5;
}

static void add_outcome(struct outcomes *o, double chance, const unsigned *times)
{
    o->chance[o->count] = chance;
    for (size_t i = 0; i < N; i++) {
        o->times[o->count][i] = times[i];
    }
    o->count++;
}

/* Ordered pairs of draws. */
static void pairs(struct outcomes *o, enum lac_law_kind kind)
{
    for (size_t a = 0; a < N; a++) {
        for (size_t b = 0; b < N; b++) {
            unsigned times[N] = {0};
            double first = kind == LAC_LAW_IMPORTANCE ? q_of(a) : 1.0 / N;
            double second = kind == LAC_LAW_IMPORTANCE ? q_of(b) : 1.0 / N;
            if (kind == LAC_LAW_NICE) {
                second = a == b ? 0.0 : 1.0 / (N - 1);
            }
            if (kind == LAC_LAW_EXTENDED_NICE) {
                first = copies_of[a] / 8.0;
                second = (copies_of[b] - (a == b ? 1.0 : 0.0)) / 7.0;
            }
            times[a]++;
            times[b]++;
            add_outcome(o, first * second, times);
        }
    }
}

static void subsets(struct outcomes *o, enum lac_law_kind kind)
{
    for (unsigned mask = 0; mask < 1u << N; mask++) {
        unsigned times[N] = {0};
        double chance = 1.0;
        for (size_t i = 0; i < N; i++) {
            times[i] = mask >> i & 1u;
            chance *= times[i] ? p_of(kind, i) : 1.0 - p_of(kind, i);
        }
        add_outcome(o, chance, times);
    }
}

static void enumerate(struct outcomes *o, enum lac_law_kind kind)
{
    o->count = 0;
    if (kind == LAC_LAW_INDEPENDENT || kind == LAC_LAW_WEIGHTED) {
        subsets(o, kind);
    } else {
        pairs(o, kind);
    }
}

/* factor_i, A, B and w_i of the paper's Table 1. */
static double factor_by_table(enum lac_law_kind kind, size_t i)
{
    switch (kind) {
    case LAC_LAW_IMPORTANCE:
        return 1.0 / (TAU * N * q_of(i));
    case LAC_LAW_INDEPENDENT:
    case LAC_LAW_WEIGHTED:
        return 1.0 / (N * p_of(kind, i));
    case LAC_LAW_EXTENDED_NICE:
        return 8.0 / (TAU * N * copies_of[i]);
    default:
        return 1.0 / TAU;
    }
}

static void constants_by_table(enum lac_law_kind kind, double *A, double *B, double w[N])
{
    double odds = 0.0;
    for (size_t i = 0; i < N; i++) {
        double p = p_of(kind, i);
        odds += p < 1.0 ? p / (1.0 - p) : 0.0;
    }
    *A = kind == LAC_LAW_NICE            ? (N - TAU) / (double)(TAU * (N - 1))
         : kind == LAC_LAW_EXTENDED_NICE ? (8.0 - TAU) / (TAU * 7.0)
                                         : 1.0 / TAU;
    *B = *A;
    for (size_t i = 0; i < N; i++) {
        w[i] = kind == LAC_LAW_IMPORTANCE      ? q_of(i)
               : kind == LAC_LAW_EXTENDED_NICE ? copies_of[i] / 8.0
                                               : 1.0 / N;
    }
    if (kind == LAC_LAW_INDEPENDENT || kind == LAC_LAW_WEIGHTED) {
        *A = 1.0 / odds;
        *B = 0.0;
        for (size_t i = 0; i < N; i++) {
            double p = p_of(kind, i);
            w[i] = p < 1.0 ? p / (1.0 - p) / odds : HUGE_VAL;
        }
    }
}

static void vectors(double a[N][D], double mean[D], unsigned salt)
{
    for (size_t j = 0; j < D; j++) {
        mean[j] = 0.0;
        for (size_t i = 0; i < N; i++) {
            a[i][j] = fmod(3.7 * (double)(1 + i) * (double)(2 + j) + 0.9 * salt, 5.0) - 2.0;
            mean[j] += a[i][j] / N;
        }
    }
}

static double norm_sq(const double *v)
{
    return v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
}

/* E S(a) into expected; returns E|S(a) - mean|^2 over the outcomes, with the law's own factors. */
static double moments(const struct outcomes *o, const struct lac_law *law, double a[N][D],
                      const double *mean, double *expected)
{
    double variance = 0.0;
    for (size_t j = 0; j < D; j++) {
        expected[j] = 0.0;
    }
    for (size_t k = 0; k < o->count; k++) {
        double s[D] = {0};
        for (size_t j = 0; j < D; j++) {
            for (size_t i = 0; i < N; i++) {
                s[j] += o->times[k][i] * lac_law_factor(law, i) * a[i][j];
            }
            expected[j] += o->chance[k] * s[j];
            s[j] -= mean[j];
        }
        variance += o->chance[k] * norm_sq(s);
    }
    return variance;
}

static double by_law(const struct lac_law *law, double a[N][D], const double *mean)
{
    double sum = -law->B * norm_sq(mean);
    for (size_t i = 0; i < N; i++) {
        sum += lac_law_noise(law, i) * norm_sq(a[i]) / N;
    }
    return sum;
}

static void one_level(enum lac_law_kind kind, const struct lac_law *law)
{
    static struct outcomes o;
    double a[N][D], mean[D], expected[D], A, B, w[N], worst = 0.0, off = 0.0, apart = 0.0;
    enumerate(&o, kind);
    constants_by_table(kind, &A, &B, w);
    for (size_t i = 0; i < N; i++) {
        double noise = w[i] == HUGE_VAL ? 0.0 : A / (N * w[i]);
        off = fmax(off, fabs(lac_law_factor(law, i) - factor_by_table(kind, i)));
        off = fmax(off, fabs(lac_law_noise(law, i) - noise));
    }
    off = fmax(off, fmax(fabs(law->A - A), fabs(law->B - B)));
    tap_ok(off < 1e-14, "law %d: factors, A, B and w_i are those of the table (%.1e)", kind, off);
    for (unsigned salt = 0; salt < 20; salt++) {
        vectors(a, mean, salt);
        double variance = moments(&o, law, a, mean, expected);
        worst = fmax(worst, fabs(variance - by_law(law, a, mean)));
        for (size_t j = 0; j < D; j++) {
            apart = fmax(apart, fabs(expected[j] - mean[j]));
        }
    }
    tap_ok(apart < 1e-14, "law %d: E S(a) is the mean (%.1e)", kind, apart);
    tap_ok(worst < 1e-13, "law %d: E|S(a) - mean|^2 is what A, B and w_i say (%.1e)", kind, worst);
}

/* Draws have the chances that were enumerated. */
static void frequencies(enum lac_law_kind kind, const struct lac_law *law)
{
    enum { ROUNDS = 40000 };
    unsigned long count[N] = {0}, drawn = 0;
    double worst = 0.0;
    for (unsigned t = 1; t <= ROUNDS; t++) {
        struct lac_stream stream = {.seed = 7, .round = t, .purpose = LAC_PURPOSE_BATCH};
        struct lac_draws draws;
        uint32_t item;
        lac_draws_begin(&draws, law, &stream);
        while (lac_draws_next(&draws, &item)) {
            count[item < N ? item : 0]++;
            drawn++;
        }
    }
    for (size_t i = 0; i < N; i++) {
        double chance = 1.0 / (N * factor_by_table(kind, i));
        double sigma = sqrt(chance * fmax(1.0 - chance / TAU, 1e-9) / ROUNDS);
        worst = fmax(worst, fabs((double)count[i] / ROUNDS - chance) / sigma);
    }
    tap_ok(worst < 5.0, "law %d: items come as often as they should (%.1f sigma), %.2f a draw",
           kind, worst, (double)drawn / ROUNDS);
}

/* Clients drawn by one law, their items by another; a client drawn twice makes one draw of its items
   (arXiv:2206.02275, Section 6): the variance is that of the means plus the rows' noise. */
static void two_levels(const struct lac_law *outer, enum lac_law_kind outer_kind,
                       const struct lac_law *inner, enum lac_law_kind inner_kind)
{
    static struct outcomes clients, rows;
    double a[N][N][D], b[N][D], mean[D] = {0}, V[N], unused[D];
    enumerate(&clients, outer_kind);
    enumerate(&rows, inner_kind);
    for (unsigned i = 0; i < N; i++) {
        vectors(a[i], b[i], 31 * i + 5);
        V[i] = moments(&rows, inner, a[i], b[i], unused);
        for (size_t j = 0; j < D; j++) {
            mean[j] += b[i][j] / N;
        }
    }
    /* E|S - mean|^2 = E_outer|S(b) - mean|^2 + E_outer sum (times factor)^2 V_i */
    double exact = moments(&clients, outer, b, mean, unused), formula = by_law(outer, b, mean);
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < clients.count; k++) {
            double scale = clients.times[k][i] * lac_law_factor(outer, i);
            exact += clients.chance[k] * scale * scale * V[i];
        }
        formula += (lac_law_noise(outer, i) + (1.0 - outer->B) / N) * by_law(inner, a[i], b[i]) / N;
    }
    tap_ok(fabs(exact / formula - 1.0) < 1e-12, "laws %d of %d: the composition's variance (%.1e)",
           outer_kind, inner_kind, exact / formula - 1.0);
}

/* The edges of the table: one item, all items, items without smoothness. */
static void edges(struct lac_arena *a)
{
    static const double zeros[N] = {0}, one[1] = {3.0};
    for (int kind = LAC_LAW_NICE; kind <= LAC_LAW_EXTENDED_NICE; kind++) {
        enum lac_law_kind k = (enum lac_law_kind)kind;
        struct lac_law law;
        lac_status status = lac_law_open(&law, k, 1, 1.0, one, a);
        bool finite = isfinite(law.A) && isfinite(lac_law_factor(&law, 0));
        bool all = lac_law_factor(&law, 0) == 1.0;
        status = status ? status : lac_law_open(&law, k, N, N, zeros, a);
        for (size_t i = 0; i < N; i++) {
            finite =
                finite && isfinite(lac_law_factor(&law, i)) && isfinite(lac_law_noise(&law, i));
        }
        bool repeats = k == LAC_LAW_UNIFORM || k == LAC_LAW_IMPORTANCE;
        tap_ok(status == LAC_OK && finite && all && (repeats || law.A == 0.0),
               "law %d: one item is taken whole, all of them have no noise", kind);
    }
}

/* An item without smoothness can be drawn too, by every law. */
static void rough_items(struct lac_arena *a)
{
    static const double some[N] = {0.0, 1.0, 0.0, 2.0, 3.0};
    for (int kind = LAC_LAW_NICE; kind <= LAC_LAW_EXTENDED_NICE; kind++) {
        struct lac_law law;
        lac_status status = lac_law_open(&law, (enum lac_law_kind)kind, N, TAU, some, a);
        tap_ok(status == LAC_OK && lac_law_chance(&law, 0) > 1e-4 &&
                   isfinite(lac_law_noise(&law, 0)),
               "law %d: an item without smoothness comes with chance %.1e", kind,
               lac_law_chance(&law, 0));
    }
}

int main(void)
{
    struct lac_arena a = {0};
    struct lac_law law[LAC_LAW_EXTENDED_NICE + 1];
    for (int kind = LAC_LAW_NICE; kind <= LAC_LAW_EXTENDED_NICE; kind++) {
        enum lac_law_kind k = (enum lac_law_kind)kind;
        tap_ok(lac_law_open(&law[kind], k, N, TAU, smoothness, &a) == LAC_OK, "law %d opens", kind);
        one_level(k, &law[kind]);
        frequencies(k, &law[kind]);
    }
    for (int outer = LAC_LAW_NICE; outer <= LAC_LAW_EXTENDED_NICE; outer++) {
        for (int inner = LAC_LAW_NICE; inner <= LAC_LAW_EXTENDED_NICE; inner++) {
            two_levels(&law[outer], (enum lac_law_kind)outer, &law[inner],
                       (enum lac_law_kind)inner);
        }
    }
    edges(&a);
    rough_items(&a);
    lac_arena_free(&a);
    return tap_done();
}
