/* A run.h5 that is being read: what the files of its reader share. */
#ifndef LAC_STORE_RUN_SOURCE_H
#define LAC_STORE_RUN_SOURCE_H

#include "store/hdf5_text.h"
#include "store/private_file.h"
#include "store/run_image.h"

struct lac_run_source {
    const char *path;
    struct lac_arena *arena;
    hid_t file;
    off_t bytes; /* of run.h5, plain */
    struct lac_row_form form;
    uint64_t publication;
    const unsigned char *key;      /* NULL: none */
    struct lac_secret_image plain; /* of a private file */
    bool public;
    bool brief; /* of the rows the last alone */
};

/* Fails, and says what of the file is not as it should be. */
lac_status lac_run_damaged(const struct lac_run_source *s, const char *what) LAC_MUST_CHECK;
/* Of a one-dimensional dataset of this class of numbers; below 0 where it is none. */
hssize_t lac_run_vector_length(const struct lac_run_source *s, hid_t set, H5T_class_t class);
/* The rows of run.h5, with room for extra ones behind them; run->columns known on return. */
lac_status lac_run_read_rows(struct lac_run_source *s, size_t extra,
                             struct lac_run *run) LAC_MUST_CHECK;

#endif
