/*
 * Files that hold a secret of 32 bytes: text of one line, of mode 0600; one that others can read or write is refused.
 *
 *   laconic-group-key-1 <64 hexadecimal digits>   what all clients have and the server has not
 *   laconic-identity-1 <64 hexadecimal digits>    what a site has alone (identity.h)
 */
#ifndef LAC_SEAL_KEY_FILE_H
#define LAC_SEAL_KEY_FILE_H

#include "seal/cipher.h"

enum lac_secret_kind { LAC_GROUP_KEY, LAC_IDENTITY };

/* Of fresh randomness; a file that is there is left alone and refused. */
lac_status lac_key_file_make(const char *path, enum lac_secret_kind kind) LAC_MUST_CHECK;
/* key: in memory of lac_secret_new. */
lac_status lac_key_file_read(const char *path, enum lac_secret_kind kind,
                             unsigned char key[LAC_SEAL_KEY]) LAC_MUST_CHECK;

#endif
