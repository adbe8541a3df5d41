/* gnuplot as a child process: no shell, and no word of a user outside quotes. */
#ifndef LAC_COMMAND_GNUPLOT_H
#define LAC_COMMAND_GNUPLOT_H

#include <stdio.h>

#include "base/status.h"

/* Runs the script; what gnuplot writes to its standard output is appended to the picture. Both are files open for
   reading and writing, not rewound. */
lac_status gnuplot_draw(FILE *script, FILE *picture) LAC_MUST_CHECK;

#endif
