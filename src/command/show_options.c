/* What a run was told, for people: its options, each under its name. */
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "command/show_summary.h"
#include "config/config.h"

/* Of the summary, else of the configuration; NULL where neither has it. */
static const char *text_of(const struct shown *s, const char *key)
{
    const char *text = json_string_value(json_object_get(s->summary, key));
    text = text ? text : lac_run_option(s->run, key);
    return text && *text ? text : NULL;
}

void lac_show_name(const char *name)
{
    printf("  %-13s ", name);
}

/* What is printed of the options on a line of its own, under which name, in this order; of several with one name
   a line in all, the later ones with a word before. */
static const struct {
    const char *name, *before, *key;
} lines[] = {
    {"method", "", "method"},
    {"method", "", "compressor"},
    {"method", "down ", "compressor-down"},
    {"method", "at ", "wire"},
    {"participation", "", "participation"},
    {"gradient", "", "gradient"},
    {"objective", "", "objective"},
    {"objective", "regularizer ", "regularizer"},
    {"data", "", "data"},
    {"data", "", "data-local"},
    {"data", "split ", "split"},
    {"seed", "", "seed"},
    {"x0", "", "x0"},
    {"init", "", "init"},
    {"step-policy", "", "step-policy"},
    {"rr-order", "", "rr-order"},
};

enum { LINES = sizeof lines / sizeof *lines };

/* "  name   a, b, c" from the texts that are there; nothing where none is. */
void lac_show_texts(const struct shown *s, const char *name)
{
    bool any = false;
    for (size_t i = 0; i < LINES; i++) {
        const char *text = strcmp(lines[i].name, name) == 0 ? text_of(s, lines[i].key) : NULL;
        if (!text) {
            continue;
        }
        if (!any) {
            lac_show_name(name);
        }
        printf("%s%s", any ? ", " : "", lines[i].before);
        lac_print_clean(stdout, text);
        any = true;
    }
    printf("%s", any ? "\n" : "");
}

/* It stands elsewhere, or it is as it is without being asked for. */
static bool is_said(const struct shown *s, const struct lac_option *option, const char *value)
{
    static const char *const others[] = {"clients", "step", "server-step", "meta-step", "p"};
    bool said = option->fallback && strcmp(value, option->fallback) == 0;
    for (size_t i = 0; i < LINES; i++) {
        said = said || strcmp(lines[i].key, option->name) == 0;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        said = said || strcmp(others[i], option->name) == 0;
    }
    json_t *rounds = json_object_get(s->summary, "rounds");
    return said || (strcmp(option->name, "rounds") == 0 && json_is_integer(rounds) &&
                    json_integer_value(rounds) == strtoll(value, NULL, 10));
}

/* The other options that the run was given, as they were written. */
void lac_show_others(const struct shown *s)
{
    bool any = false;
    for (size_t i = 0; i < lac_train_options.count; i++) {
        const struct lac_option *option = &lac_train_options.table[i];
        const char *value = lac_run_option(s->run, option->name);
        if (!value || is_said(s, option, value)) {
            continue;
        }
        if (!any) {
            lac_show_name("options");
        }
        printf("%s--%s%s", any ? " " : "", option->name, option->argument ? " " : "");
        lac_print_clean(stdout, option->argument ? value : "");
        any = true;
    }
    printf("%s", any ? "\n" : "");
}
