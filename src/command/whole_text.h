/* Text that is printed whole, or not at all. */
#ifndef LAC_COMMAND_WHOLE_TEXT_H
#define LAC_COMMAND_WHOLE_TEXT_H

#include <stdio.h>

#include "base/status.h"

struct lac_whole_text {
    FILE *to; /* what is written here is held back */
    char *text;
    size_t bytes;
};

lac_status lac_whole_text_begin(struct lac_whole_text *t) LAC_MUST_CHECK;
/* On standard output where status is LAC_OK; returns status. */
lac_status lac_whole_text_print(struct lac_whole_text *t, lac_status status) LAC_MUST_CHECK;

#endif
