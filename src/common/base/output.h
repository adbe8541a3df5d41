/* The end of what goes to standard output. */
#ifndef LAC_BASE_OUTPUT_H
#define LAC_BASE_OUTPUT_H

#include "base/status.h"

/* LAC_E_IO: it could not be written. A reader that has gone (`| head`) has seen what it wanted, and is no failure; SIGPIPE is
   ignored. May be called again. */
lac_status lac_output_end(void) LAC_MUST_CHECK;
/* It was closed when the program began, and is /dev/null since: for who prints what must not be lost. */
void lac_output_was_closed(void);
lac_status lac_output_check(void) LAC_MUST_CHECK;

#endif
