#include "command/show_checkpoint.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clean.h"
#include "base/text.h"
#include "command/show_command.h"
#include "command/show_summary.h"
#include "command/whole_text.h"
#include "store/checkpoint.h"

/* A checkpoint that was looked at. */
struct looked {
    const char *folder;
    struct lac_manifest m;
    char manifest[LAC_DIGEST_TEXT]; /* the digest of its bytes */
    bool *whole;                    /* (files) */
    size_t damaged;                 /* files */
    const char *fault;              /* of the first damaged one */
};

bool lac_is_folder(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static bool has_manifest(const char *folder)
{
    struct stat facts;
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/MANIFEST.json", folder);
    return length > 0 && length < (int)sizeof path && lstat(path, &facts) == 0;
}

/* The folder itself, or that of the newest checkpoint in it. */
static lac_status find_folder(const char *path, const char **folder, struct lac_arena *arena)
{
    uint64_t *rounds;
    size_t count;
    if (has_manifest(path)) {
        return lac_arena_text(arena, path, folder);
    }
    LAC_TRY(lac_checkpoints_list(path, &rounds, &count, arena));
    if (count == 0) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' has no checkpoint in it, and no run file is a folder",
                        path);
    }
    return lac_checkpoint_folder(path, rounds[0], folder, arena);
}

static lac_status look(struct looked *l, const char *path, bool files, struct lac_arena *arena)
{
    unsigned char digest[LAC_DIGEST_BYTES];
    LAC_TRY(find_folder(path, &l->folder, arena));
    LAC_TRY(lac_manifest_read(&l->m, l->folder, digest, arena));
    sodium_bin2hex(l->manifest, sizeof l->manifest, digest, sizeof digest);
    LAC_TRY(LAC_NEW(arena, l->m.files, &l->whole));
    for (size_t i = 0; i < l->m.files && files; i++) {
        lac_status status = lac_checkpoint_check_file(l->folder, &l->m.file[i]);
        l->whole[i] = status == LAC_OK;
        if (status != LAC_OK && status != LAC_E_INPUT) {
            return status;
        }
        if (status != LAC_OK && l->damaged++ == 0) {
            LAC_TRY(lac_arena_text(arena, lac_failure(), &l->fault));
        }
    }
    return LAC_OK;
}

static void print_holdings(const struct lac_saved_file *file)
{
    const char *between = "";
    if (file->items > 0) {
        printf("clients %" PRIu32 " to %" PRIu32, file->first, file->first + file->items - 1);
        between = ", ";
    }
    if (file->has_server) {
        printf("%sserver", between);
        between = ", ";
    }
    if (file->has_rank) {
        printf("%srank", between);
    }
}

static void print_absences(const struct lac_manifest *m)
{
    for (size_t i = 0; i < m->absences; i++) {
        const struct lac_saved_absence *of = &m->absence[i];
        lac_show_name(i == 0 ? "absent" : "");
        printf("client%s %" PRIu32, lac_plural(of->count), of->first);
        if (of->count > 1) {
            printf(" to %" PRIu32, of->first + of->count - 1);
        }
        if (of->host) {
            printf(" on ");
            lac_print_clean(stdout, of->host);
        }
        printf(", lost, from round %" PRIu64 " on\n", of->round);
    }
}

static json_t *absences_json(const struct lac_manifest *m)
{
    json_t *all = json_array();
    for (size_t i = 0; i < m->absences; i++) {
        const struct lac_saved_absence *of = &m->absence[i];
        json_array_append_new(all, json_pack("{s:I, s:I, s:I, s:I, s:s?}", "first",
                                             (json_int_t)of->first, "count", (json_int_t)of->count,
                                             "round", (json_int_t)of->round, "row",
                                             (json_int_t)of->row, "host", of->host));
    }
    return all;
}

static void print_files(const struct looked *l)
{
    for (size_t i = 0; i < l->m.files; i++) {
        const struct lac_saved_file *file = &l->m.file[i];
        lac_show_name(i == 0 ? "files" : "");
        printf("%-14s %14" PRIu64 " bytes  %-8s", file->name, file->bytes,
               l->whole[i] ? "whole" : "DAMAGED");
        print_holdings(file);
        printf("\n");
    }
}

/* The first line after the name, the others under it. */
static void print_lines(const char *name, const char *text)
{
    while (*text) {
        char line[512];
        size_t length = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1),
                 text);
        lac_show_name(name);
        lac_print_clean(stdout, line);
        printf("\n");
        text += length + (text[length] == '\n');
        name = "";
    }
}

/* As a file of options; those without a value were not given. */
static void print_options(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        const char *value = memmem(text, length, " = ", 3);
        if (value && value + 3 < text + length) {
            bool is_file = strncmp(text, "plugin = ", 9) == 0; /* of that digest, wherever it is */
            printf("%s%.*s\n", is_file ? "# give --plugin FILE, of " : "", (int)length, text);
        }
        text += length + (text[length] == '\n');
    }
}

static void print_people(const struct looked *l)
{
    const struct lac_manifest *m = &l->m;
    lac_print_clean(stdout, l->folder);
    printf(": checkpoint after round %" PRIu64 "%s\n", m->round,
           l->damaged ? ", DAMAGED" : ", whole");
    print_lines("method", m->method);
    lac_show_name("size");
    printf("d = %" PRIu64 ", clients %" PRIu32 ", on %" PRIu32 " rank%s\n", m->dim, m->clients,
           m->ranks, lac_plural(m->ranks));
    lac_show_name("sealed");
    printf("%s\n", m->sealed ? "yes: each client opens alone, with the group's key" : "no");
    lac_show_name("run");
    printf("%s, %" PRIu64 " row%s, laconic %s\n", m->run, m->rows, lac_plural(m->rows), m->version);
    if (m->problem) {
        print_lines("problem", m->problem);
    }
    print_absences(m);
    print_files(l);
    print_lines("options", m->trajectory);
}

static json_t *file_json(const struct looked *l, size_t i)
{
    const struct lac_saved_file *file = &l->m.file[i];
    char digest[LAC_DIGEST_TEXT];
    sodium_bin2hex(digest, sizeof digest, file->digest, sizeof file->digest);
    return json_pack("{s:s, s:I, s:s, s:b, s:I, s:I, s:b, s:b}", "name", file->name, "bytes",
                     (json_int_t)file->bytes, "digest", digest, "whole", (int)l->whole[i], "first",
                     (json_int_t)file->first, "items", (json_int_t)file->items, "server",
                     (int)file->has_server, "rank", (int)file->has_rank);
}

/* Of "name = value" lines. */
static json_t *options_json(const char *text)
{
    json_t *options = json_object();
    while (*text) {
        size_t length = strcspn(text, "\n");
        const char *equals = memmem(text, length, " = ", 3);
        if (equals) {
            char name[128];
            const char *value = equals + 3;
            snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
            json_object_set_new(options, name,
                                json_stringn(value, length - (size_t)(value - text)));
        }
        text += length + (text[length] == '\n');
    }
    return options;
}

static lac_status print_json(const struct looked *l)
{
    const struct lac_manifest *m = &l->m;
    json_t *files = json_array();
    for (size_t i = 0; i < m->files; i++) {
        json_array_append_new(files, file_json(l, i));
    }
    json_t *all = json_pack(
        "{s:i, s:s, s:b, s:I, s:s, s:I, s:I, s:I, s:I, s:b, s:s, s:s, s:s?, s:s, s:o, s:o, s:o}",
        "schema", LAC_SHOW_SCHEMA, "checkpoint", l->folder, "whole", (int)(l->damaged == 0),
        "round", (json_int_t)m->round, "method", m->method, "clients", (json_int_t)m->clients,
        "dim", (json_int_t)m->dim, "ranks", (json_int_t)m->ranks, "rows", (json_int_t)m->rows,
        "sealed", (int)m->sealed, "run", m->run, "laconic", m->version, "problem", m->problem,
        "manifest", l->manifest, "absent", absences_json(m), "files", files, "configuration",
        options_json(m->trajectory));
    char *text = all ? json_dumps(all, JSON_INDENT(2)) : NULL;
    json_decref(all);
    if (!text) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: '%s' cannot be shown as JSON", l->folder);
    }
    printf("%s\n", text);
    free(text);
    return LAC_OK;
}

/* Whole, or not at all. */
static lac_status print_command(const struct looked *l, const char *path, bool lines,
                                struct lac_arena *arena)
{
    struct lac_whole_text text;
    LAC_TRY(lac_whole_text_begin(&text));
    return lac_whole_text_print(&text,
                                lac_show_checkpoint_command(&l->m, path, lines, text.to, arena));
}

lac_status lac_show_checkpoint(const char *path, enum lac_shown_form form, struct lac_arena *arena)
{
    struct looked l = {0};
    bool files = form == LAC_SHOWN_TEXT || form == LAC_SHOWN_JSON;
    LAC_TRY(look(&l, path, files, arena));
    if (form == LAC_SHOWN_JSON) {
        LAC_TRY(print_json(&l));
    } else if (form == LAC_SHOWN_CONFIG) {
        printf("# ");
        lac_print_clean(stdout, l.folder);
        printf("\n");
        print_options(l.m.trajectory);
    } else if (form == LAC_SHOWN_DESCRIPTION) {
        LAC_TRY(lac_show_checkpoint_description(&l.m, arena));
    } else if (form != LAC_SHOWN_TEXT) {
        LAC_TRY(print_command(&l, path, form == LAC_SHOWN_COMMAND_LINES, arena));
    } else {
        print_people(&l);
    }
    return l.damaged == 0 ? LAC_OK : LAC_FAIL(LAC_E_INPUT, "%s", l.fault);
}
