#include "transport/transport.h"

/* The message number stands in bytes 4 and 5 of a frame; 0 is no message. */
static size_t message_of(const unsigned char *frame)
{
    size_t message = (size_t)frame[4] | (size_t)frame[5] << 8;
    return message < LAC_MESSAGE_IDS ? message : 0;
}

lac_status lac_send(struct lac_transport *t, uint32_t rank, const unsigned char *frame,
                    size_t count)
{
    t->sent_by_message[message_of(frame)] += count;
    return t->kind->send(t, rank, frame, count);
}

lac_status lac_flush(struct lac_transport *t)
{
    return t->kind->flush(t);
}

lac_status lac_expect(struct lac_transport *t, const uint32_t *ranks, size_t count)
{
    return t->kind->expect(t, ranks, count);
}

lac_status lac_window(struct lac_transport *t, size_t slot_bytes, size_t most, uint64_t buffer,
                      struct lac_arena *a)
{
    return t->kind->window(t, slot_bytes, most, buffer, a);
}

void lac_forget(struct lac_transport *t)
{
    t->kind->forget(t);
}

void lac_transport_close(struct lac_transport *t)
{
    t->kind->close(t);
}

lac_status lac_receive(struct lac_transport *t, uint32_t rank, const unsigned char **frame,
                       size_t *count)
{
    LAC_TRY(t->kind->receive(t, rank, frame, count));
    if (*count < LAC_FRAME_HEADER) {
        return LAC_FAIL(LAC_E_PROTOCOL, "[rank %u] sent %zu bytes, shorter than a frame's header",
                        rank, *count);
    }
    t->received_by_message[message_of(*frame)] += *count;
    return LAC_OK;
}
