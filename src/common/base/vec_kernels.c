/* Compiled once for each instruction set; see simd.h. Every loop runs over whole vectors first. */
#include "base/kernels.h"
#include "base/simd.h"
#include "base/simd_elementary.h"

static void scale(double *y, double a, const double *x, size_t d)
{
    size_t i = 0;
    for (; i + LANES <= d; i += LANES) {
        vn_store(y + i, a * vn_load(x + i));
    }
    for (; i < d; i++) {
        y[i] = a * x[i];
    }
}

static void add(double *z, const double *x, const double *y, size_t d)
{
    size_t i = 0;
    for (; i + LANES <= d; i += LANES) {
        vn_store(z + i, vn_load(x + i) + vn_load(y + i));
    }
    for (; i < d; i++) {
        z[i] = x[i] + y[i];
    }
}

static void sub(double *z, const double *x, const double *y, size_t d)
{
    size_t i = 0;
    for (; i + LANES <= d; i += LANES) {
        vn_store(z + i, vn_load(x + i) - vn_load(y + i));
    }
    for (; i < d; i++) {
        z[i] = x[i] - y[i];
    }
}

static void axpy(double *y, double a, const double *x, size_t d)
{
    size_t i = 0;
    for (; i + LANES <= d; i += LANES) {
        vn_store(y + i, vn_load(y + i) + a * vn_load(x + i));
    }
    for (; i < d; i++) {
        y[i] = y[i] + a * x[i];
    }
}

static void scale_sub(double *z, double a, const double *x, const double *y, size_t d)
{
    size_t i = 0;
    for (; i + LANES <= d; i += LANES) {
        vn_store(z + i, a * vn_load(x + i) - vn_load(y + i));
    }
    for (; i < d; i++) {
        z[i] = a * x[i] - y[i];
    }
}

static double dot(const double *x, const double *y, size_t d)
{
    struct v8 total = {0};
    double lane[8];
    size_t i = 0;
    for (; i + 8 <= d; i += 8) {
        for (size_t p = 0; p < PARTS; p++) {
            total.part[p] += vn_load(x + i + p * LANES) * vn_load(y + i + p * LANES);
        }
    }
    v8_store(lane, &total);
    for (size_t j = 0; i < d; i++, j++) {
        lane[j] += x[i] * y[i];
    }
    return lanes_sum(lane);
}

static double sum(const double *x, size_t d)
{
    struct v8 total = {0};
    double lane[8];
    size_t i = 0;
    for (; i + 8 <= d; i += 8) {
        for (size_t p = 0; p < PARTS; p++) {
            total.part[p] += vn_load(x + i + p * LANES);
        }
    }
    v8_store(lane, &total);
    for (size_t j = 0; i < d; i++, j++) {
        lane[j] += x[i];
    }
    return lanes_sum(lane);
}

static bool finite(const double *x, size_t d)
{
    vn zero = vn_all(0.0); /* x - x is +0 for a number, NaN else; one NaN stays */
    double rest = 0.0;
    size_t i = 0;
    for (; i + LANES <= d; i += LANES) {
        vn v = vn_load(x + i);
        zero += v - v;
    }
    for (; i < d; i++) {
        rest += x[i] - x[i];
    }
    for (int j = 0; j < LANES; j++) {
        rest += zero[j];
    }
    return rest == 0.0;
}

/* The first count < LANES numbers at p, zeros behind. */
static vn load_first(const double *p, size_t count)
{
    double padded[LANES] = {0};
    memcpy(padded, p, count * sizeof *p);
    return vn_load(padded);
}

static void store_first(double *p, vn v, size_t count)
{
    double padded[LANES];
    vn_store(padded, v);
    memcpy(p, padded, count * sizeof *p);
}

static void exponential(double *y, const double *x, size_t d)
{
    size_t i = 0;
    for (; i + LANES <= d; i += LANES) {
        vn_store(y + i, vn_exp(vn_load(x + i)));
    }
    if (i < d) {
        store_first(y + i, vn_exp(load_first(x + i, d - i)), d - i);
    }
}

/* log(1 + e^t) = max(t, 0) + log1p(e), e = e^-|t|; its slope is 1 / (1 + e) or e / (1 + e). */
static inline vn softplus_of(vn t, vn *slope)
{
    vn e = vn_exp(-vn_abs(t));
    vn inverse = 1.0 / (1.0 + e);
    *slope = vn_select(t >= 0.0, inverse, e * inverse);
    return vn_select(t > 0.0, t, vn_all(0.0)) + vn_log1p_unit(e);
}

static void softplus(double *value, double *slope, const double *t, size_t d)
{
    size_t i = 0;
    vn s;
    for (; i + LANES <= d; i += LANES) {
        vn_store(value + i, softplus_of(vn_load(t + i), &s));
        vn_store(slope + i, s);
    }
    if (i < d) {
        store_first(value + i, softplus_of(load_first(t + i, d - i), &s), d - i);
        store_first(slope + i, s, d - i);
    }
}

const struct lac_kernels LAC_SUFFIXED(lac_kernels, LAC_LEVEL) = {
    .scale = scale,
    .add = add,
    .sub = sub,
    .axpy = axpy,
    .scale_sub = scale_sub,
    .dot = dot,
    .sum = sum,
    .finite = finite,
    .exp = exponential,
    .softplus = softplus,
    .philox = LAC_SUFFIXED(lac_philox_blocks, LAC_LEVEL),
    .permute = LAC_SUFFIXED(lac_permute, LAC_LEVEL),
};
