/* Quantities that the step rules of several papers share. */
#ifndef LAC_METHOD_STEPS_H
#define LAC_METHOD_STEPS_H

/* theta(alpha) = 1 - sqrt(1 - alpha), 0 < alpha <= 1: the contraction of EF21's error. */
double lac_theta(double alpha);

/* xi(alpha) = sqrt(beta/theta) = sqrt(1 - alpha)/(1 - sqrt(1 - alpha)); xi(1) = 0 (EF21, Theorem 1). */
double lac_xi(double alpha);

#endif
