/*
 * laconic sweep FILE [--out DIR] [--jobs N | --task K] [--launcher COMMAND]: the runs of a file of sections, [shared], [vary] and
 * [run NAME], side by side. Each has a file of its own in DIR; those that are there already are kept. docs/sweep.md
 */
#ifndef LAC_COMMAND_SWEEP_H
#define LAC_COMMAND_SWEEP_H

#include "base/options.h"

extern const struct lac_options lac_sweep_options;

/* The words after "sweep", borrowed until return. LAC_E_FAILED where a run failed, LAC_E_LEFT where one is to go on. */
lac_status lac_command_sweep(int argc, char *const *argv) LAC_MUST_CHECK;

#endif
