/* A figure as a gnuplot script, and its points as a table. */
#ifndef LAC_COMMAND_PLOT_SCRIPT_H
#define LAC_COMMAND_PLOT_SCRIPT_H

#include <stdio.h>

#include "command/plot_layout.h"

/* Words of users are quoted, never commands. */
void figure_write(FILE *script, const struct figure *f, const struct layout *l);
#define FIGURE_DATA_TITLE "x_column,y_column,curve,x,y,low,high,runs"

/* Lines under the title: the points as they are drawn, bits in bits; low and high are empty where
   there is no spread. */
void figure_write_data(FILE *to, const struct figure *f);

#endif
