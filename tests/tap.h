/*
 * Test programs speak TAP: one line per check, whose name is the sentence that it proves.
 * Include once, in the file that has main; end main with return tap_done().
 */
#ifndef LAC_TESTS_TAP_H
#define LAC_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static int tap_count, tap_failures;

__attribute__((format(printf, 2, 3))) static inline bool tap_ok(bool ok, const char *format, ...)
{
    va_list args;
    tap_count++;
    tap_failures += !ok;
    printf("%sok %d - ", ok ? "" : "not ", tap_count);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    return ok;
}

__attribute__((format(printf, 2, 3))) static inline void tap_skip(const char *why,
                                                                  const char *format, ...)
{
    va_list args;
    printf("ok %d - ", ++tap_count);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf(" # SKIP %s\n", why);
}

/* How many of n random cases to try: a fortieth where LAC_TEST_SHORT is set, as it is under valgrind
   and the sanitizers. */
static inline int tap_cases(int n)
{
    return getenv("LAC_TEST_SHORT") ? (n + 39) / 40 : n;
}

static inline int tap_done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failures ? 1 : 0;
}

/* The call succeeds; the failure's sentence is shown where it does not. */
#define TAP_OK(expr)                                                          \
    do {                                                                      \
        lac_status tap_status = (expr);                                       \
        tap_ok(tap_status == LAC_OK, "%s%s%s", #expr, tap_status ? ": " : "", \
               tap_status ? lac_failure() : "");                              \
    } while (0)

#endif
