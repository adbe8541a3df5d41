/* Quantities that the step rules of several papers share. */
#ifndef LAC_METHOD_STEPS_H
#define LAC_METHOD_STEPS_H

#include "method/method.h"

/* theta(alpha) = 1 - sqrt(1 - alpha), 0 < alpha <= 1: the contraction of EF21's error. */
double lac_theta(double alpha);

/* xi(alpha) = sqrt(beta/theta) = sqrt(1 - alpha)/(1 - sqrt(1 - alpha)); xi(1) = 0 (EF21, Theorem 1). */
double lac_xi(double alpha);

/* 1/rho* of EF21 with partial participation, each client with probability p (arXiv:2402.10774 and
   docs/methods/ef21-partial.md): gamma = 1/(L + L_mean/rho*); xi(alpha) at p = 1. */
double lac_xi_partial(double alpha, double p);

/* omega/n, the relative variance of the mean of n independent compressed vectors; of a correlated
   compressor (PermK) E|mean C_i(v_i)|^2 <= (1 + omega_Q) mean |v_i|^2 takes its place. */
double lac_mean_omega(const struct lac_problem *p);

/* alpha = 1/(1 + omega), omega of channel 0: how far the shifts of DIANA and its kin move to what they learn. */
double lac_learns(const struct lac_env *e);

/* Of a rule `theory` before `theory-convex` and `theory-nonconvex`, in this order: which of them it is here. */
struct lac_branch lac_branch_by_convexity(const struct lac_problem *p,
                                          const struct lac_step_rule *rule);

#endif
