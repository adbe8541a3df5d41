/*
 * laconic show [--json | --csv | --config] [--key KEYFILE] RUN...: what a run was, on standard output.
 *
 *   (nothing)  a summary for people
 *   --json     the stored JSON object behind its schema; of an unfinished run, rounds and final are those of the newest
 *              row and status is "unfinished"; of several runs, an array of these
 *   --csv      one line per row under a line of titles; of several runs, a last column names the run
 *   --config   the configuration as an options file for --config
 *
 * A folder is a checkpoint, or holds some: command/show_checkpoint.h.
 * Private run files need --key KEYFILE; --decrypt-to FILE writes the plain file that one holds.
 */
#ifndef LAC_COMMAND_SHOW_H
#define LAC_COMMAND_SHOW_H

#include "base/options.h"

extern const struct lac_options lac_show_options;

/* The words after "show", borrowed until return. A closed pipe is no failure. */
lac_status lac_command_show(int argc, char *const *argv) LAC_MUST_CHECK;

#endif
