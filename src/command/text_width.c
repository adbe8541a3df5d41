#include "command/text_width.h"

#include <string.h>

#include "base/clean.h"

/* DejaVu Sans 2.37, from the blank to the tilde, in hundredths. */
static const unsigned char widths[] = {
    32,  41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34, /* */
    64,  64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 54, /* 0 */
    100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79, /* @ */
    61,  79, 70, 64, 62, 74, 69, 99, 69, 62, 69, 40, 34, 40, 84, 50, /* P */
    50,  62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 28, 98, 64, 62, /* ` */
    64,  64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84,     /* p */
};

static const double beyond = 1.1, ellipsis = 1.0, middle_dot = 0.32;

/* Of the letter at p; what is no letter is drawn as one that is. */
static double letter_width(const char *p, size_t *bytes)
{
    unsigned char first = (unsigned char)*p;
    *bytes = lac_letter(p);
    if (*bytes > 1) {
        return strncmp(p, "·", *bytes) == 0 ? middle_dot : beyond;
    }
    *bytes = 1;
    return first >= ' ' && first <= '~' ? widths[first - ' '] / 100.0 : widths['?' - ' '] / 100.0;
}

double text_width(const char *text, size_t bytes)
{
    double width = 0;
    for (size_t k = 0, letter; k < bytes; k += letter) {
        width += letter_width(text + k, &letter);
    }
    return width;
}

/* Bytes of the text's beginning that fit, of one letter at least. */
static size_t fitting(const char *text, double widest)
{
    double width = 0;
    size_t fit = 0, letter;
    while (text[fit] && text[fit] != '\n') {
        width += letter_width(text + fit, &letter);
        if (width > widest && fit > 0) {
            break;
        }
        fit += letter;
    }
    return fit;
}

/* A comma that leaves two thirds of the line empty is worse than a blank. */
static size_t broken(const char *text, size_t fit)
{
    size_t comma = 0, blank = 0;
    for (size_t k = 1; k <= fit; k++) {
        if (text[k] == ' ') {
            blank = k;
            comma = text[k - 1] == ',' ? k : comma;
        }
    }
    return 3 * comma >= fit ? comma : blank > 0 ? blank : fit;
}

size_t text_wrap(const char *text, double widest, size_t most, struct text_line *lines)
{
    size_t count = 0;
    do {
        size_t fit = fitting(text, widest);
        bool ends = text[fit] == '\0', last = count + 1 == most;
        size_t bytes = ends || text[fit] == '\n' ? fit : broken(text, fit);
        bytes = last && !ends ? fitting(text, widest - ellipsis) : bytes;
        lines[count++] = (struct text_line){text, bytes, last && !ends};
        text += bytes;
        text += strspn(text, " ");
        text += *text == '\n';
    } while (*text && count < most);
    return count;
}
