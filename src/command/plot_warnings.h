/* What a figure does not show of what it was asked for, on stderr. */
#ifndef LAC_COMMAND_PLOT_WARNINGS_H
#define LAC_COMMAND_PLOT_WARNINGS_H

#include "command/plot_layout.h"

/* Panels in whose ranges no point lies. */
void plot_warn_of_empty_panels(const struct figure *f);
/* A title and labels that are longer than their lines. */
void plot_warn_of_cuts(const struct figure *f, const struct layout *l);
/* Points of 0 or less on a logarithmic y axis, and on an x axis where --log asks for it. */
void plot_warn_of_no_logarithm(const struct figure *f);

#endif
