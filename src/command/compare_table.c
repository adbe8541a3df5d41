#include "command/compare_table.h"

#include <math.h>
#include <string.h>

#include "base/clean.h"
#include "base/text.h"
#include "command/csv_text.h"

enum { GAP = 2, LONGEST_CELL = 24 };

static const struct {
    const char *name, *title;
    bool is_bits;
} measures[MEASURES] = {
    [MEASURE_ROUNDS] = {"rounds", "rounds", false},
    [MEASURE_UP_PER_CLIENT] = {"bits_up_per_client", "up/client", true},
    [MEASURE_UP] = {"bits_up", "up", true},
    [MEASURE_DOWN] = {"bits_down", "down", true},
    [MEASURE_UP_PAPER] = {"bits_up_paper", "up, paper", true},
    [MEASURE_SECONDS] = {"seconds", "seconds", false},
};

double comparison_cell(const struct comparison *c, size_t target, size_t row, enum measure m)
{
    return c->cells[(target * c->rows.count + row) * MEASURES + m];
}

static double least_of(const struct comparison *c, size_t target, enum measure m)
{
    double least = HUGE_VAL;
    for (size_t row = 0; row < c->rows.count; row++) {
        least = fmin(least, comparison_cell(c, target, row, m));
    }
    return least;
}

/* One row alone is no best one. */
static bool is_best(const struct comparison *c, size_t target, size_t row, enum measure m)
{
    double value = comparison_cell(c, target, row, m);
    return c->rows.count > 1 && isfinite(value) && value <= least_of(c, target, m);
}

/* Of a column: its least number is 1 or more. */
static struct unit unit_of(const struct comparison *c, size_t target, enum measure m)
{
    return unit_for(measures[m].is_bits ? UNIT_OF_BITS : UNIT_NONE, least_of(c, target, m));
}

static void put_title(char out[LONGEST_CELL], const struct comparison *c, size_t target,
                      enum measure m)
{
    const char *unit = unit_of(c, target, m).name;
    snprintf(out, LONGEST_CELL, "%s%s%s", unit, *unit ? " " : "", measures[m].title);
}

/* Four digits; a dash where the target was not reached. */
static void put_value(char out[LONGEST_CELL], const struct comparison *c, size_t target, size_t row,
                      enum measure m)
{
    double value = comparison_cell(c, target, row, m) / unit_of(c, target, m).size;
    if (isfinite(value)) {
        snprintf(out, LONGEST_CELL, fabs(value) >= 1000 ? "%.0f" : "%.4g", value);
    } else {
        snprintf(out, LONGEST_CELL, "-");
    }
}

static const char *relation(const struct comparison *c, enum table_form form)
{
    if (form == TABLE_LATEX) {
        return c->grows ? "$\\ge$" : "$\\le$";
    }
    return c->grows ? ">=" : "<=";
}

static void print_condition(const struct comparison *c, size_t target, enum table_form form)
{
    char number[32];
    for (const char *p = c->column.name; *p; p++) {
        printf(form == TABLE_LATEX && *p == '_' ? "\\%c" : "%c", *p);
    }
    printf(" %s %s", relation(c, form), lac_shortest(c->targets[target], number));
}

static size_t label_width(const struct comparison *c)
{
    size_t width = 0;
    for (size_t row = 0; row < c->rows.count; row++) {
        size_t letters = lac_letters(c->rows.group[row].label);
        width = letters > width ? letters : width;
    }
    return width;
}

static size_t column_width(const struct comparison *c, size_t target, enum measure m)
{
    char cell[LONGEST_CELL];
    put_title(cell, c, target, m);
    size_t width = strlen(cell);
    for (size_t row = 0; row < c->rows.count; row++) {
        put_value(cell, c, target, row, m);
        width = strlen(cell) > width ? strlen(cell) : width;
    }
    return width;
}

static void print_blanks(size_t count)
{
    printf("%*s", (int)count, "");
}

static void print_text(const struct comparison *c, size_t target)
{
    char cell[LONGEST_CELL];
    printf("%s", target > 0 ? "\n" : "");
    print_condition(c, target, TABLE_TEXT);
    printf("%s\n  ", c->medians ? ", medians" : "");
    print_blanks(label_width(c));
    for (enum measure m = 0; m < MEASURES; m++) {
        put_title(cell, c, target, m);
        printf("%*s", (int)(column_width(c, target, m) + GAP), cell);
        printf("%s", m + 1 < MEASURES ? " " : "\n");
    }
    for (size_t row = 0; row < c->rows.count; row++) {
        printf("  ");
        lac_print_clean(stdout, c->rows.group[row].label);
        print_blanks(label_width(c) - lac_letters(c->rows.group[row].label));
        for (enum measure m = 0; m < MEASURES; m++) {
            put_value(cell, c, target, row, m);
            printf("%*s", (int)(column_width(c, target, m) + GAP), cell);
            const char *between = m + 1 < MEASURES ? " " : "";
            printf("%s", is_best(c, target, row, m) ? "*" : between);
        }
        printf("\n");
    }
}

static void print_escaped(const char *text, const char *special)
{
    for (; *text; text++) {
        printf(strchr(special, *text) ? "\\%c" : "%c", *text);
    }
}

static void print_markdown(const struct comparison *c, size_t target)
{
    char cell[LONGEST_CELL];
    printf("%s| ", target > 0 ? "\n" : "");
    print_condition(c, target, TABLE_MARKDOWN);
    printf("%s |", c->medians ? ", medians" : "");
    for (enum measure m = 0; m < MEASURES; m++) {
        put_title(cell, c, target, m);
        printf(" %s |", cell);
    }
    printf("\n|---|");
    for (enum measure m = 0; m < MEASURES; m++) {
        printf("---:|");
    }
    printf("\n");
    for (size_t row = 0; row < c->rows.count; row++) {
        printf("| ");
        print_escaped(c->rows.group[row].label, "|*_\\");
        printf(" |");
        for (enum measure m = 0; m < MEASURES; m++) {
            put_value(cell, c, target, row, m);
            const char *mark = is_best(c, target, row, m) ? "**" : "";
            printf(" %s%s%s |", mark, cell, mark);
        }
        printf("\n");
    }
}

/* Three characters have no escape of one letter. */
static void print_latex_text(const char *text)
{
    for (; *text; text++) {
        const char *word = *text == '\\'  ? "\\textbackslash{}"
                           : *text == '^' ? "\\textasciicircum{}"
                           : *text == '~' ? "\\textasciitilde{}"
                                          : NULL;
        if (word) {
            printf("%s", word);
        } else {
            printf(strchr("{}_%&#$", *text) ? "\\%c" : "%c", *text);
        }
    }
}

static void print_latex_rows(const struct comparison *c, size_t target)
{
    char cell[LONGEST_CELL];
    print_condition(c, target, TABLE_LATEX);
    printf("%s", c->medians ? ", medians" : "");
    for (enum measure m = 0; m < MEASURES; m++) {
        put_title(cell, c, target, m);
        printf(" & %s", cell);
    }
    printf(" \\\\\n\\hline\n");
    for (size_t row = 0; row < c->rows.count; row++) {
        print_latex_text(c->rows.group[row].label);
        for (enum measure m = 0; m < MEASURES; m++) {
            bool best = is_best(c, target, row, m);
            put_value(cell, c, target, row, m);
            bool never = strcmp(cell, "-") == 0;
            printf(" & %s%s%s", best ? "\\textbf{" : "", never ? "--" : cell, best ? "}" : "");
        }
        printf(" \\\\\n");
    }
    printf("\\hline\n");
}

static void print_latex(const struct comparison *c)
{
    printf("\\begin{tabular}{l*{%d}{r}}\n\\hline\n", MEASURES);
    for (size_t target = 0; target < c->target_count; target++) {
        print_latex_rows(c, target);
    }
    printf("\\end{tabular}\n");
}

/* Bits in bits, all digits; empty where it was not reached. */
static void print_csv(const struct comparison *c)
{
    char number[32];
    printf("run,column,to");
    for (enum measure m = 0; m < MEASURES; m++) {
        printf(",%s", measures[m].name);
    }
    printf(",runs,best\n");
    for (size_t target = 0; target < c->target_count; target++) {
        for (size_t row = 0; row < c->rows.count; row++) {
            csv_put_text(stdout, c->rows.group[row].label);
            printf(",%s,%s", c->column.name, lac_shortest(c->targets[target], number));
            for (enum measure m = 0; m < MEASURES; m++) {
                double value = comparison_cell(c, target, row, m);
                printf(",%s", isfinite(value) ? lac_shortest(value, number) : "");
            }
            printf(",%zu,", c->rows.group[row].count);
            const char *before = "";
            for (enum measure m = 0; m < MEASURES; m++) {
                bool best = is_best(c, target, row, m);
                printf("%s%s", best ? before : "", best ? measures[m].name : "");
                before = best ? " " : before;
            }
            printf("\n");
        }
    }
}

void comparison_print(const struct comparison *c, enum table_form form)
{
    if (form == TABLE_CSV) {
        print_csv(c);
        return;
    }
    if (form == TABLE_LATEX) {
        print_latex(c);
        return;
    }
    for (size_t target = 0; target < c->target_count; target++) {
        if (form == TABLE_MARKDOWN) {
            print_markdown(c, target);
        } else {
            print_text(c, target);
        }
    }
}
