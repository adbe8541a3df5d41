#include "command/show_csv.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "command/csv_text.h"
#include "store/columns.h"

/* The columns that any of the runs has. */
static uint64_t columns_of(const struct lac_run *runs, size_t count)
{
    uint64_t columns = 0;
    for (size_t i = 0; i < count; i++) {
        columns |= runs[i].columns;
    }
    return columns;
}

static void print_csv_title(uint64_t columns, bool several)
{
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        if (lac_column_is_kept(columns, c)) {
            printf("%s%s", c > 0 ? "," : "", lac_columns[c].name);
        }
    }
    printf("%s\n", several ? ",run" : "");
}

/* Behind the cell. A million rows have many: printf would take longer than reading them. */
static char *put_cell(const struct lac_column *c, const struct lac_row *row, char *out)
{
    char digit[20];
    size_t digits = 0;
    if (c->is_double) {
        return out + strlen(lac_shortest(lac_column_real(c, row), out));
    }
    uint64_t count = lac_column_count(c, row);
    do {
        digit[digits++] = (char)('0' + count % 10);
        count /= 10;
    } while (count > 0);
    while (digits > 0) {
        *out++ = digit[--digits];
    }
    return out;
}

/* A cell is empty where the run does not have the column. */
static void print_csv(const struct lac_run *run, uint64_t columns, bool several)
{
    enum { CELL = 34 };
    char line[LAC_COLUMN_COUNT * CELL];
    for (size_t i = 0; i < run->row_count && !ferror(stdout); i++) {
        char *end = line;
        for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
            if (!lac_column_is_kept(columns, c)) {
                continue;
            }
            if (c > 0) {
                *end++ = ',';
            }
            if (lac_column_is_kept(run->columns, c)) {
                end = put_cell(&lac_columns[c], &run->rows[i], end);
            }
        }
        (void)fwrite(line, 1, (size_t)(end - line), stdout);
        if (several) {
            printf(",");
            csv_put_text(stdout, run->path);
        }
        (void)putchar('\n');
    }
}

void lac_show_csv(const struct lac_run *runs, size_t count)
{
    uint64_t columns = columns_of(runs, count);
    print_csv_title(columns, count > 1);
    for (size_t i = 0; i < count; i++) {
        print_csv(&runs[i], columns, count > 1);
    }
}
