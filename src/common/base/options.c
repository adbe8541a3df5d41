#include "base/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/text.h"

static size_t find_option(const struct lac_options *o, const char *name, size_t length)
{
    for (size_t i = 0; i < o->count; i++) {
        if (strlen(o->table[i].name) == length && strncmp(o->table[i].name, name, length) == 0) {
            return i;
        }
    }
    return o->count;
}

/* where: "run.conf:3: " or "LACONIC_...: ", or "" for a word of the command line. */
static lac_status unknown_option(const struct lac_options *o, const char *where, const char *name,
                                 bool (*is_taken)(size_t option))
{
    const char *dashes = *where ? "" : "--";
    enum { MOST = 128 };
    const char *names[MOST];
    size_t count = 0;
    for (size_t i = 0; i < o->count && count < MOST; i++) {
        if (!is_taken || is_taken(i)) {
            names[count++] = o->table[i].name;
        }
    }
    const char *nearest = lac_nearest(name, names, count);
    if (nearest) {
        return LAC_FAIL(LAC_E_USAGE, "%sthere is no option '%s%s'; did you mean '%s%s'?", where,
                        dashes, name, dashes, nearest);
    }
    return LAC_FAIL(LAC_E_USAGE, "%sthere is no option '%s%s'; 'laconic %s --help' shows all",
                    where, dashes, name, o->command);
}

static lac_status set_switch(const char *where, const char *name, const char *value,
                             const char **out)
{
    if (strcmp(value, "yes") == 0 || strcmp(value, "no") == 0) {
        *out = *value == 'y' ? "yes" : NULL;
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE, "%s%s is a switch: yes or no, not '%s'", where, name, value);
}

lac_status lac_options_set(const struct lac_options *o, const char *where, size_t i,
                           const char *value, struct lac_arena *a, struct lac_setting *settings)
{
    settings[i].given = true;
    LAC_TRY(lac_arena_text(a, where, &settings[i].where));
    if (!o->table[i].argument) {
        return set_switch(where, o->table[i].name, value, &settings[i].value);
    }
    if (*value == '\0') {
        return LAC_FAIL(LAC_E_USAGE, "%s%s needs a value: %s", where, o->table[i].name,
                        o->table[i].argument);
    }
    settings[i].value = value;
    return LAC_OK;
}

static lac_status read_environment(const struct lac_options *o, struct lac_arena *a,
                                   struct lac_setting *settings)
{
    for (size_t i = 0; i < o->count; i++) {
        char name[80] = "LACONIC_";
        size_t n = strlen(name);
        for (const char *p = o->table[i].name; *p && n < sizeof name - 1; p++) {
            name[n++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
        }
        const char *value = getenv(name);
        bool other =
            o->not_from_environment && strcmp(o->table[i].name, o->not_from_environment) == 0;
        if (value && *value && !other) {
            char where[96];
            snprintf(where, sizeof where, "%s: ", name);
            LAC_TRY(lac_options_set(o, where, i, value, a, settings));
        }
    }
    return LAC_OK;
}

lac_status lac_options_find(const struct lac_options *o, const char *where, const char *name,
                            bool (*is_taken)(size_t option), size_t *option)
{
    *option = find_option(o, name, strlen(name));
    return *option < o->count ? LAC_OK : unknown_option(o, where, name, is_taken);
}

/* An options file that is being read. */
struct file {
    const struct lac_options *options;
    const char *path;
    size_t *line_of; /* (count) where an option stands; 0: nowhere yet */
    struct lac_arena *arena;
    struct lac_setting *settings;
};

static lac_status read_line(void *context, size_t number, char *line)
{
    struct file *f = context;
    char where[300];
    const char *name, *value;
    size_t i;
    snprintf(where, sizeof where, "%.250s:%zu: ", f->path, number);
    LAC_TRY(lac_line_split(where, line, &name, &value));
    if (strcmp(name, "config") == 0) {
        return LAC_FAIL(LAC_E_USAGE, "%sone options file cannot name another", where);
    }
    LAC_TRY(lac_options_find(f->options, where, name, NULL, &i));
    if (f->line_of[i] != 0) {
        return LAC_FAIL(LAC_E_USAGE, "%s'%s' stands in line %zu already", where, name,
                        f->line_of[i]);
    }
    f->line_of[i] = number;
    LAC_TRY(lac_arena_text(f->arena, value, &value));
    return lac_options_set(f->options, where, i, value, f->arena, f->settings);
}

static lac_status read_file(const struct lac_options *o, const char *path, struct lac_arena *a,
                            struct lac_setting *settings)
{
    struct file f = {.options = o, .path = path, .arena = a, .settings = settings};
    LAC_TRY(LAC_NEW(a, o->count, &f.line_of));
    return lac_lines_read("--config: ", path, read_line, &f);
}

static bool is_long(const char *word)
{
    return strncmp(word, "--", 2) == 0 && word[2] != '\0';
}

/* The option that a word names, and its value where it stands in the same word. */
static lac_status find_word(const struct lac_options *o, const char *word, size_t *option,
                            const char **value)
{
    *value = NULL;
    if (o->letter && strncmp(word, o->letter, strlen(o->letter)) == 0) {
        const char *rest = word + strlen(o->letter);
        *option = find_option(o, o->long_name, strlen(o->long_name));
        *value = *rest ? rest : NULL;
        return LAC_OK;
    }
    if (!is_long(word)) {
        return LAC_FAIL(LAC_E_USAGE, "'%s' is no option; options begin with --", word);
    }
    size_t length = strcspn(word + 2, "=");
    *option = find_option(o, word + 2, length);
    if (*option == o->count) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(length < 60 ? length : 60), word + 2);
        return unknown_option(o, "", name, NULL);
    }
    *value = word[2 + length] == '=' ? word + 3 + length : NULL;
    return LAC_OK;
}

/* One word of the command line, and the next where it is its value; *used tells how many. */
static lac_status read_word(const struct lac_options *o, int argc, char *const *argv, int at,
                            struct lac_arena *a, struct lac_setting *settings, int *used)
{
    size_t i;
    const char *value;
    LAC_TRY(find_word(o, argv[at], &i, &value));
    const struct lac_option *option = &o->table[i];
    *used = 1;
    if (value || !option->argument) {
        return lac_options_set(o, "--", i, value ? value : "yes", a, settings);
    }
    if (at + 1 == argc) {
        return LAC_FAIL(LAC_E_USAGE, "--%s needs a value: %s", option->name, option->argument);
    }
    if (is_long(argv[at + 1])) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--%s needs a value: %s; '%s' is an option (--%s=%s takes it as the value)",
                        option->name, option->argument, argv[at + 1], option->name, argv[at + 1]);
    }
    *used = 2;
    return lac_options_set(o, "--", i, argv[at + 1], a, settings);
}

/* Options may stand anywhere before "--", which ends them where there are operands; "-" is one. */
static lac_status read_words(const struct lac_options *o, int argc, char *const *argv,
                             struct lac_arena *a, struct lac_setting *settings,
                             struct lac_operands *operands)
{
    bool options = true;
    for (int i = 0, used = 1; i < argc; i += used) {
        bool option = !operands || (options && argv[i][0] == '-' && argv[i][1] != '\0');
        used = 1;
        if (!option) {
            operands->word[operands->count++] = argv[i];
        } else if (operands && strcmp(argv[i], "--") == 0) {
            options = false;
        } else {
            LAC_TRY(read_word(o, argc, argv, i, a, settings, &used));
        }
    }
    return LAC_OK;
}

/* What stands behind the words of the command line: they win. */
static lac_status read_layers(const struct lac_options *o, int argc, char *const *argv,
                              struct lac_arena *a, struct lac_setting *settings)
{
    LAC_TRY(read_environment(o, a, settings));
    const char *path = settings[find_option(o, "config", strlen("config"))].value;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--config=", 9) == 0) {
            path = argv[i] + 9;
        } else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc && !is_long(argv[i + 1])) {
            path = argv[i + 1];
        }
    }
    return path && *path ? read_file(o, path, a, settings)
                         : LAC_OK; /* the word itself is refused */
}

lac_status lac_options_read(const struct lac_options *o, int argc, char *const *argv,
                            struct lac_arena *a, struct lac_setting *settings,
                            struct lac_operands *operands, bool *help)
{
    *help = false;
    for (size_t i = 0; i < o->count; i++) {
        settings[i] = (struct lac_setting){.value = o->table[i].fallback, .where = "--"};
    }
    for (int i = 0; i < argc && (!operands || strcmp(argv[i], "--") != 0); i++) {
        *help = *help || strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
    }
    if (*help) {
        return LAC_OK;
    }
    if (o->layered) {
        LAC_TRY(read_layers(o, argc, argv, a, settings));
    }
    if (operands) {
        operands->count = 0;
        LAC_TRY(LAC_NEW(a, (size_t)argc + 1, &operands->word));
    }
    return read_words(o, argc, argv, a, settings, operands);
}

bool lac_option_print_words(const struct lac_option *option, FILE *to)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    bool any = false;
    for (const char *at = option->argument; at && *at; at += *at == '|') {
        size_t length = strcspn(at, "|");
        if (islower((unsigned char)*at) && strspn(at, letters) == length) {
            if (to) {
                fprintf(to, "%s%.*s", any ? " " : "", (int)length, at);
            }
            any = true;
        }
        at += length;
    }
    return any;
}

bool lac_option_is_shown(const struct lac_options *o, size_t option)
{
    return !o->refused || strcmp(o->table[option].name, o->refused) != 0;
}

void lac_options_help(const struct lac_options *o, FILE *to)
{
    fprintf(to, "usage: %s\n", o->usage);
    if (o->about) {
        fprintf(to, "\n%s\n", o->about);
    }
    const char *section = "";
    for (size_t i = 0; i < o->count; i++) {
        const struct lac_option *option = &o->table[i];
        if (!lac_option_is_shown(o, i)) {
            continue;
        }
        if (strcmp(section, option->section) != 0) {
            section = option->section;
            fprintf(to, "\n%s\n", section);
        }
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "");
        fprintf(to, "  %-30s %s", left, option->help);
        if (option->fallback) {
            fprintf(to, " [%s]", option->fallback);
        }
        fprintf(to, "\n");
    }
}

void lac_options_man(const struct lac_options *o, FILE *to)
{
    const char *section = "";
    if (o->about) {
        fprintf(to, "%s\n", o->about);
    }
    for (size_t i = 0; i < o->count; i++) {
        const struct lac_option *option = &o->table[i];
        if (strcmp(section, option->section) != 0) {
            section = option->section;
            fprintf(to, ".SS %s\n", section);
        }
        fprintf(to, ".TP\n.B \\-\\-%s", option->name);
        if (option->argument) {
            fprintf(to, " \\fI%s\\fR", option->argument);
        }
        fprintf(to, "\n\\&%s", option->help); /* \& : a text may begin like a request */
        if (option->fallback) {
            fprintf(to, ". Default: %s.", option->fallback);
        }
        fprintf(to, "\n");
    }
}

lac_status lac_options_digest_text(const struct lac_options *o, const struct lac_setting *settings,
                                   struct lac_arena *a, const char **text)
{
    size_t bytes = 1;
    for (size_t i = 0; i < o->count; i++) {
        const char *value = settings[i].value ? settings[i].value : "";
        bytes += strlen(o->table[i].name) + strlen(value) + 4;
    }
    char *out;
    LAC_TRY(LAC_NEW(a, bytes, &out));
    size_t n = 0;
    for (size_t i = 0; i < o->count; i++) {
        if (o->table[i].mark == LAC_TRAJECTORY) {
            const char *value = settings[i].value ? settings[i].value : "";
            n += (size_t)snprintf(out + n, bytes - n, "%s = %s\n", o->table[i].name, value);
        }
    }
    *text = out;
    return LAC_OK;
}
