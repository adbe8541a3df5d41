#include "base/second_difference.h"

#include "base/elementary.h"

void lac_second_difference(double *y, const double *x, size_t d)
{
    for (size_t j = 0; j < d; j++) {
        double before = j > 0 ? x[j - 1] : 0.0, after = j + 1 < d ? x[j + 1] : 0.0;
        y[j] = (x[j] - before) + (x[j] - after);
    }
}

/* 2 - 2 cos(2 u) = 4 sin(u)^2, which does not cancel. */
double lac_second_difference_least(size_t d)
{
    double sine = lac_sin(0x1.921fb54442d18p+0 / ((double)d + 1.0)); /* pi/2 */
    return 4.0 * sine * sine;
}
