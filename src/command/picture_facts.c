#include "command/picture_facts.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "command/run_option.h"

/* One word. PNG has Latin-1 here and PDF an alphabet of its own, so that other letters than ASCII become \xNN of their
   UTF-8; so do blanks. */
static void put_word(FILE *to, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        fprintf(to, *p > 0x20 && *p < 0x7F ? "%c" : "\\x%02x", *p);
    }
}

static void put_axes(FILE *to, const struct figure *f)
{
    fprintf(to, FIGURE_FACTS_TITLE "\nprogram: laconic %s\ndrawn: %s%s against", LAC_VERSION,
            f->y.name, f->y.per_client ? " per client" : "");
    for (size_t panel = 0; panel < f->panels; panel++) {
        fprintf(to, "%s %s%s", panel > 0 ? "," : "", f->x[panel].name,
                f->x[panel].per_client ? " per client" : "");
    }
    fputc('\n', to);
}

static const char *version_of(const struct lac_run *run)
{
    const char *version = "-";
    for (size_t i = 0; i < run->build_count; i++) {
        version = strcmp(run->build[i].key, "version") == 0 ? run->build[i].value : version;
    }
    return version;
}

static lac_status put_run(FILE *to, const struct lac_run *run, struct lac_arena *arena)
{
    char configuration[LAC_DIGEST_TEXT];
    const char *plugins;
    LAC_TRY(lac_run_configuration_digest(run, configuration, arena));
    LAC_TRY(lac_run_plugins(run, &plugins, arena));
    json_t *summary = json_loads(run->summary, 0, NULL);
    json_t *final = json_object_get(summary, "final");
    const char *model = json_string_value(json_object_get(final, "model_digest"));
    fputs("run: ", to);
    put_word(to, lac_base_name(run->path));
    fprintf(to, " configuration %s model ", configuration);
    put_word(to, model && run->finished ? model : "-");
    fputs(" problem ", to);
    put_word(to, run->problem ? run->problem : "-");
    fprintf(to, " rounds %" PRIu64 " version ",
            run->row_count > 0 ? run->rows[run->row_count - 1].round : 0);
    put_word(to, version_of(run));
    if (*plugins) {
        fputs(" plugins ", to);
        put_word(to, plugins);
    }
    fputc('\n', to);
    json_decref(summary);
    return LAC_OK;
}

static lac_status put_all(FILE *to, const struct figure *f, const struct lac_run_list *runs,
                          const struct lac_grouping *g, struct lac_arena *arena)
{
    put_axes(to, f);
    if (g->any) {
        fprintf(to, "curves: medians over runs%s\n",
                f->spread == SPREAD_QUARTILES ? ", first and third quartiles"
                : f->spread == SPREAD_RANGE   ? ", least and most"
                                              : "");
    }
    for (size_t i = 0; i < runs->count; i++) {
        LAC_TRY(put_run(to, &runs->run[i], arena));
    }
    return LAC_OK;
}

lac_status picture_facts(const struct figure *f, const struct lac_run_list *runs,
                         const struct lac_grouping *g, const char **facts, struct lac_arena *arena)
{
    char *text = NULL;
    size_t bytes;
    FILE *to = open_memstream(&text, &bytes);
    if (!to) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: the metadata of a picture");
    }
    lac_status status = put_all(to, f, runs, g, arena);
    bool whole = fclose(to) == 0;
    if (status == LAC_OK && whole) {
        status = lac_arena_text(arena, text, facts);
    } else if (status == LAC_OK) {
        status = LAC_FAIL(LAC_E_MEMORY, "out of memory: the metadata of a picture");
    }
    free(text);
    return status;
}
