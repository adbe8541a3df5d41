/*
 * Steps of EF21 and EF21-W where features are rare: a client's gradient, and what is wrong of g_i, live on the
 * client's own features (arXiv:2305.15264, and 2402.10774 section 3.3; docs/methods/ef21.md).
 */
#ifndef LAC_METHOD_EF21_RARE_H
#define LAC_METHOD_EF21_RARE_H

#include "method/method.h"

/* Parameters of ef21; ef21-w has the first alone. */
enum lac_ef21_parameter { LAC_EF21_BY_D, LAC_EF21_MEASURED_C };

double lac_ef21_theory_rf(const struct lac_problem *p);       /* sqrt(c/n) L_plus */
double lac_ef21_theory_lrf(const struct lac_problem *p);      /* L_rf */
double lac_ef21_theory_rare_old(const struct lac_problem *p); /* L_rms */
/* As published code has it: the regularizer in L, not in L_plus. Longer than theory allows. */
double lac_ef21_theory_rare_code(const struct lac_problem *p);

/* What one round's errors e_i = g_i - grad f_i(x) say of c (as the code of arXiv:2305.15264 measures it): sums over the
   clients that were added. */
struct lac_ef21_errors {
    double *mean;       /* (d) (1/n) sum e_i */
    double mean_square; /* (1/n) sum |e_i|^2 */
    double c;           /* of the last round; n at first */
};

/* Refuses what leaves c unmeasured; c = n. */
lac_status lac_ef21_errors_open(struct lac_ef21_errors *s, const struct lac_env *e,
                                struct lac_arena *a) LAC_MUST_CHECK;
/* Appends e_i (d), as raw values that the papers' count leaves out. */
void lac_ef21_put_error(const struct lac_env *e, struct lac_message *up, const double *error);
/* Adds the e_i under the cursor, behind the section that was read. */
lac_status lac_ef21_add_error(struct lac_ef21_errors *s, const struct lac_env *e,
                              struct lac_message *up) LAC_MUST_CHECK;
/* c of the errors that were added, which are forgotten; the step it gives, gamma being that of c = n. */
double lac_ef21_measured_step(struct lac_ef21_errors *s, const struct lac_env *e);

#endif
