#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clean.h"
#include "store/checkpoint_io.h"
#include "store/checkpoint_manifest.h"
#include "store/json_memory.h"

enum {
    MOST_BYTES = 256 << 20,
    LONGEST_WORD = 128,
    LONGEST_TEXT = 1 << 20,
    FIELDS = 14,
    FILE_FIELDS = 7,
    ABSENCE_FIELDS = 5
};

static lac_status damaged(const char *path, const char *what)
{
    return LAC_FAIL(LAC_E_INPUT, "'%s' is damaged: %s", path, what);
}

static lac_status read_bytes(int fd, const char *path, char **out, size_t *bytes)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0) {
        return lac_cannot("read", path, errno);
    }
    if (!S_ISREG(facts.st_mode) || facts.st_size > MOST_BYTES) {
        return damaged(path, "it is no file, or far too long");
    }
    *bytes = (size_t)facts.st_size;
    char *text = malloc(*bytes + 1);
    if (!text) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: %zu bytes of '%s'", *bytes, path);
    }
    if (!lac_read_at(fd, text, *bytes, 0)) {
        int reason = errno;
        free(text);
        return lac_cannot("read", path, reason);
    }
    text[*bytes] = '\0';
    *out = text;
    return LAC_OK;
}

static lac_status read_text(const char *path, char **text, size_t *bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0) {
        if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) {
            return LAC_FAIL(LAC_E_INPUT, "'%s' is not there: this is no checkpoint", path);
        }
        return lac_cannot("read", path, errno);
    }
    lac_status status = read_bytes(fd, path, text, bytes);
    close(fd);
    return status;
}

/* Every byte but the tail's digits is digested or compared; they are compared too. */
static bool tail_holds(const char *text, size_t bytes)
{
    struct lac_digest of;
    char digest[LAC_DIGEST_TEXT], tail[LAC_MANIFEST_TAIL + 1];
    if (!text || bytes < LAC_MANIFEST_TAIL) {
        return false;
    }
    lac_digest_begin(&of, LAC_DIGEST_BYTES);
    lac_digest_add(&of, text, bytes - LAC_MANIFEST_TAIL);
    lac_digest_end_text(&of, digest);
    snprintf(tail, sizeof tail, "%s%s%s", LAC_MANIFEST_BEFORE, digest, LAC_MANIFEST_AFTER);
    return memcmp(text + bytes - LAC_MANIFEST_TAIL, tail, LAC_MANIFEST_TAIL) == 0;
}

/* An object whose fields are read one by one. */
struct fields {
    const json_t *object;
    const char *path;
    struct lac_arena *arena;
};

static lac_status wrong(const struct fields *f, const char *name)
{
    return LAC_FAIL(LAC_E_INPUT, "'%s' is damaged: its field '%s' is not what it must be", f->path,
                    name);
}

static lac_status get_count(const struct fields *f, const char *name, uint64_t least, uint64_t most,
                            uint64_t *out)
{
    const json_t *value = json_object_get(f->object, name);
    json_int_t count = json_integer_value(value);
    if (!json_is_integer(value) || count < 0 || (uint64_t)count < least || (uint64_t)count > most) {
        return wrong(f, name);
    }
    *out = (uint64_t)count;
    return LAC_OK;
}

static lac_status get_number(const struct fields *f, const char *name, uint32_t least,
                             uint32_t *out)
{
    uint64_t count = 0;
    LAC_TRY(get_count(f, name, least, UINT32_MAX, &count));
    *out = (uint32_t)count;
    return LAC_OK;
}

static lac_status get_bool(const struct fields *f, const char *name, bool *out)
{
    const json_t *value = json_object_get(f->object, name);
    if (!json_is_boolean(value)) {
        return wrong(f, name);
    }
    *out = json_is_true(value);
    return LAC_OK;
}

static lac_status get_text(const struct fields *f, const char *name, size_t longest,
                           const char **out)
{
    const char *text = json_string_value(json_object_get(f->object, name));
    if (!text || strlen(text) > longest) {
        return wrong(f, name);
    }
    return lac_arena_text(f->arena, text, out);
}

static lac_status get_word(const struct fields *f, const char *name, const char **out)
{
    LAC_TRY(get_text(f, name, LONGEST_WORD, out));
    return **out && lac_is_clean(*out) ? LAC_OK : wrong(f, name);
}

/* digits: how many; 0: any number that is not 0. */
static lac_status get_hexadecimal(const struct fields *f, const char *name, size_t digits,
                                  const char **out)
{
    LAC_TRY(get_text(f, name, LONGEST_WORD, out));
    size_t length = strlen(*out);
    bool ok = length > 0 && strspn(*out, "0123456789abcdef") == length &&
              (digits == 0 || length == digits);
    return ok ? LAC_OK : wrong(f, name);
}

static lac_status get_digest(const struct fields *f, const char *name, unsigned char *out)
{
    const char *text;
    LAC_TRY(get_hexadecimal(f, name, LAC_DIGEST_TEXT - 1, &text));
    size_t bytes = 0;
    bool ok =
        sodium_hex2bin(out, LAC_DIGEST_BYTES, text, LAC_DIGEST_TEXT - 1, NULL, &bytes, NULL) == 0;
    return ok && bytes == LAC_DIGEST_BYTES ? LAC_OK : wrong(f, name);
}

static lac_status get_file(const struct fields *f, struct lac_saved_file *file)
{
    const char *name;
    if (json_object_size(f->object) != FILE_FIELDS) {
        return wrong(f, "files");
    }
    LAC_TRY(get_text(f, "name", LAC_CHECKPOINT_NAME - 1, &name));
    snprintf(file->name, sizeof file->name, "%s", name);
    LAC_TRY(get_count(f, "bytes", 1, INT64_MAX, &file->bytes));
    LAC_TRY(get_digest(f, "digest", file->digest));
    LAC_TRY(get_number(f, "first", 0, &file->first));
    LAC_TRY(get_number(f, "items", 0, &file->items));
    LAC_TRY(get_bool(f, "server", &file->has_server));
    return get_bool(f, "rank", &file->has_rank);
}

static lac_status get_files(const struct fields *f, struct lac_manifest *m)
{
    const json_t *files = json_object_get(f->object, "files");
    struct fields of = *f;
    if (!json_is_array(files) || json_array_size(files) == 0) {
        return wrong(f, "files");
    }
    m->files = json_array_size(files);
    LAC_TRY(LAC_NEW(f->arena, m->files, &m->file));
    for (size_t i = 0; i < m->files; i++) {
        of.object = json_array_get(files, i);
        LAC_TRY(get_file(&of, &m->file[i]));
    }
    return LAC_OK;
}

static bool has_absences(const struct fields *f)
{
    json_int_t version = json_integer_value(json_object_get(f->object, "format_version"));
    return version == LAC_CHECKPOINT_WITH_ABSENCES;
}

/* next: the first client that it may be. */
static lac_status get_absence(const struct fields *f, uint64_t next, uint32_t clients,
                              struct lac_saved_absence *of)
{
    if (json_object_size(f->object) != ABSENCE_FIELDS) {
        return wrong(f, "absent");
    }
    LAC_TRY(get_number(f, "first", 0, &of->first));
    LAC_TRY(get_number(f, "count", 1, &of->count));
    LAC_TRY(get_count(f, "round", 0, INT64_MAX, &of->round));
    LAC_TRY(get_count(f, "row", of->round - (of->round > 0), of->round, &of->row));
    if (!json_is_null(json_object_get(f->object, "host"))) {
        LAC_TRY(get_text(f, "host", LONGEST_WORD, &of->host));
    }
    bool fits = of->first >= next && (uint64_t)of->first + of->count <= clients;
    return fits ? LAC_OK : wrong(f, "absent");
}

static lac_status get_absences(const struct fields *f, struct lac_manifest *m)
{
    const json_t *all = json_object_get(f->object, "absent");
    struct fields of = *f;
    uint64_t next = 0;
    if (!json_is_array(all) || json_array_size(all) == 0) {
        return wrong(f, "absent");
    }
    m->absences = json_array_size(all);
    LAC_TRY(LAC_NEW(f->arena, m->absences, &m->absence));
    for (size_t i = 0; i < m->absences; i++) {
        of.object = json_array_get(all, i);
        LAC_TRY(get_absence(&of, next, m->clients, &m->absence[i]));
        next = (uint64_t)m->absence[i].first + m->absence[i].count;
    }
    return LAC_OK;
}

static lac_status check_version(const struct fields *f)
{
    const char *format = json_string_value(json_object_get(f->object, "format"));
    const json_t *version = json_object_get(f->object, "format_version");
    if (!format || strcmp(format, LAC_MANIFEST_FORMAT) != 0 || !json_is_integer(version)) {
        return damaged(f->path, "it is no manifest of a checkpoint");
    }
    if (json_integer_value(version) != LAC_CHECKPOINT_VERSION && !has_absences(f)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s' is of version %lld; this laconic reads versions %d and %d: go on "
                        "with the laconic that made it, or begin anew in another folder",
                        f->path, (long long)json_integer_value(version), LAC_CHECKPOINT_VERSION,
                        LAC_CHECKPOINT_WITH_ABSENCES);
    }
    /* the digest is a field too */
    return json_object_size(f->object) == (size_t)FIELDS + 1 + has_absences(f)
               ? LAC_OK
               : damaged(f->path, "it has other fields than its version has");
}

static lac_status get_manifest(const struct fields *f, struct lac_manifest *m)
{
    LAC_TRY(check_version(f));
    LAC_TRY(get_word(f, "laconic", &m->version));
    LAC_TRY(get_count(f, "round", 0, INT64_MAX, &m->round));
    LAC_TRY(get_word(f, "method", &m->method));
    if (!json_is_null(json_object_get(f->object, "problem"))) {
        LAC_TRY(get_hexadecimal(f, "problem", LAC_DIGEST_TEXT - 1, &m->problem));
    }
    LAC_TRY(get_hexadecimal(f, "run", 0, &m->run));
    LAC_TRY(get_number(f, "clients", 1, &m->clients));
    LAC_TRY(get_number(f, "ranks", 1, &m->ranks));
    LAC_TRY(get_count(f, "dim", 1, INT64_MAX, &m->dim));
    LAC_TRY(get_count(f, "rows", 0, INT64_MAX, &m->rows));
    LAC_TRY(get_bool(f, "sealed", &m->sealed));
    LAC_TRY(get_text(f, "trajectory", LONGEST_TEXT, &m->trajectory));
    LAC_TRY(get_files(f, m));
    LAC_TRY(has_absences(f) ? get_absences(f, m) : LAC_OK);
    return lac_manifest_check(m, f->path);
}

static lac_status parse(const char *text, size_t bytes, const char *path, struct lac_manifest *m,
                        struct lac_arena *arena)
{
    lac_json_begin();
    json_t *object = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL);
    struct fields f = {.object = object, .path = path, .arena = arena};
    lac_status status =
        json_is_object(object) ? get_manifest(&f, m) : damaged(path, "it is no JSON object");
    json_decref(object);
    /* else a whole checkpoint would be put aside, or a field be taken for null */
    if ((status == LAC_OK || status == LAC_E_INPUT) && lac_json_lacked()) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: '%s' is not read", path);
    }
    return status;
}

lac_status lac_manifest_read(struct lac_manifest *m, const char *folder,
                             unsigned char digest[LAC_DIGEST_BYTES], struct lac_arena *arena)
{
    char path[LAC_PATH], *text = NULL;
    size_t bytes = 0;
    struct lac_digest of;
    struct lac_manifest read = {0};
    LAC_TRY(lac_path_join(path, folder, LAC_MANIFEST_NAME));
    LAC_TRY(read_text(path, &text, &bytes));
    lac_status status = tail_holds(text, bytes)
                            ? parse(text, bytes, path, &read, arena)
                            : damaged(path, "its digest is not that of its bytes");
    if (status == LAC_OK) {
        lac_digest_begin(&of, LAC_DIGEST_BYTES);
        lac_digest_add(&of, text, bytes);
        lac_digest_end(&of, digest);
        *m = read;
    }
    free(text);
    return status;
}
