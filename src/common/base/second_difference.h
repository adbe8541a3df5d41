/*
 * T = tridiag(-1, 2, -1) (d, d), the matrix of second differences with zeros beyond both ends. Its
 * eigenvalues 2 - 2 cos(k pi/(d + 1)), k = 1 .. d, lie symmetric about 2.
 */
#ifndef LAC_BASE_SECOND_DIFFERENCE_H
#define LAC_BASE_SECOND_DIFFERENCE_H

#include <stddef.h>

/* y <- T x, both (d), not the same */
void lac_second_difference(double *y, const double *x, size_t d);
/* The smallest eigenvalue; the largest is 4 minus it. */
double lac_second_difference_least(size_t d);

#endif
