/*
 * laconic show FOLDER: a checkpoint, or the newest of a folder of them.
 *
 *   (nothing)  for people: what it is of, its files and whether the digest of each holds
 *   --json     the same as one JSON object
 *   --config   its options, as far as the trajectory depends on them, as a file for --config
 *   --command  the same as a command that goes on with the run; --describe: as a paragraph (show_command.h)
 */
#ifndef LAC_COMMAND_SHOW_CHECKPOINT_H
#define LAC_COMMAND_SHOW_CHECKPOINT_H

#include <stdbool.h>

#include "base/arena.h"

enum lac_shown_form {
    LAC_SHOWN_TEXT,
    LAC_SHOWN_JSON,
    LAC_SHOWN_CONFIG,
    LAC_SHOWN_COMMAND,
    LAC_SHOWN_COMMAND_LINES,
    LAC_SHOWN_DESCRIPTION
};

bool lac_is_folder(const char *path);
/* Prints; LAC_E_INPUT, after all is printed, where a file is damaged, and before anything is where there is no manifest that
   can be believed. */
lac_status lac_show_checkpoint(const char *path, enum lac_shown_form form,
                               struct lac_arena *arena) LAC_MUST_CHECK;

#endif
