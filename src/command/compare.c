#include "command/compare.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "command/compare_table.h"
#include "command/curve.h"
#include "command/run_key.h"
#include "command/run_label.h"
#include "command/run_problem.h"
#include "seal/secret.h"

enum { MOST_TARGETS = 20 };

enum { TO, COLUMN, GROUP, LABELS, FORMAT, ANYWAY, OPTIMA, KEY, OPTIONS };

static const struct lac_option compare_table[OPTIONS] = {
    {"Table", "to", "VALUE,...", NULL, LAC_LOCAL,
     "what has to be reached: a table for each, of the first row where the column is at most this, of accuracies at least"},
    {"Table", "column", "COLUMN", "grad_norm_sq", LAC_LOCAL,
     "of which: any of 'laconic list columns', or gap: f(x) - f*, of which 'laconic solve' found f*"},
    {"Table", "group", LAC_GROUP_ARGUMENT, NULL, LAC_LOCAL,
     "one line, of medians, for all runs that are alike in these options of train; with all-but- before them, in all others: all-but-seed"},
    {"Table", "labels", "A|B|...", NULL, LAC_LOCAL,
     "one for each line; default: the options that differ"},
    {"Table", "format", "text|markdown|latex|csv", "text", LAC_LOCAL,
     "text, markdown, latex or csv"},
    {"Table", "anyway", NULL, NULL, LAC_LOCAL,
     "compare runs of different problems too, but not by gaps"},
    {"Files", "optima", "DIR", NULL, LAC_LOCAL,
     "where gap finds optima; default: where 'laconic solve' keeps them"},
    LAC_RUN_KEY_OPTION_IN("Files"),
};

const struct lac_options lac_compare_options = {
    .command = "compare",
    .usage = "laconic compare RUN|FOLDER... --to VALUE,... [OPTIONS]",
    .table = compare_table,
    .count = OPTIONS,
};

struct request {
    const char *labels, *optima;
    struct lac_operands words;
    struct lac_grouping grouping;
    enum table_form form;
    bool anyway;
};

static lac_status read_targets(const char *text, struct comparison *c, struct lac_arena *arena)
{
    double *targets;
    LAC_TRY(LAC_NEW(arena, MOST_TARGETS, &targets));
    for (const char *p = text; p;) {
        char number[64];
        size_t length = strcspn(p, ",");
        if (c->target_count == MOST_TARGETS) {
            return LAC_FAIL(LAC_E_USAGE, "compare: --to: at most %d values", MOST_TARGETS);
        }
        snprintf(number, sizeof number, "%.*s", (int)length, p);
        LAC_TRY(lac_parse_double("--to", number, &targets[c->target_count++]));
        p = p[length] ? p + length + 1 : NULL;
    }
    c->targets = targets;
    return LAC_OK;
}

static lac_status read_form(const char *text, enum table_form *form)
{
    static const char *const words[] = {[TABLE_TEXT] = "text",
                                        [TABLE_MARKDOWN] = "markdown",
                                        [TABLE_LATEX] = "latex",
                                        [TABLE_CSV] = "csv"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], text) == 0) {
            *form = (enum table_form)i;
            return LAC_OK;
        }
    }
    const char *nearest = lac_nearest(text, words, sizeof words / sizeof *words);
    return LAC_FAIL(LAC_E_USAGE,
                    "compare: --format: '%s' is none of text, markdown, latex, csv%s%s%s", text,
                    nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static lac_status read_request(const struct lac_setting *s, struct request *q, struct comparison *c,
                               struct lac_arena *arena)
{
    if (q->words.count == 0 || !s[TO].value) {
        return LAC_FAIL(LAC_E_USAGE, "compare: name %s: laconic compare a.h5 b.h5 --to 1e-2,1e-4",
                        q->words.count == 0 ? "run files" : "what is to be reached");
    }
    LAC_TRY(read_targets(s[TO].value, c, arena));
    LAC_TRY(quantity_find("compare", "--column", s[COLUMN].value, COUNT_TOTAL, &c->column));
    LAC_TRY(lac_grouping_parse("compare", s[GROUP].value, &q->grouping));
    quantity_mark_options(&c->column, q->grouping.shown);
    LAC_TRY(read_form(s[FORMAT].value, &q->form));
    c->grows = strstr(c->column.name, "accuracy") != NULL;
    c->medians = q->grouping.any;
    q->labels = s[LABELS].value;
    q->optima = s[OPTIMA].value;
    q->anyway = s[ANYWAY].value != NULL;
    return LAC_OK;
}

static lac_status check_runs(const struct request *q, const struct comparison *c,
                             const struct lac_run_list *runs, struct lac_arena *arena)
{
    bool personal = c->column.column == &lac_columns[LAC_COLUMN_personal_gap];
    if (c->column.is_gap) {
        LAC_TRY(lac_runs_of_one_problem(runs, personal, "compare: gaps to one minimum", "", arena));
    } else if (!q->anyway) {
        LAC_TRY(lac_runs_of_one_problem(runs, false, "compare",
                                        "; --anyway compares them all the same", arena));
    }
    if (quantity_is_of_own_optimum(&c->column, runs)) {
        LAC_TRY(lac_runs_of_one_optimum("compare", runs, arena));
    }
    for (size_t i = 0; i < runs->count; i++) {
        LAC_TRY(quantity_fill("compare", &c->column, &runs->run[i], q->optima, arena));
    }
    return LAC_OK;
}

/* The first row that has the target; NULL: none has. */
static const struct lac_row *first_at(const struct comparison *c, const struct lac_run *run,
                                      double clients, double target)
{
    for (size_t i = 0; i < run->row_count; i++) {
        double value = quantity_value(&c->column, &run->rows[i], clients);
        if (c->grows ? value >= target : value <= target) {
            return &run->rows[i];
        }
    }
    return NULL;
}

static double measured(const struct lac_row *row, double clients, enum measure m)
{
    if (!row) {
        return HUGE_VAL;
    }
    const double values[MEASURES] = {
        [MEASURE_ROUNDS] = (double)row->round,
        [MEASURE_UP_PER_CLIENT] = (double)row->bits_up / clients,
        [MEASURE_UP] = (double)row->bits_up,
        [MEASURE_DOWN] = (double)row->bits_down,
        [MEASURE_UP_PAPER] = (double)row->bits_up_paper,
        [MEASURE_SECONDS] = row->seconds,
    };
    return values[m];
}

/* The median counts runs that did not come so far as infinitely long. */
static lac_status fill_row(struct comparison *c, size_t target, size_t row, struct lac_arena *arena)
{
    const struct lac_run_group *group = &c->rows.group[row];
    double *values;
    LAC_TRY(LAC_NEW(arena, MEASURES * group->count, &values));
    for (size_t i = 0; i < group->count; i++) {
        double clients = run_clients(group->run[i]);
        const struct lac_row *at = first_at(c, group->run[i], clients, c->targets[target]);
        for (enum measure m = 0; m < MEASURES; m++) {
            values[m * group->count + i] = measured(at, clients, m);
        }
    }
    for (enum measure m = 0; m < MEASURES; m++) {
        c->cells[(target * c->rows.count + row) * MEASURES + m] =
            quantile(values + m * group->count, group->count, 0.5);
    }
    return LAC_OK;
}

static lac_status mark_unfinished(struct lac_run_groups *groups, struct lac_arena *arena)
{
    for (size_t i = 0; i < groups->count; i++) {
        bool finished = true;
        for (size_t k = 0; k < groups->group[i].count; k++) {
            finished = finished && groups->group[i].run[k]->finished;
        }
        if (!finished) {
            LAC_TRY(lac_arena_print(arena, &groups->group[i].label, "%s (unfinished)",
                                    groups->group[i].label));
        }
    }
    return LAC_OK;
}

static lac_status compare(const struct request *q, struct comparison *c, const unsigned char *key,
                          struct lac_arena *arena)
{
    struct lac_run_list runs;
    LAC_TRY(lac_run_list_read("compare", &q->words, key, &runs, arena));
    LAC_TRY(check_runs(q, c, &runs, arena));
    LAC_TRY(lac_run_groups_make(&runs, &q->grouping, "compare", &c->rows, arena));
    LAC_TRY(lac_run_groups_label(&c->rows, &q->grouping, "compare", q->labels, arena));
    LAC_TRY(mark_unfinished(&c->rows, arena));
    LAC_TRY(LAC_NEW(arena, c->target_count * c->rows.count * MEASURES, &c->cells));
    for (size_t target = 0; target < c->target_count; target++) {
        for (size_t row = 0; row < c->rows.count; row++) {
            LAC_TRY(fill_row(c, target, row, arena));
        }
    }
    comparison_print(c, q->form);
    return LAC_OK;
}

static lac_status read_and_compare(int argc, char *const *argv, struct lac_arena *arena)
{
    struct lac_setting s[OPTIONS];
    struct request q = {0};
    struct comparison c = {0};
    unsigned char *key;
    bool help;
    LAC_TRY(lac_options_read(&lac_compare_options, argc, argv, arena, s, &q.words, &help));
    if (help) {
        lac_options_help(&lac_compare_options, stdout);
        return LAC_OK;
    }
    LAC_TRY(read_request(s, &q, &c, arena));
    LAC_TRY(lac_run_key_read(s[KEY].value, &key));
    lac_status status = compare(&q, &c, key, arena);
    lac_secret_free(key);
    return status;
}

lac_status lac_command_compare(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    lac_status status = read_and_compare(argc, argv, &arena);
    lac_arena_free(&arena);
    return status;
}
