#include "command/run_group.h"

#include <string.h>

#include "base/clean.h"
#include "base/text.h"
#include "command/run_option.h"
#include "command/run_problem.h"

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

static bool bears_on_rows(const struct lac_grouping *g, size_t option)
{
    return lac_train_options.table[option].mark == LAC_TRAJECTORY || g->shown[option];
}

bool lac_grouping_parts(const struct lac_grouping *g, size_t option)
{
    return g->any && !g->all_but ? g->named[option] : bears_on_rows(g, option) && !g->named[option];
}

struct member {
    struct lac_run *run;
    struct lac_run_contents held;
};

static bool alike_in(const struct member *a, const struct member *b, size_t option)
{
    return lac_run_values_equal(a->run, b->run, &lac_train_options.table[option]);
}

/* Whether an option that may differ within a group makes the problems different. */
static bool problems_may_differ(const struct lac_grouping *g, const struct member *a,
                                const struct member *b)
{
    bool may = false;
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        may = may || (g->named[i] == g->all_but && lac_run_is_of_problem(i, a->run, b->run) &&
                      (!alike_in(a, b, i) || lac_run_contents_differ(&a->held, &b->held, i)));
    }
    return may;
}

/* Of data the problem tells it, whatever file or files they came from. */
static bool content_differs(const struct lac_grouping *g, const struct member *a,
                            const struct member *b, size_t option)
{
    size_t data = lac_run_option(a->run, "data-local") ? LAC_CONFIG_DATA_LOCAL : LAC_CONFIG_DATA;
    const char *one = a->run->problem, *other = b->run->problem;
    bool known = option == data && one && other, same = known && strcmp(one, other) == 0;
    if (known && (same || !problems_may_differ(g, a, b))) {
        return !same;
    }
    return lac_run_contents_differ(&a->held, &b->held, option);
}

/* The first option of which the runs had two contents, or LAC_CONFIG_COUNT: of those that part groups, or of the others
   whose names are alike. */
static size_t find_changed(const struct lac_grouping *g, const struct member *a,
                           const struct member *b, bool parting)
{
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        bool bears = bears_on_rows(g, i) || i == LAC_CONFIG_DATA_LOCAL || i == LAC_CONFIG_PLUGIN;
        bool parts = g->all_but ? bears && !g->named[i] : g->named[i];
        bool counts = parting ? parts : bears && !parts && alike_in(a, b, i);
        if (counts && content_differs(g, a, b, i)) {
            return i;
        }
    }
    return LAC_CONFIG_COUNT;
}

struct maker {
    const struct lac_grouping *grouping;
    const char *command;
    struct lac_arena *arena;
    bool told[LAC_CONFIG_COUNT];
};

/* Once for each option. */
static lac_status tell_change(struct maker *m, const struct lac_run *a, const struct lac_run *b,
                              size_t option, bool together)
{
    const char *shape = strcmp(m->command, "plot") == 0 ? "curve" : "line";
    const char *difference, *text;
    if (m->told[option]) {
        return LAC_OK;
    }
    m->told[option] = true;
    LAC_TRY(lac_run_difference_text(a, b, option, &difference, m->arena));
    LAC_TRY(lac_arena_print(m->arena, &text, "'%s' and '%s' are %s %s, %s they differ in %s",
                            a->path, b->path, together ? "one" : "not one", shape,
                            together ? "although" : "as", difference));
    fprintf(stderr, "note: %s: ", m->command);
    lac_print_clean(stderr, text);
    if (together) {
        fprintf(stderr, "; --group ...,%s parts them", lac_train_options.table[option].name);
    }
    fputc('\n', stderr);
    return LAC_OK;
}

static lac_status belong_together(struct maker *m, const struct member *a, const struct member *b,
                                  bool *together)
{
    const struct lac_grouping *g = m->grouping;
    *together = g->any;
    for (size_t i = 0; i < LAC_CONFIG_COUNT && *together; i++) {
        *together = !lac_grouping_parts(g, i) || alike_in(a, b, i);
    }
    if (!*together) {
        return LAC_OK;
    }
    size_t changed = find_changed(g, a, b, true);
    *together = changed == LAC_CONFIG_COUNT;
    if (*together && !g->all_but) {
        changed = find_changed(g, a, b, false);
    }
    return changed < LAC_CONFIG_COUNT ? tell_change(m, a->run, b->run, changed, *together) : LAC_OK;
}

lac_status lac_run_groups_make(const struct lac_run_list *list, const struct lac_grouping *g,
                               const char *command, struct lac_run_groups *out,
                               struct lac_arena *arena)
{
    struct maker m = {.grouping = g, .command = command, .arena = arena};
    struct lac_run_groups made = {0};
    struct member *members;
    LAC_TRY(LAC_NEW(arena, list->count, &made.group));
    LAC_TRY(LAC_NEW(arena, list->count, &members));
    for (size_t i = 0; i < list->count; i++) {
        struct lac_run_group *home = made.group, *end = made.group + made.count;
        bool together = false;
        members[i].run = &list->run[i];
        LAC_TRY(lac_run_contents(members[i].run, &members[i].held, arena));
        while (home < end && !together) {
            LAC_TRY(
                belong_together(&m, &members[home->run[0] - list->run], &members[i], &together));
            home += !together;
        }
        if (!together) {
            LAC_TRY(LAC_NEW(arena, g->any ? list->count - i : 1, &home->run));
            made.count++;
        }
        home->run[home->count++] = members[i].run;
    }
    *out = made;
    return LAC_OK;
}
