#include "seal/sealed_frame.h"

#include <inttypes.h>
#include <string.h>

size_t lac_seal_bytes(const struct lac_session *s)
{
    return s ? LAC_SEAL_TAG : 0;
}

static lac_status seal(struct lac_session *s, const struct lac_block *b, const unsigned char *plain,
                       size_t bytes, struct lac_writer *w)
{
    unsigned char *room = lac_write_room(w, LAC_BITS_VALUE, bytes + lac_seal_bytes(s));
    if (s) {
        return lac_session_seal(s, b, plain, bytes, room);
    }
    memcpy(room, plain, bytes);
    return LAC_OK;
}

lac_status lac_block_seal(struct lac_session *s, const struct lac_frame *update, uint32_t codec,
                          unsigned char *out, size_t *count)
{
    const struct lac_block b = {.round = update->round, .sender = update->client, .codec = codec};
    size_t bytes = (size_t)update->length;
    struct lac_writer w;
    lac_frame_begin(&w, out, LAC_FRAME_HEADER + bytes + LAC_SEAL_TAG);
    LAC_TRY(seal(s, &b, update->body, bytes, &w));
    lac_frame_end(&w, LAC_MESSAGE_BLOCK, 0, update->client, update->round);
    *count = w.bytes;
    return LAC_OK;
}

/* The seal tells of damage; without one the frame's checksum does. */
static lac_status parse(const struct lac_session *s, const unsigned char *bytes, size_t count,
                        struct lac_frame *f)
{
    return s ? lac_frame_header(bytes, count, f) : lac_frame_parse(bytes, count, f);
}

lac_status lac_block_open(struct lac_session *s, const struct lac_block *who,
                          const unsigned char *bytes, size_t count, unsigned char *plain,
                          struct lac_frame *update)
{
    LAC_TRY(parse(s, bytes, count, update));
    if (update->message != LAC_MESSAGE_BLOCK || update->flags != 0 ||
        update->client != who->sender || update->round != who->round ||
        update->length < lac_seal_bytes(s)) {
        return LAC_FAIL(LAC_E_SECURITY,
                        "the server brought %s of client %" PRIu32 " in round %" PRIu64
                        " where client %" PRIu32 "'s block of round %" PRIu64 " was due",
                        lac_message_name(update->message), update->client, update->round,
                        who->sender, who->round);
    }
    update->message = LAC_MESSAGE_UPDATE;
    update->length -= lac_seal_bytes(s);
    if (!s) {
        return LAC_OK;
    }
    LAC_TRY(lac_session_unseal(s, who, update->body, (size_t)update->length, plain));
    update->body = plain;
    return LAC_OK;
}

lac_status lac_letter_seal(struct lac_session *s, uint32_t sender, uint64_t number,
                           const unsigned char *frame, size_t count, unsigned char *out,
                           size_t *sealed)
{
    const struct lac_block b = {.round = number, .sender = sender};
    struct lac_writer w;
    lac_frame_begin(&w, out, count + LAC_LETTER_MORE);
    LAC_TRY(seal(s, &b, frame, count, &w));
    lac_frame_end(&w, LAC_MESSAGE_LETTER, 0, LAC_NO_CLIENT, number);
    *sealed = w.bytes;
    return LAC_OK;
}

lac_status lac_letter_open(struct lac_session *s, uint32_t sender, uint64_t number,
                           unsigned char *bytes, size_t count, unsigned char **frame,
                           size_t *opened)
{
    const struct lac_block b = {.round = number, .sender = sender};
    struct lac_frame f;
    LAC_TRY(parse(s, bytes, count, &f));
    if (f.message != LAC_MESSAGE_LETTER || f.flags != 0 || f.client != LAC_NO_CLIENT ||
        f.round != number || f.length < lac_seal_bytes(s) + LAC_FRAME_HEADER) {
        return LAC_FAIL(LAC_E_SECURITY,
                        "the server brought %s number %" PRIu64 " where letter %" PRIu64 " was due",
                        lac_message_name(f.message), f.round, number);
    }
    *frame = bytes + LAC_FRAME_HEADER;
    *opened = (size_t)f.length - lac_seal_bytes(s);
    if (s && lac_session_unseal(s, &b, *frame, *opened, *frame) != LAC_OK) {
        return LAC_FAIL(LAC_E_SECURITY, "it is not what was sealed: changed on its way, replayed, "
                                        "or sealed with another key");
    }
    return LAC_OK;
}
