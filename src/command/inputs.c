#include "command/inputs.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/train_parts.h"
#include "method/first_model.h"
#include "store/file_digest.h"
#include "store/run_file.h"

/* Digests of the files that were looked at last, by which many runs of the same files are known quickly. */
static struct {
    struct stat facts;
    char digest[LAC_DIGEST_TEXT]; /* "": none */
} known[64];
static size_t known_next;

static bool is_that(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Of a run file that of its model: the same run, made anew, has other times in it. */
static void digest_anew(const char *path, char out[LAC_DIGEST_TEXT])
{
    struct lac_arena scratch = {0};
    struct lac_run run;
    char bytes[LAC_FILE_DIGEST_TEXT];
    static const char head[] = "laconic run file";
    char begin[sizeof head] = "";
    FILE *file = fopen(path, "re");
    bool is_run = file && fread(begin, 1, sizeof head - 1, file) == sizeof head - 1 &&
                  strcmp(begin, head) == 0;
    if (file) {
        (void)fclose(file);
    }
    if (is_run && lac_run_read_brief(&run, path, NULL, &scratch) == LAC_OK && run.model) {
        lac_model_digest(run.model, run.d, out);
    } else {
        lac_file_digest(path, bytes);
        snprintf(out, LAC_DIGEST_TEXT, "%s", bytes);
    }
    lac_arena_free(&scratch);
}

static void digest_file(const char *path, char out[LAC_DIGEST_TEXT])
{
    struct stat facts;
    out[0] = '\0';
    if (stat(path, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (*known[i].digest && is_that(&known[i].facts, &facts)) {
            memcpy(out, known[i].digest, LAC_DIGEST_TEXT);
            return;
        }
    }
    digest_anew(path, out);
    known[known_next].facts = facts;
    memcpy(known[known_next].digest, out, LAC_DIGEST_TEXT);
    known_next = (known_next + 1) % (sizeof known / sizeof *known);
}

/* Of --data-local the files of all ranks that are there, from the first on. */
static lac_status digest_local(const char *given, char out[LAC_DIGEST_TEXT], struct lac_arena *a)
{
    struct lac_digest all;
    uint32_t rank = 1;
    bool several = strstr(given, "{rank}") != NULL, any = false;
    lac_digest_begin(&all, LAC_DIGEST_BYTES);
    for (;; rank++) {
        char one[LAC_DIGEST_TEXT];
        const char *path;
        LAC_TRY(lac_config_path_of_rank(given, rank, a, &path));
        digest_file(path, one);
        if (!*one || (rank > 1 && !several)) {
            break;
        }
        lac_digest_add_text(&all, one);
        any = true;
    }
    lac_digest_end_text(&all, out);
    out[0] = any ? out[0] : '\0';
    return LAC_OK;
}

static lac_status path_of_trace(const char *text, struct lac_arena *a, const char **path)
{
    static const char trace[] = "trace:";
    const char *lost = strstr(text, ",lost="); /* who was lost besides */
    if (strncmp(text, trace, sizeof trace - 1) != 0) {
        return LAC_OK;
    }
    text += sizeof trace - 1;
    return lac_arena_print(a, path, "%.*s", lost ? (int)(lost - text) : (int)strlen(text), text);
}

/* The file that an option names, or NULL. */
static lac_status file_of(const struct lac_config *c, size_t id, const char **path,
                          struct lac_arena *a)
{
    struct lac_first_model first;
    *path = NULL;
    switch (id) {
    case LAC_CONFIG_DATA:
        *path = c->data_path && strcmp(c->data_path, "-") != 0 ? c->data_path : NULL;
        return LAC_OK;
    case LAC_CONFIG_PARTICIPATION:
        return path_of_trace(c->participation, a, path);
    case LAC_CONFIG_NETWORK:
        *path = c->network.clients;
        return LAC_OK;
    case LAC_CONFIG_X0:
        LAC_TRY(lac_first_model_open(&first, c->x0));
        *path = first.path;
        return LAC_OK;
    case LAC_CONFIG_SOLUTION:
        *path = c->solution_solved ? NULL : c->solution;
        return LAC_OK;
    case LAC_CONFIG_TEST:
        *path = c->test;
        return LAC_OK;
    default:
        return LAC_OK;
    }
}

lac_status lac_input_digest(const struct lac_config *c, size_t option, char out[LAC_DIGEST_TEXT])
{
    struct lac_arena arena = {0};
    const char *path = NULL;
    bool local = option == LAC_CONFIG_DATA_LOCAL && c->data_local;
    lac_status status =
        local ? digest_local(c->data_local, out, &arena) : file_of(c, option, &path, &arena);
    if (!local) {
        out[0] = '\0';
    }
    if (status == LAC_OK && path) {
        digest_file(path, out);
    }
    lac_arena_free(&arena);
    return status;
}

lac_status lac_inputs_tell(const struct lac_config *c, const char **json, struct lac_arena *a)
{
    json_t *all = json_object();
    lac_status status = LAC_OK;
    for (size_t i = 0; i < LAC_CONFIG_COUNT && status == LAC_OK; i++) {
        char digest[LAC_DIGEST_TEXT];
        status = lac_input_digest(c, i, digest);
        if (status == LAC_OK && *digest) {
            json_object_set_new(all, lac_train_options.table[i].name, json_string(digest));
        }
    }
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    if (status == LAC_OK && !text) {
        status = LAC_FAIL(LAC_E_MEMORY, "out of memory: what the run's files hold");
    } else if (status == LAC_OK) {
        status = lac_arena_text(a, text, json);
    }
    free(text);
    return status;
}
