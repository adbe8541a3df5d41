/* A figure of runs as a gnuplot script. */
#ifndef LAC_COMMAND_PLOT_FIGURE_H
#define LAC_COMMAND_PLOT_FIGURE_H

#include <stdio.h>

#include "store/run_file.h"

struct quantity {      /* a column of the rows, as an axis */
    const char *name;  /* as options spell it */
    const char *label; /* on the axis */
    bool is_bits;      /* drawn per client, in a unit that keeps numbers short */
    bool is_y;         /* may be the vertical axis; others may be the horizontal one */
    double (*value)(const struct lac_row *row);
};

extern const struct quantity quantities[];
extern const size_t quantity_count;

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
    const struct quantity *x[2], *y;
    size_t panels; /* 1 or 2 */
    const struct curve *curves;
    size_t count;
};

/* Words of users are quoted, never commands. */
void figure_write(FILE *script, const struct figure *f);
/* How many letters a label may have, so that the legend fits. */
size_t figure_label_length(const struct figure *f);

#endif
