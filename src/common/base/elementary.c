/*
 * Error bounds, as tests/base/test_elementary.c finds them in long double: exp 1 ulp, log 1 ulp,
 * log1p 1.5 ulp, sin 1 ulp, pow 2 ulp; pow is exact for whole |y| <= 64 where x^|y| is a double.
 */
#include "base/elementary.h"

#include <math.h>

#include "base/simd_elementary.h"

double lac_exp(double x)
{
    return vn_exp(vn_all(x))[0];
}

/* x = 2^*k (1 + f), 1 + f in [sqrt(1/2), sqrt(2)); x positive and finite. */
static double reduce(double x, int *k)
{
    uint64_t bits;
    *k = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        *k = -54;
    }
    memcpy(&bits, &x, sizeof bits);
    const uint64_t root_half = UINT64_C(0x3FE6A09E667F3BCD);
    uint64_t exponent = (bits - root_half + (UINT64_C(1) << 62)) >> 52; /* 1024 for k = 0 */
    *k += (int)exponent - 1024;
    bits -= (exponent - 1024) << 52;
    memcpy(&x, &bits, sizeof x);
    return x - 1.0;
}

/* log(x) for x = 2^k (1 + f), plus a small correction. */
static double log_reduced(double f, int k, double correction)
{
    double low = (double)k * LN2_LO + correction;
    double rest = vn_log1p_rest(vn_all(f), vn_all(low))[0];
    return (double)k * LN2_HI - (rest - f);
}

double lac_log(double x)
{
    int k;
    if (!(x > 0.0) || x > 0x1.fffffffffffffp1023) {
        return x > 0.0 ? x : x == 0.0 ? -HUGE_VAL : (double)NAN;
    }
    double f = reduce(x, &k);
    return log_reduced(f, k, 0.0);
}

double lac_log1p(double x)
{
    int k;
    if (x <= 1.0) {
        return vn_log1p_unit(vn_all(x))[0];
    }
    if (x >= 0x1p60 || x != x) {
        return lac_log(x);
    }
    double u = 1.0 + x;
    double lost = x >= 0x1p53 ? 1.0 - (u - x) : x - (u - 1.0); /* 1 + x = u + lost, exactly */
    double f = reduce(u, &k);
    return log_reduced(f, k, lost / u);
}

/* Taylor's series: what is left out is below 2^-60 of the whole. */
double lac_sin(double x)
{
    static const double factor[] = {-1.0 / 6.0,          1.0 / 120.0,         -1.0 / 5040.0,
                                    1.0 / 362880.0,      -1.0 / 39916800.0,   1.0 / 6227020800.0,
                                    -1.0 / 1307674368e3, 1.0 / 355687428096e3};
    double z = x * x, rest = 0.0;
    for (size_t k = sizeof factor / sizeof *factor; k-- > 0;) {
        rest = rest * z + factor[k];
    }
    return x + x * (z * rest);
}

/* A number hi + lo, |lo| at most half an ulp of hi (Dekker, Numer. Math. 18, 1971). */
struct pair {
    double hi, lo;
};

static struct pair pair_of_sum(double a, double b)
{
    double s = a + b;
    double t = s - a;
    return (struct pair){s, (a - (s - t)) + (b - t)};
}

static struct pair pair_of_product(double a, double b)
{
    double t = 0x1.0000002p27 * a, u = 0x1.0000002p27 * b;
    double a_hi = t - (t - a), a_lo = a - a_hi;
    double b_hi = u - (u - b), b_lo = b - b_hi;
    double p = a * b;
    return (struct pair){p, ((a_hi * b_hi - p) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo};
}

static struct pair pair_multiply(struct pair x, struct pair y)
{
    struct pair p = pair_of_product(x.hi, y.hi);
    return pair_of_sum(p.hi, p.lo + (x.hi * y.lo + x.lo * y.hi));
}

/* log(x) to about 2^-60 of itself: 2 s + s^3 P(s^2), s = f / (2 + f) with its remainder. */
static struct pair log_pair(double x)
{
    int k;
    double f = reduce(x, &k);
    struct pair divisor = pair_of_sum(2.0, f);
    double s = f / divisor.hi;
    struct pair back = pair_of_product(s, divisor.hi);
    double s_lo = (((f - back.hi) - back.lo) - s * divisor.lo) / divisor.hi;
    double z = s * s;
    double tail = s * (z * vn_polynomial(vn_all(z), log_coefficient)[0]);
    struct pair sum = pair_of_sum((double)k * LN2_HI, 2.0 * s);
    return pair_of_sum(sum.hi, ((double)k * LN2_LO + sum.lo) + 2.0 * s_lo + tail);
}

static double power_whole(double x, unsigned n)
{
    struct pair square = {x, 0.0}, result = {1.0, 0.0};
    for (; n > 0; n >>= 1) {
        if (n & 1u) {
            result = pair_multiply(result, square);
        }
        if (n > 1) {
            square = pair_multiply(square, square);
        }
    }
    return result.hi;
}

double lac_pow(double x, double y)
{
    double size = fabs(y);
    if (y == 0.0 || x == 1.0) {
        return 1.0;
    }
    struct pair l = log_pair(x);
    if (size <= 64.0 && size == floor(size) && size * fabs(l.hi) < 600.0) {
        double power = power_whole(x, (unsigned)size);
        return y > 0.0 ? power : 1.0 / power;
    }
    if (size > 0x1p60) {
        return lac_exp(y * l.hi);
    }
    struct pair product = pair_of_product(y, l.hi);
    double low = product.lo + y * l.lo;
    double power = lac_exp(product.hi);
    return power < HUGE_VAL ? power + power * low : power;
}
