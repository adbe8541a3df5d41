/*
 * laconic tune --out DIR [--grid MULTIPLIERS] [--best CRITERION] [OPTIONS OF TRAIN]: one configuration with many steps.
 * Each is a run with a file of its own in DIR; those that are there already are kept. LAC_E_FAILED where no run is best.
 */
#ifndef LAC_COMMAND_TUNE_H
#define LAC_COMMAND_TUNE_H

#include "base/options.h"

extern const struct lac_options lac_tune_options;
/* How many of its table, the first ones, are not options of train. */
extern const size_t lac_tune_own_options;

/* The words after "tune". Under a launcher the status is LAC_OK on every rank but rank 0. */
lac_status lac_command_tune(int argc, char *const *argv) LAC_MUST_CHECK;

#endif
