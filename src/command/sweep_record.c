#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/atomic_file.h"
#include "base/clean.h"
#include "command/sweep_parts.h"

enum { VERSION = 2 };

static bool path_of(const char *run_file, char path[4500])
{
    return snprintf(path, 4500, "%s.sweep.json", run_file) < 4500;
}

static void take_text(const json_t *json, const char *key, char *out, size_t capacity)
{
    const char *text = json_string_value(json_object_get(json, key));
    snprintf(out, capacity, "%s", text ? text : "");
}

void lac_sweep_record_read(struct lac_sweep_record *r, const char *run_file)
{
    char path[4500];
    *r = (struct lac_sweep_record){0};
    json_t *json = path_of(run_file, path) ? json_load_file(path, 0, NULL) : NULL;
    r->there = json_integer_value(json_object_get(json, "version")) == VERSION;
    if (r->there) {
        take_text(json, "digest", r->digest, sizeof r->digest);
        take_text(json, "program", r->program, sizeof r->program);
        take_text(json, "state", r->state, sizeof r->state);
        take_text(json, "sentence", r->sentence, sizeof r->sentence);
        r->facts.bytes = json_integer_value(json_object_get(json, "bytes"));
        r->facts.modified = json_integer_value(json_object_get(json, "modified"));
        r->facts.inode = json_integer_value(json_object_get(json, "inode"));
    }
    json_decref(json);
}

struct lac_sweep_facts lac_sweep_facts_of(const char *run_file)
{
    struct stat facts;
    struct lac_sweep_facts none = {0};
    if (stat(run_file, &facts) != 0) {
        return none;
    }
    return (struct lac_sweep_facts){.bytes = (long long)facts.st_size,
                                    .modified =
                                        1000000000LL * facts.st_mtim.tv_sec + facts.st_mtim.tv_nsec,
                                    .inode = (long long)facts.st_ino};
}

bool lac_sweep_facts_are(const struct lac_sweep_facts *a, const struct lac_sweep_facts *b)
{
    return a->bytes == b->bytes && a->modified == b->modified && a->inode == b->inode;
}

lac_status lac_sweep_record_write(struct lac_sweep_record *r, const char *run_file)
{
    char path[4500], sentence[1024];
    r->facts = lac_sweep_facts_of(run_file);
    lac_clean(r->sentence, sentence, sizeof sentence);
    json_t *json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "version", VERSION,
                             "state", r->state, "sentence", sentence, "digest", r->digest,
                             "program", r->program, "bytes", (json_int_t)r->facts.bytes, "modified",
                             (json_int_t)r->facts.modified, "inode", (json_int_t)r->facts.inode);
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    json_decref(json);
    if (!text || !path_of(run_file, path)) {
        free(text);
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: what is known of '%s'", run_file);
    }
    lac_status status = lac_file_replace(path, text);
    free(text);
    return status;
}

bool lac_sweep_record_is_of(const struct lac_sweep_record *r, const char *run_file)
{
    struct lac_sweep_facts now = lac_sweep_facts_of(run_file);
    return r->there && now.bytes > 0 && lac_sweep_facts_are(&r->facts, &now);
}
