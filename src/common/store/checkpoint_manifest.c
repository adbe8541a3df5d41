#include "store/checkpoint_manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/checkpoint_io.h"
#include "store/json_memory.h"

static bool is_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t length = strnlen(name, LAC_CHECKPOINT_NAME);
    return length > 0 && length < LAC_CHECKPOINT_NAME && *name != '.' &&
           strspn(name, letters) == length && strcmp(name, LAC_MANIFEST_NAME) != 0 &&
           strcmp(name, "index.h5") != 0;
}

static int by_first(const void *a, const void *b)
{
    const struct lac_saved_file *const *x = a, *const *y = b;
    return ((*x)->first > (*y)->first) - ((*x)->first < (*y)->first);
}

static int by_name(const void *a, const void *b)
{
    const struct lac_saved_file *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

bool lac_manifest_is_absent(const struct lac_manifest *m, uint32_t client)
{
    for (size_t i = 0; i < m->absences; i++) {
        if (client >= m->absence[i].first && client - m->absence[i].first < m->absence[i].count) {
            return true;
        }
    }
    return false;
}

/* All clients from..behind - 1. */
static bool are_absent(const struct lac_manifest *m, uint64_t from, uint64_t behind)
{
    bool absent = true;
    for (uint64_t i = from; i < behind && absent; i++) {
        absent = lac_manifest_is_absent(m, (uint32_t)i);
    }
    return absent;
}

/* sorted: (files), room to sort. */
static const char *fault_of(const struct lac_manifest *m, const struct lac_saved_file **sorted)
{
    size_t servers = 0;
    uint64_t next = 0;
    for (size_t i = 0; i < m->files; i++) {
        sorted[i] = &m->file[i];
        servers += m->file[i].has_server;
        if (!is_name(m->file[i].name)) {
            return "a file has a name that none of a checkpoint has";
        }
        if (m->file[i].items == 0 && !m->file[i].has_server && !m->file[i].has_rank) {
            return "a file holds nothing";
        }
    }
    if (servers != 1) {
        return "not one file has the server's state";
    }
    qsort(sorted, m->files, sizeof(const struct lac_saved_file *), by_name);
    for (size_t i = 1; i < m->files; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0) {
            return "two files have one name";
        }
    }
    qsort(sorted, m->files, sizeof(const struct lac_saved_file *), by_first);
    for (size_t i = 0; i < m->files; i++) {
        const struct lac_saved_file *file = sorted[i];
        if (file->items > 0 && (!are_absent(m, next, file->first) || file->first < next)) {
            return "its files do not have each client once";
        }
        next = file->items > 0 ? (uint64_t)file->first + file->items : next;
    }
    bool all = next <= m->clients && are_absent(m, next, m->clients);
    return all ? NULL : "its files do not have each client once";
}

lac_status lac_manifest_check(const struct lac_manifest *m, const char *what)
{
    const struct lac_saved_file **sorted =
        malloc((m->files + 1) * sizeof(const struct lac_saved_file *));
    if (!sorted) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: %zu files of '%s'", m->files, what);
    }
    const char *fault = fault_of(m, sorted);
    free(sorted);
    return fault ? LAC_FAIL(LAC_E_INPUT, "'%s' is damaged: %s", what, fault) : LAC_OK;
}

static json_t *file_json(const struct lac_saved_file *file)
{
    char digest[LAC_DIGEST_TEXT];
    sodium_bin2hex(digest, sizeof digest, file->digest, sizeof file->digest);
    return json_pack("{s:s, s:I, s:s, s:I, s:I, s:b, s:b}", "name", file->name, "bytes",
                     (json_int_t)file->bytes, "digest", digest, "first", (json_int_t)file->first,
                     "items", (json_int_t)file->items, "server", (int)file->has_server, "rank",
                     (int)file->has_rank);
}

static json_t *files_json(const struct lac_manifest *m)
{
    json_t *files = json_array();
    for (size_t i = 0; i < m->files; i++) {
        if (json_array_append_new(files, file_json(&m->file[i])) != 0) {
            json_decref(files);
            return NULL;
        }
    }
    return files;
}

static json_t *absences_json(const struct lac_manifest *m)
{
    json_t *all = json_array();
    for (size_t i = 0; i < m->absences; i++) {
        const struct lac_saved_absence *of = &m->absence[i];
        json_t *one = json_pack("{s:I, s:I, s:I, s:I, s:s?}", "first", (json_int_t)of->first,
                                "count", (json_int_t)of->count, "round", (json_int_t)of->round,
                                "row", (json_int_t)of->row, "host", of->host);
        if (json_array_append_new(all, one) != 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

static json_t *manifest_json(const struct lac_manifest *m)
{
    int version = m->absences > 0 ? LAC_CHECKPOINT_WITH_ABSENCES : LAC_CHECKPOINT_VERSION;
    json_t *json =
        json_pack("{s:s, s:i, s:s, s:I, s:s, s:s?, s:s, s:I, s:I, s:I, s:I, s:b, s:s, s:o}",
                  "format", LAC_MANIFEST_FORMAT, "format_version", version, "laconic", m->version,
                  "round", (json_int_t)m->round, "method", m->method, "problem", m->problem, "run",
                  m->run, "clients", (json_int_t)m->clients, "ranks", (json_int_t)m->ranks, "dim",
                  (json_int_t)m->dim, "rows", (json_int_t)m->rows, "sealed", (int)m->sealed,
                  "trajectory", m->trajectory, "files", files_json(m));
    if (json && m->absences > 0 && json_object_set_new(json, "absent", absences_json(m)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* The text with its digest, for the caller to free; NULL: no memory. */
static char *sealed_text(const char *text)
{
    struct lac_digest of;
    char digest[LAC_DIGEST_TEXT];
    size_t end = strlen(text) - 2; /* the brace on a line of its own */
    char *whole = end > INT_MAX ? NULL : malloc(end + LAC_MANIFEST_TAIL + 1);
    lac_digest_begin(&of, LAC_DIGEST_BYTES);
    lac_digest_add(&of, text, end);
    lac_digest_end_text(&of, digest);
    if (whole) {
        snprintf(whole, end + LAC_MANIFEST_TAIL + 1, "%.*s%s%s%s", (int)end, text,
                 LAC_MANIFEST_BEFORE, digest, LAC_MANIFEST_AFTER);
    }
    return whole;
}

static char *manifest_text(const struct lac_manifest *m)
{
    lac_json_begin();
    json_t *json = manifest_json(m);
    char *text = lac_json_text(json);
    char *whole = text ? sealed_text(text) : NULL;
    json_decref(json);
    free(text);
    return whole;
}

static lac_status read_back(int fd, const char *path, const char *text)
{
    size_t bytes = strlen(text);
    char *read = malloc(bytes + 1);
    if (!read) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: %zu bytes to read '%s' back", bytes, path);
    }
    bool same = lac_read_at(fd, read, bytes, 0) && memcmp(read, text, bytes) == 0;
    free(read);
    return same ? LAC_OK : lac_not_as_written(path);
}

static lac_status write_text(const char *path, const char *text)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) {
        return lac_cannot("write", path, errno);
    }
    bool ok = lac_write_at(fd, text, strlen(text), 0) && fsync(fd) == 0;
    lac_status status = ok ? read_back(fd, path, text) : lac_cannot("write", path, errno);
    if (close(fd) != 0 && status == LAC_OK) {
        status = lac_cannot("write", path, errno);
    }
    return status;
}

lac_status lac_manifest_write(const struct lac_manifest *m, const char *folder)
{
    char path[LAC_PATH];
    LAC_TRY(lac_path_join(path, folder, LAC_MANIFEST_NAME));
    LAC_TRY(lac_manifest_check(m, path));
    if (m->round > INT64_MAX || m->dim > INT64_MAX || m->rows > INT64_MAX) {
        return LAC_FAIL(LAC_E_FAILED, "'%s' cannot say numbers of more than 63 bits", path);
    }
    char *text = manifest_text(m);
    if (!text) {
        return LAC_FAIL(LAC_E_MEMORY, "out of memory: '%s' cannot be made", path);
    }
    lac_status status = write_text(path, text);
    free(text);
    return status;
}
