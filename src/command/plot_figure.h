/* A figure of runs as a gnuplot script. */
#ifndef LAC_COMMAND_PLOT_FIGURE_H
#define LAC_COMMAND_PLOT_FIGURE_H

#include <stdio.h>

#include "store/columns.h"

struct quantity { /* a column of the rows, as an axis */
    const struct lac_column *column;
    const char *label; /* on the axis */
    bool is_bits;      /* drawn per client, in a unit that keeps numbers short */
};

/* The axis of a column by name; false: there is no such column. */
bool quantity_find(const char *name, struct quantity *out);
/* Whether the run has it. */
bool quantity_is_in(const struct quantity *q, const struct lac_run *run);
double quantity_value(const struct quantity *q, const struct lac_row *row);

enum scale { SCALE_FITTING, SCALE_EVEN, SCALE_LOGARITHMIC };

enum picture { PICTURE_SVG, PICTURE_PNG, PICTURE_PDF };

struct curve {
    const char *label;
    const struct lac_run *run;
    double clients;
    size_t *points; /* (count) numbers of the rows that are drawn, ascending */
    size_t count;
};

struct figure {
    enum picture picture;
    const char *title; /* NULL: none */
    struct quantity x[2], y;
    enum scale x_scale, y_scale;
    size_t panels; /* 1 or 2 */
    const struct curve *curves;
    size_t count;
};

/* Words of users are quoted, never commands. */
void figure_write(FILE *script, const struct figure *f);
/* How many letters a label may have, so that the legend fits. */
size_t figure_label_length(const struct figure *f);

#endif
