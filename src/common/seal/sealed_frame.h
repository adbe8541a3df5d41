/*
 * Frames whose bodies are sealed.
 *
 * A block is a client's UPDATE for all other clients: its body is sealed, its header says BLOCK and is otherwise the
 * same; LAC_SEAL_TAG bytes longer. A letter is any frame from one rank of clients to another, header and body sealed as
 * the body of a LETTER; LAC_FRAME_HEADER + LAC_SEAL_TAG bytes longer.
 *
 * The session may be NULL: then nothing is sealed and nothing longer, which is for measurements alone.
 */
#ifndef LAC_SEAL_SEALED_FRAME_H
#define LAC_SEAL_SEALED_FRAME_H

#include "seal/session.h"
#include "wire/wire.h"

enum { LAC_LETTER_MORE = LAC_FRAME_HEADER + LAC_SEAL_TAG };

/* Of the session that seals: LAC_SEAL_TAG, or 0 where there is none. */
size_t lac_seal_bytes(const struct lac_session *s);

/* update: a whole UPDATE of count bytes; out: room for count + LAC_SEAL_TAG. */
lac_status lac_block_seal(struct lac_session *s, const struct lac_frame *update, uint32_t codec,
                          unsigned char *out, size_t *count) LAC_MUST_CHECK;
/* What this client sealed in this round, as the UPDATE that it was; its body at plain, room for count bytes. */
lac_status lac_block_open(struct lac_session *s, const struct lac_block *who,
                          const unsigned char *bytes, size_t count, unsigned char *plain,
                          struct lac_frame *update) LAC_MUST_CHECK;

/* Letter number `number` of this sender; out: room for count + LAC_LETTER_MORE. */
lac_status lac_letter_seal(struct lac_session *s, uint32_t sender, uint64_t number,
                           const unsigned char *frame, size_t count, unsigned char *out,
                           size_t *sealed) LAC_MUST_CHECK;
/* The whole frame that was sealed, in place: *frame points into bytes. */
lac_status lac_letter_open(struct lac_session *s, uint32_t sender, uint64_t number,
                           unsigned char *bytes, size_t count, unsigned char **frame,
                           size_t *opened) LAC_MUST_CHECK;

#endif
