/*
 * What the files of EF21 share: the states of ef21 and ef21-w, one client's step, the rules of both (ef21_steps.c), and
 * the measure of c (ef21_measured.c).
 */
#ifndef LAC_METHOD_EF21_H
#define LAC_METHOD_EF21_H

#include "method/method.h"

/* Parameters of ef21; ef21-w has the first alone. */
enum lac_ef21_parameter { LAC_EF21_BY_D, LAC_EF21_MEASURED_C };

#define LAC_EF21_BY_D_PARAMETER                                                             \
    {                                                                                       \
        "by-d", 0.0, 0.0, 1.0, true, "1: steps for rare features take alpha = k/d, not k/r" \
    }

/* What one round's errors e_i = g_i - grad f_i(x) say of c (as the code of arXiv:2305.15264 measures it): sums over the
   clients that were added. */
struct lac_ef21_errors {
    double *mean;       /* (d) (1/n) sum e_i */
    double mean_square; /* (1/n) sum |e_i|^2 */
    double c;           /* of the last round; n at first */
};

struct lac_ef21_server {
    double *x, *g;
    struct lac_ef21_errors errors; /* with measured-c */
};

struct lac_ef21_worker {
    double *grad, *diff; /* work */
};

struct lac_ef21_client {
    double *g_i;
};

extern const struct lac_vector lac_ef21_server_vectors[], lac_ef21_worker_vectors[],
    lac_ef21_client_vectors[];

extern const struct lac_step_rule lac_ef21_rules[], lac_ef21_w_rules[];
/* Which of a rule's formulas holds. */
struct lac_branch lac_ef21_branch(const struct lac_problem *p, const struct lac_step_rule *rule);

/* x <- x - gamma g, sent to the participants. */
lac_status lac_ef21_server_begin(void *state, const struct lac_env *e,
                                 struct lac_message *down) LAC_MUST_CHECK;
/* u_i = C(scale grad f_i(x) - g_i), sent and added to g_i. */
lac_status lac_ef21_step(struct lac_ef21_worker *w, struct lac_ef21_client *c, struct lac_env *e,
                         double scale, struct lac_message *down,
                         struct lac_message *up) LAC_MUST_CHECK;

/* Whether each round's c is measured for the next one, as the papers' code on rare features does. */
bool lac_ef21_measures(const struct lac_env *e);
/* Hooks of the server's state: refuses what leaves c unmeasured; c = n. */
lac_status lac_ef21_measured_setup(void *state, const struct lac_env *e,
                                   struct lac_arena *a) LAC_MUST_CHECK;
size_t lac_ef21_measured_bytes(const struct lac_env *e);
void lac_ef21_measured_visit(void *state, const struct lac_env *e, struct lac_visitor *v);
/* Where this round measures: appends e_i, of grad f_i(x) in w->grad, as raw values that the papers' count leaves out;
   w->diff is work. */
void lac_ef21_put_error(const struct lac_env *e, struct lac_ef21_worker *w,
                        const struct lac_ef21_client *c, struct lac_message *up);
/* Where this round measures: adds the e_i under the cursor, behind the section that was read. */
lac_status lac_ef21_add_error(struct lac_ef21_errors *s, const struct lac_env *e,
                              struct lac_message *up) LAC_MUST_CHECK;
/* c of the errors that were added, which are forgotten; the step it gives, gamma being that of c = n. */
double lac_ef21_measured_step(struct lac_ef21_errors *s, const struct lac_env *e);
/* What the plan says of it. */
const char *lac_ef21_measured_unproved(const struct lac_env *e);

#endif
