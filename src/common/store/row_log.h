/*
 * The bytes of run.h5.rows: rows in order, each with a checksum, little-endian.
 *
 *   header    "LACROWS\n" | version u32 | bytes per record u32 | run id u64 | XXH3-64 of these 24
 *   record i  the columns of LAC_ROW_COLUMNS, 8 bytes each | XXH3-64 of them, seed run id + i
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

#include "store/run_file.h"

enum {
#define LAC_ROW_ONE(type, name, title, text) +1
    LAC_ROW_COLUMN_COUNT = 0 LAC_ROW_COLUMNS(LAC_ROW_ONE),
#undef LAC_ROW_ONE
    LAC_ROW_HEADER_BYTES = 32,
    LAC_ROW_BYTES = 8 * LAC_ROW_COLUMN_COUNT + 8,
};

static inline off_t lac_row_offset(uint64_t index)
{
    return (off_t)(LAC_ROW_HEADER_BYTES + index * LAC_ROW_BYTES);
}

void lac_row_header_encode(unsigned char out[LAC_ROW_HEADER_BYTES], uint64_t run_id);
/* False: no header of this version. */
bool lac_row_header_decode(const unsigned char in[LAC_ROW_HEADER_BYTES], uint64_t *run_id);

void lac_row_encode(unsigned char out[LAC_ROW_BYTES], const struct lac_row *row, uint64_t run_id,
                    uint64_t index);
/* False: the checksum does not hold; *row is untouched. */
bool lac_row_decode(const unsigned char in[LAC_ROW_BYTES], uint64_t run_id, uint64_t index,
                    struct lac_row *row);

/* Reads up to count records from index on into buffer (count * LAC_ROW_BYTES); returns how many
   whole records were there, or -1 with errno set. */
ssize_t lac_row_read(int fd, uint64_t index, unsigned char *buffer, size_t count);

#endif
