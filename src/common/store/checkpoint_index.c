#include "store/checkpoint_index.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/checkpoint_io.h"
#include "store/hdf5_text.h"

static const char clients[] = "/clients";

/* What is common to the datasets of the clients. */
struct index {
    const struct lac_manifest *m;
    hid_t file, group; /* the index, and its clients */
    hid_t sample;      /* the clients' group of one rank's file */
    bool ok;
};

static bool map_file(hid_t form, hid_t whole, const struct lac_saved_file *file, const char *name,
                     hsize_t columns)
{
    char path[sizeof clients + 256];
    hsize_t start[2] = {file->first, 0}, size[2] = {file->items, columns};
    int length = snprintf(path, sizeof path, "%s/%s", clients, name);
    hid_t source = H5Screate_simple(2, size, NULL);
    bool ok = length > 0 && length < (int)sizeof path &&
              H5Sselect_hyperslab(whole, H5S_SELECT_SET, start, NULL, size, NULL) >= 0 &&
              H5Pset_virtual(form, whole, file->name, path, source) >= 0;
    H5Sclose(source);
    return ok;
}

static bool make_virtual(const struct index *x, const char *name, hid_t type, hsize_t columns)
{
    hsize_t size[2] = {x->m->clients, columns};
    hid_t whole = H5Screate_simple(2, size, NULL), form = H5Pcreate(H5P_DATASET_CREATE);
    bool ok = H5Pset_obj_track_times(form, false) >= 0;
    for (size_t i = 0; i < x->m->files && ok; i++) {
        const struct lac_saved_file *file = &x->m->file[i];
        ok = file->items == 0 || map_file(form, whole, file, name, columns);
    }
    ok = ok && H5Sselect_all(whole) >= 0;
    hid_t set = ok ? H5Dcreate2(x->group, name, type, whole, H5P_DEFAULT, form, H5P_DEFAULT) : -1;
    ok = set >= 0 && H5Dclose(set) >= 0;
    H5Pclose(form);
    H5Sclose(whole);
    return ok;
}

/* One part of the sample: its type and count are those of all. */
static herr_t add_part(hid_t sample, const char *name, const H5L_info_t *link, void *context)
{
    struct index *x = context;
    hsize_t size[2] = {0};
    (void)link;
    hid_t set = H5Dopen2(sample, name, H5P_DEFAULT);
    hid_t space = set >= 0 ? H5Dget_space(set) : -1, type = set >= 0 ? H5Dget_type(set) : -1;
    x->ok = space >= 0 && type >= 0 && H5Sget_simple_extent_ndims(space) == 2 &&
            H5Sget_simple_extent_dims(space, size, NULL) == 2 &&
            (size[1] == 0 || make_virtual(x, name, type, size[1]));
    int reason = errno;
    if (set >= 0) {
        H5Tclose(type);
        H5Sclose(space);
        H5Dclose(set);
    }
    errno = reason;
    return x->ok ? 0 : -1;
}

static hid_t open_sample(const struct lac_manifest *m, const char *folder)
{
    char path[LAC_PATH];
    for (size_t i = 0; i < m->files; i++) {
        if (m->file[i].items > 0 && lac_path_join(path, folder, m->file[i].name) == LAC_OK) {
            hid_t access = lac_hdf5_access();
            hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access);
            H5Pclose(access);
            return file;
        }
    }
    return -1;
}

static bool put_clients(struct index *x, const char *folder)
{
    hid_t file = open_sample(x->m, folder);
    hid_t form = H5Pcreate(H5P_GROUP_CREATE);
    x->sample = file >= 0 ? H5Gopen2(file, clients, H5P_DEFAULT) : -1;
    x->ok = x->sample >= 0 && H5Pset_obj_track_times(form, false) >= 0;
    x->group = x->ok ? H5Gcreate2(x->file, clients, H5P_DEFAULT, form, H5P_DEFAULT) : -1;
    x->ok = x->group >= 0 &&
            H5Literate(x->sample, H5_INDEX_NAME, H5_ITER_INC, NULL, add_part, x) >= 0 && x->ok;
    int reason = errno;
    if (x->group >= 0) {
        x->ok = H5Gclose(x->group) >= 0 && x->ok;
    }
    if (x->sample >= 0) {
        H5Gclose(x->sample);
    }
    if (file >= 0) {
        H5Fclose(file);
    }
    H5Pclose(form);
    errno = reason;
    return x->ok;
}

static bool put_link(const struct index *x, const char *group, bool server)
{
    for (size_t i = 0; i < x->m->files; i++) {
        const struct lac_saved_file *file = &x->m->file[i];
        if (server ? file->has_server : file->has_rank) {
            return H5Lcreate_external(file->name, group, x->file, group, H5P_DEFAULT,
                                      H5P_DEFAULT) >= 0;
        }
    }
    return true;
}

static bool fill(const struct lac_manifest *m, const char *folder, hid_t file)
{
    struct index x = {.m = m, .file = file};
    if (m->sealed) {
        return lac_hdf5_put_text(file, "sealed",
                                 "every item of these files opens with the group's key alone");
    }
    return put_clients(&x, folder) && put_link(&x, "server", true) && put_link(&x, "rank", false);
}

static hid_t create(const char *path)
{
    hid_t access = lac_hdf5_access(), form = H5Pcreate(H5P_FILE_CREATE), file = -1;
    /* virtual datasets came with 1.10 */
    if (H5Pset_obj_track_times(form, false) >= 0 &&
        H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110) >= 0) {
        errno = 0;
        file = H5Fcreate(path, H5F_ACC_TRUNC, form, access);
    }
    int reason = errno;
    H5Pclose(form);
    H5Pclose(access);
    errno = reason;
    return file;
}

static lac_status make_durable(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int reason = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return reason == 0 ? LAC_OK : lac_cannot("write", path, reason);
}

lac_status lac_checkpoint_index_write(const struct lac_manifest *m, const char *folder)
{
    char path[LAC_PATH];
    LAC_TRY(lac_path_join(path, folder, "index.h5"));
    hid_t file = create(path);
    bool ok = file >= 0 && fill(m, folder, file);
    int reason = errno;
    if (file >= 0 && H5Fclose(file) < 0) {
        reason = ok ? errno : reason;
        ok = false;
    }
    return ok ? make_durable(path) : lac_cannot("write", path, reason);
}
