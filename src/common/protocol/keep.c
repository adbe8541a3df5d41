#include "protocol/keep.h"

#include <string.h>

#include "protocol/body.h"
#include "protocol/protocol.h"

enum { DONE = 1, HAS_FILE = 2, HAS_RANK = 4 }; /* flags of KEPT */
enum { MOST_SENTENCE = 1024 };

static void put_digest(struct lac_writer *w, const unsigned char digest[LAC_DIGEST_BYTES])
{
    memcpy(lac_write_room(w, LAC_BITS_HEADER, LAC_DIGEST_BYTES), digest, LAC_DIGEST_BYTES);
}

static void take_digest(struct lac_body *b, unsigned char digest[LAC_DIGEST_BYTES])
{
    const unsigned char *bytes = lac_read_bytes(&b->r, LAC_BITS_HEADER, LAC_DIGEST_BYTES);
    if (bytes) {
        memcpy(digest, bytes, LAC_DIGEST_BYTES);
    } else {
        memset(digest, 0, LAC_DIGEST_BYTES);
    }
}

void lac_put_keep(struct lac_writer *w, const struct lac_keep *k)
{
    lac_write_u32(w, LAC_BITS_HEADER, k->task);
    put_digest(w, k->digest);
    lac_put_text(w, k->folder, strlen(k->folder));
}

lac_status lac_take_keep(const struct lac_frame *f, struct lac_keep *k)
{
    struct lac_body b;
    size_t length;
    lac_body_begin(&b, f);
    k->task =
        (enum lac_keep_task)lac_body_u32(&b, "its task", LAC_KEEP_WRITE, LAC_KEEP_WRITE_ALIKE);
    take_digest(&b, k->digest);
    const char *name = lac_body_text(&b, "the length of its folder", LAC_KEEP_MOST_NAME, &length);
    lac_body_demand(&b, !memchr(name, '/', length) && !memchr(name, '\0', length),
                    "its folder is not one of the checkpoints'");
    LAC_TRY(lac_body_end(&b));
    memcpy(k->folder, name, length);
    k->folder[length] = '\0';
    return LAC_OK;
}

void lac_put_kept(struct lac_writer *w, const struct lac_kept *k)
{
    lac_write_u32(w, LAC_BITS_HEADER,
                  (k->done ? DONE : 0) | (k->has_file ? HAS_FILE : 0) |
                      (k->has_rank ? HAS_RANK : 0));
    lac_write_u32(w, LAC_BITS_HEADER, k->status);
    lac_write_u64(w, LAC_BITS_HEADER, k->bytes);
    put_digest(w, k->digest);
    lac_put_text(w, k->sentence, k->length);
}

lac_status lac_take_kept(const struct lac_frame *f, struct lac_kept *k)
{
    struct lac_body b;
    lac_body_begin(&b, f);
    uint32_t flags = lac_body_u32(&b, "its set of flags", 0, DONE | HAS_FILE | HAS_RANK);
    k->done = flags & DONE;
    k->has_file = flags & HAS_FILE;
    k->has_rank = flags & HAS_RANK;
    k->status = (lac_status)lac_body_u32(&b, "how it ended", LAC_OK, LAC_E_STEP);
    k->bytes = lac_body_u64(&b, "the size of its file", 0, UINT64_C(1) << 53);
    take_digest(&b, k->digest);
    k->sentence = lac_body_text(&b, "the length of its sentence", MOST_SENTENCE, &k->length);
    lac_body_demand(&b, (k->status == LAC_OK) == (k->length == 0), "a failure has a sentence");
    lac_body_demand(&b, k->done || (k->status == LAC_OK && !k->has_file),
                    "what is not done has no outcome");
    return lac_body_end(&b);
}
