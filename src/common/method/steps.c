#include "method/steps.h"

#include <math.h>

double lac_theta(double alpha)
{
    return alpha / (1.0 + sqrt(1.0 - alpha)); /* = 1 - sqrt(1 - alpha), without cancellation */
}

double lac_xi(double alpha)
{
    return sqrt(1.0 - alpha) / lac_theta(alpha);
}
