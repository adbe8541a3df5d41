/* golden_writer OPTIONS: the data of a run, its step and its models as text, for golden.py. */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static void write_numbers(const char *name, const double *x, size_t count)
{
    printf("%s", name);
    for (size_t j = 0; j < count; j++) {
        printf(" %.17g", x[j]);
    }
    printf("\n");
}

/* Rows of any storage, as products with the unit vectors would give them. */
static void write_row(const struct lac_rows *rows, size_t r, double *row)
{
    for (size_t j = 0; j < rows->d; j++) {
        row[j] = rows->dense ? rows->dense[r * rows->stride + j] : 0.0;
    }
    for (uint64_t k = rows->dense ? 0 : rows->start[r]; !rows->dense && k < rows->start[r + 1];
         k++) {
        row[rows->index[k]] = rows->value ? rows->value[k] : 1.0;
    }
}

static void write_data(struct trace *t)
{
    double *row = numbers(t->d);
    for (uint32_t i = 0; i < t->run.solo.server.n; i++) {
        const struct lac_local *f = client_local(&t->run, i);
        for (size_t r = 0; r < f->rows.m; r++) {
            char name[64];
            snprintf(name, sizeof name, "row %u %.17g", i, f->rows.label[r]);
            write_row(&f->rows, r, row);
            write_numbers(name, row, t->d);
        }
    }
    free(row);
}

int main(int argc, char **argv)
{
    static struct trace t;
    if (argc != 2 || trace_run(&t, 2, argv[1]) != LAC_OK) {
        printf("failed %s\n", argc == 2 ? lac_failure() : "one argument is needed");
        return 1;
    }
    printf("clients %u\n", t.run.solo.server.n);
    write_data(&t);
    write_numbers("gamma", &t.gamma, 1);
    for (uint64_t r = 0; r <= t.run.solo.config.rounds; r++) {
        write_numbers("x", trace_model(&t, r), t.d);
    }
    for (size_t i = 0; i < t.rows; i++) {
        double row[2] = {t.row[i].loss, t.row[i].grad_norm_sq};
        write_numbers("f", row, 2);
    }
    trace_close(&t);
    return 0;
}
