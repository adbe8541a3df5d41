/*
 * The row log of a private run: records as row_log.h has them, each sealed.
 *
 *    0   8  "LACROWS\n"
 *    8   8  version u32, 2 | bytes per sealed record u32
 *   16   8  run id u64
 *   24  56  salt and header of a stream (seal/stream.h) for the purpose "laconic-private-rows-1"
 *   80      a message per row: the record of row_log.h, its checksum too; 17 bytes more. Bytes 0 to 79 are the first one's
 *           associated data
 *
 * A record opens only after all those before it: none can be changed, exchanged, repeated or left out but at the end.
 */
#ifndef LAC_STORE_PRIVATE_ROWS_H
#define LAC_STORE_PRIVATE_ROWS_H

#include "store/row_log.h"

struct lac_private_rows {
    struct lac_stream *stream;
    const struct lac_row_form *form; /* sealed */
    unsigned char head[LAC_ROW_SEALED_HEADER_BYTES];
    uint64_t next; /* record */
};

/* A new log; its head is to be written before its records. form: borrowed. */
lac_status lac_private_rows_begin(struct lac_private_rows *r, const struct lac_row_form *form,
                                  const unsigned char *key) LAC_MUST_CHECK;
/* Reads a log of that head from its first record on. */
lac_status lac_private_rows_open(struct lac_private_rows *r, const struct lac_row_form *form,
                                 const unsigned char *head,
                                 const unsigned char *key) LAC_MUST_CHECK;
/* The next record. */
void lac_private_row_encode(struct lac_private_rows *r, const struct lac_row *row,
                            unsigned char out[LAC_ROW_MOST_BYTES]);
/* False: it is not the next record; *row is untouched. */
bool lac_private_row_decode(struct lac_private_rows *r, const unsigned char *in,
                            struct lac_row *row);
void lac_private_rows_close(struct lac_private_rows *r);

#endif
