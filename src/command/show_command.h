/*
 * laconic show --command RUN, --describe RUN: a run as the command that makes it again, and as a paragraph for a caption. Of a
 * checkpoint too, as far as it knows.
 */
#ifndef LAC_COMMAND_SHOW_COMMAND_H
#define LAC_COMMAND_SHOW_COMMAND_H

#include "command/show_summary.h"
#include "store/checkpoint.h"

/* On one line, or an option on each; LAC_E_INPUT: it does not say all that is needed, and half a command may be written. */
lac_status lac_show_command(const struct shown *s, bool lines, FILE *to,
                            struct lac_arena *a) LAC_MUST_CHECK;
/* folder: of the checkpoint, or of several. */
lac_status lac_show_checkpoint_command(const struct lac_manifest *m, const char *folder, bool lines,
                                       FILE *to, struct lac_arena *a) LAC_MUST_CHECK;

void lac_show_description(const struct shown *s);
lac_status lac_show_checkpoint_description(const struct lac_manifest *m,
                                           struct lac_arena *a) LAC_MUST_CHECK;

/* "name = value" lines as pairs, those without a value left out; in the arena. */
lac_status lac_show_pairs(const char *text, const struct lac_pair **pairs, size_t *count,
                          struct lac_arena *a) LAC_MUST_CHECK;

#endif
