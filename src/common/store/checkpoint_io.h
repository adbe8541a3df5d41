/* Bytes of files at their places, whole or not at all. */
#ifndef LAC_STORE_CHECKPOINT_IO_H
#define LAC_STORE_CHECKPOINT_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { LAC_PATH = 4096 }; /* bytes of a path, with its zero */

/* False with errno; of reading 0 where the file ends before. */
bool lac_write_at(int fd, const void *bytes, size_t count, uint64_t offset);
bool lac_read_at(int fd, void *bytes, size_t count, uint64_t offset);

/* "cannot VERB 'PATH': REASON", reason an errno, 0: none is known; LAC_E_IO. */
lac_status lac_cannot(const char *verb, const char *path, int reason) LAC_MUST_CHECK;
/* What reading back found. */
lac_status lac_not_as_written(const char *path) LAC_MUST_CHECK;
/* folder/name. */
lac_status lac_path_join(char out[LAC_PATH], const char *folder, const char *name) LAC_MUST_CHECK;
/* Waits until the folder's names are on the disk; a file system that cannot do so for folders does no harm. */
lac_status lac_folder_fsync(const char *path) LAC_MUST_CHECK;

#endif
