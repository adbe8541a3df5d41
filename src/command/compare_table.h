/* What runs took to reach accuracies, and how it is printed. */
#ifndef LAC_COMMAND_COMPARE_TABLE_H
#define LAC_COMMAND_COMPARE_TABLE_H

#include "command/quantity.h"
#include "command/run_group.h"

enum measure {
    MEASURE_ROUNDS,
    MEASURE_UP_PER_CLIENT,
    MEASURE_UP,
    MEASURE_DOWN,
    MEASURE_UP_PAPER,
    MEASURE_SECONDS,
    MEASURES
};

enum table_form { TABLE_TEXT, TABLE_MARKDOWN, TABLE_LATEX, TABLE_CSV };

struct comparison {
    struct quantity column;
    bool grows;            /* reached is what is at least the target, else at most */
    bool medians;          /* a row is of several runs */
    const double *targets; /* (target_count) */
    size_t target_count;
    struct lac_run_groups rows;
    double *cells; /* (target_count, rows, MEASURES); infinite where it was not reached */
};

double comparison_cell(const struct comparison *c, size_t target, size_t row, enum measure m);
/* On standard output. */
void comparison_print(const struct comparison *c, enum table_form form);

#endif
