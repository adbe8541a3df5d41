/* How long the rest of a sweep takes, of runs whose times are given. */
#include "command/sweep_parts.h"
#include "tap.h"

/* What is told at second 100, of runs that began in these seconds (0: it does not run). */
static double left(size_t to_do, size_t jobs, size_t ended, double spent, const double began[5])
{
    struct lac_sweep_run run[5] = {0};
    const struct lac_sweep s = {
        .run = run, .count = 5, .to_do = to_do, .jobs = jobs, .ended = ended, .spent = spent};
    for (size_t r = 0; r < 5; r++) {
        run[r].began = began[r];
    }
    return lac_sweep_time_left(&s, 100.0);
}

int main(void)
{
    static const struct {
        const char *what;
        size_t to_do, jobs, ended;
        double spent, began[5], left;
    } cases[] = {
        {"none has ended", 5, 2, 0, 0.0, {99.0, 98.0}, -1.0},
        {"four more of 4 s each, two at a time", 5, 2, 1, 4.0, {0}, 8.0},
        {"what the running ones have behind them is not left", 5, 2, 1, 4.0, {0, 99.0, 98.0}, 6.5},
        {"one that takes longer than others is about to end", 5, 2, 1, 4.0, {0, 40.0, 99.0}, 5.5},
        {"the mean of those that ended", 5, 1, 3, 6.0, {0}, 4.0},
        {"the last one has a processor for itself", 5, 4, 4, 16.0, {0, 0, 0, 0, 97.0}, 1.0},
        {"those that were there are not counted", 3, 2, 1, 4.0, {0}, 4.0},
        {"all have ended", 5, 2, 5, 20.0, {0}, 0.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double found =
            left(cases[i].to_do, cases[i].jobs, cases[i].ended, cases[i].spent, cases[i].began);
        tap_ok(found == cases[i].left, "%s: %g s left (%g)", cases[i].what, cases[i].left, found);
    }
    return tap_done();
}
