#include "store/private_rows.h"

#include <string.h>

static const char purpose[] = "laconic-private-rows-1";

lac_status lac_private_rows_begin(struct lac_private_rows *r, const struct lac_row_form *form,
                                  const unsigned char *key)
{
    unsigned char header[LAC_ROW_HEADER_BYTES];
    *r = (struct lac_private_rows){.form = form};
    lac_row_header_encode(header, form);
    memcpy(r->head, header, LAC_ROW_FORM_BYTES);
    return lac_stream_begin(&r->stream, purpose, key, r->head + LAC_ROW_FORM_BYTES);
}

lac_status lac_private_rows_open(struct lac_private_rows *r, const struct lac_row_form *form,
                                 const unsigned char *head, const unsigned char *key)
{
    *r = (struct lac_private_rows){.form = form};
    memcpy(r->head, head, sizeof r->head);
    return lac_stream_open(&r->stream, purpose, key, r->head + LAC_ROW_FORM_BYTES);
}

static struct lac_message next_record(const struct lac_private_rows *r)
{
    return (struct lac_message){
        .with = r->next == 0 ? r->head : NULL,
        .with_bytes = r->next == 0 ? sizeof r->head : 0,
        .bytes = lac_row_plain_bytes(r->form),
    };
}

void lac_private_row_encode(struct lac_private_rows *r, const struct lac_row *row,
                            unsigned char out[LAC_ROW_MOST_BYTES])
{
    unsigned char record[LAC_ROW_MOST_BYTES];
    struct lac_message m = next_record(r);
    lac_row_encode(record, row, r->form, r->next);
    lac_stream_seal(r->stream, &m, record, out);
    sodium_memzero(record, sizeof record);
    r->next++;
}

bool lac_private_row_decode(struct lac_private_rows *r, const unsigned char *in,
                            struct lac_row *row)
{
    unsigned char record[LAC_ROW_MOST_BYTES];
    struct lac_message m = next_record(r);
    bool ok = lac_stream_unseal(r->stream, &m, in, record) &&
              lac_row_decode(record, r->form, r->next, row);
    sodium_memzero(record, sizeof record);
    r->next += ok;
    return ok;
}

void lac_private_rows_close(struct lac_private_rows *r)
{
    lac_stream_close(r->stream);
    r->stream = NULL;
}
