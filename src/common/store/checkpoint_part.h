/*
 * Where the values of a group stand in a file, and moving them to and fro. HDF5 makes the datasets, contiguous, and says where they
 * are; their bytes are written and read beside it. So no bulk passes through a library that lets one thread in at a
 * time, and a full disk is met where it can be said.
 */
#ifndef LAC_STORE_CHECKPOINT_PART_H
#define LAC_STORE_CHECKPOINT_PART_H

#include <hdf5.h>

#include "store/checkpoint.h"

enum lac_move { LAC_MOVE_OUT, LAC_MOVE_IN, LAC_MOVE_COMPARE };

struct lac_moved_group {
    const char *path; /* of the file, for messages */
    int fd;
    hid_t place; /* the group in the file, as HDF5 has it */
    enum lac_move move;
    const struct lac_part_group *group;
    uint32_t first, items;    /* of the file; those of group are among them */
    const unsigned char *key; /* NULL: plain */
};

/* Makes the datasets of a group; false where HDF5 fails. */
bool lac_plain_make(hid_t place, const struct lac_part_group *group);
bool lac_sealed_make(hid_t place, const struct lac_part_group *group);
lac_status lac_plain_move(const struct lac_moved_group *g) LAC_MUST_CHECK;
lac_status lac_sealed_move(const struct lac_moved_group *g) LAC_MUST_CHECK;

hid_t lac_part_file_type(enum lac_part_type type);
/* A new contiguous dataset (rows, columns) with its bytes in place; false where HDF5 fails. */
bool lac_rows_make(hid_t place, const char *name, hid_t type, uint64_t rows, uint64_t columns);
/* Where its first byte is; LAC_E_INPUT where it is not there just so, in this file itself. */
lac_status lac_rows_find(const struct lac_moved_group *g, const char *name, hid_t type,
                         uint64_t columns, uint64_t *offset) LAC_MUST_CHECK;
/* Whether the place has it in itself: a link could lead to another file. */
bool lac_place_owns(hid_t place, const char *name);
/* Whether the place has so many things in it. */
bool lac_place_has(hid_t place, size_t count);

#endif
