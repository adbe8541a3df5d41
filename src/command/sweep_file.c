/* A file of runs: its sections, each line told by its number where it is wrong. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/lines.h"
#include "base/text.h"
#include "command/sweep_parts.h"

/* Where the reader is. */
struct reader {
    struct lac_sweep_file *file;
    struct lac_sweep_section *section; /* whose lines are options; NULL: another */
    struct lac_sweep_section **last;   /* where the next [run NAME] is linked */
    bool in_table, began;
    char where[300]; /* of the line: "FILE:3: " */
    struct lac_arena *arena;
};

/* Sections of experiments that say what is asked of runs, not what is run. */
static const char *const judges[] = {"about",    "table",       "target", "between", "ratio",
                                     "same",     "equal-model", "step",   "steps",   "at",
                                     "end",      "plateau",     "level",  "bytes",   "order",
                                     "plateaus", "diverges",    "missed", "plot"};
enum { JUDGES = sizeof judges / sizeof *judges };

static lac_status unknown_section(const struct reader *r, const char *name)
{
    const char *names[JUDGES + 3] = {"shared", "vary", "run NAME"};
    memcpy(names + 3, judges, sizeof judges);
    const char *nearest = lac_nearest(name, names, JUDGES + 3);
    if (strcmp(name, "scan") == 0 || strcmp(name, "curves") == 0) {
        return LAC_FAIL(LAC_E_USAGE, "%s[%s] is for run/experiment alone; of a sweep, [vary]",
                        r->where, name);
    }
    return LAC_FAIL(LAC_E_USAGE, "%s[%s] is no section%s%s%s; [shared], [vary] and [run NAME] are",
                    r->where, name, nearest ? "; did you mean [" : "", nearest ? nearest : "",
                    nearest ? "]?" : "");
}

static lac_status check_name(const struct reader *r, const char *name)
{
    bool good = isalnum((unsigned char)*name) && strlen(name) <= LAC_SWEEP_LONGEST_NAME;
    for (const char *p = name; *p; p++) {
        good = good && (isalnum((unsigned char)*p) || strchr("._@+%=,-", *p));
    }
    return good ? LAC_OK
                : LAC_FAIL(LAC_E_USAGE,
                           "%s[run %s]: a name of a run is one of its file: letters, digits and "
                           "._@+%%=,- after a letter or digit, %d at most",
                           r->where, name, LAC_SWEEP_LONGEST_NAME);
}

static lac_status begin_run(struct reader *r, const char *name, size_t number)
{
    LAC_TRY(check_name(r, name));
    for (struct lac_sweep_section *s = r->file->first_run; s; s = s->next) {
        if (strcmp(s->name, name) == 0) {
            return LAC_FAIL(LAC_E_USAGE, "%s[run %s] stands in line %zu already", r->where, name,
                            s->line);
        }
    }
    LAC_TRY(LAC_NEW(r->arena, 1, r->last));
    r->section = *r->last;
    r->last = &r->section->next;
    r->section->line = number;
    return lac_arena_text(r->arena, name, &r->section->name);
}

static lac_status begin_section(struct reader *r, size_t number, char *line)
{
    char *end = strchr(line, ']');
    if (!end || end[1] != '\0') {
        return LAC_FAIL(LAC_E_USAGE, "%s'%.60s' is no [section]", r->where, line);
    }
    *end = '\0';
    const char *name = lac_trim(line + 1);
    r->began = true;
    r->section = NULL;
    r->in_table = strcmp(name, "table") == 0;
    if (strncmp(name, "run ", 4) == 0) {
        return begin_run(r, lac_trim(line + 1 + strlen("run ")), number);
    }
    bool shared = strcmp(name, "shared") == 0;
    if (shared || strcmp(name, "vary") == 0) {
        r->section = shared ? &r->file->shared : &r->file->vary;
        if (r->section->line > 0) {
            return LAC_FAIL(LAC_E_USAGE, "%s[%s] stands in line %zu already", r->where, name,
                            r->section->line);
        }
        r->section->line = number;
        return LAC_OK;
    }
    for (size_t i = 0; i < JUDGES; i++) {
        if (strcmp(name, judges[i]) == 0) {
            return LAC_OK;
        }
    }
    return unknown_section(r, name);
}

/* Others each run gets from the sweep itself, or they are of one run alone. */
static bool is_of_runs(size_t option)
{
    static const enum lac_option_id own[] = {
        LAC_CONFIG_OUT,    LAC_CONFIG_OUT_PRIVATE, LAC_CONFIG_FORCE, LAC_CONFIG_DRY_RUN,
        LAC_CONFIG_QUIET,  LAC_CONFIG_CONFIG,      LAC_CONFIG_ROLE,  LAC_CONFIG_IDENTITY,
        LAC_CONFIG_ROSTER, LAC_CONFIG_SEEDS};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (option == own[i]) {
            return false;
        }
    }
    return true;
}

static lac_status check_option(const struct reader *r, size_t option, const char *value)
{
    if (!is_of_runs(option)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "%s%s is not of runs of a sweep, which names their files and starts them "
                        "itself; leave it out",
                        r->where, lac_train_options.table[option].name);
    }
    if (option == LAC_CONFIG_DATA && strcmp(value, "-") == 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "%sdata: standard input can be read by one run alone; name a "
                        "file",
                        r->where);
    }
    return LAC_OK;
}

static lac_status take_option(struct reader *r, size_t number, const char *key, const char *value)
{
    size_t option;
    struct lac_sweep_section *s = r->section;
    LAC_TRY(lac_options_find(&lac_train_options, r->where, key, is_of_runs, &option));
    LAC_TRY(check_option(r, option, value));
    if (s->line_of[option] > 0) {
        return LAC_FAIL(LAC_E_USAGE, "%s'%s' stands in line %zu already", r->where, key,
                        s->line_of[option]);
    }
    s->line_of[option] = number;
    s->order[s->count++] = option;
    return lac_arena_text(r->arena, value, &s->value[option]);
}

static lac_status take_line(void *context, size_t number, char *line)
{
    struct reader *r = context;
    const char *key, *value;
    snprintf(r->where, sizeof r->where, "%.250s:%zu: ", r->file->path, number);
    if (*line == '[') {
        return begin_section(r, number, line);
    }
    if (!r->began) {
        return LAC_FAIL(LAC_E_USAGE, "%sa line before the first [section]", r->where);
    }
    if (!r->section && !r->in_table) {
        return LAC_OK;
    }
    LAC_TRY(lac_line_split(r->where, line, &key, &value));
    if (r->section) {
        return take_option(r, number, key, value);
    }
    if (strcmp(key, "seeds") == 0) {
        r->file->seeds_line = number;
        return lac_arena_text(r->arena, value, &r->file->seeds);
    }
    return LAC_OK;
}

lac_status lac_sweep_file_read(struct lac_sweep_file *out, const char *path, struct lac_arena *a)
{
    *out = (struct lac_sweep_file){.path = path, .shared.name = "", .vary.name = ""};
    struct reader r = {.file = out, .arena = a, .last = &out->first_run};
    LAC_TRY(lac_lines_read("", path, take_line, &r));
    if (out->vary.line > 0 && out->vary.count == 0) {
        return LAC_FAIL(LAC_E_USAGE,
                        "%s:%zu: [vary] has no line; an option with its values: seed = 1..10", path,
                        out->vary.line);
    }
    if (out->shared.line == 0 && out->vary.line == 0 && !out->first_run) {
        return LAC_FAIL(LAC_E_USAGE, "%s: none of [shared], [vary] and [run NAME] is there", path);
    }
    return LAC_OK;
}
