#include "method/choice.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { MOST_CHOICES = 16 };

/* Where all choices are to be seen, or they themselves. */
static void say_known(const struct lac_choices *all, char *out, size_t capacity)
{
    char usage[200];
    if (all->listed) {
        snprintf(out, capacity, "'laconic list %s' shows all", all->listed);
        return;
    }
    lac_choices_usage(all, usage, sizeof usage);
    snprintf(out, capacity, "there are %s", usage);
}

static lac_status find(const struct lac_choices *all, const char *name,
                       const struct lac_choice **out)
{
    const char *names[MOST_CHOICES];
    LAC_ASSERT(all->count <= MOST_CHOICES);
    for (size_t i = 0; i < all->count; i++) {
        names[i] = all->entries[i].name;
        if (strcmp(name, names[i]) == 0) {
            *out = &all->entries[i];
            return LAC_OK;
        }
    }
    const char *nearest = lac_nearest(name, names, all->count);
    char known[240];
    say_known(all, known, sizeof known);
    return LAC_FAIL(LAC_E_USAGE, "%s: there is no '%s'%s%s%s; %s", all->option, name,
                    nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "",
                    known);
}

static lac_status choose(const struct lac_choices *all, const char *text, struct lac_arena *a,
                         const struct lac_choice **out, struct lac_spec *spec)
{
    static const char *const none[] = {NULL};
    LAC_TRY(lac_spec_parse(spec, text, a));
    LAC_TRY(find(all, spec->name, out));
    const char *const keys[] = {"", (*out)->key, NULL};
    bool bare = strcmp((*out)->usage, (*out)->name) == 0;
    LAC_TRY(lac_spec_allow(spec, bare ? none : keys));
    if (bare || lac_spec_get(spec, "")) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE, "%s: write it %s", all->option, (*out)->usage);
}

lac_status lac_choose(const struct lac_choices *all, const char *text, struct lac_arena *a,
                      const struct lac_choice **out, struct lac_spec *spec)
{
    return lac_of_option(all->option, choose(all, text, a, out, spec));
}

void lac_choices_usage(const struct lac_choices *all, char *out, size_t capacity)
{
    size_t n = 0;
    *out = '\0';
    for (size_t i = 0; i < all->count && n < capacity; i++) {
        n += (size_t)snprintf(out + n, capacity - n, "%s%s", i > 0 ? ", " : "",
                              all->entries[i].usage);
    }
}
