/*
 * Reads run.h5 and the rows that are only in run.h5.rows yet. The row log is opened before run.h5:
 * when the run ends in between, run.h5 holds every row and the open log still answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/hdf5_text.h"
#include "store/private_file.h"
#include "store/run_checksum.h"
#include "store/run_source.h"

static lac_status read_pairs(const struct lac_run_source *s, const char *name,
                             const struct lac_pair **out, size_t *count)
{
    H5O_info_t facts;
    if (H5Oget_info_by_name2(s->file, name, &facts, H5O_INFO_NUM_ATTRS, H5P_DEFAULT) < 0) {
        return lac_run_damaged(s, name);
    }
    struct lac_pair *pairs;
    LAC_TRY(LAC_NEW(s->arena, (size_t)facts.num_attrs, &pairs));
    for (hsize_t i = 0; i < facts.num_attrs; i++) {
        char key[256];
        bool found = false;
        hid_t attribute =
            H5Aopen_by_idx(s->file, name, H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT);
        lac_status status = LAC_OK;
        if (attribute >= 0 && H5Aget_name(attribute, sizeof key, key) >= 0) {
            status = lac_hdf5_get_text(attribute, s->arena, &pairs[i].value, &found);
        }
        H5Aclose(attribute);
        LAC_TRY(status);
        if (!found) {
            return lac_run_damaged(s, name);
        }
        LAC_TRY(lac_arena_text(s->arena, key, &pairs[i].key));
    }
    *out = pairs;
    *count = (size_t)facts.num_attrs;
    return LAC_OK;
}

static lac_status read_summary(const struct lac_run_source *s, const char **out)
{
    hid_t set = H5Dopen2(s->file, "summary", H5P_DEFAULT);
    hid_t stored = H5Dget_type(set);
    hid_t space = H5Dget_space(set);
    hid_t type = lac_hdf5_text_type();
    char *text = NULL;
    bool ok = set >= 0 && H5Tis_variable_str(stored) > 0 &&
              H5Sget_simple_extent_npoints(space) == 1 &&
              H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) >= 0 && text;
    H5Tclose(type);
    H5Sclose(space);
    H5Tclose(stored);
    H5Dclose(set);
    lac_status status = ok ? lac_arena_text(s->arena, text, out) : lac_run_damaged(s, "/summary");
    H5free_memory(text);
    return status;
}

static lac_status read_model(const struct lac_run_source *s, struct lac_run *run)
{
    if (s->public) {
        return LAC_OK;
    }
    if (H5Lexists(s->file, "model", H5P_DEFAULT) <= 0) {
        return lac_run_damaged(s, "/model");
    }
    if (H5Lexists(s->file, "model/x", H5P_DEFAULT) <= 0) {
        return LAC_OK;
    }
    hid_t set = H5Dopen2(s->file, "model/x", H5P_DEFAULT);
    hssize_t length = lac_run_vector_length(s, set, H5T_FLOAT);
    double *x = NULL;
    lac_status status =
        length < 0 ? lac_run_damaged(s, "/model/x") : LAC_NEW(s->arena, (size_t)length, &x);
    if (status == LAC_OK && H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) < 0) {
        status = lac_run_damaged(s, "/model/x");
    }
    H5Dclose(set);
    run->model = x;
    run->d = length < 0 ? 0 : (size_t)length;
    return status;
}

/* A text attribute of the root; NULL where there is none. */
static lac_status read_root_text(const struct lac_run_source *s, const char *name, const char **out)
{
    bool found = false;
    *out = NULL;
    if (H5Aexists(s->file, name) <= 0) {
        return LAC_OK;
    }
    hid_t attribute = H5Aopen(s->file, name, H5P_DEFAULT);
    lac_status status = lac_hdf5_get_text(attribute, s->arena, out, &found);
    H5Aclose(attribute);
    *out = status == LAC_OK && found ? *out : NULL;
    return status;
}

static lac_status read_head(struct lac_run_source *s)
{
    const char *format;
    LAC_TRY(read_root_text(s, "format", &format));
    if (!format || strcmp(format, LAC_RUN_FORMAT) != 0) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' is an HDF5 file, but not a run of laconic", s->path);
    }
    uint64_t version;
    if (!lac_hdf5_get_count(s->file, "format_version", &version) ||
        !lac_hdf5_get_count(s->file, "run_id", &s->form.run_id) ||
        !lac_hdf5_get_count(s->file, "publication", &s->publication)) {
        return lac_run_damaged(s, "format_version, run_id or publication");
    }
    if (version > LAC_RUN_VERSION) {
        return LAC_FAIL(LAC_E_INPUT,
                        "'%s' was written by a newer laconic (format %llu; this is %d)", s->path,
                        (unsigned long long)version, LAC_RUN_VERSION);
    }
    s->public = version == LAC_RUN_PUBLIC_VERSION;
    return LAC_OK;
}

static lac_status read_body(struct lac_run_source *s, size_t extra, struct lac_run *run)
{
    LAC_TRY(read_head(s));
    LAC_TRY(read_root_text(s, "problem", &run->problem));
    LAC_TRY(read_pairs(s, "configuration", &run->configuration, &run->configuration_count));
    LAC_TRY(read_pairs(s, "build", &run->build, &run->build_count));
    LAC_TRY(read_summary(s, &run->summary));
    LAC_TRY(read_model(s, run));
    return lac_run_read_rows(s, extra, run);
}

static lac_status refuse(const struct lac_run_source *s, enum lac_run_kind kind)
{
    switch (kind) {
    case LAC_RUN_WHOLE:
        return LAC_OK;
    case LAC_RUN_CHANGED:
        return LAC_FAIL(LAC_E_INPUT, "'%s' is damaged or was edited: its checksum does not hold",
                        s->path);
    case LAC_RUN_OTHER_HDF5:
        return LAC_FAIL(LAC_E_INPUT, "'%s' is an HDF5 file, but not a run of laconic", s->path);
    case LAC_RUN_PRIVATE:
        return LAC_FAIL(LAC_E_SECURITY,
                        "'%s' is a private run file; give its group key: laconic show --key "
                        "KEYFILE %s",
                        s->path, s->path);
    case LAC_RUN_NONE:
        return LAC_FAIL(LAC_E_INPUT, "'%s' is no run file", s->path);
    case LAC_RUN_UNREADABLE:
        break;
    }
    return LAC_FAIL(LAC_E_IO, "cannot read '%s': %s", s->path, strerror(errno));
}

/* Before HDF5 sees the file: it trusts what it reads. */
static lac_status check_file(struct lac_run_source *s)
{
    struct stat facts;
    int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return LAC_FAIL(LAC_E_INPUT, "cannot read '%s': %s", s->path, strerror(errno));
    }
    bool regular = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
    enum lac_run_kind kind = regular ? lac_run_checksum_check(fd) : LAC_RUN_NONE;
    lac_status status = LAC_OK;
    s->bytes = facts.st_size;
    s->form.sealed = kind == LAC_RUN_PRIVATE && s->key;
    if (s->form.sealed) {
        status = lac_private_file_read(fd, s->path, s->key, &s->plain);
        s->bytes = (off_t)s->plain.size;
    } else {
        status = refuse(s, kind);
    }
    close(fd);
    return status;
}

static lac_status read_hdf5(struct lac_run_source *s, size_t extra, struct lac_run *run)
{
    LAC_TRY(check_file(s));
    if (s->form.sealed) {
        s->file = lac_secret_image_open(&s->plain);
        lac_secret_image_free(&s->plain);
    } else {
        hid_t access = lac_hdf5_access();
        s->file = H5Fopen(s->path, H5F_ACC_RDONLY, access);
        H5Pclose(access);
    }
    if (s->file < 0) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' is damaged: HDF5 cannot open it", s->path);
    }
    lac_status status = read_body(s, extra, run);
    H5Fclose(s->file);
    return status;
}

static int open_log(const char *path, struct lac_arena *arena, lac_status *status)
{
    char *name;
    *status = LAC_NEW(arena, strlen(path) + sizeof ".rows", &name);
    if (*status != LAC_OK) {
        return -1;
    }
    (void)stpcpy(stpcpy(name, path), ".rows");
    return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static off_t log_bytes(int fd)
{
    struct stat facts;
    return fd >= 0 && fstat(fd, &facts) == 0 ? facts.st_size : 0;
}

/* At most, whatever columns its records have. */
static size_t log_rows(off_t bytes)
{
    return bytes < LAC_ROW_HEADER_BYTES
               ? 0
               : (size_t)(bytes - LAC_ROW_HEADER_BYTES) / LAC_ROW_LEAST_BYTES;
}

static bool is_log_of(int fd, const struct lac_row_form *form)
{
    unsigned char header[LAC_ROW_HEADER_BYTES];
    return fd >= 0 && pread(fd, header, sizeof header, 0) == (ssize_t)sizeof header &&
           lac_row_header_holds(header, form);
}

/* Appends the rows after those of run.h5, at most up to capacity rows in all. */
static void add_log(struct lac_run *run, int fd, const struct lac_row_form *form, size_t capacity)
{
    unsigned char record[LAC_ROW_MOST_BYTES];
    while (run->row_count < capacity && lac_row_read(fd, form, run->row_count, record, 1) == 1 &&
           lac_row_decode(record, form, run->row_count, &run->rows[run->row_count])) {
        run->row_count++;
    }
}

/* The same of a sealed log of so many bytes, whose records open one after the other alone. One that does not is torn where
   the log ends with it; the writer never goes on behind such a one. */
static lac_status open_records(struct lac_run *run, int fd, struct lac_private_rows *log,
                               off_t bytes)
{
    unsigned char record[LAC_ROW_MOST_BYTES];
    struct lac_row row = {0};
    while (lac_row_offset(log->form, log->next + 1) <= bytes &&
           lac_row_read(fd, log->form, log->next, record, 1) == 1) {
        uint64_t index = log->next;
        if (lac_private_row_decode(log, record, &row)) {
            if (index >= run->row_count) {
                run->rows[run->row_count++] = row;
            }
        } else if (lac_row_offset(log->form, index + 1) < bytes) {
            return LAC_FAIL(LAC_E_SECURITY,
                            "'%s.rows' was changed: row %llu is not what the run sealed there; "
                            "without that file '%s' shows what was published",
                            run->path, (unsigned long long)index, run->path);
        } else {
            break;
        }
    }
    return LAC_OK;
}

static lac_status add_sealed_log(struct lac_run_source *s, struct lac_run *run, int fd, off_t bytes)
{
    unsigned char head[LAC_ROW_SEALED_HEADER_BYTES];
    struct lac_private_rows log;
    if (pread(fd, head, sizeof head, 0) != (ssize_t)sizeof head) {
        return LAC_OK;
    }
    LAC_TRY(lac_private_rows_open(&log, &s->form, head, s->key));
    lac_status status = open_records(run, fd, &log, bytes);
    lac_private_rows_close(&log);
    return status;
}

static lac_status read_both(struct lac_run_source *s, int log, struct lac_run *run)
{
    off_t bytes = log_bytes(log);
    size_t capacity = log_rows(bytes);
    LAC_TRY(read_hdf5(s, capacity, run));
    bool unfinished = is_log_of(log, &s->form);
    if (unfinished && s->form.sealed) {
        LAC_TRY(add_sealed_log(s, run, log, bytes));
    } else if (unfinished) {
        add_log(run, log, &s->form, capacity);
    }
    run->private = s->form.sealed;
    run->public = s->public;
    run->finished = !unfinished && s->publication > 0;
    return LAC_OK;
}

static lac_status read_run(struct lac_run *out, const char *path, const unsigned char *key,
                           bool brief, struct lac_arena *arena)
{
    lac_status status;
    struct lac_run run = {0};
    struct lac_run_source s = {.path = path, .arena = arena, .key = key};
    int log = open_log(path, arena, &status);
    if (status == LAC_OK) {
        status = lac_arena_text(arena, path, &run.path);
    }
    s.brief = brief && log < 0; /* where rows are still written, all are counted */
    if (status == LAC_OK) {
        status = read_both(&s, log, &run);
    }
    if (log >= 0) {
        close(log);
    }
    if (status == LAC_OK) {
        *out = run;
    }
    return status;
}

lac_status lac_run_read_with(struct lac_run *out, const char *path, const unsigned char *key,
                             struct lac_arena *arena)
{
    return read_run(out, path, key, false, arena);
}

lac_status lac_run_read_brief(struct lac_run *out, const char *path, const unsigned char *key,
                              struct lac_arena *arena)
{
    return read_run(out, path, key, true, arena);
}

lac_status lac_run_read(struct lac_run *out, const char *path, struct lac_arena *arena)
{
    return lac_run_read_with(out, path, NULL, arena);
}

const char *lac_run_option(const struct lac_run *run, const char *name)
{
    for (size_t i = 0; i < run->configuration_count; i++) {
        if (strcmp(run->configuration[i].key, name) == 0) {
            return run->configuration[i].value;
        }
    }
    return NULL;
}
