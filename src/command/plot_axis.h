/* An axis of a figure: its range, whether it is logarithmic, the unit of its numbers, its ticks. */
#ifndef LAC_COMMAND_PLOT_AXIS_H
#define LAC_COMMAND_PLOT_AXIS_H

#include <stdio.h>

#include "command/plot_layout.h"

enum { AXIS_TEXT = 160 };

struct axis {
    bool logarithmic;
    double unit;         /* what the values are divided by */
    const char *of_unit; /* "Mbit", "bits", "millions"; "" where it has none */
    double least, most;  /* in the unit */
    bool level;          /* numbers stand beside each other, on each other where it is upright */
    double length;       /* in heights of the letters; 0: not known yet, nothing wants room */
    double beyond;       /* of a level one: how far a number may stand out at its end */
};

struct axis axis_of_x(const struct figure *f, const struct layout *l, size_t panel);
struct axis axis_of_y(const struct figure *f, const struct layout *l);
/* Points of 0 or less are left out then. */
bool axis_of_y_is_logarithmic(const struct figure *f);
/* axis: 'x' or 'y'; its range and its ticks. */
void axis_write(FILE *script, char axis, const struct axis *a);
/* What stands beside it: the program's own words, with the markup of gnuplot. */
void axis_text(const struct axis *a, const struct quantity *q, char text[AXIS_TEXT]);
/* Where on the axis a value is, 0 at its beginning and 1 at its end; NaN where it has no place. */
double axis_place(const struct axis *a, double value);

#endif
