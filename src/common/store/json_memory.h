/* jansson where memory is short: it may leave a value out, or half of a text, and not say so. */
#ifndef LAC_STORE_JSON_MEMORY_H
#define LAC_STORE_JSON_MEMORY_H

#include <jansson.h>
#include <stdbool.h>

/* Before a value is made or read in this thread. */
void lac_json_begin(void);
/* Whether this thread's calls of jansson lacked memory since. */
bool lac_json_lacked(void);
/* The value as text of several lines, malloced; NULL where memory lacked for it, or lacked since lac_json_begin. */
char *lac_json_text(const json_t *json);

#endif
