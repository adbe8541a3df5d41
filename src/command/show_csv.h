/* Rows of runs as CSV, on standard output: `laconic show --csv`. */
#ifndef LAC_COMMAND_SHOW_CSV_H
#define LAC_COMMAND_SHOW_CSV_H

#include "store/run_file.h"

/* All columns that any of the runs has; of several runs the last one names the run. */
void lac_show_csv(const struct lac_run *runs, size_t count);

#endif
