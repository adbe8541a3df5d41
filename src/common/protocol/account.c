/* What ranks of clients tell rank 0 of a sealed run: ACCOUNT and CLOSE. */
#include "protocol/body.h"
#include "protocol/protocol.h"

#define HEADER LAC_BITS_HEADER

void lac_put_account(struct lac_writer *w, const struct lac_account *a)
{
    const uint64_t field[] = {a->round,          a->bits_up,         a->bits_down, a->bits_up_paper,
                              a->evaluation_up,  a->evaluation_down, a->set_up_up, a->set_up_down,
                              a->bits_up_before, a->rows_before};
    lac_write_u32(w, HEADER, a->clients);
    lac_write_u32(w, HEADER, a->topology);
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        lac_write_u64(w, HEADER, field[i]);
    }
}

lac_status lac_take_account(const struct lac_frame *f, struct lac_account *a)
{
    struct lac_body b;
    uint64_t *const field[] = {
        &a->round,           &a->bits_up,   &a->bits_down,   &a->bits_up_paper,  &a->evaluation_up,
        &a->evaluation_down, &a->set_up_up, &a->set_up_down, &a->bits_up_before, &a->rows_before};
    lac_body_begin(&b, f);
    a->clients = lac_read_u32(&b.r, HEADER);
    a->topology = lac_read_u32(&b.r, HEADER);
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        *field[i] = lac_read_u64(&b.r, HEADER);
    }
    return lac_body_end(&b);
}

enum { PAIR_BYTES = 24 };

size_t lac_close_bytes(uint32_t ranks)
{
    return LAC_FRAME_HEADER + 8 + (size_t)PAIR_BYTES * ranks;
}

void lac_put_close(struct lac_writer *w, lac_status status, const struct lac_traffic *sent,
                   uint32_t ranks)
{
    uint32_t pairs = 0;
    for (uint32_t rank = 1; rank <= ranks; rank++) {
        pairs += sent[rank].messages > 0;
    }
    lac_write_u32(w, HEADER, status);
    lac_write_u32(w, HEADER, pairs);
    for (uint32_t rank = 1; rank <= ranks; rank++) {
        if (sent[rank].messages > 0) {
            lac_write_u64(w, HEADER, rank);
            lac_write_u64(w, HEADER, sent[rank].messages);
            lac_write_u64(w, HEADER, sent[rank].bytes);
        }
    }
}

lac_status lac_take_close(const struct lac_frame *f, lac_status *status, struct lac_traffic *sent,
                          uint32_t ranks)
{
    struct lac_body b;
    uint64_t rank = 0;
    lac_body_begin(&b, f);
    *status = (lac_status)lac_body_u32(&b, "how it ended", LAC_OK, LAC_E_ENDED);
    uint32_t pairs = lac_body_u32(&b, "the number of ranks that it sent to", 0, ranks);
    for (uint32_t i = 0; i < pairs; i++) {
        rank = lac_body_u64(&b, "a rank that it sent to", rank + 1, ranks);
        struct lac_traffic t;
        t.messages = lac_body_u64(&b, "the messages to a rank", 1, (uint64_t)LAC_MOST_COUNT);
        t.bytes = lac_body_u64(&b, "the bytes to a rank", 1, (uint64_t)LAC_MOST_COUNT);
        if (sent) {
            sent[rank] = t; /* of what is refused below: number 0 */
        }
    }
    return lac_body_end(&b);
}
