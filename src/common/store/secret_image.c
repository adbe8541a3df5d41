#include "store/secret_image.h"

#include <endian.h>
#include <string.h>

#include "seal/secret.h"
#include "store/hdf5_text.h"

enum { HEAD = 64, STEP = 1 << 16 };

/* Never opened; no file can have it, and HDF5 looks. */
static const char no_name[] = "/dev/null/image";

/* Memory that HDF5 is given: its room stands before it. */
static void *block_new(size_t bytes)
{
    unsigned char *block;
    size_t room = (bytes + HEAD - 1) / HEAD * HEAD;
    if (room < bytes || room + HEAD < room || lac_secret_new(HEAD + room, &block) != LAC_OK) {
        return NULL;
    }
    memcpy(block, &room, sizeof room);
    return block + HEAD;
}

static void block_free(void *bytes)
{
    if (bytes) {
        lac_secret_free((unsigned char *)bytes - HEAD);
    }
}

static size_t block_room(const void *bytes)
{
    size_t room = 0;
    if (bytes) {
        memcpy(&room, (const unsigned char *)bytes - HEAD, sizeof room);
    }
    return room;
}

/* At least doubled where it does not fit, so that growing by steps copies little. */
static void *block_resize(void *bytes, size_t size)
{
    size_t room = block_room(bytes);
    if (bytes && size <= room) {
        return bytes;
    }
    void *larger = block_new(size > 2 * room ? size : 2 * room);
    if (larger && bytes) {
        memcpy(larger, bytes, room);
        block_free(bytes);
    }
    return larger;
}

bool lac_secret_image_resize(struct lac_secret_image *image, size_t size)
{
    void *bytes = block_resize(image->bytes, size);
    if (!bytes) {
        return false;
    }
    image->bytes = bytes;
    image->size = size;
    return true;
}

void lac_secret_image_free(struct lac_secret_image *image)
{
    block_free(image->bytes);
    *image = (struct lac_secret_image){0};
}

static void *image_malloc(size_t size, H5FD_file_image_op_t why, void *image)
{
    (void)why;
    (void)image;
    return block_new(size);
}

static void *image_realloc(void *bytes, size_t size, H5FD_file_image_op_t why, void *image)
{
    (void)why;
    (void)image;
    return block_resize(bytes, size);
}

/* What the closing of a file that we wrote would free is what it holds. */
static herr_t image_free(void *bytes, H5FD_file_image_op_t why, void *image)
{
    struct lac_secret_image *keeper = image;
    if (keeper && why == H5FD_FILE_IMAGE_OP_FILE_CLOSE && !keeper->bytes) {
        keeper->bytes = bytes;
    } else {
        block_free(bytes);
    }
    return 0;
}

static void *udata_copy(void *image)
{
    return image;
}

static herr_t udata_free(void *image)
{
    (void)image;
    return 0;
}

static hid_t memory_access(struct lac_secret_image *keeper)
{
    H5FD_file_image_callbacks_t calls = {
        .image_malloc = image_malloc,
        .image_realloc = image_realloc,
        .image_free = image_free,
        .udata_copy = udata_copy,
        .udata_free = udata_free,
        .udata = keeper,
    };
    hid_t access = lac_hdf5_access();
    if (access >= 0 && (H5Pset_fapl_core(access, STEP, false) < 0 ||
                        H5Pset_file_image_callbacks(access, &calls) < 0)) {
        H5Pclose(access);
        return -1;
    }
    return access;
}

hid_t lac_secret_image_create(struct lac_secret_image *image, hid_t form)
{
    *image = (struct lac_secret_image){0};
    hid_t access = memory_access(image);
    hid_t file = access < 0 ? -1 : H5Fcreate(no_name, H5F_ACC_TRUNC, form, access);
    H5Pclose(access);
    return file;
}

/* From the superblock, of the version that lac_hdf5_access asks for: HDF5 rounds its memory up. */
static size_t end_of_file(const struct lac_secret_image *image, size_t user_block)
{
    enum { VERSION_AT = 8, OFFSET_BYTES_AT = 9, END_AT = 28, SUPERBLOCK = 48 };
    size_t room = block_room(image->bytes);
    uint64_t end;
    if (room < user_block + SUPERBLOCK) {
        return 0;
    }
    const unsigned char *super = image->bytes + user_block;
    memcpy(&end, super + END_AT, sizeof end);
    end = le64toh(end);
    bool known = super[VERSION_AT] == 2 && super[OFFSET_BYTES_AT] == sizeof end;
    return known && end >= user_block + SUPERBLOCK && end <= room ? (size_t)end : 0;
}

bool lac_secret_image_close(hid_t file, size_t user_block, struct lac_secret_image *image)
{
    bool closed = H5Fclose(file) >= 0 && image->bytes;
    image->size = closed ? end_of_file(image, user_block) : 0;
    return image->size > 0;
}

hid_t lac_secret_image_open(const struct lac_secret_image *image)
{
    hid_t file = -1;
    hid_t access = memory_access(NULL);
    if (access >= 0 && H5Pset_file_image(access, image->bytes, image->size) >= 0) {
        file = H5Fopen(no_name, H5F_ACC_RDONLY, access);
    }
    H5Pclose(access);
    return file;
}
