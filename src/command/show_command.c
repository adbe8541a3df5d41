#include "command/show_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/text.h"
#include "config/config.h"

/* A command that is being printed. */
struct command {
    FILE *to;
    bool lines;
    bool of_checkpoint; /* which knows plug-ins by their bytes, not where they are */
    struct lac_arena *arena;
};

static size_t option_of(const char *name)
{
    size_t i = 0;
    while (i < LAC_CONFIG_COUNT && strcmp(lac_train_options.table[i].name, name) != 0) {
        i++;
    }
    return i;
}

static void put_space(const struct command *c)
{
    fprintf(c->to, "%s", c->lines ? " \\\n    " : " ");
}

static lac_status put_option(const struct command *c, const char *name, const char *value)
{
    char *word;
    if (!lac_is_clean(value)) {
        return LAC_FAIL(LAC_E_INPUT,
                        "show: --%s has control characters, which a command cannot show; --config "
                        "shows them",
                        name);
    }
    put_space(c);
    fprintf(c->to, "--%s", name);
    LAC_TRY(LAC_NEW(c->arena, 4 * strlen(value) + 3, &word));
    (void)lac_put_word(word, value);
    fprintf(c->to, "%s%s", *value == '-' ? "=" : " ",
            word); /* else a value that begins as an option */
    return LAC_OK;
}

/* What is as by default is left out, but for the method, which a reader looks for. */
static bool is_plain(const struct lac_option *option, const char *value)
{
    return option && option->fallback && strcmp(option->fallback, value) == 0 &&
           strcmp(option->name, lac_train_options.table[LAC_CONFIG_METHOD].name) != 0;
}

static lac_status put_options(const struct command *c, const struct lac_pair *pair, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t id = option_of(pair[i].key);
        const struct lac_option *option =
            id < LAC_CONFIG_COUNT ? &lac_train_options.table[id] : NULL;
        if (option && !option->argument) {
            put_space(c);
            fprintf(c->to, "--%s", option->name);
        } else if (!is_plain(option, pair[i].value)) {
            bool hidden = c->of_checkpoint && id == LAC_CONFIG_PLUGIN;
            LAC_TRY(put_option(c, pair[i].key, hidden ? "FILE" : pair[i].value));
        }
    }
    return LAC_OK;
}

lac_status lac_show_command(const struct shown *s, bool lines, FILE *to, struct lac_arena *a)
{
    const struct command c = {.to = to, .lines = lines, .arena = a};
    json_int_t ranks = json_integer_value(json_object_get(s->summary, "ranks"));
    if (s->run->public) {
        return LAC_FAIL(LAC_E_INPUT,
                        "show: '%s' is public and has no options; --command is of the private file",
                        s->run->path);
    }
    if (ranks > 1) {
        fprintf(to, "mpirun -n %" JSON_INTEGER_FORMAT " ", ranks);
    }
    fprintf(to, "laconic train");
    LAC_TRY(put_options(&c, s->run->configuration, s->run->configuration_count));
    if (json_object_get(s->summary, "sealing")) { /* whose name is of no run */
        LAC_TRY(put_option(&c, "seal", "KEYFILE"));
    }
    fprintf(to, "\n");
    return LAC_OK;
}

lac_status lac_show_pairs(const char *text, const struct lac_pair **pairs, size_t *count,
                          struct lac_arena *a)
{
    struct lac_pair *pair;
    size_t lines = 1;
    for (const char *p = text; *p; p++) {
        lines += *p == '\n';
    }
    LAC_TRY(LAC_NEW(a, lines, &pair));
    *count = 0;
    while (*text) {
        size_t length = strcspn(text, "\n");
        char *line = strndup(text, length), *equals = line ? strstr(line, " = ") : NULL;
        lac_status status = LAC_OK;
        if (equals && equals[3]) {
            *equals = '\0';
            status = lac_arena_text(a, line, &pair[*count].key);
            status = status == LAC_OK ? lac_arena_text(a, equals + 3, &pair[*count].value) : status;
            ++*count;
        }
        free(line);
        LAC_TRY(status);
        text += length + (text[length] == '\n');
    }
    *pairs = pair;
    return LAC_OK;
}

/* "runs/1" of "runs/1/round-000000012" */
static lac_status parent_of(const char *folder, const char **out, struct lac_arena *a)
{
    static const char round[] = "round-";
    char path[4096];
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') {
        length--;
    }
    snprintf(path, sizeof path, "%.*s", length < sizeof path ? (int)length : 0, folder);
    char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (strncmp(name, round, sizeof round - 1) == 0) {
        snprintf(path, sizeof path, "%.*s", slash > path ? (int)(slash - path) : 1,
                 slash ? folder : ".");
    }
    return lac_arena_text(a, path, out);
}

lac_status lac_show_checkpoint_command(const struct lac_manifest *m, const char *folder, bool lines,
                                       FILE *to, struct lac_arena *a)
{
    const struct command c = {.to = to, .lines = lines, .of_checkpoint = true, .arena = a};
    const struct lac_pair *pairs;
    const char *parent;
    size_t count;
    LAC_TRY(lac_show_pairs(m->trajectory, &pairs, &count, a));
    LAC_TRY(parent_of(folder, &parent, a));
    fprintf(to, "laconic train");
    LAC_TRY(put_options(&c, pairs, count));
    if (m->sealed) {
        LAC_TRY(put_option(&c, "seal", "KEYFILE"));
    }
    LAC_TRY(put_option(&c, "resume", parent));
    fprintf(to, "\n");
    return LAC_OK;
}
