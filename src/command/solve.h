/* laconic solve: the optimum of a problem, solo or as a rank of an MPI job. */
#ifndef LAC_COMMAND_SOLVE_H
#define LAC_COMMAND_SOLVE_H

#include "base/options.h"

/* The words after "solve". Under a launcher the status is LAC_OK on every rank but rank 0. */
lac_status lac_command_solve(int argc, char *const *argv) LAC_MUST_CHECK;
/* What it takes: the options of train that say the problem and where it runs, and its own. */
const struct lac_options *lac_solve_options(void);

#endif
