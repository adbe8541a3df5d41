/* gnuplot as a child process: no shell, and no word of a user outside quotes. */
#ifndef LAC_COMMAND_GNUPLOT_H
#define LAC_COMMAND_GNUPLOT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"

/* Bytes of a text in quotes, as letters and nothing else, before an ellipsis where it is cut. */
void gnuplot_put_text(FILE *script, const char *text, size_t bytes, bool cut);
/* Runs the script; what gnuplot writes to its standard output is appended to the picture. Both are files open for
   reading and writing, not rewound. */
lac_status gnuplot_draw(FILE *script, FILE *picture) LAC_MUST_CHECK;

#endif
