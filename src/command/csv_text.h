/* A text as a cell of CSV, RFC 4180. */
#ifndef LAC_COMMAND_CSV_TEXT_H
#define LAC_COMMAND_CSV_TEXT_H

#include <stdio.h>
#include <string.h>

static inline void csv_put_text(FILE *to, const char *text)
{
    if (!strpbrk(text, ",\"\n\r")) {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text; text++) {
        fprintf(to, "%s%c", *text == '"' ? "\"" : "", *text);
    }
    fputc('"', to);
}

#endif
