/* Small files that are replaced whole: a reader sees the old bytes or the new ones, also after a kill. */
#ifndef LAC_BASE_ATOMIC_FILE_H
#define LAC_BASE_ATOMIC_FILE_H

#include <stddef.h>

#include "base/status.h"

/* The text and a newline: writes path.tmp, fsyncs, renames. LAC_E_IO leaves what was there, and no path.tmp. */
lac_status lac_file_replace(const char *path, const char *text) LAC_MUST_CHECK;
/* The same of bytes, with nothing behind them. */
lac_status lac_file_replace_bytes(const char *path, const char *bytes, size_t count) LAC_MUST_CHECK;
/* Makes a rename in the folder last through a power cut; file systems that cannot are left alone. */
void lac_folder_sync(const char *folder);

#endif
