/* Small files that are replaced whole: a reader sees the old bytes or the new ones, also after a kill. */
#ifndef LAC_BASE_ATOMIC_FILE_H
#define LAC_BASE_ATOMIC_FILE_H

#include <stddef.h>

#include "base/status.h"

/* The text and a newline: writes path.tmp, fsyncs, renames. LAC_E_IO leaves what was there, and no path.tmp. */
lac_status lac_file_replace(const char *path, const char *text) LAC_MUST_CHECK;
/* The same without fsync, for who may be killed in the next moment: whole after a kill, not after a power cut. */
lac_status lac_file_replace_now(const char *path, const char *text) LAC_MUST_CHECK;
/* For who has no room for a new file: the old one's bytes become the new ones, in one write. LAC_E_IO where the text needs more room
   than the file has, and leaves it as it was. */
lac_status lac_file_overwrite(const char *path, const char *text) LAC_MUST_CHECK;
/* The two halves, for several files that are to be replaced together: path.tmp is written and made durable; it is put in its
   place. A file that is prepared and not put is forgotten. */
lac_status lac_file_prepare(const char *path, const char *text) LAC_MUST_CHECK;
lac_status lac_file_put(const char *path) LAC_MUST_CHECK;
void lac_file_forget(const char *path);
/* The same of bytes, with nothing behind them. */
lac_status lac_file_replace_bytes(const char *path, const char *bytes, size_t count) LAC_MUST_CHECK;
/* Makes a rename in the folder last through a power cut; file systems that cannot are left alone. */
void lac_folder_sync(const char *folder);

#endif
