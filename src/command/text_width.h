/* How wide words of a figure are, and where they are broken into lines. */
#ifndef LAC_COMMAND_TEXT_WIDTH_H
#define LAC_COMMAND_TEXT_WIDTH_H

#include <stdbool.h>
#include <stddef.h>

struct text_line { /* borrowed from the text */
    const char *at;
    size_t bytes;
    bool cut; /* more would follow, for which there is no line */
};

/* In heights of its letters, set in DejaVu Sans, the widest of the usual sans-serifs; letters beyond ASCII count as wide ones,
   but the dot of 5·10^6. */
double text_width(const char *text, size_t bytes);
/* Lines no wider than `widest`, at most most >= 1 of them: broken where the text is, else behind a comma, else at a blank, else within a
   word. A line has one letter at least, or is one that the text leaves empty. Returns how many. */
size_t text_wrap(const char *text, double widest, size_t most, struct text_line *lines);

#endif
