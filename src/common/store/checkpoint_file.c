#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/checkpoint_digest.h"
#include "store/checkpoint_io.h"
#include "store/checkpoint_part.h"
#include "store/hdf5_text.h"

/*
 * A file of one rank is HDF5, of the format of 1.8, without times, so that the same state has the same bytes (sealed ones have fresh salts):
 *
 *   attributes       laconic_checkpoint 3 (the version of the format), sealed 0 or 1
 *   /GROUP           attributes first, items
 *   /GROUP/PART      plain: float64, uint32 or uint64, little-endian, (items, count), contiguous
 *   /GROUP/sealed    under a key: uint8 (items, bytes), see checkpoint_sealed.c
 *
 * Its digest is that of checkpoint_digest.h.
 */
static const char version_name[] = "laconic_checkpoint", sealed_name[] = "sealed";

static hid_t without_times(hid_t class)
{
    hid_t form = H5Pcreate(class);
    if (form >= 0 && H5Pset_obj_track_times(form, false) < 0) {
        H5Pclose(form);
        return -1;
    }
    return form;
}

static bool make_group(hid_t file, const struct lac_part_group *group, bool sealed)
{
    hid_t form = without_times(H5P_GROUP_CREATE);
    hid_t place = H5Gcreate2(file, group->name, H5P_DEFAULT, form, H5P_DEFAULT);
    bool ok = place >= 0 && lac_hdf5_put_count(place, "first", group->first) &&
              lac_hdf5_put_count(place, "items", group->items) &&
              (sealed ? lac_sealed_make(place, group) : lac_plain_make(place, group));
    H5Pclose(form);
    return place >= 0 && H5Gclose(place) >= 0 && ok;
}

static hid_t create_file(const char *path)
{
    hid_t access = lac_hdf5_access(); /* before anything else of the library */
    hid_t form = without_times(H5P_FILE_CREATE);
    errno = 0;
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, form, access);
    int reason = errno;
    H5Pclose(form);
    H5Pclose(access);
    errno = reason;
    return file;
}

/* All but the values. */
static lac_status make_file(const char *path, const struct lac_part_group *group, size_t groups,
                            bool sealed)
{
    hid_t file = create_file(path);
    bool ok = file >= 0 && lac_hdf5_put_count(file, version_name, LAC_CHECKPOINT_VERSION) &&
              lac_hdf5_put_count(file, sealed_name, sealed);
    for (size_t k = 0; k < groups && ok; k++) {
        ok = make_group(file, &group[k], sealed);
    }
    int reason = errno;
    if (file >= 0 && H5Fclose(file) < 0) {
        reason = ok ? errno : reason;
        ok = false;
    }
    return ok ? LAC_OK : lac_cannot("write", path, reason);
}

static lac_status move_group(struct lac_moved_group *g)
{
    uint64_t first, items;
    if (!lac_hdf5_get_count(g->place, "first", &first) ||
        !lac_hdf5_get_count(g->place, "items", &items) || first > UINT32_MAX ||
        items > UINT32_MAX) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' does not say which %s it has", g->path, g->group->name);
    }
    uint64_t end = (uint64_t)g->group->first + g->group->items;
    if (g->group->first < first || end > first + items) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' has %s %llu to %llu, not %u to %llu", g->path,
                        g->group->name, (unsigned long long)first,
                        (unsigned long long)(first + items) - 1, g->group->first,
                        (unsigned long long)end - 1);
    }
    if (!lac_place_has(g->place, g->key ? 1 : g->group->part_count)) {
        return LAC_FAIL(LAC_E_INPUT,
                        "'%s' has other parts of %s than this run: give --track as it was then, "
                        "columns remember what their run did",
                        g->path, g->group->name);
    }
    g->first = (uint32_t)first;
    g->items = (uint32_t)items;
    return g->key ? lac_sealed_move(g) : lac_plain_move(g);
}

static lac_status check_head(hid_t file, const char *path, bool key)
{
    uint64_t version, sealed;
    if (!lac_hdf5_get_count(file, version_name, &version) ||
        !lac_hdf5_get_count(file, sealed_name, &sealed)) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' is no file of a checkpoint", path);
    }
    if (version != LAC_CHECKPOINT_VERSION) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' is of version %llu; this laconic reads %d", path,
                        (unsigned long long)version, LAC_CHECKPOINT_VERSION);
    }
    if ((sealed != 0) != key) {
        return LAC_FAIL(LAC_E_SECURITY,
                        key ? "'%s' is not sealed, and this run is: it is not believed"
                            : "'%s' is sealed: it opens with the group's key alone",
                        path);
    }
    return LAC_OK;
}

static lac_status move_groups(hid_t file, struct lac_moved_group *g,
                              const struct lac_part_group *group, size_t groups)
{
    LAC_TRY(check_head(file, g->path, g->key != NULL));
    for (size_t k = 0; k < groups; k++) {
        g->group = &group[k];
        g->place =
            lac_place_owns(file, group[k].name) ? H5Gopen2(file, group[k].name, H5P_DEFAULT) : -1;
        if (g->place < 0) {
            return LAC_FAIL(LAC_E_INPUT, "'%s' has no %s", g->path, group[k].name);
        }
        lac_status status = move_group(g);
        H5Gclose(g->place);
        LAC_TRY(status);
    }
    return LAC_OK;
}

static lac_status move_file(const char *path, int fd, enum lac_move move,
                            const struct lac_part_group *group, size_t groups,
                            const unsigned char *key)
{
    struct lac_moved_group g = {.path = path, .fd = fd, .move = move, .key = key};
    hid_t access = lac_hdf5_access();
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    if (file < 0) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' is damaged: HDF5 does not open it", path);
    }
    lac_status status = move_groups(file, &g, group, groups);
    H5Fclose(file);
    return status;
}

static lac_status size_of(int fd, const char *path, uint64_t *bytes)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0) {
        return lac_cannot("read", path, errno);
    }
    if (!S_ISREG(facts.st_mode)) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' is no regular file", path);
    }
    *bytes = (uint64_t)facts.st_size;
    return LAC_OK;
}

/* Digested and made durable while it is compared. */
static lac_status verify(const char *path, int fd, struct lac_saved_file *file,
                         const struct lac_part_group *group, size_t groups,
                         const unsigned char *key)
{
    struct lac_file_digest digest;
    LAC_TRY(size_of(fd, path, &file->bytes));
    LAC_TRY(lac_file_digest_begin(&digest, fd, file->bytes, true));
    lac_status compared = move_file(path, fd, LAC_MOVE_COMPARE, group, groups, key);
    lac_status digested = lac_file_digest_end(&digest, path, file->digest);
    return digested != LAC_OK ? digested : compared;
}

static lac_status write_file(const char *path, struct lac_saved_file *file,
                             const struct lac_part_group *group, size_t groups,
                             const unsigned char *key)
{
    LAC_TRY(make_file(path, group, groups, key != NULL));
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return lac_cannot("write", path, errno);
    }
    lac_status status = move_file(path, fd, LAC_MOVE_OUT, group, groups, key);
    if (status == LAC_OK) {
        status = verify(path, fd, file, group, groups, key);
    }
    if (close(fd) != 0 && status == LAC_OK) {
        status = lac_cannot("write", path, errno);
    }
    return status;
}

lac_status lac_checkpoint_write_file(const char *folder, struct lac_saved_file *file,
                                     const struct lac_part_group *group, size_t groups,
                                     const unsigned char *key)
{
    char path[LAC_PATH];
    struct lac_saved_file written = *file;
    LAC_TRY(lac_path_join(path, folder, file->name));
    (void)unlink(path);
    lac_status status = write_file(path, &written, group, groups, key);
    if (status != LAC_OK) {
        (void)unlink(path);
        (void)H5Eclear2(
            H5E_DEFAULT); /* HDF5 keeps what it says of failures, and loses it with the thread */
        return status;
    }
    *file = written;
    return LAC_OK;
}

static lac_status check(int fd, const char *path, const struct lac_saved_file *file)
{
    struct lac_file_digest digest;
    unsigned char found[LAC_DIGEST_BYTES];
    uint64_t bytes = 0;
    LAC_TRY(size_of(fd, path, &bytes));
    if (bytes != file->bytes) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' is damaged: it has %llu bytes, not %llu", path,
                        (unsigned long long)bytes, (unsigned long long)file->bytes);
    }
    LAC_TRY(lac_file_digest_begin(&digest, fd, bytes, false));
    LAC_TRY(lac_file_digest_end(&digest, path, found));
    return memcmp(found, file->digest, sizeof found) == 0
               ? LAC_OK
               : LAC_FAIL(LAC_E_INPUT, "'%s' is damaged: its digest is not that of the manifest",
                          path);
}

static lac_status open_saved(char path[LAC_PATH], const char *folder, const char *name, int *fd)
{
    LAC_TRY(lac_path_join(path, folder, name));
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (*fd >= 0) {
        return LAC_OK;
    }
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) {
        return LAC_FAIL(LAC_E_INPUT, "'%s' is not there", path);
    }
    return lac_cannot("read", path, errno);
}

lac_status lac_checkpoint_check_file(const char *folder, const struct lac_saved_file *file)
{
    char path[LAC_PATH];
    int fd;
    LAC_TRY(open_saved(path, folder, file->name, &fd));
    lac_status status = check(fd, path, file);
    close(fd);
    return status;
}

lac_status lac_checkpoint_read_file(const char *folder, const struct lac_saved_file *file,
                                    const struct lac_part_group *group, const unsigned char *key)
{
    char path[LAC_PATH];
    int fd;
    LAC_TRY(open_saved(path, folder, file->name, &fd));
    lac_status status = move_file(path, fd, LAC_MOVE_IN, group, 1, key);
    close(fd);
    return status;
}
