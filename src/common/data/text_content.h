#ifndef LAC_WORKER_DATA_TEXT_CONTENT_H
#define LAC_WORKER_DATA_TEXT_CONTENT_H

#include "data/data.h"

/* The size of the text without the blank lines (and the blanks) at its end. */
size_t lac_text_content(const struct lac_text *t);

#endif
