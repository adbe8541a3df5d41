/*
 * The bytes of run.h5.rows: rows in order, each with a checksum, little-endian.
 *
 *   header    "LACROWS\n" | version u32 | bytes per record u32 | run id u64 | XXH3-64 of these 24
 *   record i  its columns, 8 bytes each | XXH3-64 of them, seed run id + i
 *
 * The columns are those that run.h5 has, in the order of lac_columns.
 *
 * A record is known by its place: one of another run, or of another place, fails its checksum.
 * Reading stops at the first record that fails, so a torn or damaged tail is no row.
 */
#ifndef LAC_STORE_ROW_LOG_H
#define LAC_STORE_ROW_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "seal/stream.h"
#include "store/columns.h"

enum {
    LAC_ROW_HEADER_BYTES = 32,
    LAC_ROW_FORM_BYTES = 24, /* of them: all but the checksum */
    LAC_ROW_SEALED_HEADER_BYTES = LAC_ROW_FORM_BYTES + LAC_STREAM_HEAD,
    LAC_ROW_BYTES = 8 * LAC_ROW_COLUMN_COUNT + 8, /* of a record without columns on request */
    LAC_ROW_LEAST_BYTES = 8 * LAC_PUBLIC_COLUMN_COUNT + 8,
    LAC_ROW_MOST_BYTES = 8 * LAC_COLUMN_COUNT + 8 + LAC_STREAM_MORE,
};

struct lac_row_form { /* of the records of one run */
    uint64_t run_id;
    uint64_t columns; /* a set of all columns */
    bool sealed;      /* each as store/private_rows.h has it */
};

/* Of a record before it is sealed, and in the file. */
size_t lac_row_plain_bytes(const struct lac_row_form *form);
size_t lac_row_bytes(const struct lac_row_form *form);
off_t lac_row_offset(const struct lac_row_form *form, uint64_t index);

/* Of a sealed form only its first LAC_ROW_FORM_BYTES count. */
void lac_row_header_encode(unsigned char out[LAC_ROW_HEADER_BYTES],
                           const struct lac_row_form *form);
/* Whether it is the header of records of this form. */
bool lac_row_header_holds(const unsigned char in[LAC_ROW_HEADER_BYTES],
                          const struct lac_row_form *form);

void lac_row_encode(unsigned char out[LAC_ROW_MOST_BYTES], const struct lac_row *row,
                    const struct lac_row_form *form, uint64_t index);
/* False: the checksum does not hold; *row is untouched. */
bool lac_row_decode(const unsigned char *in, const struct lac_row_form *form, uint64_t index,
                    struct lac_row *row);

/* Reads up to count records from index on into buffer (count records); returns how many whole records
   were there, or -1 with errno set. */
ssize_t lac_row_read(int fd, const struct lac_row_form *form, uint64_t index, unsigned char *buffer,
                     size_t count);

#endif
