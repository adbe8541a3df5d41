/*
 * What is inside run.h5 (HDF5, to be pleasant in h5py):
 *
 *   bytes 0 .. 511   what the file is, and a checksum (run_checksum.h)
 *   attributes       format "laconic-run", format_version (3 of a public run, 2 with columns on request, else 1), run_id (that of run.h5.rows),
 *                    publication (how often this run's file was replaced before: 0 when created),
 *                    problem (text: the digest of what f is, where it was computed)
 *   /configuration   one text attribute per option
 *   /build           one text attribute per fact of the program that ran
 *   /rows/COLUMN     one uint64 or float64 per evaluated round, for each of LAC_ROW_COLUMNS and each
 *                    column on request that the run tracks; attribute description
 *   /model/x         float64 (d), once there is a model
 *   /summary         text: one JSON object
 *
 * A public run has neither problem nor /model, and of the columns those of LAC_PUBLIC_COLUMNS. The file of a private run
 * is made in memory and written sealed (private_file.h).
 */
#ifndef LAC_STORE_RUN_IMAGE_H
#define LAC_STORE_RUN_IMAGE_H

#include "store/private_rows.h"
#include "store/run_file.h"

#define LAC_RUN_FORMAT "laconic-run"
enum {
    LAC_RUN_PLAIN_VERSION = 1,
    LAC_RUN_TRACKED_VERSION = 2,
    LAC_RUN_PUBLIC_VERSION = 3,
    LAC_RUN_VERSION = 3, /* the newest */
    LAC_RUN_CHUNK_ROWS = 2048,
};

struct lac_run_image {
    const char *path; /* named in failures */
    const char *rows; /* likewise, of rows_fd */
    struct lac_run_info info;
    struct lac_row_form form;
    uint64_t publication;
    uint64_t row_count;
    int rows_fd;                     /* a row log that holds row_count rows */
    unsigned char *records;          /* LAC_RUN_CHUNK_ROWS of them, work */
    struct lac_row *row;             /* (LAC_RUN_CHUNK_ROWS) work */
    uint64_t *column;                /* (LAC_RUN_CHUNK_ROWS) work, bits of either type */
    struct lac_private_rows log;     /* of a private run: the log as it is written, and */
    struct lac_private_rows *reread; /* read from its beginning, while an image is made */
};

/* The descriptor of a new file for what will be renamed; -1 and errno, EEXIST where there is one. */
int lac_run_file_begin(const struct lac_run_info *info, const char *temporary);
/* Writes all of it to the file named temporary, which may be there already, and fsyncs it. Our own
   code allocates nothing but the image of a private run; rows are read back from rows_fd, so that none is kept in memory. */
lac_status lac_run_image_write(const struct lac_run_image *image, const char *temporary,
                               const char *summary, const double *model, size_t d) LAC_MUST_CHECK;

#endif
