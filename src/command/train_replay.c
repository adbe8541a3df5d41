/* --participation trace:RUN, of a run file: its own participation, and the clients that it lost, as one option's value; and
   whether its rows were of questions of their own, which no option says. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "command/train_parts.h"

static const char kind[] = "trace:";

/* By its first words; the file of a trace begins with a number, or a comment. */
static bool is_run_file(const char *path)
{
    static const char title[] = "laconic run file";
    char bytes[sizeof title - 1];
    FILE *file = fopen(path, "re");
    bool is = file && fread(bytes, 1, sizeof bytes, file) == sizeof bytes &&
              memcmp(bytes, title, sizeof bytes) == 0;
    if (file) {
        (void)fclose(file);
    }
    return is;
}

/* Behind the file of a run nothing may stand: it says itself who was lost. */
static lac_status check_alone(const char *path, struct lac_arena *a)
{
    const char *lost = lac_absence_text(path);
    char *file;
    if (!lost || lost == path) {
        return LAC_OK;
    }
    size_t length = (size_t)(lost - path) - 1;
    LAC_TRY(LAC_NEW(a, length + 1, &file));
    memcpy(file, path, length);
    return is_run_file(file)
               ? LAC_FAIL(LAC_E_USAGE,
                          "--participation: '%s' is the file of a run, which says itself who was "
                          "lost; leave ',%s' out",
                          file, lost)
               : LAC_OK;
}

/* Who is drawn depends on it. */
static lac_status check_same(const struct lac_config *c, const struct lac_run *run,
                             enum lac_option_id id)
{
    const char *name = lac_train_options.table[id].name;
    const char *then = lac_run_option(run, name), *now = c->setting[id].value;
    if (then && now && strcmp(then, now) == 0) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "--participation: '%s' is of a run with --%s %s, and this one has %s; give the "
                    "options of that run ('laconic show --config')",
                    run->path, name, then ? then : "of its own", now ? now : "none");
}

lac_status lac_train_resolve_replay(struct lac_config *c, struct lac_arena *a)
{
    struct lac_run run;
    const char *text = c->setting[LAC_CONFIG_PARTICIPATION].value;
    if (!text || strncmp(text, kind, sizeof kind - 1) != 0) {
        return LAC_OK;
    }
    const char *path = text + sizeof kind - 1;
    if (!is_run_file(path)) {
        return check_alone(path, a);
    }
    LAC_TRY(lac_of_option("--participation", lac_run_read(&run, path, a)));
    LAC_TRY(check_same(c, &run, LAC_CONFIG_CLIENTS));
    LAC_TRY(check_same(c, &run, LAC_CONFIG_SEED));
    json_t *summary = json_loads(run.summary ? run.summary : "{}", JSON_REJECT_DUPLICATES, NULL);
    const json_t *lost = json_object_get(summary, "lost");
    const char *kept = json_string_value(json_object_get(lost, "participation"));
    const json_t *asked = json_object_get(summary, "rows_asked_from");
    c->asks_rows = json_is_integer(asked);
    c->asked_from = c->asks_rows ? (uint64_t)json_integer_value(asked) : 0;
    const char *own = kept ? kept : lac_run_option(&run, "participation");
    lac_status status =
        lac_arena_text(a, own ? own : "", &c->setting[LAC_CONFIG_PARTICIPATION].value);
    json_decref(summary);
    LAC_TRY(status);
    return own ? LAC_OK
               : LAC_FAIL(LAC_E_INPUT, "--participation: '%s' does not say who took part", path);
}
