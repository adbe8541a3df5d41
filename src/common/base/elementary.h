/*
 * Elementary functions whose bits depend on nothing but their argument: no libm call but sqrt,
 * floor, fabs and ldexp reaches a trajectory. The vector kernels of base/vec.h and of the
 * objectives give the same bits as these, on every instruction set.
 */
#ifndef LAC_BASE_ELEMENTARY_H
#define LAC_BASE_ELEMENTARY_H

double lac_exp(double x);   /* stated error bound in elementary.c; 0 below -745, infinity above 709.78 */
double lac_log(double x);   /* x > 0, normal or subnormal */
double lac_log1p(double x); /* x >= 0 */
double lac_pow(double x, double y); /* x > 0; exp(y log x); exact for small whole y */

#endif
