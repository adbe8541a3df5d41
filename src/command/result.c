#include "command/result.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/clean.h"
#include "command/show_summary.h"
#include "store/json_memory.h"

enum { TEXT = 4096 }; /* bytes of a text that is kept */

static lac_status add_place(struct lac_result *r, const char *a, const char *b,
                            struct lac_arena *arena)
{
    char *path;
    size_t bytes = strlen(a) + strlen(b) + 1;
    LAC_ASSERT(r->places < LAC_RESULT_PLACES);
    LAC_TRY(LAC_NEW(arena, bytes, &path));
    snprintf(path, bytes, "%s%s", a, b);
    r->path[r->places++] = path;
    return LAC_OK;
}

lac_status lac_result_beside(struct lac_result *r, const char *run_file, struct lac_arena *a)
{
    return add_place(r, run_file, ".result.json", a);
}

lac_status lac_result_in_folder(struct lac_result *r, const char *folder, struct lac_arena *a)
{
    return add_place(r, folder, "/result.json", a);
}

lac_status lac_result_check(const struct lac_result *r)
{
    struct stat facts;
    for (size_t i = 0; i < r->places; i++) {
        if (lstat(r->path[i], &facts) == 0 && S_ISDIR(facts.st_mode)) {
            return LAC_FAIL(LAC_E_IO,
                            "cannot write '%s', which tells how a run ended: there is a folder of "
                            "that name; move it away, or give another name",
                            r->path[i]);
        }
    }
    return LAC_OK;
}

/* Names of files and hosts may be of any bytes, JSON is UTF-8. */
static json_t *text_or_null(const char *text)
{
    char clean[TEXT];
    if (!text) {
        return json_null();
    }
    lac_clean(text, clean, sizeof clean);
    return json_string(clean);
}

static json_t *time_json(time_t moment)
{
    char text[32];
    struct tm utc;
    gmtime_r(&moment, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return json_string(text);
}

static json_t *checkpoint_json(uint64_t round)
{
    char folder[32];
    if (round == 0) {
        return json_null();
    }
    snprintf(folder, sizeof folder, "round-%09" PRIu64, round);
    return json_pack("{s:I, s:s}", "round", (json_int_t)round, "folder", folder);
}

static json_t *lost_json(const struct lac_result_lost *lost)
{
    if (!lost) {
        return json_null();
    }
    return json_pack("{s:I, s:o, s:{s:I, s:I}, s:I, s:f}", "rank", (json_int_t)lost->rank, "host",
                     text_or_null(lost->host), "clients", "first", (json_int_t)lost->first, "count",
                     (json_int_t)lost->clients, "round", (json_int_t)lost->round, "silent_seconds",
                     lost->silent);
}

static json_t *slurm_json(void)
{
    const char *job = getenv("SLURM_JOB_ID"), *restarts = getenv("SLURM_RESTART_COUNT");
    if (!job) {
        return json_null();
    }
    return json_pack("{s:o, s:I}", "job", text_or_null(job), "restarts",
                     (json_int_t)(restarts ? strtol(restarts, NULL, 10) : 0));
}

static json_t *result_json(const struct lac_result *r, const struct lac_result_end *e)
{
    char host[256] = "unknown";
    bool runs = strcmp(e->status, "running") == 0;
    (void)gethostname(host, sizeof host - 1);
    return json_pack(
        "{s:i, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:O?, s:o, s:o, s:o, s:I, s:I, s:s, s:o, "
        "s:o}",
        "version", LAC_RESULT_VERSION, "laconic", LAC_VERSION, "status", e->status, "exit_status",
        runs ? json_null() : json_integer(e->exit_status), "sentence", text_or_null(e->sentence),
        "reason", text_or_null(e->reason), "round", (json_int_t)e->round, "rounds",
        (json_int_t)r->rounds, "checkpoint", checkpoint_json(e->checkpointed_round), "lost",
        lost_json(e->lost), "dropped", e->dropped, "started", time_json(r->started), "ended",
        runs ? json_null() : time_json(time(NULL)), "host", text_or_null(host), "pid",
        (json_int_t)getpid(), "ranks", (json_int_t)r->ranks, "launcher", r->launcher, "slurm",
        slurm_json(), "run_file", text_or_null(r->run_file));
}

/* Everywhere, or nowhere as far as that can be known before. */
static lac_status write_all(const struct lac_result *r, const char *text)
{
    lac_status status = LAC_OK;
    size_t prepared = 0;
    while (prepared < r->places && status == LAC_OK) {
        status = lac_file_prepare(r->path[prepared], text);
        prepared += status == LAC_OK;
    }
    for (size_t i = 0; i < prepared; i++) {
        if (status == LAC_OK) {
            status = lac_file_put(r->path[i]);
        } else {
            lac_file_forget(r->path[i]);
        }
    }
    return status;
}

/* Where there is no room for a new file, what stands there is written over: better than that it says `running` for good. */
static lac_status write_one(const char *path, const char *text, bool hurries)
{
    char sentence[1024];
    lac_status written = hurries ? lac_file_replace_now(path, text) : lac_file_replace(path, text);
    if (written == LAC_OK) {
        return LAC_OK;
    }
    snprintf(sentence, sizeof sentence, "%s", lac_failure());
    return lac_file_overwrite(path, text) == LAC_OK ? LAC_OK : LAC_FAIL(written, "%s", sentence);
}

/* Wherever it can be written. */
static lac_status write_each(const struct lac_result *r, const char *text, bool hurries)
{
    lac_status status = LAC_OK;
    for (size_t i = 0; i < r->places; i++) {
        lac_status written = write_one(r->path[i], text, hurries);
        status = status == LAC_OK ? written : status;
    }
    return status;
}

lac_status lac_result_write(const struct lac_result *r, const struct lac_result_end *e)
{
    lac_status status;
    if (r->places == 0) {
        return LAC_OK;
    }
    lac_json_begin();
    json_t *json = result_json(r, e);
    char *text = lac_json_text(json);
    json_decref(json);
    if (!text) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: '%s'", r->path[0]);
    }
    /* where it cannot be told that all is well, it is not told elsewhere either */
    status = e->exit_status == 0 ? write_all(r, text) : write_each(r, text, e->hurries);
    free(text);
    return status;
}

static const char *text_of(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static void print_result(const json_t *json)
{
    const char *status = text_of(json, "status"), *reason = text_of(json, "reason");
    const char *folder = text_of(json_object_get(json, "checkpoint"), "folder");
    const json_t *code = json_object_get(json, "exit_status");
    lac_show_name("result");
    lac_print_clean(stdout, status);
    if (reason) {
        printf(", by ");
        lac_print_clean(stdout, reason);
    }
    if (json_is_integer(code)) {
        printf(", exit status %" JSON_INTEGER_FORMAT, json_integer_value(code));
    }
    if (folder) {
        printf("; newest checkpoint ");
        lac_print_clean(stdout, folder);
    }
    printf("\n");
}

void lac_result_show(const char *run_file)
{
    char path[TEXT];
    int length = snprintf(path, sizeof path, "%s.result.json", run_file);
    json_t *json = length < TEXT ? json_load_file(path, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const json_t *version = json_object_get(json, "version");
    if (json_is_integer(version) && json_integer_value(version) == LAC_RESULT_VERSION &&
        text_of(json, "status")) {
        print_result(json);
    }
    json_decref(json);
}
