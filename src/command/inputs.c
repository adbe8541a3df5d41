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

struct lac_input {
    const char *path;
    struct stat facts;
    struct lac_input *before;
};

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

static bool is_file(const char *path, struct stat *facts)
{
    return stat(path, facts) == 0 && S_ISREG(facts->st_mode);
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
    if (!is_file(path, &facts)) {
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

/* The file of rank 1, 2, ... that an option names, or NULL: most name one for all. */
static lac_status file_of(const struct lac_config *c, size_t id, uint32_t rank, const char **path,
                          struct lac_arena *a)
{
    struct lac_first_model first;
    *path = NULL;
    if (id == LAC_CONFIG_DATA_LOCAL) {
        bool names = c->data_local && (rank == 1 || strstr(c->data_local, "{rank}"));
        return names ? lac_config_path_of_rank(c->data_local, rank, a, path) : LAC_OK;
    }
    if (rank > 1) {
        return LAC_OK;
    }
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

bool lac_input_is_named(const struct lac_config *c, size_t option)
{
    struct lac_arena arena = {0};
    const char *path;
    bool named = file_of(c, option, 1, &path, &arena) == LAC_OK && path;
    lac_arena_free(&arena);
    return named;
}

/* Of --data-local the digest of the files' digests. */
static lac_status digest_local(const struct lac_config *c, uint32_t ranks,
                               char out[LAC_DIGEST_TEXT], struct lac_arena *a)
{
    struct lac_digest all;
    lac_digest_begin(&all, LAC_DIGEST_BYTES);
    for (uint32_t rank = 1; rank <= ranks; rank++) {
        const char *path;
        LAC_TRY(file_of(c, LAC_CONFIG_DATA_LOCAL, rank, &path, a));
        if (!path) {
            break;
        }
        digest_file(path, out);
        if (!*out) {
            return LAC_OK;
        }
        lac_digest_add_text(&all, out);
    }
    lac_digest_end_text(&all, out);
    return LAC_OK;
}

static lac_status digest_option(const struct lac_config *c, size_t option, uint32_t ranks,
                                char out[LAC_DIGEST_TEXT], struct lac_arena *a)
{
    const char *path;
    out[0] = '\0';
    if (option == LAC_CONFIG_DATA_LOCAL) {
        return c->data_local ? digest_local(c, ranks, out, a) : LAC_OK;
    }
    LAC_TRY(file_of(c, option, 1, &path, a));
    if (path) {
        digest_file(path, out);
    }
    return LAC_OK;
}

lac_status lac_input_digest(const struct lac_config *c, size_t option, uint32_t ranks,
                            char out[LAC_DIGEST_TEXT])
{
    struct lac_arena arena = {0};
    lac_status status = digest_option(c, option, ranks, out, &arena);
    lac_arena_free(&arena);
    return status;
}

lac_status lac_inputs_note(struct lac_inputs *noted, const struct lac_config *c,
                           struct lac_arena *a)
{
    noted->last = NULL;
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        struct lac_input file = {.before = NULL};
        for (uint32_t rank = 1;; rank++) {
            LAC_TRY(file_of(c, i, rank, &file.path, a));
            if (!file.path || !is_file(file.path, &file.facts)) {
                break;
            }
            file.before = noted->last;
            LAC_TRY(LAC_NEW(a, 1, &noted->last));
            *noted->last = file;
        }
    }
    return LAC_OK;
}

static bool is_as_noted(const struct lac_inputs *noted, const char *path, bool is_read)
{
    struct stat now;
    const struct lac_input *then = noted->last;
    while (then && strcmp(then->path, path) != 0) {
        then = then->before;
    }
    return then ? is_file(path, &now) && is_that(&then->facts, &now) : !is_read;
}

/* The digest is taken before the file is looked at again: it is of what was noted, and so is all that ranks read in between. */
static lac_status tell_option(const struct lac_inputs *noted, const struct lac_config *c,
                              size_t option, uint32_t ranks, char out[LAC_DIGEST_TEXT],
                              struct lac_arena *a)
{
    const char *path;
    LAC_TRY(digest_option(c, option, ranks, out, a));
    for (uint32_t rank = 1; rank <= ranks; rank++) {
        LAC_TRY(file_of(c, option, rank, &path, a));
        if (!path) {
            break;
        }
        if (!is_as_noted(noted, path, *out)) {
            return LAC_FAIL(LAC_E_INPUT,
                            "--%s: '%s' changed while it was read; start the run again",
                            lac_train_options.table[option].name, path);
        }
    }
    return LAC_OK;
}

lac_status lac_inputs_tell(const struct lac_inputs *noted, const struct lac_config *c,
                           uint32_t ranks, const char **json, struct lac_arena *a)
{
    json_t *all = json_object();
    lac_status status = LAC_OK;
    for (size_t i = 0; i < LAC_CONFIG_COUNT && status == LAC_OK; i++) {
        char digest[LAC_DIGEST_TEXT];
        status = tell_option(noted, c, i, ranks, digest, a);
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
