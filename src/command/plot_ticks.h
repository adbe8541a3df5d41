/* The numbers at an axis: as many as have room, so that no two of them touch. */
#ifndef LAC_COMMAND_PLOT_TICKS_H
#define LAC_COMMAND_PLOT_TICKS_H

#include <stdio.h>

#include "command/plot_axis.h"

/* Of the widest number, in heights of the letters. */
double ticks_width(const struct axis *a);
/* axis: 'x' or 'y'. */
void ticks_write(FILE *script, char axis, const struct axis *a);

#endif
