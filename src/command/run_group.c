#include "command/run_group.h"

#include <string.h>

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

bool lac_grouping_parts(const struct lac_grouping *g, size_t option)
{
    bool bears = lac_train_options.table[option].mark == LAC_TRAJECTORY || g->drawn[option];
    return g->any && !g->all_but ? g->named[option] : bears && !g->named[option];
}

/* Whether an option that parts no runs makes the problems different. */
static bool problems_may_differ(const struct lac_grouping *g, const struct lac_run *a,
                                const struct lac_run *b)
{
    bool may = false;
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        may = may || (g->named[i] && lac_run_is_of_problem(i, a, b) &&
                      !lac_run_values_equal(a, b, &lac_train_options.table[i]));
    }
    return may;
}

/* What no option tells: data and plug-ins that are others under one name. */
static bool same_content(const struct lac_grouping *g, const struct lac_run *a,
                         const struct lac_run *b, const char *plugins_a, const char *plugins_b)
{
    bool known = a->problem && b->problem && !problems_may_differ(g, a, b);
    return strcmp(plugins_a, plugins_b) == 0 && (!known || strcmp(a->problem, b->problem) == 0);
}

static bool belong_together(const struct lac_grouping *g, const struct lac_run *a,
                            const struct lac_run *b)
{
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        if (lac_grouping_parts(g, i) && !lac_run_values_equal(a, b, &lac_train_options.table[i])) {
            return false;
        }
    }
    return g->any;
}

lac_status lac_run_groups_make(const struct lac_run_list *list, const struct lac_grouping *g,
                               struct lac_run_groups *out, struct lac_arena *arena)
{
    struct lac_run_groups made = {0};
    const char **plugins;
    LAC_TRY(LAC_NEW(arena, list->count, &made.group));
    LAC_TRY(LAC_NEW(arena, list->count, &plugins));
    for (size_t i = 0; i < list->count; i++) {
        struct lac_run_group *home = made.group;
        LAC_TRY(lac_run_plugins(&list->run[i], &plugins[i], arena));
        while (home < made.group + made.count &&
               !(belong_together(g, home->run[0], &list->run[i]) &&
                 (!g->all_but || same_content(g, home->run[0], &list->run[i],
                                              plugins[home->run[0] - list->run], plugins[i])))) {
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
