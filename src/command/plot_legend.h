/* The legend of a figure: below its panels, in columns of entries, each a sample of its curve and a label of one line or several. */
#ifndef LAC_COMMAND_PLOT_LEGEND_H
#define LAC_COMMAND_PLOT_LEGEND_H

#include <stdio.h>

#include "command/plot_layout.h"

/* After the curves have their labels. left, width: of the room, in pixels; em: height of the letters. As many columns as the
   widest label leaves room for; where one has none, labels are broken into lines. */
void legend_make(const struct figure *f, double left, double width, double em, struct legend *out);
/* As labels and arrows of the script, since gnuplot's own legend guesses widths. */
void legend_write(FILE *script, const struct figure *f, const struct layout *l);

#endif
