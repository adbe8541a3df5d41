#include "base/clean.h"

#include <stdint.h>
#include <string.h>

enum { ESCAPE = 4 }; /* bytes of \xNN */

size_t lac_letter(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    if (*p < 0x80) {
        return *p >= 0x20 && *p != 0x7F;
    }
    size_t length = *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : 2;
    uint32_t code = *p & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (p[i] & 0x3Fu);
    }
    static const uint32_t least[] = {
        [2] = 0xA0, [3] = 0x800, [4] = 0x10000}; /* below: C1, overlong */
    bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return *p >= 0xC2 && *p <= 0xF4 && code >= least[length] && code <= 0x10FFFF && !surrogate
               ? length
               : 0;
}

size_t lac_letters(const char *text)
{
    size_t count = 0;
    for (const char *p = text; *p; count++) {
        size_t bytes = lac_letter(p);
        p += bytes ? bytes : 1;
    }
    return count;
}

/* The next character of *text or its escape, into out; returns its bytes. */
static size_t next_piece(const char **text, char out[ESCAPE + 1])
{
    size_t length = lac_letter(*text);
    if (length == 0) {
        snprintf(out, ESCAPE + 1, "\\x%02x", (unsigned)(unsigned char)**text);
        (*text)++;
        return ESCAPE;
    }
    memcpy(out, *text, length);
    *text += length;
    return length;
}

void lac_clean(const char *text, char *out, size_t capacity)
{
    size_t used = 0;
    while (*text) {
        char piece[ESCAPE + 1];
        size_t length = next_piece(&text, piece);
        if (used + length >= capacity) {
            break;
        }
        memcpy(out + used, piece, length);
        used += length;
    }
    out[used] = '\0';
}

bool lac_is_clean(const char *text)
{
    size_t length = 1;
    while (*text && length > 0) {
        length = lac_letter(text);
        text += length;
    }
    return length > 0;
}

void lac_print_clean(FILE *to, const char *text)
{
    while (*text) {
        char piece[ESCAPE + 1];
        size_t length = next_piece(&text, piece);
        fwrite(piece, 1, length, to);
    }
}
