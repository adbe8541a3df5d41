/*
 * What writer and reader of run files share: how a file is opened, and texts and counts as
 * attributes. Functions that return bool leave errno as HDF5's file driver set it.
 */
#ifndef LAC_STORE_HDF5_TEXT_H
#define LAC_STORE_HDF5_TEXT_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* Silences HDF5's own messages, and gives the access properties of a run file (the caller closes
   them): no file locks, since a run file is never changed in place; objects closed with the file;
   the 1.8 format, whose metadata has checksums. Negative on failure. */
hid_t lac_hdf5_access(void);

/* Variable-length UTF-8, the form that h5py reads as str. */
hid_t lac_hdf5_text_type(void);
bool lac_hdf5_put_text(hid_t object, const char *name, const char *text);
bool lac_hdf5_put_count(hid_t object, const char *name, uint64_t count);
/* Of an open attribute; the text is copied to the arena. *found is false for another kind. */
lac_status lac_hdf5_get_text(hid_t attribute, struct lac_arena *arena, const char **out,
                             bool *found) LAC_MUST_CHECK;
bool lac_hdf5_get_count(hid_t object, const char *name, uint64_t *out);

#endif
