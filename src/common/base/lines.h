/* Files of lines "key = value", where '#' begins a comment. */
#ifndef LAC_BASE_LINES_H
#define LAC_BASE_LINES_H

#include <stddef.h>
#include <stdio.h>

#include "base/status.h"

/* A file for reading, which is no pipe, device or folder: it would wait, or never end. NULL: errno says why, EINVAL of those. */
FILE *lac_open_regular(const char *path);
/* Calls take with each line that has more than a comment, trimmed, numbers from 1; the first failure ends it. what: of a
   failure of the file itself, "--config: ". LAC_E_USAGE: no such file, a line of more than 4000 bytes, a byte 0. */
lac_status lac_lines_read(const char *what, const char *path,
                          lac_status (*take)(void *context, size_t number, char *line),
                          void *context) LAC_MUST_CHECK;
/* Cuts "key = value" in two, trimmed; where begins the failure of a line that is none. */
lac_status lac_line_split(const char *where, char *line, const char **key,
                          const char **value) LAC_MUST_CHECK;
/* Without the blanks at both ends, in place. */
char *lac_trim(char *text);

#endif
