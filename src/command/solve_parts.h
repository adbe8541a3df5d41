/* What the files of `laconic solve` share. */
#ifndef LAC_COMMAND_SOLVE_PARTS_H
#define LAC_COMMAND_SOLVE_PARTS_H

#include "server/solve.h"
#include "store/optimum.h"

struct lac_solve {
    double tolerance;
    uint64_t most_iterations;
    const char *folder; /* of solved optima */

    bool terminal;
    bool line_open; /* a progress line stands on the terminal */
    double next;    /* seconds: when the next line is due */

    bool was_stored; /* found, not computed */
    struct lac_solution solution;
    const char *path; /* of the file */
};

/* Reads the words into v, and into c as options of a train that makes no rounds. */
lac_status lac_solve_read(struct lac_solve *v, struct lac_config *c, int argc, char *const *argv,
                          struct lac_arena *a, bool *help) LAC_MUST_CHECK;

void lac_print_problem(const struct lac_server *s);
void lac_print_iteration(struct lac_solve *v, const struct lac_server *s, double now);
void lac_print_solution(struct lac_solve *v, const struct lac_server *s);
/* Whether the summary says that rounding kept the solver from coming closer. */
bool lac_solve_at_floor(const char *summary);
/* The summary of the stored file, one JSON object, malloced. */
lac_status lac_solve_summary(const struct lac_solve *v, const struct lac_server *s,
                             char **text) LAC_MUST_CHECK;

#endif
