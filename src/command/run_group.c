#include "command/run_group.h"

#include <string.h>

#include "base/text.h"
#include "command/run_option.h"

static lac_status name_option(const char *command, const char *name, size_t length,
                              struct lac_grouping *g)
{
    const char *names[LAC_CONFIG_COUNT];
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)length, name);
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        names[i] = lac_train_options.table[i].name;
        if (strcmp(names[i], word) == 0) {
            g->named[i] = true;
            return LAC_OK;
        }
    }
    const char *nearest = length > 0 ? lac_nearest(word, names, LAC_CONFIG_COUNT) : NULL;
    return LAC_FAIL(LAC_E_USAGE, "%s: --group: train has no option '%s'; %s%s%s", command, word,
                    nearest ? "did you mean '" : "",
                    nearest ? nearest : "'laconic train --help' shows all", nearest ? "'?" : "");
}

lac_status lac_grouping_parse(const char *command, const char *text, struct lac_grouping *out)
{
    static const char all_but[] = "all-but-";
    struct lac_grouping g = {.any = text != NULL};
    if (text && strncmp(text, all_but, strlen(all_but)) == 0) {
        g.all_but = true;
        text += strlen(all_but);
    }
    while (text) {
        size_t length = strcspn(text, ",");
        LAC_TRY(name_option(command, text, length, &g));
        text = text[length] ? text + length + 1 : NULL;
    }
    *out = g;
    return LAC_OK;
}

/* Whether another value of the option makes another group. */
static bool parts_runs(const struct lac_grouping *g, size_t option)
{
    bool bears = lac_train_options.table[option].mark == LAC_TRAJECTORY;
    return g->any && !g->all_but ? g->named[option] : bears && !g->named[option];
}

static bool belong_together(const struct lac_grouping *g, const struct lac_run *a,
                            const struct lac_run *b)
{
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        if (parts_runs(g, i) && !lac_run_values_equal(a, b, &lac_train_options.table[i])) {
            return false;
        }
    }
    return g->any;
}

lac_status lac_run_groups_make(const struct lac_run_list *list, const struct lac_grouping *g,
                               struct lac_run_groups *out, struct lac_arena *arena)
{
    struct lac_run_groups made = {0};
    LAC_TRY(LAC_NEW(arena, list->count, &made.group));
    for (size_t i = 0; i < list->count; i++) {
        struct lac_run_group *home = made.group;
        while (home < made.group + made.count && !belong_together(g, home->run[0], &list->run[i])) {
            home++;
        }
        if (home == made.group + made.count) {
            LAC_TRY(LAC_NEW(arena, g->any ? list->count - i : 1, &home->run));
            made.count++;
        }
        home->run[home->count++] = &list->run[i];
    }
    *out = made;
    return LAC_OK;
}

/* Options that stand first, as values without their names. */
static const enum lac_option_id kind[] = {LAC_CONFIG_METHOD, LAC_CONFIG_COMPRESSOR,
                                          LAC_CONFIG_WIRE};
enum { KIND = sizeof kind / sizeof *kind };

static bool is_of_kind(size_t option)
{
    return option == kind[0] || option == kind[1] || option == kind[2];
}

static bool same_kind(const struct lac_run *a, const struct lac_run *b)
{
    bool same = true;
    for (size_t k = 0; k < KIND; k++) {
        same = same && lac_run_values_equal(a, b, &lac_train_options.table[kind[k]]);
    }
    return same;
}

enum detail { ALL_THAT_DIFFERS, WITHIN_A_KIND, KIND_ALONE };

static bool tells(const struct lac_run_groups *groups, const struct lac_grouping *g, size_t i,
                  size_t option, enum detail detail)
{
    const struct lac_run *own = groups->group[i].run[0];
    bool within = detail == WITHIN_A_KIND && !is_of_kind(option);
    if (!parts_runs(g, option) || (detail == KIND_ALONE && !is_of_kind(option))) {
        return false;
    }
    for (size_t j = 0; j < groups->count; j++) {
        const struct lac_run *other = groups->group[j].run[0];
        if (!lac_run_values_equal(own, other, &lac_train_options.table[option]) &&
            (!within || same_kind(own, other))) {
            return true;
        }
    }
    return false;
}

/* Without what all groups have alike up to a comma: "s=1" of "synth:tridiagonal,d=10,s=1". */
static const char *differing_part(const struct lac_run_groups *groups, size_t id, const char *value)
{
    const struct lac_option *option = &lac_train_options.table[id];
    size_t common = strlen(value);
    for (size_t i = 0; i < groups->count; i++) {
        const char *other = lac_run_value(groups->group[i].run[0], option);
        size_t same = 0;
        while (other && same < common && value[same] == other[same]) {
            same++;
        }
        common = same;
    }
    while (common > 0 && value[common - 1] != ',') {
        common--;
    }
    return value[common] ? value + common : value;
}

static lac_status add_option(const struct lac_run_groups *groups, size_t i, size_t id,
                             const char **label, struct lac_arena *arena)
{
    const struct lac_option *option = &lac_train_options.table[id];
    const char *value = lac_run_value(groups->group[i].run[0], option);
    const char *before = **label ? ", " : "";
    if (!value) {
        return LAC_OK;
    }
    if (id == LAC_CONFIG_WIRE) {
        return lac_arena_print(arena, label, "%s%sat %s", *label, **label ? " " : "", value);
    }
    if (is_of_kind(id)) {
        return lac_arena_print(arena, label, "%s%s%s", *label, before, value);
    }
    value = differing_part(groups, id, lac_base_name(value));
    return lac_arena_print(arena, label, "%s%s%s%s%s", *label, before, option->name,
                           option->argument ? " " : "", option->argument ? value : "");
}

/* How to train comes before what the problem is, and both before how far it went. */
static lac_status add_rest(const struct lac_run_groups *groups, const struct lac_grouping *g,
                           size_t i, enum detail detail, const char **label,
                           struct lac_arena *arena)
{
    static const char *const sections[] = {"Method", "Problem", NULL};
    for (size_t s = 0; s < 3; s++) {
        for (size_t id = 0; id < LAC_CONFIG_COUNT; id++) {
            const char *section = lac_train_options.table[id].section;
            bool later = strcmp(section, sections[0]) != 0 && strcmp(section, sections[1]) != 0;
            bool now = sections[s] ? strcmp(section, sections[s]) == 0 : later;
            if (now && !is_of_kind(id) && tells(groups, g, i, id, detail)) {
                LAC_TRY(add_option(groups, i, id, label, arena));
            }
        }
    }
    return LAC_OK;
}

/* Where nothing that is told differs: what the runs are grouped by, else method and compressor, else the file. */
static lac_status name_alone(const struct lac_run_groups *groups, const struct lac_grouping *g,
                             size_t i, const char **label, struct lac_arena *arena)
{
    bool by_names = g->any && !g->all_but;
    *label = "";
    for (size_t id = 0; id < LAC_CONFIG_COUNT; id++) {
        if (by_names ? g->named[id] : id == LAC_CONFIG_METHOD || id == LAC_CONFIG_COMPRESSOR) {
            LAC_TRY(add_option(groups, i, id, label, arena));
        }
    }
    *label = **label ? *label : lac_base_name(groups->group[i].run[0]->path);
    return LAC_OK;
}

static lac_status label_all(struct lac_run_groups *groups, const struct lac_grouping *g,
                            enum detail detail, struct lac_arena *arena)
{
    for (size_t i = 0; i < groups->count; i++) {
        const char *label = "";
        for (size_t k = 0; k < KIND; k++) {
            if (tells(groups, g, i, kind[k], detail)) {
                LAC_TRY(add_option(groups, i, kind[k], &label, arena));
            }
        }
        LAC_TRY(add_rest(groups, g, i, detail, &label, arena));
        if (!*label) {
            LAC_TRY(name_alone(groups, g, i, &label, arena));
        }
        groups->group[i].label = label;
    }
    return LAC_OK;
}

static bool all_fit(const struct lac_run_groups *groups, size_t most)
{
    bool fit = true;
    for (size_t i = 0; i < groups->count; i++) {
        fit = fit && strlen(groups->group[i].label) <= most;
    }
    return fit;
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
        return LAC_FAIL(LAC_E_USAGE, "%s: --labels: %zu labels, parted by '|', for %zu of runs",
                        command, count, groups->count);
    }
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(given, "|");
        LAC_TRY(lac_arena_print(arena, &groups->group[i].label, "%.*s", (int)length, given));
        given += length + 1;
    }
    return LAC_OK;
}

lac_status lac_run_groups_label(struct lac_run_groups *groups, const struct lac_grouping *g,
                                const char *command, const char *given, size_t most,
                                struct lac_arena *arena)
{
    if (given) {
        return take_labels(groups, command, given, arena);
    }
    LAC_TRY(label_all(groups, g, ALL_THAT_DIFFERS, arena));
    for (enum detail detail = WITHIN_A_KIND; detail <= KIND_ALONE; detail++) {
        if (!all_fit(groups, most)) {
            LAC_TRY(label_all(groups, g, detail, arena));
        }
    }
    LAC_TRY(tell_apart(groups, arena));
    for (size_t i = 0; i < groups->count && g->any; i++) {
        struct lac_run_group *own = &groups->group[i];
        LAC_TRY(lac_arena_print(arena, &own->label, "%s (%zu run%s)", own->label, own->count,
                                own->count == 1 ? "" : "s"));
    }
    return LAC_OK;
}
