/*
 * The group key, which all clients have and the server has not: a text file of one line,
 *
 *   laconic-group-key-1 <64 hexadecimal digits>
 *
 * of mode 0600: one that others can read or write is refused.
 */
#ifndef LAC_SEAL_KEY_FILE_H
#define LAC_SEAL_KEY_FILE_H

#include "seal/cipher.h"

/* Of fresh randomness; a file that is there is left alone and refused. */
lac_status lac_key_file_make(const char *path) LAC_MUST_CHECK;
/* key: in memory of lac_secret_new. */
lac_status lac_key_file_read(const char *path, unsigned char key[LAC_SEAL_KEY]) LAC_MUST_CHECK;

#endif
