/* Every instruction set against the definition in base/vec.h, written plainly, to the bit. */
#include <math.h>
#include <string.h>

#include "base/elementary.h"
#include "base/rng.h"
#include "base/vec.h"
#include "tap.h"

enum { LONGEST = 101, OFFSETS = 8, ROOM = LONGEST + OFFSETS + 8 };

static const char *const levels[] = {"portable", "avx2", "avx512"};

static bool same(const double *a, const double *b, size_t d)
{
    return memcmp(a, b, d * sizeof *a) == 0;
}

static double tree(const double l[8])
{
    return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
}

static double plain_dot(const double *x, const double *y, size_t d)
{
    double lane[8] = {0};
    for (size_t i = 0; i < d; i++) {
        lane[i % 8] += x[i] * y[i];
    }
    return tree(lane);
}

static double plain_sum(const double *x, size_t d)
{
    double lane[8] = {0};
    for (size_t i = 0; i < d; i++) {
        lane[i % 8] += x[i];
    }
    return tree(lane);
}

struct vectors {
    double x[ROOM], y[ROOM], z[ROOM], s[ROOM], want[ROOM], slope[ROOM];
};

static void fill(struct vectors *v)
{
    struct lac_rng r;
    lac_rng_init(&r, &(struct lac_stream){.seed = 4, .purpose = LAC_PURPOSE_TEST});
    for (size_t i = 0; i < ROOM; i++) {
        v->x[i] = ldexp(lac_rng_normal(&r), (int)lac_rng_below(&r, 12) - 6);
        v->y[i] = lac_rng_normal(&r);
    }
}

/* Nothing outside d places is written. */
static bool kept(const double *z, size_t d)
{
    return z[-1] == 99.0 && z[d] == 99.0;
}

static void clear(struct vectors *v)
{
    for (size_t i = 0; i < ROOM; i++) {
        v->z[i] = v->s[i] = 99.0;
    }
}

static bool elementwise(struct vectors *v, size_t from, size_t d)
{
    const double *x = v->x + from, *y = v->y + from, a = 1.0 / 3.0;
    double *z = v->z + from + 1, *want = v->want;
    bool good = true;
#define CHECK(call, formula)         \
    clear(v);                        \
    memcpy(z, y, d * sizeof *z);     \
    for (size_t i = 0; i < d; i++) { \
        want[i] = (formula);         \
    }                                \
    call;                            \
    good = good && same(z, want, d) && kept(z, d)
    CHECK(vec_scale(z, a, x, d), a * x[i]);
    CHECK(vec_scale(z, a, z, d), a * y[i]);
    CHECK(vec_add(z, x, y, d), x[i] + y[i]);
    CHECK(vec_add(z, z, x, d), x[i] + y[i]);
    CHECK(vec_sub(z, x, y, d), x[i] - y[i]);
    CHECK(vec_axpy(z, a, x, d), y[i] + a * x[i]);
    CHECK(vec_scale_sub(z, a, x, y, d), a * x[i] - y[i]);
    CHECK(vec_copy(z, x, d), x[i]);
    CHECK(vec_zero(z, d), 0.0);
    CHECK(vec_exp(z, x, d), lac_exp(x[i]));
#undef CHECK
    return good;
}

static bool reductions(const struct vectors *v, size_t from, size_t d)
{
    const double *x = v->x + from, *y = v->y + from;
    double got[3] = {vec_dot(x, y, d), vec_norm_sq(x, d), vec_sum(x, d)};
    double want[3] = {plain_dot(x, y, d), plain_dot(x, x, d), plain_sum(x, d)};
    return same(got, want, 3);
}

static bool softplus(struct vectors *v, size_t from, size_t d)
{
    const double *t = v->x + from;
    double *value = v->z + from + 1, *slope = v->s + from + 1;
    clear(v);
    for (size_t i = 0; i < d; i++) {
        double e = lac_exp(-fabs(t[i])), inverse = 1.0 / (1.0 + e);
        v->want[i] = (t[i] > 0.0 ? t[i] : 0.0) + lac_log1p(e);
        v->slope[i] = t[i] >= 0.0 ? inverse : e * inverse;
    }
    vec_softplus(value, slope, t, d);
    bool good =
        same(value, v->want, d) && same(slope, v->slope, d) && kept(value, d) && kept(slope, d);
    memcpy(slope, t, d * sizeof *t);
    vec_softplus(value, slope, slope, d);
    return good && same(value, v->want, d) && same(slope, v->slope, d);
}

static bool finds_unfit(struct vectors *v, size_t from, size_t d)
{
    static const double bad[] = {HUGE_VAL, -HUGE_VAL, (double)NAN};
    double *x = v->x + from;
    bool good = vec_finite(x, d);
    for (size_t i = 0; i < d; i++) {
        double keep = x[i];
        for (size_t k = 0; k < 3; k++) {
            x[i] = bad[k];
            good = good && !vec_finite(x, d);
        }
        x[i] = 1e308; /* sums of these would overflow */
        good = good && vec_finite(x, d);
        x[i] = keep;
    }
    return good;
}

static void test_level(const char *name)
{
    static struct vectors v;
    bool good[4] = {true, true, true, true};
    if (lac_kernels_select(name) != LAC_OK) {
        tap_skip("this processor does not have them", "the %s kernels", name);
        return;
    }
    tap_ok(strcmp(lac_kernels_name(), name) == 0, "the %s kernels can be chosen", name);
    fill(&v);
    for (size_t d = 0; d < LONGEST; d++) {
        for (size_t from = 0; from < OFFSETS; from++) {
            good[0] = good[0] && elementwise(&v, from, d);
            good[1] = good[1] && reductions(&v, from, d);
            good[2] = good[2] && softplus(&v, from, d);
            good[3] = good[3] && (from > 1 || finds_unfit(&v, from, d));
        }
    }
    tap_ok(good[0], "%s: elementwise functions have the bits of their formulas", name);
    tap_ok(good[1], "%s: reductions have the bits of the 8 lanes and the tree", name);
    tap_ok(good[2], "%s: softplus has the bits of lac_exp and lac_log1p", name);
    tap_ok(good[3], "%s: a NaN or an infinity is found anywhere", name);
}

static void test_special(const char *name)
{
    static const double t[] = {0.0, -0.0, 1e-300, -1e-300, 36.0, 800.0, -800.0, 1e300, -1e300};
    enum { COUNT = sizeof t / sizeof *t };
    double value[COUNT], slope[COUNT], nan = (double)NAN;
    bool good = true;
    if (lac_kernels_select(name) != LAC_OK) {
        return;
    }
    vec_softplus(value, slope, t, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        long double want =
            t[i] > 0.0 ? t[i] + log1pl(expl(-(long double)t[i])) : log1pl(expl(t[i]));
        good = good && fabsl(value[i] - want) <= 2.5e-16L * want + 0x1p-1074L && slope[i] >= 0.0 &&
               slope[i] <= 1.0;
    }
    tap_ok(good, "%s: softplus of very large and very small numbers is right", name);
    struct lac_rng r;
    double worst = 0.0;
    lac_rng_init(&r, &(struct lac_stream){.seed = 5, .purpose = LAC_PURPOSE_TEST});
    for (int i = 0; i < 50000; i++) {
        double x = 80.0 * lac_rng_uniform(&r) - 40.0;
        long double want = (x > 0.0 ? x : 0.0L) + log1pl(expl(-fabsl(x)));
        vec_softplus(value, slope, &x, 1);
        worst = fmax(worst, (double)(fabsl(value[0] - want) / want));
    }
    tap_ok(worst < 2.0 * 0x1p-52, "%s: softplus is within 2 ulp (%.2g)", name, worst);
    vec_softplus(value, slope, &nan, 1);
    tap_ok(isnan(value[0]) && isnan(slope[0]), "%s: softplus of NaN is NaN", name);
}

int main(void)
{
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        test_level(levels[i]);
        test_special(levels[i]);
    }
    tap_ok(lac_kernels_select("avx") == LAC_E_USAGE && strstr(lac_failure(), "avx2"),
           "an unknown set is refused and the nearest named");
    TAP_OK(lac_kernels_select(NULL));
    tap_ok(lac_kernels_name() != NULL, "the best set is chosen without a name");
    return tap_done();
}
