/* Where the parts of a figure lie: panels in rows, the legend below them, so that nothing lies over anything else. */
#ifndef LAC_COMMAND_PLOT_LAYOUT_H
#define LAC_COMMAND_PLOT_LAYOUT_H

#include "command/plot_figure.h"
#include "command/text_width.h"

enum { MOST_TITLE_LINES = 3, MOST_Y_LINES = 3 };

struct legend {
    double left, em; /* pixels */
    double widest,
        column;    /* of a line of a label, of a column with all; in heights of the letters */
    double height; /* pixels */
    size_t rows;   /* entries in a column */
    bool cut;      /* a label is longer than its lines */
};

struct layout {                     /* lengths in pixels, 96 an inch */
    double em;                      /* height of the letters */
    double line, point;             /* width of curves, size of their marks, in units of gnuplot */
    double width, height;           /* of the figure */
    double left, right, top, below; /* of a panel: what stands around it */
    double panel_width, panel_height;
    double legend_bottom;
    size_t across;  /* panels in a row */
    size_t y_lines; /* of the label of a y axis */
    struct legend legend;
};

/* In heights of the letters: how long a line of the label of a y axis may be, and how far from the panel's left edge the middle of
   one stands. */
double layout_y_label_width(const struct layout *l);
double layout_y_label_place(size_t line);
double layout_title_letters(double em);
/* Returns how many. */
size_t layout_title_lines(const struct figure *f, double width,
                          struct text_line lines[MOST_TITLE_LINES]);
/* After the curves have their labels. LAC_E_USAGE where the height leaves no room for panels. */
lac_status layout_make(const struct figure *f, struct layout *out) LAC_MUST_CHECK;
/* Of a panel's lower left corner: from the left, and from below. */
double layout_panel_left(const struct layout *l, size_t panel);
double layout_panel_bottom(const struct layout *l, size_t panel);

#endif
