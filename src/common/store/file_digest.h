/* What a file holds, as a number that tells files apart: not one that nobody could forge. */
#ifndef LAC_STORE_FILE_DIGEST_H
#define LAC_STORE_FILE_DIGEST_H

enum { LAC_FILE_DIGEST_TEXT = 33 }; /* XXH3-128 in hexadecimal, with its zero */

/* Of all bytes of the file at path; "" where they cannot be read. */
void lac_file_digest(const char *path, char out[LAC_FILE_DIGEST_TEXT]);

#endif
