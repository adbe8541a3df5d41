/* Multipliers as they are written, and the steps that they make. */
#include <string.h>

#include "command/tune_grid.h"
#include "tap.h"

static void test_good(struct lac_arena *a)
{
    static const struct {
        const char *text;
        size_t count;
        double first, second, last;
    } cases[] = {
        {"2^-4..2^8", 13, 0.0625, 0.125, 256.0},
        {"2^-4..2^6:2", 6, 0.0625, 0.25, 64.0},
        {"2^-4..2^5:2", 5, 0.0625, 0.25, 16.0},
        {"10^-3..10^2", 6, 0.001, 0.01, 100.0},
        {"1,4,16", 3, 1.0, 4.0, 16.0},
        {"16,1,4", 3, 1.0, 4.0, 16.0},
        {"0.5,2^3", 2, 0.5, 8.0, 8.0},
        {"32,2^-1..2^1,10^2", 5, 0.5, 1.0, 100.0},
        {"2^0..2^0,3", 2, 1.0, 3.0, 3.0},
        {"1e-2,2e-2", 2, 0.01, 0.02, 0.02},
        {"2^-300..2^300:600", 2, 0x1p-300, 0x1p300, 0x1p300},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lac_tune_grid g = {0};
        lac_status status = lac_tune_grid_parse(&g, "--grid", cases[i].text, a);
        tap_ok(status == LAC_OK && g.count == cases[i].count && g.multiplier[0] == cases[i].first &&
                   g.multiplier[1] == cases[i].second && g.multiplier[g.count - 1] == cases[i].last,
               "%s has %zu multipliers, ascending and exact", cases[i].text, cases[i].count);
    }
}

static void test_bad(struct lac_arena *a)
{
    static const struct {
        const char *text, *word;
    } cases[] = {
        {"", "nothing"},
        {",", "nothing"},
        {"1,", "nothing"},
        {"1,,2", "nothing"},
        {"x", "no number"},
        {"1 2", "no number"},
        {"0", "above 0"},
        {"-1", "above 0"},
        {"inf", "finite"},
        {"nan", "finite"},
        {"1e400", "finite"},
        {"3^2", "no power"},
        {"2^", "exponent"},
        {"2^x", "exponent"},
        {"2^1.5", "exponent"},
        {"2^301", "outside"},
        {"2^99999999999999999999", "outside"},
        {"^2", "no power"},
        {"2^4..", "no power"},
        {"..2^4", "no power"},
        {"1..4", "no power"},
        {"2^4..2^1", "above its end"},
        {"2^1..10^4", "two bases"},
        {"2^1..2^4:0", "stride"},
        {"2^1..2^4:-1", "whole number"},
        {"2^1..2^4:", "whole number"},
        {"2^1..2^4:601", "stride"},
        {"1,1", "1 stands there twice"},
        {"1,2^0", "1 stands there twice"},
        {"2^-4..2^8,16", "16 stands there twice"},
        {"1111111111111111111111111111111111111111111111111111111111111111", "a long text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lac_tune_grid g = {.count = 77};
        lac_status status = lac_tune_grid_parse(&g, "--grid", cases[i].text, a);
        tap_ok(status == LAC_E_USAGE && strncmp(lac_failure(), "--grid: ", 8) == 0 &&
                   strstr(lac_failure(), cases[i].word) && g.count == 77,
               "'%s' is refused: %s", cases[i].text, lac_failure());
    }
}

static void test_most(struct lac_arena *a)
{
    static char text[8 * (LAC_TUNE_MOST_RUNS + 1)];
    struct lac_tune_grid g = {0};
    size_t n = 0;
    for (int i = 1; i <= LAC_TUNE_MOST_RUNS; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%d", i > 1 ? "," : "", i);
    }
    tap_ok(lac_tune_grid_parse(&g, "--grid", text, a) == LAC_OK && g.count == LAC_TUNE_MOST_RUNS,
           "%d multipliers are read", LAC_TUNE_MOST_RUNS);
    snprintf(text + n, sizeof text - n, ",0.5");
    tap_ok(lac_tune_grid_parse(&g, "--grid", text, a) == LAC_E_USAGE &&
               strstr(lac_failure(), "more than"),
           "one more is refused");
}

static void test_steps(struct lac_arena *a)
{
    static const struct {
        const char *step;
        double multiplier;
        const char *product; /* NULL: refused */
    } cases[] = {
        {"theory", 16.0, "theory*16"},
        {"theory", 0.0625, "theory*0.0625"},
        {"theory-old*0.5", 16.0, "theory-old*8"},
        {"0.01", 16.0, "0.16"},
        {"1e-3", 0.001, "1e-06"},
        {"theory*x", 2.0, NULL},
        {"theory*", 2.0, NULL},
        {"0.1x", 2.0, NULL},
        {"-1", 2.0, NULL},
        {"0", 2.0, NULL},
        {"1e300", 1e300, NULL},
        {"theory*1e-300", 1e-300, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *out = "untouched";
        lac_status status = lac_tune_step("--step", cases[i].step, cases[i].multiplier, a, &out);
        if (cases[i].product) {
            tap_ok(status == LAC_OK && strcmp(out, cases[i].product) == 0, "%s times %g is %s",
                   cases[i].step, cases[i].multiplier, out);
        } else {
            tap_ok(status == LAC_E_USAGE && strcmp(out, "untouched") == 0,
                   "%s times %g is refused: %s", cases[i].step, cases[i].multiplier, lac_failure());
        }
    }
}

int main(void)
{
    struct lac_arena arena = {0};
    test_good(&arena);
    test_bad(&arena);
    test_most(&arena);
    test_steps(&arena);
    lac_arena_free(&arena);
    return tap_done();
}
