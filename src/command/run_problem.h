/* Whether runs are of one problem, so that what they reach can be compared. */
#ifndef LAC_COMMAND_RUN_PROBLEM_H
#define LAC_COMMAND_RUN_PROBLEM_H

#include "command/run_list.h"

/* The seed is of the problem where data or split are drawn. */
bool lac_run_is_of_problem(size_t option, const struct lac_run *a, const struct lac_run *b);
/* Refuses gaps that runs have in their files unless all are to one minimum: one number as --optimum, or, where none is
   given, one content of --solution. */
lac_status lac_runs_of_one_optimum(const char *command, const struct lac_run_list *runs,
                                   struct lac_arena *arena) LAC_MUST_CHECK;
/* Compares the digests of their problems; where a file has none, the options that say what f is, and what their files
   held. personal: the minimum is that of the clients' own models, which depends on the coupling of the method too. The
   refusal begins with what ("plot: f(x) - f*"), names the two files and all that differs, and ends with hint. */
lac_status lac_runs_of_one_problem(const struct lac_run_list *runs, bool personal, const char *what,
                                   const char *hint, struct lac_arena *arena) LAC_MUST_CHECK;

#endif
