/*
 * laconic plot RUN... -o FILE.svg|.png|.pdf [--title T] [--x QUANTITY] [--y QUANTITY]
 *
 * Draws with gnuplot. Without --x two panels stand side by side: y against the bits that a client
 * sent up, and y against rounds.
 */
#ifndef LAC_COMMAND_PLOT_H
#define LAC_COMMAND_PLOT_H

#include "base/status.h"

/* The words after "plot", borrowed until return. The picture is whole or not there. */
lac_status lac_command_plot(int argc, char *const *argv) LAC_MUST_CHECK;

#endif
