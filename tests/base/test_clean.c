#include <string.h>

#include "base/clean.h"
#include "base/status.h"
#include "tap.h"

static const struct {
    const char *text, *clean;
} cases[] = {
    {"plain text, 'quoted'", "plain text, 'quoted'"},
    {"", ""},
    {"\x1b[31mred\x07", "\\x1b[31mred\\x07"},
    {"two\nlines\r\t\x7f", "two\\x0alines\\x0d\\x09\\x7f"},
    {"d\xc3\xa9j\xc3\xa0 \xe2\x82\xac \xf0\x9f\x99\x82",
     "d\xc3\xa9j\xc3\xa0 \xe2\x82\xac \xf0\x9f\x99\x82"},
    {"\xff\xfe", "\\xff\\xfe"},
    {"\xc2\x9b"
     "2J",
     "\\xc2\\x9b"
     "2J"},                                                  /* the CSI of C1 */
    {"\xc0\xaf \xe0\x80\xaf", "\\xc0\\xaf \\xe0\\x80\\xaf"}, /* overlong */
    {"\xed\xa0\x80", "\\xed\\xa0\\x80"},                     /* a surrogate */
    {"\xf4\x90\x80\x80 \xf8\x88\x80\x80\x80", "\\xf4\\x90\\x80\\x80 \\xf8\\x88\\x80\\x80\\x80"},
    {"cut \xe2\x82", "cut \\xe2\\x82"},
    {"cut \xc3", "cut \\xc3"},
};

int main(void)
{
    char out[200], brief[8];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool clean = strcmp(cases[i].text, cases[i].clean) == 0;
        lac_clean(cases[i].text, out, sizeof out);
        tap_ok(strcmp(out, cases[i].clean) == 0, "case %zu is made %s", i, cases[i].clean);
        tap_ok(lac_is_clean(cases[i].text) == clean && lac_is_clean(cases[i].clean),
               "and is known for what it is");
        char printed[200] = "";
        FILE *file = tmpfile();
        lac_print_clean(file, cases[i].text);
        rewind(file);
        size_t length = fread(printed, 1, sizeof printed - 1, file);
        fclose(file);
        tap_ok(length == strlen(out) && strcmp(printed, out) == 0, "and printed as that");
        (void)LAC_FAIL(LAC_E_INPUT, "'%s'", cases[i].text);
        tap_ok(lac_is_clean(lac_failure()) && strstr(lac_failure(), cases[i].clean),
               "a sentence for the user has it so");
    }
    lac_clean("ab\x1b"
              "c",
              brief, sizeof brief);
    tap_ok(strcmp(brief, "ab\\x1bc") == 0, "what fits is there");
    lac_clean("abcd\x1b", brief, sizeof brief);
    tap_ok(strcmp(brief, "abcd") == 0, "an escape is whole or not there");
    lac_clean("123456\xc3\xa9", brief, sizeof brief);
    tap_ok(strcmp(brief, "123456") == 0, "and so is a character");
    tap_ok(lac_letters("") == 0 && lac_letters("a\xc3\xa9\xe2\x82\xac") == 3 &&
               lac_letters("\x1b\xff") == 2,
           "letters are counted, bytes that are in none too");
    return tap_done();
}
