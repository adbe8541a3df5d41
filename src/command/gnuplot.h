/* gnuplot as a child process: no shell, and no word of a user outside quotes. */
#ifndef LAC_COMMAND_GNUPLOT_H
#define LAC_COMMAND_GNUPLOT_H

#include <stdio.h>

#include "base/arena.h"

/* Runs the script (a file open for reading and writing, not rewound); what gnuplot writes to its
   standard output becomes the file, whole or not at all. */
lac_status gnuplot_run(FILE *script, const char *output, struct lac_arena *arena) LAC_MUST_CHECK;

#endif
