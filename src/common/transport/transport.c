#include "transport/transport.h"

/* The message number stands in bytes 4 and 5 of a frame; 0 is no message. */
static size_t message_of(const unsigned char *frame)
{
    size_t message = (size_t)frame[4] | (size_t)frame[5] << 8;
    return message < LAC_MESSAGE_IDS ? message : 0;
}

bool lac_is_gone(const struct lac_transport *t, uint32_t rank)
{
    return t->gone && t->gone[rank].rank != 0;
}

lac_status lac_send(struct lac_transport *t, uint32_t rank, const unsigned char *frame,
                    size_t count)
{
    if (lac_is_gone(t, rank)) {
        return LAC_OK;
    }
    t->sent_by_message[message_of(frame)] += count;
    return t->kind->send(t, rank, frame, count);
}

lac_status lac_flush(struct lac_transport *t)
{
    return t->kind->flush(t);
}

lac_status lac_tell(struct lac_transport *t, const unsigned char *frame, size_t count)
{
    return t->kind->tell ? t->kind->tell(t, frame, count) : LAC_OK;
}

lac_status lac_expect(struct lac_transport *t, const struct lac_expected *what, size_t count)
{
    return t->kind->expect(t, what, count);
}

lac_status lac_window(struct lac_transport *t, const struct lac_room *room, struct lac_arena *a)
{
    return t->kind->window(t, room, a);
}

void lac_forget(struct lac_transport *t)
{
    t->kind->forget(t);
}

void lac_transport_close(struct lac_transport *t)
{
    t->kind->close(t);
}

lac_status lac_receive(struct lac_transport *t, const struct lac_expected *what,
                       struct lac_frame *f)
{
    LAC_TRY(lac_blame(what->rank, t->kind->receive(t, what, f)));
    t->received_by_message[f->message] += LAC_FRAME_HEADER + f->length;
    return LAC_OK;
}
