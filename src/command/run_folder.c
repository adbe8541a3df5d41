#include "command/run_folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "command/inputs.h"
#include "command/train_parts.h"

bool lac_bears_on_numbers(size_t id)
{
    const char *section = lac_train_options.table[id].section;
    return lac_train_is_kept(id) && strcmp(section, "Output") != 0 &&
           strcmp(section, "Machine") != 0 && strcmp(section, "Survival") != 0;
}

/* A file of an older program lacks an option that is new, and had its default. */
static bool is_same(const struct lac_option *option, const char *here, const char *there)
{
    there = there ? there : here ? option->fallback : NULL;
    return here && there ? strcmp(here, there) == 0 : here == there;
}

static bool tells_input(const struct lac_run *file, const char *option)
{
    json_t *summary = json_loads(file->summary, 0, NULL);
    bool tells = json_object_get(json_object_get(summary, "inputs"), option) != NULL;
    json_decref(summary);
    return tells;
}

/* Whether the option names, now as then, a file in the folder of the run's own, which may have been copied or be written
   otherwise now; what the file holds is another question, which the run file can answer. */
static bool is_beside(const struct lac_config *c, const struct lac_run *file, size_t option)
{
    char folder[4400] = "";
    const char *name = lac_train_options.table[option].name;
    const char *here = c->setting[option].value, *there = lac_run_option(file, name);
    const char *out = c->setting[LAC_CONFIG_OUT].value;
    out = out ? out : c->setting[LAC_CONFIG_OUT_PRIVATE].value;
    const char *slash = out ? strrchr(out, '/') : NULL;
    if (!here || !there || !slash || !tells_input(file, name)) {
        return false;
    }
    snprintf(folder, sizeof folder, "%.*s", (int)(slash + 1 - out), out);
    const char *at = strstr(here, folder);
    if (!at) {
        return false;
    }
    const char *rest = at + strlen(folder); /* "first.h5" of "DIR/first.h5" */
    size_t before = (size_t)(at - here), behind = strlen(rest), length = strlen(there);
    return length >= before + behind && strncmp(here, there, before) == 0 &&
           strcmp(there + length - behind, rest) == 0 &&
           (length == before + behind || there[length - behind - 1] == '/');
}

/* Whether the plug-ins that are open here are those of the file, to the byte; their names are the same. */
static bool has_same_plugins(const struct lac_config *c, const struct lac_run *file)
{
    json_t *one;
    bool same = true;
    size_t i;
    if (!c->plugins) {
        return true;
    }
    json_t *summary = json_loads(file->summary, 0, NULL);
    json_array_foreach(json_object_get(summary, "plugins"), i, one)
    {
        const char *digest = json_string_value(json_object_get(one, "digest"));
        same = same && digest && strstr(c->plugins, digest);
    }
    json_decref(summary);
    return same;
}

enum input {
    INPUT_SAME,
    INPUT_OTHER,
    INPUT_UNREADABLE, /* here and now */
    INPUT_UNKNOWN     /* the run is of a program that did not write down what its files held */
};

/* What the option's file holds beside what it held. Of one that rank 0 of that run could not read nobody says, and it is taken for
   the same. */
static enum input compare_input(const struct lac_config *c, const json_t *summary, size_t option)
{
    char here[LAC_DIGEST_TEXT];
    const char *name = lac_train_options.table[option].name;
    const json_t *inputs = json_object_get(summary, "inputs");
    const char *there = json_string_value(json_object_get(inputs, name));
    json_int_t ranks = json_integer_value(json_object_get(summary, "ranks"));
    if (!inputs && lac_input_is_named(c, option)) {
        return INPUT_UNKNOWN;
    }
    if (!there) {
        return INPUT_SAME;
    }
    if (lac_input_digest(c, option, ranks > 1 ? (uint32_t)ranks - 1 : 1, here) != LAC_OK ||
        !*here) {
        return INPUT_UNREADABLE;
    }
    return strcmp(here, there) == 0 ? INPUT_SAME : INPUT_OTHER;
}

static size_t different_input(const struct lac_config *c, const struct lac_run *file)
{
    json_t *summary = json_loads(file->summary, 0, NULL);
    size_t i = 0;
    while (i < LAC_CONFIG_COUNT && compare_input(c, summary, i) == INPUT_SAME) {
        i++;
    }
    json_decref(summary);
    return i;
}

size_t lac_run_difference(const struct lac_config *c, const struct lac_run *file)
{
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        const struct lac_option *option = &lac_train_options.table[i];
        if (lac_bears_on_numbers(i) &&
            !is_same(option, c->setting[i].value, lac_run_option(file, option->name)) &&
            !is_beside(c, file, i)) {
            return i;
        }
    }
    return has_same_plugins(c, file) ? different_input(c, file) : LAC_CONFIG_PLUGIN;
}

/* The option is the same, its file is not. */
static lac_status refuse_input(const struct lac_config *c, const struct lac_run *file,
                               size_t option)
{
    const char *name = lac_train_options.table[option].name, *value = c->setting[option].value;
    json_t *summary = json_loads(file->summary, 0, NULL);
    enum input input = compare_input(c, summary, option);
    json_decref(summary);
    if (input == INPUT_UNREADABLE) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "'%s' is a run with --%s %.100s, which cannot be read here now; put it back, "
            "to find out whether it is the same",
            file->path, name, value);
    }
    if (input == INPUT_UNKNOWN) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s' does not say what --%s %.100s held, an older laconic made it; give "
                        "another --out, or --force to replace it",
                        file->path, name, value);
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "'%s' is a run with other bytes in --%s %.100s, which holds something else "
                    "now; give another --out, or --force to replace it",
                    file->path, name, value);
}

lac_status lac_run_refuse_other(const struct lac_config *c, const struct lac_run *file,
                                size_t difference)
{
    if (difference == LAC_CONFIG_COUNT) {
        return LAC_OK;
    }
    const char *name = lac_train_options.table[difference].name;
    const char *there = lac_run_option(file, name), *here = c->setting[difference].value;
    if (here && there && (strcmp(here, there) == 0 || is_beside(c, file, difference))) {
        return refuse_input(c, file, difference);
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "'%s' is a run with another --%s (%.100s, now %.100s); give another --out, or "
                    "--force to replace it",
                    file->path, name, there ? there : "none", here ? here : "none");
}

bool lac_run_has_status(const json_t *summary, const char *status)
{
    const char *found = json_string_value(json_object_get(summary, "status"));
    return found && strcmp(found, status) == 0;
}

bool lac_run_is_whole(const struct lac_config *c, const struct lac_run *file, const json_t *summary)
{
    return lac_run_difference(c, file) == LAC_CONFIG_COUNT &&
           (lac_run_has_status(summary, "finished") || lac_run_has_status(summary, "diverged"));
}

lac_status lac_run_folder_make(const char *option, const char *path, bool *made)
{
    struct stat facts;
    *made = mkdir(path, 0777) == 0;
    if (*made) {
        return LAC_OK;
    }
    if (errno != EEXIST) {
        return LAC_FAIL(LAC_E_IO, "%s: the folder '%s' cannot be made: %s", option, path,
                        strerror(errno));
    }
    if (stat(path, &facts) != 0 || !S_ISDIR(facts.st_mode)) {
        return LAC_FAIL(LAC_E_USAGE, "%s: '%s' is no folder", option, path);
    }
    return LAC_OK;
}
