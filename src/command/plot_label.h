/* What the legend of a figure calls its curves. */
#ifndef LAC_COMMAND_PLOT_LABEL_H
#define LAC_COMMAND_PLOT_LABEL_H

#include "command/plot_figure.h"

/* Method and compressor; of runs that share these also the options of the trajectory in which they differ, unless that
   has more than `most` letters; and where that is not enough the file's name, else its path. In the arena. */
lac_status lac_plot_label(struct curve *curves, size_t count, size_t most,
                          struct lac_arena *arena) LAC_MUST_CHECK;

#endif
