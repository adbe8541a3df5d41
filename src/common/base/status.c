#include "base/status.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"

static _Thread_local char sentence[1024];
static _Thread_local char place[128];
static void (*bug_hook)(const char *text);

static void record_place(const char *file, int line)
{
    const char *slash = strrchr(file, '/');
    snprintf(place, sizeof place, "%s:%d", slash ? slash + 1 : file, line);
}

/* What stands behind the title of a key file, whatever the file was taken for. */
static void hide_keys(char *text)
{
    static const char *const titles[] = {LAC_GROUP_KEY_TITLE, LAC_IDENTITY_TITLE};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        for (char *at = strstr(text, titles[i]); at; at = strstr(at, titles[i])) {
            at += strlen(titles[i]);
            for (; *at == ' ' || isxdigit((unsigned char)*at); at++) {
                *at = *at == ' ' ? ' ' : '.';
            }
        }
    }
}

void lac_fail(const char *file, int line, const char *format, ...)
{
    char text[sizeof sentence]; /* an argument may be the sentence itself */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    hide_keys(text);
    lac_clean(text, sentence, sizeof sentence);
    record_place(file, line);
}

const char *lac_failure(void)
{
    return sentence;
}

void lac_forget_failure(void)
{
    sentence[0] = '\0';
}

const char *lac_failure_place(void)
{
    return place;
}

lac_status lac_of_option(const char *option, lac_status status)
{
    if (status == LAC_OK || strncmp(sentence, "--", 2) == 0) {
        return status;
    }
    return LAC_FAIL(status, "%s: %s", option, sentence);
}

int lac_exit_code(lac_status status)
{
    switch (status) {
#define LAC_STATUS_EXIT(name, exit_code, text) \
    case name:                                 \
        return exit_code;
        LAC_STATUS_LIST(LAC_STATUS_EXIT)
#undef LAC_STATUS_EXIT
    }
    return 1;
}

const char *lac_status_text(lac_status status)
{
    switch (status) {
#define LAC_STATUS_TEXT(name, exit_code, text) \
    case name:                                 \
        return text;
        LAC_STATUS_LIST(LAC_STATUS_TEXT)
#undef LAC_STATUS_TEXT
    }
    return "unknown status";
}

void lac_set_bug_hook(void (*hook)(const char *text))
{
    bug_hook = hook;
}

_Noreturn void lac_bug(const char *file, int line, const char *what)
{
    record_place(file, line);
    snprintf(sentence, sizeof sentence, "%s does not hold (%s)", what, place);
    if (bug_hook) {
        bug_hook(sentence);
    } else {
        fprintf(stderr, "laconic: bug in Laconic: %s\n", sentence);
    }
    abort();
}
