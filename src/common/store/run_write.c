/*
 * The writer of run files. Two files, so that a kill at any moment leaves something to read:
 *
 *   run.h5        replaced whole: run.h5.tmp is written, fsynced, renamed
 *   run.h5.rows   all rows so far, one pwrite each; removed once run.h5 holds them all; locked (flock) by its writer
 *
 * A new run.h5 is in its place before the old run.h5.rows gives way: in between, the run id keeps
 * the two apart. The new log is run.h5.rows.tmp until then, locked before anything else: of several that begin one run
 * file at a time, who has it locked under that name is the writer, and nobody else writes or removes anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/run_checksum.h"
#include "store/run_image.h"

struct lac_run_writer {
    const char *temporary, *rows_temporary; /* run.h5.tmp, run.h5.rows.tmp */
    const char *folder;
    struct lac_run_image image; /* as of now */
    uint64_t published_rows;
    bool stuck; /* a sealed row did not get into the log: its place in the stream is taken */
};

static lac_status cannot_write(const char *path)
{
    return LAC_FAIL(LAC_E_IO, "cannot write '%s': %s", path, strerror(errno));
}

/* Paths, all in the arena. */
static lac_status join(const char *path, size_t length, const char *suffix, struct lac_arena *arena,
                       const char **out)
{
    char *text;
    size_t bytes = length + strlen(suffix) + 1;
    LAC_TRY(LAC_NEW(arena, bytes, &text));
    snprintf(text, bytes, "%.*s%s", (int)length, path, suffix);
    *out = text;
    return LAC_OK;
}

static lac_status name_files(struct lac_run_writer *w, const char *path, struct lac_arena *arena)
{
    size_t length = strlen(path);
    const char *slash = strrchr(path, '/');
    LAC_TRY(join(path, length, "", arena, &w->image.path));
    LAC_TRY(join(path, length, ".tmp", arena, &w->temporary));
    LAC_TRY(join(path, length, ".rows", arena, &w->image.rows));
    LAC_TRY(join(path, length, ".rows.tmp", arena, &w->rows_temporary));
    if (!slash) {
        return join(".", 1, "", arena, &w->folder);
    }
    return join(path, slash == path ? 1 : (size_t)(slash - path), "", arena, &w->folder);
}

/* --force replaces run files alone: a wrong --out must not cost anybody's data. */
static lac_status check_replaced(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return cannot_write(path);
    }
    struct stat facts;
    bool empty = fstat(fd, &facts) == 0 && facts.st_size == 0;
    enum lac_run_kind kind = empty ? LAC_RUN_WHOLE : lac_run_checksum_check(fd);
    int reason = errno;
    close(fd);
    if (kind == LAC_RUN_UNREADABLE) {
        return LAC_FAIL(LAC_E_IO, "cannot read '%s': %s", path, strerror(reason));
    }
    if (kind != LAC_RUN_WHOLE && kind != LAC_RUN_CHANGED && kind != LAC_RUN_PRIVATE) {
        return LAC_FAIL(LAC_E_USAGE,
                        "'%s' is no run file, and --force replaces nothing else; give "
                        "another name",
                        path);
    }
    return LAC_OK;
}

/* What is there already. */
static lac_status check_there(const struct lac_run_writer *w, bool force)
{
    struct stat facts;
    if (lstat(w->image.path, &facts) == 0) {
        if (!S_ISREG(facts.st_mode)) {
            return LAC_FAIL(LAC_E_USAGE, "'%s' is there and is no regular file; give another name",
                            w->image.path);
        }
        if (!force) {
            return LAC_FAIL(LAC_E_USAGE, "'%s' exists; give --force to replace it or another name",
                            w->image.path);
        }
        LAC_TRY(check_replaced(w->image.path));
    } else if (errno != ENOENT) {
        return cannot_write(w->image.path);
    }
    return LAC_OK;
}

/* Nothing is written here but an empty file of a name that nobody else has, which is removed again. */
static lac_status check_folder(const struct lac_run_writer *w)
{
    struct stat facts;
    char probe[PATH_MAX];
    if (stat(w->folder, &facts) != 0 || !S_ISDIR(facts.st_mode)) {
        return LAC_FAIL(LAC_E_IO, "cannot write '%s': there is no folder '%s'", w->image.path,
                        w->folder);
    }
    if (lstat(w->image.rows, &facts) == 0 && !S_ISREG(facts.st_mode)) {
        return LAC_FAIL(LAC_E_USAGE, "'%s' is there and is no regular file; give another name",
                        w->image.rows);
    }
    snprintf(probe, sizeof probe, "%s.XXXXXX", w->image.path);
    int fd = mkostemp(probe, O_CLOEXEC);
    if (fd < 0) {
        return cannot_write(w->image.path);
    }
    close(fd);
    unlink(probe);
    return LAC_OK;
}

static lac_status replace(struct lac_run_writer *w, const char *summary, const double *model,
                          size_t d)
{
    lac_status status = lac_run_image_write(&w->image, w->temporary, summary, model, d);
    if (status == LAC_OK && rename(w->temporary, w->image.path) != 0) {
        status = cannot_write(w->image.path);
    }
    if (status != LAC_OK) {
        unlink(w->temporary);
        return status;
    }
    lac_folder_sync(w->folder);
    w->image.publication++;
    w->published_rows = w->image.row_count;
    return LAC_OK;
}

static lac_status write_at(const struct lac_run_writer *w, const unsigned char *data, size_t bytes,
                           off_t offset)
{
    while (bytes > 0) {
        ssize_t part = pwrite(w->image.rows_fd, data, bytes, offset);
        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part <= 0) {
            return cannot_write(w->image.rows);
        }
        data += part;
        bytes -= (size_t)part;
        offset += part;
    }
    return LAC_OK;
}

static bool is_at(int fd, const char *path)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_ino == there.st_ino &&
           ours.st_dev == there.st_dev;
}

/* Some file systems cannot lock: then nobody has it locked. */
static bool is_locked_by_another(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

static lac_status refuse_live(const char *path)
{
    return LAC_FAIL(LAC_E_USAGE,
                    "'%s' is being written by a run that goes on; end that first, or give another "
                    "name",
                    path);
}

/* A log that was left by a start that was killed, or is another's that begins now. */
static lac_status clear_rows(const struct lac_run_writer *w)
{
    const char *path = w->rows_temporary;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) { /* what comes now is another's */
        return LAC_OK;
    }
    if (fd < 0) {
        (void)unlink(path); /* a link, or what nobody may read: no log */
        return LAC_OK;
    }
    bool taken = is_locked_by_another(fd) || !is_at(fd, path);
    if (!taken) {
        (void)unlink(path);
    }
    close(fd);
    return taken ? refuse_live(w->image.path) : LAC_OK;
}

static lac_status lock_rows(struct lac_run_writer *w)
{
    LAC_TRY(clear_rows(w));
    int fd = lac_run_file_begin(&w->image.info, w->rows_temporary);
    if (fd < 0) {
        return errno == EEXIST ? refuse_live(w->image.path) : cannot_write(w->image.rows);
    }
    if (is_locked_by_another(fd) || !is_at(fd, w->rows_temporary)) {
        close(fd);
        return refuse_live(w->image.path);
    }
    w->image.rows_fd = fd;
    return lac_run_check_live(w->image.path);
}

static lac_status begin_rows(struct lac_run_writer *w)
{
    struct lac_run_image *image = &w->image;
    unsigned char header[LAC_ROW_HEADER_BYTES];
    lac_row_header_encode(header, &image->form);
    if (image->info.key) {
        LAC_TRY(lac_private_rows_begin(&image->log, &image->form, image->info.key));
    }
    return image->info.key ? write_at(w, image->log.head, sizeof image->log.head, 0)
                           : write_at(w, header, sizeof header, 0);
}

static uint64_t new_run_id(void)
{
    uint64_t id;
    if (getrandom(&id, sizeof id, GRND_NONBLOCK) != (ssize_t)sizeof id) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        id =
            (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + ((uint64_t)getpid() << 44);
    }
    return id;
}

lac_status lac_run_append(struct lac_run_writer *w, const struct lac_row *row)
{
    unsigned char record[LAC_ROW_MOST_BYTES];
    const struct lac_row_form *form = &w->image.form;
    if (w->stuck) {
        return LAC_FAIL(LAC_E_IO, "cannot write '%s': a row before this one could not be",
                        w->image.rows);
    }
    if (form->sealed) {
        lac_private_row_encode(&w->image.log, row, record);
    } else {
        lac_row_encode(record, row, form, w->image.row_count);
    }
    lac_status status =
        write_at(w, record, lac_row_bytes(form), lac_row_offset(form, w->image.row_count));
    w->stuck = form->sealed && status != LAC_OK;
    w->image.row_count += status == LAC_OK;
    return status;
}

/* Those of an earlier start. */
static lac_status append_known(struct lac_run_writer *w)
{
    for (uint64_t i = 0; i < w->image.info.row_count; i++) {
        LAC_TRY(lac_run_append(w, &w->image.info.rows[i]));
    }
    return LAC_OK;
}

static lac_status start(struct lac_run_writer *w, bool force)
{
    LAC_TRY(lock_rows(w));
    LAC_TRY(check_there(w, force));
    LAC_TRY(begin_rows(w));
    LAC_TRY(append_known(w));
    LAC_TRY(replace(w, "{}", NULL, 0));
    if (rename(w->rows_temporary, w->image.rows) != 0) {
        return cannot_write(w->image.rows);
    }
    return LAC_OK;
}

bool lac_run_is_live(const char *path)
{
    char rows[PATH_MAX];
    int length = snprintf(rows, sizeof rows, "%s.rows", path);
    int fd = length < (int)sizeof rows ? open(rows, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (fd < 0) {
        return false;
    }
    bool live = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return live;
}

lac_status lac_run_check_live(const char *path)
{
    return lac_run_is_live(path) ? refuse_live(path) : LAC_OK;
}

lac_status lac_run_check(const char *path, bool force, struct lac_arena *arena)
{
    struct lac_run_writer w = {0};
    LAC_TRY(name_files(&w, path, arena));
    LAC_TRY(check_there(&w, force));
    return check_folder(&w);
}

lac_status lac_run_create(struct lac_run_writer **out, const char *path, bool force,
                          const struct lac_run_info *info, struct lac_arena *arena)
{
    struct lac_run_writer *w;
    LAC_ASSERT(!info->key || !info->public);
    LAC_TRY(LAC_NEW(arena, 1, &w));
    LAC_TRY(name_files(w, path, arena));
    w->image.info = *info;
    w->image.rows_fd = -1;
    w->image.form = (struct lac_row_form){.run_id = new_run_id(),
                                          .columns = lac_columns_kept(info->tracked, info->public),
                                          .sealed = info->key != NULL};
    LAC_TRY(LAC_NEW(arena, LAC_RUN_CHUNK_ROWS * lac_row_bytes(&w->image.form), &w->image.records));
    LAC_TRY(LAC_NEW(arena, LAC_RUN_CHUNK_ROWS, &w->image.row));
    LAC_TRY(LAC_NEW(arena, LAC_RUN_CHUNK_ROWS, &w->image.column));
    LAC_TRY(check_folder(w));
    lac_status status = start(w, force);
    if (status != LAC_OK) {
        if (w->image.rows_fd >= 0) { /* else it is another's */
            unlink(w->rows_temporary);
            close(w->image.rows_fd);
        }
        lac_private_rows_close(&w->image.log);
        return status;
    }
    *out = w;
    return LAC_OK;
}

/* Whether run.h5.rows is the file that we opened: 1 yes, 0 it is gone, -1 it is another's. */
static int owns_rows(const struct lac_run_writer *w)
{
    struct stat ours;
    struct stat there;
    if (stat(w->image.rows, &there) != 0 || fstat(w->image.rows_fd, &ours) != 0) {
        return 0;
    }
    return ours.st_ino == there.st_ino && ours.st_dev == there.st_dev ? 1 : -1;
}

lac_status lac_run_publish(struct lac_run_writer *w, const char *summary, const double *model,
                           size_t d)
{
    if (owns_rows(w) < 0) {
        return LAC_FAIL(LAC_E_IO, "'%s' was taken over by another run; it is left alone",
                        w->image.path);
    }
    return replace(w, summary, model, d);
}

void lac_run_close(struct lac_run_writer *w)
{
    if (!w || w->image.rows_fd < 0) {
        return;
    }
    if (w->published_rows == w->image.row_count && owns_rows(w) > 0) {
        unlink(w->image.rows);
    }
    close(w->image.rows_fd);
    w->image.rows_fd = -1;
    lac_private_rows_close(&w->image.log);
}
