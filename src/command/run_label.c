#include "command/run_label.h"

#include <string.h>

#include "base/clean.h"
#include "base/text.h"
#include "command/run_option.h"

/* Options that stand first, as values without their names. */
static const enum lac_option_id kind[] = {LAC_CONFIG_METHOD, LAC_CONFIG_COMPRESSOR,
                                          LAC_CONFIG_WIRE};
enum { KIND = sizeof kind / sizeof *kind };

/* What the values of an option that differs have alike, which labels leave out. */
struct alike {
    bool differs, in_folders; /* in_folders: files of one name lie in several */
    size_t before, behind;    /* letters */
};

struct labels {
    const struct lac_run_groups *groups;
    struct alike alike[LAC_CONFIG_COUNT];
};

static bool is_of_kind(size_t option)
{
    return option == kind[0] || option == kind[1] || option == kind[2];
}

static bool equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_of_method(size_t id)
{
    return strcmp(lac_train_options.table[id].section, "Method") == 0;
}

static const char *kept_value(const struct labels *l, size_t i, size_t id)
{
    return lac_run_option(l->groups->group[i].run[0], lac_train_options.table[id].name);
}

static bool same_method(const struct labels *l, size_t i, size_t j)
{
    return equal(kept_value(l, i, LAC_CONFIG_METHOD), kept_value(l, j, LAC_CONFIG_METHOD));
}

/* Of an option that a run file does not have: as by default where it is of the problem, or another run of this method has it;
   else the method has it not. */
static const char *default_value(const struct labels *l, size_t i, size_t id)
{
    bool has = !is_of_method(id);
    for (size_t j = 0; j < l->groups->count; j++) {
        has = has || (same_method(l, i, j) && kept_value(l, j, id));
    }
    return has ? lac_train_options.table[id].fallback : NULL;
}

/* A --compressor-down that is as --compressor is not set. */
static const char *set_value(const struct labels *l, size_t i, size_t id)
{
    const char *value = kept_value(l, i, id), *up = kept_value(l, i, LAC_CONFIG_COMPRESSOR);
    value = value ? value : default_value(l, i, id);
    return id == LAC_CONFIG_COMPRESSOR_DOWN && equal(value, up) ? NULL : value;
}

/* As it is told: a file without its folders. */
static const char *told(const struct labels *l, size_t i, size_t id)
{
    const char *value = set_value(l, i, id);
    bool is_file = id == LAC_CONFIG_DATA || id == LAC_CONFIG_X0;
    return value && is_file && !l->alike[id].in_folders ? lac_base_name(value) : value;
}

/* Another method may not have the option at all. */
static bool differ(const struct labels *l, size_t i, size_t j, size_t id)
{
    const char *one = set_value(l, i, id), *other = set_value(l, j, id);
    bool comparable = !is_of_method(id) || (one && other) || same_method(l, i, j);
    return comparable && !equal(one, other);
}

static void look_for_differences(struct labels *l, size_t id)
{
    struct alike *a = &l->alike[id];
    for (size_t i = 0; i < l->groups->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (differ(l, i, j, id)) {
                const char *one = told(l, i, id), *other = told(l, j, id);
                a->differs = true;
                a->in_folders = a->in_folders || (one && other && strcmp(one, other) == 0);
            }
        }
    }
}

/* Up to a comma, or to the slash of a folder. */
static size_t alike_before(const char *a, const char *b, bool in_folders, size_t most)
{
    size_t same = 0, end = 0;
    while (same < most && a[same] == b[same]) {
        same++;
        end = a[same - 1] == ',' || (in_folders && a[same - 1] == '/') ? same : end;
    }
    return end;
}

/* From a comma on, behind what is alike before. */
static size_t alike_behind(const char *a, const char *b, size_t before, size_t most)
{
    size_t a_length = strlen(a), b_length = strlen(b), same = 0, end = 0;
    while (same < most && before + same < a_length && before + same < b_length &&
           a[a_length - 1 - same] == b[b_length - 1 - same]) {
        same++;
        end = a[a_length - same] == ',' ? same : end;
    }
    return end;
}

static void measure_alike(struct labels *l, size_t id)
{
    struct alike *a = &l->alike[id];
    const char *first = NULL;
    for (size_t i = 0; i < l->groups->count; i++) {
        const char *value = told(l, i, id);
        if (value && !first) {
            first = value;
            a->before = a->behind = strlen(value);
        } else if (value) {
            a->before = alike_before(first, value, a->in_folders, a->before);
        }
    }
    for (size_t i = 0; i < l->groups->count; i++) {
        const char *value = told(l, i, id);
        if (first && value && !equal(first, value)) {
            a->behind = alike_behind(first, value, a->before, a->behind);
        }
    }
    if (first && a->before + a->behind >= strlen(first)) { /* all that are set are one */
        a->before = a->behind = 0;
    }
}

static lac_status say_what_is_left_out(const struct labels *l, const char *command, size_t id,
                                       struct lac_arena *arena)
{
    const struct alike *a = &l->alike[id];
    const char *value = NULL, *text;
    for (size_t i = 0; i < l->groups->count && !value; i++) {
        value = told(l, i, id);
    }
    if (!value || a->before + a->behind == 0) {
        return LAC_OK;
    }
    LAC_TRY(lac_arena_print(arena, &text, "%.*s...%s", (int)a->before, value,
                            value + strlen(value) - a->behind));
    fprintf(stderr, "note: %s: labels leave out what all values of --%s have alike, '", command,
            lac_train_options.table[id].name);
    lac_print_clean(stderr, text);
    fputs("'; --labels takes other words\n", stderr);
    return LAC_OK;
}

static lac_status add_option(const struct labels *l, size_t i, size_t id, const char **label,
                             struct lac_arena *arena)
{
    const struct lac_option *option = &lac_train_options.table[id];
    const struct alike *a = &l->alike[id];
    const char *value = told(l, i, id), *before = **label ? ", " : "";
    if (!value) {
        return LAC_OK;
    }
    if (id == LAC_CONFIG_WIRE) {
        return lac_arena_print(arena, label, "%s%sat %s", *label, **label ? " " : "", value);
    }
    if (is_of_kind(id)) {
        return lac_arena_print(arena, label, "%s%s%s", *label, before, value);
    }
    int length = option->argument ? (int)(strlen(value) - a->before - a->behind) : 0;
    return lac_arena_print(arena, label, "%s%s%s%s%.*s", *label, before, option->name,
                           option->argument ? " " : "", length, value + a->before);
}

/* How to train comes before what the problem is, and both before how far it went. */
static lac_status add_rest(const struct labels *l, size_t i, const char **label,
                           struct lac_arena *arena)
{
    static const char *const sections[] = {"Method", "Problem", NULL};
    for (size_t s = 0; s < 3; s++) {
        for (size_t id = 0; id < LAC_CONFIG_COUNT; id++) {
            const char *section = lac_train_options.table[id].section;
            bool later = strcmp(section, sections[0]) != 0 && strcmp(section, sections[1]) != 0;
            bool now = sections[s] ? strcmp(section, sections[s]) == 0 : later;
            if (now && !is_of_kind(id) && l->alike[id].differs) {
                LAC_TRY(add_option(l, i, id, label, arena));
            }
        }
    }
    return LAC_OK;
}

/* Where nothing that is told differs: what the runs are grouped by, else method and compressor, else the file. */
static lac_status name_alone(const struct labels *l, const struct lac_grouping *g, size_t i,
                             const char **label, struct lac_arena *arena)
{
    bool by_names = g->any && !g->all_but;
    *label = "";
    for (size_t id = 0; id < LAC_CONFIG_COUNT; id++) {
        if (by_names ? g->named[id] : id == LAC_CONFIG_METHOD || id == LAC_CONFIG_COMPRESSOR) {
            LAC_TRY(add_option(l, i, id, label, arena));
        }
    }
    *label = **label ? *label : lac_base_name(l->groups->group[i].run[0]->path);
    return LAC_OK;
}

static lac_status label_all(struct lac_run_groups *groups, const struct lac_grouping *g,
                            const struct labels *l, struct lac_arena *arena)
{
    for (size_t i = 0; i < groups->count; i++) {
        const char *label = "";
        for (size_t k = 0; k < KIND; k++) {
            if (l->alike[kind[k]].differs) {
                LAC_TRY(add_option(l, i, kind[k], &label, arena));
            }
        }
        LAC_TRY(add_rest(l, i, &label, arena));
        if (!*label) {
            LAC_TRY(name_alone(l, g, i, &label, arena));
        }
        groups->group[i].label = label;
    }
    return LAC_OK;
}

static bool is_repeated(const char *const *texts, size_t count, size_t i)
{
    bool repeated = false;
    for (size_t j = 0; j < count; j++) {
        repeated = repeated || (j != i && strcmp(texts[i], texts[j]) == 0);
    }
    return repeated;
}

static lac_status tell_apart(struct lac_run_groups *groups, struct lac_arena *arena)
{
    const char **labels, **files;
    LAC_TRY(LAC_NEW(arena, groups->count, &labels));
    LAC_TRY(LAC_NEW(arena, groups->count, &files));
    for (size_t i = 0; i < groups->count; i++) {
        labels[i] = groups->group[i].label;
        files[i] = lac_base_name(groups->group[i].run[0]->path);
    }
    for (size_t i = 0; i < groups->count; i++) {
        struct lac_run_group *own = &groups->group[i];
        if (is_repeated(labels, groups->count, i)) {
            bool path = is_repeated(files, groups->count, i);
            LAC_TRY(lac_arena_print(arena, &own->label, "%s (%s)", labels[i],
                                    path ? own->run[0]->path : files[i]));
        }
    }
    return LAC_OK;
}

static lac_status take_labels(struct lac_run_groups *groups, const char *command, const char *given,
                              struct lac_arena *arena)
{
    size_t count = 1;
    for (const char *p = given; *p; p++) {
        count += *p == '|';
    }
    if (count != groups->count) {
        return LAC_FAIL(LAC_E_USAGE,
                        "%s: --labels: %zu label%s (parted by '|') for %zu %s%s; give one for each",
                        command, count, lac_plural(count), groups->count,
                        strcmp(command, "plot") == 0 ? "curve" : "line", lac_plural(groups->count));
    }
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(given, "|");
        LAC_TRY(lac_arena_print(arena, &groups->group[i].label, "%.*s", (int)length, given));
        given += length + 1;
    }
    return LAC_OK;
}

static lac_status compare_options(struct labels *l, const struct lac_grouping *g,
                                  const char *command, struct lac_arena *arena)
{
    for (size_t id = 0; id < LAC_CONFIG_COUNT; id++) {
        if (lac_grouping_parts(g, id)) {
            look_for_differences(l, id);
        }
        if (l->alike[id].differs && !is_of_kind(id)) {
            measure_alike(l, id);
            LAC_TRY(say_what_is_left_out(l, command, id, arena));
        }
    }
    return LAC_OK;
}

lac_status lac_run_groups_label(struct lac_run_groups *groups, const struct lac_grouping *g,
                                const char *command, const char *given, struct lac_arena *arena)
{
    struct labels l = {.groups = groups};
    if (given) {
        return take_labels(groups, command, given, arena);
    }
    LAC_TRY(compare_options(&l, g, command, arena));
    LAC_TRY(label_all(groups, g, &l, arena));
    LAC_TRY(tell_apart(groups, arena));
    for (size_t i = 0; i < groups->count && g->any; i++) {
        struct lac_run_group *own = &groups->group[i];
        LAC_TRY(lac_arena_print(arena, &own->label, "%s (%zu run%s)", own->label, own->count,
                                lac_plural(own->count)));
    }
    return LAC_OK;
}
