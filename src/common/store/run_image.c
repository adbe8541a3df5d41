#include "store/run_image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/hdf5_text.h"
#include "store/private_file.h"
#include "store/run_checksum.h"

static lac_status cannot_write(const struct lac_run_image *image)
{
    int reason = errno;
    return LAC_FAIL(LAC_E_IO, "cannot write '%s': %s", image->path,
                    reason ? strerror(reason) : "HDF5 gives no reason");
}

static bool put_group(hid_t file, const char *name, const struct lac_pair *pairs, size_t count)
{
    hid_t group = H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = group >= 0;
    for (size_t i = 0; i < count && ok; i++) {
        ok = lac_hdf5_put_text(group, pairs[i].key, pairs[i].value);
    }
    return group >= 0 && H5Gclose(group) >= 0 && ok;
}

static bool put_dataset(hid_t place, const char *name, hid_t file_type, hid_t memory_type,
                        hid_t space, const void *data)
{
    hid_t set = H5Dcreate2(place, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = set >= 0 && H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
    return set >= 0 && H5Dclose(set) >= 0 && ok;
}

static bool put_summary(hid_t file, const char *summary)
{
    hid_t type = lac_hdf5_text_type();
    hid_t space = H5Screate(H5S_SCALAR);
    bool ok = put_dataset(file, "summary", type, type, space, &summary);
    H5Sclose(space);
    H5Tclose(type);
    return ok;
}

static bool put_model(hid_t file, const double *model, size_t d)
{
    hid_t group = H5Gcreate2(file, "model", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = group >= 0;
    if (ok && model) {
        hsize_t size = d;
        hid_t space = H5Screate_simple(1, &size, NULL);
        ok = put_dataset(group, "x", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, space, model);
        H5Sclose(space);
    }
    return group >= 0 && H5Gclose(group) >= 0 && ok;
}

static hid_t create_column(hid_t group, const struct lac_column *column, uint64_t rows)
{
    hsize_t size = rows;
    hid_t space = H5Screate_simple(1, &size, NULL);
    hid_t type = column->is_double ? H5T_IEEE_F64LE : H5T_STD_U64LE;
    hid_t set = H5Dcreate2(group, column->name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Sclose(space);
    if (set >= 0 && !lac_hdf5_put_text(set, "description", column->text)) {
        H5Dclose(set);
        return -1;
    }
    return set;
}

/* Writes rows first .. first + count - 1, which are in image->row, into one column. */
static bool put_part(const struct lac_run_image *image, hid_t set, const struct lac_column *column,
                     uint64_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        memcpy(&image->column[i], (const char *)&image->row[i] + column->offset,
               sizeof image->column[i]);
    }
    hsize_t start = first;
    hsize_t size = count;
    hid_t type = column->is_double ? H5T_NATIVE_DOUBLE : H5T_NATIVE_UINT64;
    hid_t memory = H5Screate_simple(1, &size, NULL);
    hid_t place = H5Dget_space(set);
    bool ok = H5Sselect_hyperslab(place, H5S_SELECT_SET, &start, NULL, &size, NULL) >= 0 &&
              H5Dwrite(set, type, memory, place, H5P_DEFAULT, image->column) >= 0;
    H5Sclose(place);
    H5Sclose(memory);
    return ok;
}

static bool decode_record(const struct lac_run_image *image, const unsigned char *record,
                          uint64_t index, struct lac_row *row)
{
    return image->reread ? lac_private_row_decode(image->reread, record, row)
                         : lac_row_decode(record, &image->form, index, row);
}

static lac_status load_part(const struct lac_run_image *image, uint64_t first, size_t count)
{
    ssize_t got = lac_row_read(image->rows_fd, &image->form, first, image->records, count);
    int reason = errno;
    size_t bytes = lac_row_bytes(&image->form);
    bool ok = got == (ssize_t)count;
    for (size_t i = 0; i < count && ok; i++) {
        ok = decode_record(image, image->records + i * bytes, first + i, &image->row[i]);
    }
    if (!ok) {
        return LAC_FAIL(LAC_E_IO, "'%s' no longer holds what was written to it: %s", image->rows,
                        got < 0 ? strerror(reason) : "another program changed it, or the disk did");
    }
    return LAC_OK;
}

static lac_status fill_columns(const struct lac_run_image *image, const hid_t *sets)
{
    for (uint64_t first = 0; first < image->row_count; first += LAC_RUN_CHUNK_ROWS) {
        uint64_t left = image->row_count - first;
        size_t count = left < LAC_RUN_CHUNK_ROWS ? (size_t)left : LAC_RUN_CHUNK_ROWS;
        LAC_TRY(load_part(image, first, count));
        for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
            errno = 0;
            if (sets[c] >= 0 && !put_part(image, sets[c], &lac_columns[c], first, count)) {
                return cannot_write(image);
            }
        }
    }
    return LAC_OK;
}

static lac_status put_rows(const struct lac_run_image *image, hid_t file)
{
    hid_t sets[LAC_COLUMN_COUNT];
    hid_t group = H5Gcreate2(file, "rows", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = group >= 0;
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        bool wanted = ok && lac_column_is_kept(image->form.columns, c);
        sets[c] = wanted ? create_column(group, &lac_columns[c], image->row_count) : -1;
        ok = ok && (!wanted || sets[c] >= 0);
    }
    lac_status status = ok ? fill_columns(image, sets) : cannot_write(image);
    for (size_t c = 0; c < LAC_COLUMN_COUNT; c++) {
        ok = (sets[c] < 0 || H5Dclose(sets[c]) >= 0) && ok;
    }
    ok = group >= 0 && H5Gclose(group) >= 0 && ok;
    return status != LAC_OK || ok ? status : cannot_write(image);
}

static uint64_t version_of(const struct lac_run_info *info)
{
    return info->public    ? LAC_RUN_PUBLIC_VERSION
           : info->tracked ? LAC_RUN_TRACKED_VERSION
                           : LAC_RUN_PLAIN_VERSION;
}

static lac_status fill_file(const struct lac_run_image *image, hid_t file, const char *summary,
                            const double *model, size_t d)
{
    const struct lac_run_info *info = &image->info;
    errno = 0;
    if (!lac_hdf5_put_text(file, "format", LAC_RUN_FORMAT) ||
        !lac_hdf5_put_count(file, "format_version", version_of(info)) ||
        !lac_hdf5_put_count(file, "run_id", image->form.run_id) ||
        !lac_hdf5_put_count(file, "publication", image->publication) ||
        (info->problem && !info->public && !lac_hdf5_put_text(file, "problem", info->problem)) ||
        !put_group(file, "configuration", info->configuration, info->configuration_count) ||
        !put_group(file, "build", info->build, info->build_count) || !put_summary(file, summary) ||
        (!info->public && !put_model(file, model, d))) {
        return cannot_write(image);
    }
    return put_rows(image, file);
}

/* The checksum is of what the file system gives back, not of what was meant. */
static lac_status finish_file(const struct lac_run_image *image, const char *name)
{
    int fd = open(name, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return cannot_write(image);
    }
    bool ok = lac_run_checksum_put(fd) && fsync(fd) == 0;
    lac_status status = ok ? LAC_OK : cannot_write(image);
    close(fd);
    return status;
}

int lac_run_file_begin(const struct lac_run_info *info, const char *temporary)
{
    return open(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                info->private ? 0600 : 0666);
}

/* One that is there is of a run that was killed: who writes has the log locked. */
static int begin_anew(const struct lac_run_info *info, const char *temporary)
{
    (void)unlink(temporary);
    return lac_run_file_begin(info, temporary);
}

static hid_t create_file(const struct lac_run_info *info, const char *name)
{
    int fd = begin_anew(info, name);
    if (fd < 0) {
        return -1;
    }
    close(fd);
    hid_t access = lac_hdf5_access();
    hid_t form = H5Pcreate(H5P_FILE_CREATE);
    hid_t file = -1;
    errno = 0;
    if (H5Pset_userblock(form, LAC_RUN_USER_BLOCK) >= 0) {
        file = H5Fcreate(name, H5F_ACC_TRUNC, form, access);
    }
    int reason = errno;
    H5Pclose(form);
    H5Pclose(access);
    errno = reason;
    return file;
}

/* Sealed, from memory: nothing plain is ever in a file. */
static lac_status write_sealed(const struct lac_run_image *image, const char *temporary,
                               struct lac_secret_image *plain)
{
    lac_run_checksum_put_image(plain->bytes, plain->size);
    int fd = begin_anew(&image->info, temporary);
    if (fd < 0) {
        return cannot_write(image);
    }
    lac_status status = lac_private_file_write(fd, image->path, image->info.key, plain);
    if (status == LAC_OK && fsync(fd) != 0) {
        status = cannot_write(image);
    }
    close(fd);
    return status;
}

static hid_t create_in_memory(struct lac_secret_image *plain)
{
    hid_t form = H5Pcreate(H5P_FILE_CREATE);
    hid_t file =
        H5Pset_userblock(form, LAC_RUN_USER_BLOCK) >= 0 ? lac_secret_image_create(plain, form) : -1;
    H5Pclose(form);
    return file;
}

static void wipe_work(const struct lac_run_image *image)
{
    sodium_memzero(image->row, LAC_RUN_CHUNK_ROWS * sizeof *image->row);
    sodium_memzero(image->column, LAC_RUN_CHUNK_ROWS * sizeof *image->column);
}

static lac_status write_private(const struct lac_run_image *sealed, const char *temporary,
                                const char *summary, const double *model, size_t d)
{
    struct lac_private_rows reread;
    struct lac_secret_image plain = {0};
    struct lac_run_image image = *sealed;
    LAC_TRY(lac_private_rows_open(&reread, &image.form, image.log.head, image.info.key));
    image.reread = &reread;
    errno = 0;
    hid_t file = create_in_memory(&plain);
    lac_status status =
        file < 0 ? cannot_write(&image) : fill_file(&image, file, summary, model, d);
    errno = 0;
    if (file >= 0 && !lac_secret_image_close(file, LAC_RUN_USER_BLOCK, &plain) &&
        status == LAC_OK) {
        status = cannot_write(&image);
    }
    if (status == LAC_OK) {
        status = write_sealed(&image, temporary, &plain);
    }
    lac_secret_image_free(&plain);
    lac_private_rows_close(&reread);
    wipe_work(&image);
    return status;
}

lac_status lac_run_image_write(const struct lac_run_image *image, const char *temporary,
                               const char *summary, const double *model, size_t d)
{
    if (image->info.key) {
        return write_private(image, temporary, summary, model, d);
    }
    errno = 0;
    hid_t file = create_file(&image->info, temporary);
    if (file < 0) {
        return cannot_write(image);
    }
    lac_status status = fill_file(image, file, summary, model, d);
    errno = 0;
    if (H5Fclose(file) < 0 && status == LAC_OK) {
        status = cannot_write(image);
    }
    return status != LAC_OK ? status : finish_file(image, temporary);
}
