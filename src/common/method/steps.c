#include "method/steps.h"

#include <math.h>
#include <string.h>

double lac_theta(double alpha)
{
    return alpha / (1.0 + sqrt(1.0 - alpha)); /* = 1 - sqrt(1 - alpha), without cancellation */
}

double lac_xi(double alpha)
{
    return sqrt(1.0 - alpha) / lac_theta(alpha);
}

double lac_xi_partial(double alpha, double p)
{
    double theta = lac_theta(alpha), beta = (1.0 - alpha) / theta, q = 1.0 - p;
    double a = beta * p + q;
    if (a == 0.0) {
        return 0.0; /* alpha = p = 1 */
    }
    double rho = a * p * theta / (sqrt(q * q + a * p * theta) + q) / a; /* without cancellation */
    return 1.0 / rho;
}

double lac_mean_omega(const struct lac_problem *p)
{
    return p->compressor->correlated ? 1.0 + p->compressor->joint_omega : p->omega / (double)p->n;
}

double lac_learns(const struct lac_env *e)
{
    return 1.0 / (1.0 + e->channel[0].info.omega);
}

struct lac_branch lac_branch_by_convexity(const struct lac_problem *p,
                                          const struct lac_step_rule *rule)
{
    if (strcmp(rule->name, "theory") != 0) {
        return (struct lac_branch){0};
    }
    const struct lac_step_rule *taken = rule + (p->convex ? 1 : 2);
    return (struct lac_branch){taken->name, taken->formula};
}
