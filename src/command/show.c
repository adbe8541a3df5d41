#include "command/show.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/options.h"
#include "base/output.h"
#include "base/text.h"
#include "command/run_key.h"
#include "command/run_option.h"
#include "command/show_checkpoint.h"
#include "command/show_command.h"
#include "command/show_csv.h"
#include "command/show_summary.h"
#include "command/whole_text.h"
#include "seal/secret.h"
#include "store/columns.h"

enum form {
    AS_JSON,
    AS_CSV,
    AS_CONFIG,
    AS_COMMAND,
    AS_DESCRIPTION,
    FORMS,
    FOR_PEOPLE = FORMS,
    AS_COMMAND_LINES
}; /* in the order of the options */

enum { LINES = FORMS, KEY, DECRYPT_TO, FORCE, OPTIONS };

static const struct lac_option show_table[OPTIONS] = {
    {"Options", "json", NULL, NULL, LAC_LOCAL,
     "the summary of the run as JSON; of several an array"},
    {"Options", "csv", NULL, NULL, LAC_LOCAL,
     "its rows, a column each as in 'laconic list columns'"},
    {"Options", "config", NULL, NULL, LAC_LOCAL,
     "its options as 'laconic train --config FILE' reads them"},
    {"Options", "command", NULL, NULL, LAC_LOCAL,
     "the command that makes the run again, quoted for sh; of a checkpoint, that goes on"},
    {"Options", "describe", NULL, NULL, LAC_LOCAL,
     "a paragraph for a caption: method and paper, problem, step, bits of a client, version"},
    {"Options", "lines", NULL, NULL, LAC_LOCAL, "with --command: an option on each line"},
    LAC_RUN_KEY_OPTION,
    {"Options", "decrypt-to", "FILE", NULL, LAC_LOCAL,
     "write the plain run.h5 that a private one holds, for you alone (mode 0600)"},
    {"Options", "force", NULL, NULL, LAC_LOCAL, "with --decrypt-to: replace a run file"},
};

const struct lac_options lac_show_options = {
    .command = "show",
    .usage =
        "laconic show [--json | --csv | --config | --command [--lines] | --describe] [--key KEYFILE] RUN...\n"
        "       laconic show --decrypt-to FILE --key KEYFILE RUN\n"
        "       laconic show [--json | --config | --command [--lines] | --describe] CHECKPOINT",
    .table = show_table,
    .count = OPTIONS,
};

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

static json_t *final_json(const struct lac_run *run, const struct lac_row *row)
{
    if (run->public) {
        return json_pack("{s:I}", "round", (json_int_t)row->round);
    }
    json_t *final = json_pack("{s:I, s:o, s:o, s:n}", "round", (json_int_t)row->round, "loss",
                              real_or_null(row->loss), "grad_norm_sq",
                              real_or_null(row->grad_norm_sq), "model_digest");
    if (run->columns >> LAC_ROW_COLUMN_COUNT) {
        json_object_set_new(final, "tracked", lac_tracked_json(run->columns, row));
    }
    return final;
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
    json_object_set_new(s->summary, "final", final_json(s->run, row));
    json_t *seconds = json_object_get(s->summary, "seconds");
    double setup = json_number_value(json_object_get(seconds, "setup"));
    json_object_del(s->summary, "resumed_from"); /* a row's seconds are those of all starts */
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
        return LAC_FAIL(LAC_E_INPUT, "'%s' is damaged: its summary is no JSON object", run->path);
    }
    const char *status = json_string_value(json_object_get(s->summary, "status"));
    s->unfinished = !run->finished || !status || strcmp(status, "running") == 0;
    if (s->unfinished) {
        bring_up_to_date(s);
    }
    return LAC_OK;
}

static lac_status print_json(const struct shown *s, struct lac_arena *arena)
{
    char digest[LAC_DIGEST_TEXT];
    LAC_TRY(lac_run_configuration_digest(s->run, digest, arena));
    json_t *all = json_pack("{s:i}", "schema", LAC_SHOW_SCHEMA);
    json_object_update(all, s->summary);
    json_object_set_new(all, "configuration_digest", json_string(digest));
    char *text = json_dumps(all, JSON_INDENT(2));
    printf("%s", text ? text : "{}");
    free(text);
    json_decref(all);
    return LAC_OK;
}

/* As the reader of options files takes it: trimmed, without a comment, on one line. */
static bool fits_a_line(const char *value)
{
    size_t length = strlen(value);
    return length > 0 && !isspace((unsigned char)*value) &&
           !isspace((unsigned char)value[length - 1]) && !strchr(value, '\n') &&
           !strstr(value, " #");
}

static void print_config(const struct lac_run *run)
{
    printf("# ");
    lac_print_clean(stdout, run->path);
    printf("\n");
    for (size_t i = 0; i < run->configuration_count; i++) {
        const struct lac_pair *pair = &run->configuration[i];
        bool fits = fits_a_line(pair->value) && lac_is_clean(pair->value);
        printf("%s%s = ", fits ? "" : "# give this on the command line: ", pair->key);
        lac_print_clean(stdout, pair->value);
        printf("\n");
    }
}

static lac_status show_json(const struct lac_run *runs, size_t count, struct lac_arena *arena)
{
    printf("%s", count > 1 ? "[" : "");
    for (size_t i = 0; i < count; i++) {
        struct shown s;
        LAC_TRY(open_shown(&s, &runs[i]));
        printf("%s", i > 0 ? ",\n" : "");
        lac_status status = print_json(&s, arena);
        json_decref(s.summary);
        LAC_TRY(status);
    }
    printf("%s\n", count > 1 ? "]" : "");
    return LAC_OK;
}

static lac_status show_people(const struct lac_run *runs, size_t count, struct lac_arena *arena)
{
    struct lac_gap *gaps;
    LAC_TRY(LAC_NEW(arena, count, &gaps));
    for (size_t i = 0; i < count; i++) {
        LAC_TRY(lac_gap_find(&runs[i], NULL, &gaps[i], arena));
    }
    for (size_t i = 0; i < count; i++) {
        struct shown s;
        LAC_TRY(open_shown(&s, &runs[i]));
        s.gap = &gaps[i];
        printf("%s", i > 0 ? "\n" : "");
        lac_show_summary(&s);
        json_decref(s.summary);
    }
    return LAC_OK;
}

static lac_status show_description(const struct lac_run *run)
{
    struct shown s;
    LAC_TRY(open_shown(&s, run));
    lac_show_description(&s);
    json_decref(s.summary);
    return LAC_OK;
}

/* Those of all runs, or none. */
static lac_status show_commands(const struct lac_run *runs, size_t count, bool lines,
                                struct lac_arena *arena)
{
    struct lac_whole_text text;
    lac_status status = LAC_OK;
    LAC_TRY(lac_whole_text_begin(&text));
    for (size_t i = 0; i < count && status == LAC_OK; i++) {
        struct shown s;
        status = open_shown(&s, &runs[i]);
        if (status == LAC_OK) {
            status = lac_show_command(&s, lines, text.to, arena);
            json_decref(s.summary);
        }
    }
    return lac_whole_text_print(&text, status);
}

static lac_status show_runs(const struct lac_run *runs, size_t count, enum form form,
                            struct lac_arena *arena)
{
    if (form == FOR_PEOPLE) {
        return show_people(runs, count, arena);
    }
    if (form == AS_JSON) {
        return show_json(runs, count, arena);
    }
    if (form == AS_COMMAND || form == AS_COMMAND_LINES) {
        return show_commands(runs, count, form == AS_COMMAND_LINES, arena);
    }
    if (form == AS_CSV) {
        lac_show_csv(runs, count);
        return LAC_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (form == AS_CONFIG) {
            print_config(&runs[i]);
        } else {
            LAC_TRY(show_description(&runs[i]));
        }
    }
    return LAC_OK;
}

/* All are read before anything is printed: a bad name among many leaves no half output. */
static lac_status read_and_show(const char *const *paths, size_t count, enum form form,
                                const unsigned char *key, struct lac_arena *arena)
{
    struct lac_run *runs;
    LAC_TRY(LAC_NEW(arena, count, &runs));
    for (size_t i = 0; i < count; i++) {
        LAC_TRY(form == AS_JSON ? lac_run_read_brief(&runs[i], paths[i], key, arena)
                                : lac_run_read_with(&runs[i], paths[i], key, arena));
    }
    LAC_TRY(show_runs(runs, count, form, arena));
    return lac_output_end();
}

static lac_status find_form(const struct lac_setting *settings, enum form *form)
{
    *form = FOR_PEOPLE;
    for (unsigned i = 0; i < FORMS; i++) {
        if (settings[i].value && *form != FOR_PEOPLE) {
            return LAC_FAIL(LAC_E_USAGE, "show: give one of --json, --csv, --config, --command and "
                                         "--describe");
        }
        *form = settings[i].value ? (enum form)i : *form;
    }
    if (settings[LINES].value && *form != AS_COMMAND) {
        return LAC_FAIL(LAC_E_USAGE, "show: --lines is for --command");
    }
    *form = settings[LINES].value ? AS_COMMAND_LINES : *form;
    return LAC_OK;
}

static lac_status check_decrypt(const struct lac_setting *settings, enum form form, size_t count)
{
    if (!settings[DECRYPT_TO].value) {
        return settings[FORCE].value
                   ? LAC_FAIL(LAC_E_USAGE, "show: --force is for --decrypt-to FILE")
                   : LAC_OK;
    }
    if (form != FOR_PEOPLE || count > 1) {
        return LAC_FAIL(LAC_E_USAGE, "show: --decrypt-to is of one run, and shows nothing: give it "
                                     "without --json, --csv and their like");
    }
    if (strcmp(settings[DECRYPT_TO].value, "-") == 0) {
        return LAC_FAIL(LAC_E_USAGE, "show: --decrypt-to: '-' is no file, and a run that is secret "
                                     "is not written to standard output; name one");
    }
    if (!settings[KEY].value) {
        return LAC_FAIL(LAC_E_USAGE, "show: --decrypt-to needs --key KEYFILE");
    }
    return LAC_OK;
}

/* The run is read before anything is written: what is no run is not written out. */
static lac_status decrypt(const char *path, const unsigned char *key, const char *to, bool force,
                          struct lac_arena *arena)
{
    struct lac_run run;
    LAC_TRY(lac_run_read_with(&run, path, key, arena));
    LAC_TRY(lac_run_decrypt(path, key, to, force, arena));
    lac_print_clean(stdout, to);
    printf(": plain, readable by you alone%s\n",
           run.finished ? ""
                        : "; the run did not end: rows after its last publication are not in it");
    return lac_output_end();
}

/* A folder is a checkpoint, or has some; what it holds is shown without a key. */
static lac_status show_folder(const char *path, enum form form, struct lac_arena *arena)
{
    static const enum lac_shown_form forms[] = {
        [AS_JSON] = LAC_SHOWN_JSON,       [AS_CONFIG] = LAC_SHOWN_CONFIG,
        [AS_COMMAND] = LAC_SHOWN_COMMAND, [AS_DESCRIPTION] = LAC_SHOWN_DESCRIPTION,
        [FOR_PEOPLE] = LAC_SHOWN_TEXT,    [AS_COMMAND_LINES] = LAC_SHOWN_COMMAND_LINES};
    if (form == AS_CSV) {
        return LAC_FAIL(LAC_E_USAGE, "show: a checkpoint has no rows; --csv is of run files");
    }
    LAC_TRY(lac_show_checkpoint(path, forms[form], arena));
    return lac_output_end();
}

static bool any_folder(const struct lac_operands *paths)
{
    bool any = false;
    for (size_t i = 0; i < paths->count; i++) {
        any = any || lac_is_folder(paths->word[i]);
    }
    return any;
}

static lac_status show(int argc, char *const *argv, struct lac_arena *arena)
{
    struct lac_setting settings[OPTIONS];
    struct lac_operands runs;
    unsigned char *key;
    enum form form;
    bool help;
    LAC_TRY(lac_options_read(&lac_show_options, argc, argv, arena, settings, &runs, &help));
    if (help) {
        lac_options_help(&lac_show_options, stdout);
        return LAC_OK;
    }
    LAC_TRY(find_form(settings, &form));
    if (runs.count == 0) {
        return LAC_FAIL(LAC_E_USAGE, "show: name a run file: laconic show [--json | --csv] run.h5");
    }
    if (form == AS_CONFIG && runs.count > 1) {
        return LAC_FAIL(LAC_E_USAGE, "show: --config is of one run");
    }
    LAC_TRY(check_decrypt(settings, form, runs.count));
    if (any_folder(&runs) && runs.count > 1) {
        return LAC_FAIL(LAC_E_USAGE, "show: a checkpoint is shown alone");
    }
    if (any_folder(&runs) && !settings[DECRYPT_TO].value) {
        return show_folder(runs.word[0], form, arena);
    }
    LAC_TRY(lac_run_key_read(settings[KEY].value, &key));
    const char *to = settings[DECRYPT_TO].value;
    lac_status status = to ? decrypt(runs.word[0], key, to, settings[FORCE].value != NULL, arena)
                           : read_and_show(runs.word, runs.count, form, key, arena);
    lac_secret_free(key);
    return status;
}

lac_status lac_command_show(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    lac_status status = show(argc, argv, &arena);
    lac_arena_free(&arena);
    return status;
}
