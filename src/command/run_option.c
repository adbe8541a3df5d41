#include "command/run_option.h"

#include <jansson.h>
#include <string.h>

const char *lac_run_value(const struct lac_run *run, const struct lac_option *option)
{
    const char *value = lac_run_option(run, option->name);
    return value ? value : option->fallback;
}

/* "" where it goes with another option. */
static const char *own_value(const struct lac_run *run, const struct lac_option *option)
{
    const char *value = lac_run_value(run, option), *up = lac_run_option(run, "compressor");
    bool follows = option == &lac_train_options.table[LAC_CONFIG_COMPRESSOR_DOWN] && value && up &&
                   strcmp(value, up) == 0;
    return follows ? "" : value;
}

bool lac_run_values_equal(const struct lac_run *a, const struct lac_run *b,
                          const struct lac_option *option)
{
    const char *one = own_value(a, option), *other = own_value(b, option);
    return one && other ? strcmp(one, other) == 0 : one == other;
}

lac_status lac_run_plugins(const struct lac_run *run, const char **out, struct lac_arena *arena)
{
    json_t *summary = json_loads(run->summary, 0, NULL);
    const json_t *all = json_object_get(summary, "plugins");
    lac_status status = LAC_OK;
    *out = "";
    for (size_t i = 0; i < json_array_size(all) && status == LAC_OK; i++) {
        const json_t *one = json_array_get(all, i);
        const char *name = json_string_value(json_object_get(one, "name"));
        const char *digest = json_string_value(json_object_get(one, "digest"));
        status = lac_arena_print(arena, out, "%s%s%s=%s", *out, **out ? "," : "", name ? name : "-",
                                 digest ? digest : "-");
    }
    json_decref(summary);
    return status;
}

lac_status lac_run_contents(const struct lac_run *run, struct lac_run_contents *out,
                            struct lac_arena *arena)
{
    json_t *summary = json_loads(run->summary, 0, NULL);
    const json_t *inputs = json_object_get(summary, "inputs");
    struct lac_run_contents c = {0};
    lac_status status = lac_run_plugins(run, &c.of[LAC_CONFIG_PLUGIN], arena);
    for (size_t i = 0; i < LAC_CONFIG_COUNT && status == LAC_OK; i++) {
        const char *digest =
            json_string_value(json_object_get(inputs, lac_train_options.table[i].name));
        status = digest ? lac_arena_text(arena, digest, &c.of[i]) : LAC_OK;
    }
    json_decref(summary);
    *out = c;
    return status;
}

bool lac_run_contents_differ(const struct lac_run_contents *a, const struct lac_run_contents *b,
                             size_t option)
{
    return a->of[option] && b->of[option] && strcmp(a->of[option], b->of[option]) != 0;
}

lac_status lac_run_difference_text(const struct lac_run *a, const struct lac_run *b, size_t option,
                                   const char **out, struct lac_arena *arena)
{
    const struct lac_option *o = &lac_train_options.table[option];
    const char *one = lac_run_value(a, o), *other = lac_run_value(b, o);
    one = one ? one : "(none)";
    return lac_run_values_equal(a, b, o)
               ? lac_arena_print(arena, out, "the content of --%s %s", o->name, one)
               : lac_arena_print(arena, out, "--%s %s and %s", o->name, one,
                                 other ? other : "(none)");
}

const char *lac_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

lac_status lac_run_configuration_digest(const struct lac_run *run, char out[LAC_DIGEST_TEXT],
                                        struct lac_arena *arena)
{
    struct lac_setting settings[LAC_CONFIG_COUNT] = {0};
    struct lac_digest g;
    const char *text;
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        settings[i].value = lac_run_value(run, &lac_train_options.table[i]);
    }
    LAC_TRY(lac_options_digest_text(&lac_train_options, settings, arena, &text));
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add(&g, text, strlen(text));
    lac_digest_end_text(&g, out);
    return LAC_OK;
}
