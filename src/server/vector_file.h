/* A vector of d numbers that a user names as a file: a model to begin at, a known solution. */
#ifndef LAC_SERVER_VECTOR_FILE_H
#define LAC_SERVER_VECTOR_FILE_H

#include "base/arena.h"

/* Text with one finite number a line, or a run file, whose model it is. Writes x (d). Refuses another
   count than d (option: in the message); a wrong line is named "file:line". Of a run that did not come to its end
   *warning is a sentence that says so, and whose model it is, in the arena; else NULL. */
lac_status lac_vector_read(const char *option, const char *path, size_t d, double *x,
                           const char **warning, struct lac_arena *a) LAC_MUST_CHECK;

#endif
