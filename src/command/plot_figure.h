/* What a figure shows and how. */
#ifndef LAC_COMMAND_PLOT_FIGURE_H
#define LAC_COMMAND_PLOT_FIGURE_H

#include "command/curve.h"

enum picture { PICTURE_SVG, PICTURE_PNG, PICTURE_PDF };

enum scale { SCALE_FITTING, SCALE_EVEN, SCALE_LOGARITHMIC };

enum markers { MARKERS_SOME, MARKERS_ALL, MARKERS_NONE };

enum { MOST_CURVES = 40 }; /* that a reader can tell apart, see plot_style.c */

struct limits { /* of an axis; NaN: as the values are */
    double least, most;
};

struct figure {
    enum picture picture;
    const char *title; /* NULL: none */
    struct quantity x[MOST_PANELS], y;
    size_t panels;
    enum scale x_scale, y_scale;
    struct limits x_limits, y_limits;
    enum markers markers;
    enum spread spread; /* of curves that are medians */
    bool band, bars;    /* how it is drawn; neither: not at all */
    double width,
        height; /* in millimetres of paper; width 0: for a screen, height 0: as it needs */
    const struct curve *curves;
    size_t count;
};

#endif
