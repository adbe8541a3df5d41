#include "command/show.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "command/show_summary.h"
#include "store/columns.h"

enum form { FOR_PEOPLE, AS_JSON, AS_CSV, AS_CONFIG, AS_HELP };

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static void fill_totals(json_t *summary, const struct lac_row *row)
{
    if (!json_object_get(summary, "bits")) {
        json_object_set_new(summary, "bits",
                            json_pack("{s:{s:I}, s:{s:I}, s:I}", "up", "total",
                                      (json_int_t)row->bits_up, "down", "total",
                                      (json_int_t)row->bits_down, "up_paper",
                                      (json_int_t)row->bits_up_paper));
    }
    if (!json_object_get(summary, "seconds")) {
        json_object_set_new(summary, "seconds",
                            json_pack("{s:o}", "total", real_or_null(row->seconds)));
    }
}

/* Puts what is newer in the rows into the summary of a run that did not end. */
static void bring_up_to_date(struct shown *s)
{
    json_object_set_new(s->summary, "status", json_string("unfinished"));
    if (s->run->row_count == 0) {
        return;
    }
    const struct lac_row *row = &s->run->rows[s->run->row_count - 1];
    json_object_set_new(s->summary, "rounds", json_integer((json_int_t)row->round));
    json_object_set_new(s->summary, "final",
                        json_pack("{s:I, s:o, s:o, s:n}", "round", (json_int_t)row->round, "loss",
                                  real_or_null(row->loss), "grad_norm_sq",
                                  real_or_null(row->grad_norm_sq), "model_digest"));
    if (s->run->tracked) {
        json_object_set_new(json_object_get(s->summary, "final"), "tracked",
                            lac_tracked_json(s->run->tracked, row));
    }
    json_t *seconds = json_object_get(s->summary, "seconds");
    double setup = json_number_value(json_object_get(seconds, "setup"));
    if (seconds) {
        json_object_set_new(seconds, "total", json_real(setup + row->seconds));
    }
    fill_totals(s->summary, row);
}

static lac_status open_shown(struct shown *s, const struct lac_run *run)
{
    json_error_t error;
    *s = (struct shown){.run = run};
    s->summary = json_loads(run->summary, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(s->summary)) {
        json_decref(s->summary);
        return LAC_FAIL(LAC_E_IO, "'%s' is damaged: its summary is no JSON object", run->path);
    }
    const char *status = json_string_value(json_object_get(s->summary, "status"));
    s->unfinished = !run->finished || !status || strcmp(status, "running") == 0;
    if (s->unfinished) {
        bring_up_to_date(s);
    }
    return LAC_OK;
}

static void print_json(const struct shown *s)
{
    if (!s->unfinished) {
        printf("%s", s->run->summary);
        return;
    }
    char *text = json_dumps(s->summary, JSON_INDENT(2));
    printf("%s", text ? text : "{}");
    free(text);
}

static void print_csv_text(const char *text)
{
    if (!strpbrk(text, ",\"\n\r")) {
        printf("%s", text);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        printf("%s%c", *text == '"' ? "\"" : "", *text);
    }
    putchar('"');
}

/* The columns that any of the runs has. */
static uint64_t tracked_by(const struct lac_run *runs, size_t count)
{
    uint64_t tracked = 0;
    for (size_t i = 0; i < count; i++) {
        tracked |= runs[i].tracked;
    }
    return tracked;
}

static void print_csv_title(uint64_t tracked, bool several)
{
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        if (lac_column_is_in(tracked, c)) {
            printf("%s%s", c > 0 ? "," : "", lac_columns[c].name);
        }
    }
    printf("%s\n", several ? ",run" : "");
}

static void print_cell(const struct lac_column *c, const struct lac_row *row)
{
    char cell[32];
    if (c->is_double) {
        printf("%s", lac_shortest(lac_column_real(c, row), cell));
    } else {
        printf("%" PRIu64, lac_column_count(c, row));
    }
}

/* A cell is empty where the run does not have the column. */
static void print_csv(const struct lac_run *run, uint64_t tracked, bool several)
{
    for (size_t i = 0; i < run->row_count && !ferror(stdout); i++) {
        for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
            if (!lac_column_is_in(tracked, c)) {
                continue;
            }
            printf("%s", c > 0 ? "," : "");
            if (lac_column_is_in(run->tracked, c)) {
                print_cell(&lac_columns[c], &run->rows[i]);
            }
        }
        if (several) {
            printf(",");
            print_csv_text(run->path);
        }
        printf("\n");
    }
}

static void print_config(const struct lac_run *run)
{
    printf("# %s\n", run->path);
    for (size_t i = 0; i < run->configuration_count; i++) {
        printf("%s = %s\n", run->configuration[i].key, run->configuration[i].value);
    }
}

/* A reader that has gone (EPIPE) has seen what it wanted. */
static lac_status finish_output(void)
{
    int reason = ferror(stdout) ? errno : 0;
    if (fflush(stdout) != 0 && reason == 0) {
        reason = errno;
    }
    if (reason != 0 && reason != EPIPE) {
        return LAC_FAIL(LAC_E_IO, "cannot write to standard output: %s", strerror(reason));
    }
    return LAC_OK;
}

static lac_status show_json(const struct lac_run *runs, size_t count)
{
    printf("%s", count > 1 ? "[" : "");
    for (size_t i = 0; i < count; i++) {
        struct shown s;
        LAC_TRY(open_shown(&s, &runs[i]));
        printf("%s", i > 0 ? ",\n" : "");
        print_json(&s);
        json_decref(s.summary);
    }
    printf("%s\n", count > 1 ? "]" : "");
    return LAC_OK;
}

static lac_status show_people(const struct lac_run *runs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct shown s;
        LAC_TRY(open_shown(&s, &runs[i]));
        printf("%s", i > 0 ? "\n" : "");
        lac_show_summary(&s);
        json_decref(s.summary);
    }
    return LAC_OK;
}

static lac_status show_runs(const struct lac_run *runs, size_t count, enum form form)
{
    if (form == FOR_PEOPLE) {
        return show_people(runs, count);
    }
    if (form == AS_JSON) {
        return show_json(runs, count);
    }
    uint64_t tracked = tracked_by(runs, count);
    if (form == AS_CSV) {
        print_csv_title(tracked, count > 1);
    }
    for (size_t i = 0; i < count; i++) {
        if (form == AS_CSV) {
            print_csv(&runs[i], tracked, count > 1);
        } else {
            print_config(&runs[i]);
        }
    }
    return LAC_OK;
}

/* All are read before anything is printed: a bad name among many leaves no half output. */
static lac_status read_and_show(const char *const *paths, size_t count, enum form form,
                                struct lac_arena *arena)
{
    struct lac_run *runs;
    LAC_TRY(LAC_NEW(arena, count, &runs));
    for (size_t i = 0; i < count; i++) {
        LAC_TRY(lac_run_read(&runs[i], paths[i], arena));
    }
    errno = 0;
    LAC_TRY(show_runs(runs, count, form));
    return finish_output();
}

static lac_status read_option(const char *word, enum form *form)
{
    static const char *const names[] = {"--json", "--csv", "--config", "--help"};
    static const enum form forms[] = {AS_JSON, AS_CSV, AS_CONFIG, AS_HELP};
    enum { COUNT = sizeof names / sizeof *names };
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(word, names[i]) == 0) {
            if (*form != FOR_PEOPLE && *form != forms[i]) {
                return LAC_FAIL(LAC_E_USAGE, "show: give one of --json, --csv and --config");
            }
            *form = forms[i];
            return LAC_OK;
        }
    }
    const char *nearest = lac_nearest(word, names, COUNT);
    return LAC_FAIL(LAC_E_USAGE, "show: unknown option '%s'; %s%s", word,
                    nearest ? "did you mean " : "there are --json, --csv and --config",
                    nearest ? nearest : "");
}

/* Options may stand anywhere before "--". */
static lac_status read_words(int argc, char *const *argv, const char **paths, size_t *count,
                             enum form *form)
{
    bool options = true;
    for (int i = 0; i < argc; i++) {
        bool option = options && argv[i][0] == '-' && argv[i][1] != '\0';
        if (option && strcmp(argv[i], "--") == 0) {
            options = false;
            continue;
        }
        if (!option) {
            paths[(*count)++] = argv[i];
            continue;
        }
        LAC_TRY(read_option(argv[i], form));
    }
    if (*count == 0 && *form != AS_HELP) {
        return LAC_FAIL(LAC_E_USAGE, "show: name a run file: laconic show [--json | --csv] run.h5");
    }
    return LAC_OK;
}

lac_status lac_command_show(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    const char **paths;
    size_t count = 0;
    enum form form = FOR_PEOPLE;
    lac_status status = LAC_NEW(&arena, (size_t)(argc > 0 ? argc : 1), &paths);
    if (status == LAC_OK) {
        status = read_words(argc, argv, paths, &count, &form);
    }
    if (status == LAC_OK && form == AS_HELP) {
        printf("laconic show [--json | --csv | --config] RUN...\n");
    } else if (status == LAC_OK) {
        status = read_and_show(paths, count, form, &arena);
    }
    lac_arena_free(&arena);
    return status;
}
