/*
 * Files as bytes in memory of lac_secret_new, wiped when it is given back, and HDF5 files that are nowhere else. What
 * HDF5 keeps of them besides, in its caches, is not wiped.
 */
#ifndef LAC_STORE_SECRET_IMAGE_H
#define LAC_STORE_SECRET_IMAGE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct lac_secret_image {
    unsigned char *bytes; /* NULL: none */
    size_t size;
};

/* What is there is kept, as far as it fits. False: no memory, and the image is as it was. */
bool lac_secret_image_resize(struct lac_secret_image *image, size_t size);
void lac_secret_image_free(struct lac_secret_image *image);

/* A new file, which image holds once it is closed. form: properties of its creation. Negative on failure. */
hid_t lac_secret_image_create(struct lac_secret_image *image, hid_t form);
/* Closes such a file; user_block: bytes of it before HDF5's own. False on failure; the image is to be freed also then. */
bool lac_secret_image_close(hid_t file, size_t user_block, struct lac_secret_image *image);
/* To read; works on a copy, so that the image may be freed. Negative on failure. */
hid_t lac_secret_image_open(const struct lac_secret_image *image);

#endif
