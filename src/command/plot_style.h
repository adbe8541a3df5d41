/* How the curve of a number is drawn. */
#ifndef LAC_COMMAND_PLOT_STYLE_H
#define LAC_COMMAND_PLOT_STYLE_H

#include <stddef.h>

enum { DASHES = 5 };

const char *curve_colour(size_t i);
int curve_dash(size_t i); /* gnuplot's numbers: 1, solid, to DASHES */
int curve_mark(size_t i);

#endif
