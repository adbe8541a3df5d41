/*
 * laconic plot RUN... -o FILE.svg|.png|.pdf [--title TEXT] [--x COLUMN] [--y COLUMN] [--gap] [--log AXES] [--key KEYFILE]
 *
 * Draws with gnuplot. Without --x two panels stand side by side: y against the bits that a client
 * sent up, and y against rounds.
 */
#ifndef LAC_COMMAND_PLOT_H
#define LAC_COMMAND_PLOT_H

#include "base/options.h"

extern const struct lac_options lac_plot_options;

/* The words after "plot", borrowed until return. The picture is whole or not there. */
lac_status lac_command_plot(int argc, char *const *argv) LAC_MUST_CHECK;

#endif
