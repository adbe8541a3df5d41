/*
 * exp and log1p on vectors: what base/elementary.h computes is lane 0 of these, so that the bits
 * are the same everywhere. Polynomials: minimax (Remez), own computation, degree 9.
 */
#ifndef LAC_BASE_SIMD_ELEMENTARY_H
#define LAC_BASE_SIMD_ELEMENTARY_H

#include "base/simd.h"

#define LN2_HI 0x1.62e42feep-1 /* 32 bits of log 2: whole multiples up to 2^21 are exact */
#define LN2_LO 0x1.a39ef35793c76p-33
#define LOG2_E 0x1.71547652b82fep+0

/* Even and odd powers side by side: half the latency of Horner's rule. */
static inline vn vn_polynomial(vn x, const double c[10])
{
    vn y = x * x;
    vn even = (((c[8] * y + c[6]) * y + c[4]) * y + c[2]) * y + c[0];
    vn odd = (((c[9] * y + c[7]) * y + c[5]) * y + c[3]) * y + c[1];
    return even + x * odd;
}

/* (exp(r) - 1 - r) / r^2 for |r| <= log(2) / 2; r^2 times the error is at most 2^-58 */
static const double exp_coefficient[10] = {
    0x1.000000000000bp-1,  0x1.5555555555561p-3,  0x1.5555555550034p-5,  0x1.111111110d63dp-7,
    0x1.6c16c185a66aep-10, 0x1.a01a01bae0f33p-13, 0x1.a019969652631p-16, 0x1.71dddfcf13fa9p-19,
    0x1.28b0469e367cep-22, 0x1.af85823c531fep-26,
};

/* exp(x) = 2^k exp(r), r = x - k log 2 with its rounding error; below 1 ulp. */
static inline vn vn_exp(vn x)
{
    const double shift = 0x1.8p52; /* adding it rounds to a whole number, held in the low bits */
    x = vn_select(x > 710.0, vn_all(710.0), x);
    x = vn_select(x < -746.0, vn_all(-746.0), x);
    vn shifted = x * LOG2_E + shift;
    vn k = shifted - shift;
    vn hi = x - k * LN2_HI;
    vn lo = k * LN2_LO;
    vn r = hi - lo;
    vn error = (hi - r) - lo;
    vn y = 1.0 + (r + (error + r * r * vn_polynomial(r, exp_coefficient)));
    /* 2^k in two factors, both normal; k + 2100 > 0 spares a signed shift */
    vn_bits whole = (vn_bits)shifted - (vn_bits)vn_all(shift) + 2100;
    vn_bits half = whole >> 1;
    vn first = (vn)((half - 1050 + 1023) << 52);
    vn second = (vn)((whole - half - 1050 + 1023) << 52);
    return y * first * second;
}

/* (log((1 + s) / (1 - s)) - 2 s) / s^3 in s^2 <= 1/9; s^3 times the error is at most 2^-59 of the log */
static const double log_coefficient[10] = {
    0x1.5555555555535p-1, 0x1.99999999a0840p-2, 0x1.2492492085769p-2, 0x1.c71c741f8cb16p-3,
    0x1.745cb39b5cebep-3, 0x1.3b1de32553373p-3, 0x1.1067688a1f326p-3, 0x1.efdd8429ae299p-4,
    0x1.559c4b8254905p-4, 0x1.5c8a5b6ca51f3p-3,
};

/*
 * With s = f / (2 + f): log(1 + f) = 2 s + s R(s^2) = f - (h - s (h + R)), h = f^2 / 2.
 * Returns h - s (h + R), for f in [-0.3, 1].
 */
static inline vn vn_log1p_rest(vn f, vn low)
{
    vn s = f / (2.0 + f);
    vn z = s * s;
    vn h = 0.5 * f * f;
    return h - (s * (h + z * vn_polynomial(z, log_coefficient)) + low);
}

/* log(1 + f) for f in [0, 1]; below 1.5 ulp. */
static inline vn vn_log1p_unit(vn f)
{
    return f - vn_log1p_rest(f, vn_all(0.0));
}

#endif
