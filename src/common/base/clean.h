/* Text from outside (files, peers, options) made fit for a terminal: control characters and bytes that are no
   UTF-8 become \xNN. */
#ifndef LAC_BASE_CLEAN_H
#define LAC_BASE_CLEAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Bytes of the printable character at p, RFC 3629; 0 where there is none. */
size_t lac_letter(const char *p);
/* Printable characters, and bytes that are in none. */
size_t lac_letters(const char *text);
/* out (capacity > 0) ends with 0; what does not fit is left out. */
void lac_clean(const char *text, char *out, size_t capacity);
bool lac_is_clean(const char *text);
void lac_print_clean(FILE *to, const char *text);

#endif
