/* Where the parts of a figure lie: panels in rows, the legend below them, so that nothing lies over anything else. */
#ifndef LAC_COMMAND_PLOT_LAYOUT_H
#define LAC_COMMAND_PLOT_LAYOUT_H

#include "command/plot_figure.h"

struct layout {                     /* lengths in pixels, 96 an inch */
    double em;                      /* height of the letters */
    double line, point;             /* width of curves, size of their marks, in units of gnuplot */
    double width, height;           /* of the figure */
    double left, right, top, below; /* of a panel: what stands around it */
    double panel_width, panel_height;
    double legend_left, legend_line;
    size_t across; /* panels in a row */
    size_t legend_rows;
};

/* How many letters a label may have, so that a line of the legend holds it. */
size_t layout_label_length(const struct figure *f);
size_t layout_title_length(const struct figure *f);
/* After the curves have their labels. LAC_E_USAGE where the height leaves no room for panels. */
lac_status layout_make(const struct figure *f, struct layout *out) LAC_MUST_CHECK;
/* Of a panel's lower left corner: from the left, and from below. */
double layout_panel_left(const struct layout *l, size_t panel);
double layout_panel_bottom(const struct layout *l, size_t panel);

#endif
