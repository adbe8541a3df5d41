#include "command/plot_style.h"

/* No two of these numbers have a divisor in common: no pair of colour and dash comes again among 35 curves, no pair of dash and
   mark, which a grey print has, among 40. */
enum { COLOURS = 7, MARKS = 8 };

/* Okabe and Ito, "Color Universal Design", 2008, in an order of falling contrast with white. */
static const char *const colours[COLOURS] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                             "#000000", "#E69F00", "#56B4E9"};
static const int marks[MARKS] = {7, 5, 9, 13,
                                 6, 4, 8, 12}; /* disc, square, triangle, diamond; the same, open */

const char *curve_colour(size_t i)
{
    return colours[i % COLOURS];
}

int curve_dash(size_t i)
{
    return (int)(i % DASHES) + 1;
}

int curve_mark(size_t i)
{
    return marks[i % MARKS];
}
