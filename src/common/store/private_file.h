/*
 * A private run file: the bytes of run.h5, sealed under the group key.
 *
 *    0  32   "laconic run file (private, v 1)\n"
 *   32  56   salt and header of a stream (seal/stream.h) for the purpose "laconic-private-run-1"
 *   88       its messages: 65536 bytes of the plain file each, the last what is left, at least one; 17 bytes more in each.
 *            Bytes 0 to 87 are the first one's associated data
 */
#ifndef LAC_STORE_PRIVATE_FILE_H
#define LAC_STORE_PRIVATE_FILE_H

#include "store/secret_image.h"

enum { LAC_PRIVATE_VERSION = 1, LAC_PRIVATE_TITLE = 32, LAC_PRIVATE_PIECE = 1 << 16 };

/* Whether the first LAC_PRIVATE_TITLE bytes of a file say that it is one, of any version. */
bool lac_private_file_is(const void *start);
/* The whole file, from its beginning. path is named in failures. */
lac_status lac_private_file_write(int fd, const char *path, const unsigned char *key,
                                  const struct lac_secret_image *plain) LAC_MUST_CHECK;
/* LAC_E_SECURITY, and no plain byte, with another key or where a byte is not as it was written. No more memory is asked
   for than twice what has proved genuine. */
lac_status lac_private_file_read(int fd, const char *path, const unsigned char *key,
                                 struct lac_secret_image *plain) LAC_MUST_CHECK;

#endif
