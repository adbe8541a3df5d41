/*
 * The first 512 bytes of run.h5, which HDF5 leaves to its users ("user block"): a text that says
 * what the file is, and the XXH3-64 of everything behind it. HDF5 alone notices no change in values
 * and may hang on a changed length; with this any change is refused. By hand:
 *
 *   head -n 2 run.h5; tail -c +513 run.h5 | xxhsum -H3
 */
#ifndef LAC_STORE_RUN_CHECKSUM_H
#define LAC_STORE_RUN_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>

enum { LAC_RUN_USER_BLOCK = 512 };

enum lac_run_kind {
    LAC_RUN_WHOLE,
    LAC_RUN_CHANGED,    /* damaged, or edited by another program */
    LAC_RUN_OTHER_HDF5, /* HDF5, but not ours */
    LAC_RUN_PRIVATE,    /* sealed (private_file.h), whole or not */
    LAC_RUN_NONE,
    LAC_RUN_UNREADABLE, /* errno says why */
};

/* Writes the block of a file that is otherwise complete. False: errno says why. */
bool lac_run_checksum_put(int fd);
enum lac_run_kind lac_run_checksum_check(int fd);
/* Writes the block of a file in memory, of at least LAC_RUN_USER_BLOCK bytes. */
void lac_run_checksum_put_image(unsigned char *bytes, size_t size);

#endif
