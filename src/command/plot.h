/*
 * laconic plot RUN|FOLDER... -o FILE.svg|.png|.pdf [OPTIONS]
 *
 * Draws with gnuplot: any column against any others, a panel for each, curves of runs or of the medians of groups of runs.
 * docs/figures.md shows what it makes.
 */
#ifndef LAC_COMMAND_PLOT_H
#define LAC_COMMAND_PLOT_H

#include "base/options.h"

extern const struct lac_options lac_plot_options;

/* The words after "plot", borrowed until return. The picture is whole or not there. */
lac_status lac_command_plot(int argc, char *const *argv) LAC_MUST_CHECK;

#endif
