/*
 * (Reader functions take the bit class and count, like the writer: the server keeps its ledger by
 * what it decodes. The papers' bits of a message are counted on both sides too, reader.bits.paper as writer.bits.paper.)
 *
 * Bits in and out. A writer appends to a buffer that the caller sized by the bound of what is
 * written, and counts every bit under its class; a reader checks every step and is sticky: past the
 * end it yields zeros and is bad, so that a decoder is straight-line code with one check at its end.
 * Little-endian; bit fields are packed from the low bit of each byte up. proto/README.md says every byte.
 */
#ifndef LAC_WIRE_H
#define LAC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum lac_bit_class {
    LAC_BITS_VALUE,
    LAC_BITS_INDEX,
    LAC_BITS_HEADER,
    LAC_BITS_SEAL,
    LAC_BITS_PADDING,
    LAC_BIT_CLASSES
};

/* One entry of the ledger, in bits. */
struct lac_bits {
    uint64_t of[LAC_BIT_CLASSES];
    uint64_t
        paper; /* the papers' convention: 32 x components, indices and headers free; not a class */
};

void lac_bits_add(struct lac_bits *sum, const struct lac_bits *more);
void lac_bits_add_times(struct lac_bits *sum, const struct lac_bits *more, uint64_t times);
uint64_t lac_bits_total(const struct lac_bits *b); /* without paper */

struct lac_writer {
    unsigned char *start;
    size_t bytes, capacity; /* bytes counts a begun byte */
    unsigned free_bits;     /* of the last byte, 0..7 */
    struct lac_bits bits;
};

void lac_writer_init(struct lac_writer *w, unsigned char *buffer, size_t capacity);
/* count <= 64 low bits of value; running over capacity is a bug */
void lac_write_bits(struct lac_writer *w, enum lac_bit_class class, uint64_t value, unsigned count);
/* fills the begun byte with zeros, counted as padding; the bytes below need it */
void lac_write_align(struct lac_writer *w);
void lac_write_doubles(struct lac_writer *w, enum lac_bit_class class, const double *x,
                       size_t count);
void lac_write_u32(struct lac_writer *w, enum lac_bit_class class, uint32_t value);
void lac_write_u64(struct lac_writer *w, enum lac_bit_class class, uint64_t value);
/* room for bytes that the caller fills at once; counted */
unsigned char *lac_write_room(struct lac_writer *w, enum lac_bit_class class, size_t bytes);

/* Reading counts what it reads under the same classes, so that a receiver keeps its own ledger. */
struct lac_reader {
    const unsigned char *p, *end;
    unsigned left_bits; /* unread bits of p[-1], 0..7 */
    bool bad;
    struct lac_bits bits; /* the decoder of a section sets paper */
};

void lac_reader_init(struct lac_reader *r, const unsigned char *bytes, size_t count);
uint64_t lac_read_bits(struct lac_reader *r, enum lac_bit_class class, unsigned count);
void lac_read_align(struct lac_reader *r); /* padding; bad where the skipped bits are not zero */
uint32_t lac_read_u32(struct lac_reader *r, enum lac_bit_class class);
uint64_t lac_read_u64(struct lac_reader *r, enum lac_bit_class class);
double lac_read_double(struct lac_reader *r, enum lac_bit_class class);
/* count bytes in place, or NULL and bad */
const unsigned char *lac_read_bytes(struct lac_reader *r, enum lac_bit_class class, size_t count);
lac_status lac_reader_done(const struct lac_reader *r) LAC_MUST_CHECK; /* bad, or bytes left over */

/*
 * A frame is a header of 32 bytes and a body:
 *   0 magic "LAC" and wire version (4)   4 message (2)   6 flags (2)   8 client (4)
 *  12 checksum (4): low half of XXH3-64 of the body, seeded by that of the header
 *  16 round (8)   24 length of the body in bytes (8)
 */
enum { LAC_FRAME_HEADER = 32, LAC_WIRE_VERSION = 1 };

enum lac_message_id {
#define LAC_MESSAGE(number, name, direction, text) LAC_MESSAGE_##name = number,
#include "messages.def"
#undef LAC_MESSAGE
};

struct lac_frame {
    uint16_t message; /* of enum lac_message_id */
    uint16_t flags;
    uint32_t client; /* LAC_NO_CLIENT where the frame is of no one client */
    uint64_t round;
    const unsigned char *body; /* borrowed */
    uint64_t length;           /* of the body, bytes */
};

#define LAC_NO_CLIENT UINT32_MAX

/* Leaves room for the header (counted as header bits); then the body is written; then end. */
void lac_frame_begin(struct lac_writer *w, unsigned char *buffer, size_t capacity);
void lac_frame_end(struct lac_writer *w, uint16_t message, uint16_t flags, uint32_t client,
                   uint64_t round);
/* The body's length by a header alone (32 bytes), for a receiver that must know what to expect. */
lac_status lac_frame_length(const unsigned char *header, uint64_t *length) LAC_MUST_CHECK;
/* Of a frame or its first bytes: magic, version, message number, and no more bytes than the length says. */
lac_status lac_frame_peek(const unsigned char *bytes, size_t count,
                          struct lac_frame *out) LAC_MUST_CHECK;
/* The same with the whole length: for bodies that carry a seal, which tells of damage itself. */
lac_status lac_frame_header(const unsigned char *bytes, size_t count,
                            struct lac_frame *out) LAC_MUST_CHECK;
/* The same and the checksum. */
lac_status lac_frame_parse(const unsigned char *bytes, size_t count,
                           struct lac_frame *out) LAC_MUST_CHECK;
const char *lac_message_name(uint16_t message);
/* Where status is LAC_E_PROTOCOL: puts the rank, whose bytes they were, before the sentence, once. */
lac_status lac_blame(uint32_t rank, lac_status status) LAC_MUST_CHECK;

#endif
