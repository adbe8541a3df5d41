/*
 * Elementary functions whose bits depend on nothing but their argument: no libm call but sqrt,
 * floor, fabs and ldexp reaches a trajectory. The functions of vectors (vec_exp, ...) and of the
 * objectives give the same bits as these, on every instruction set.
 */
#ifndef LAC_BASE_ELEMENTARY_H
#define LAC_BASE_ELEMENTARY_H

double lac_exp(double x);   /* within 1 ulp; 0 below -745.2, infinity above 709.78 */
double lac_log(double x);   /* within 1 ulp; x > 0, normal or subnormal */
double lac_log1p(double x); /* within 1.5 ulp; x >= 0 */
double lac_sin(double x);   /* within 1 ulp; |x| <= pi/4 */
/* Within 2 ulp; x > 0. Exact for whole |y| <= 64 where x^|y| is a double. */
double lac_pow(double x, double y);

#endif
