/* KEEP and KEPT: rank 0 has all ranks write, check or load their part of a checkpoint (store/checkpoint.h). */
#ifndef LAC_PROTOCOL_KEEP_H
#define LAC_PROTOCOL_KEEP_H

#include "base/digest.h"
#include "wire/wire.h"

enum lac_keep_task {
    LAC_KEEP_WRITE = 1, /* the state as it is goes to a file in the folder, while the run goes on */
    LAC_KEEP_ASK,       /* whether that is done */
    LAC_KEEP_WAIT,      /* the same, once it is */
    LAC_KEEP_CHECK,     /* before START: the files of a checkpoint, each rank some of them */
    LAC_KEEP_LOAD,      /* after START: the state becomes that of the checkpoint */
    LAC_KEEP_TRY, /* before START: a file in the folder, durable and under its last name, that rank 0 can see */
    LAC_KEEP_WRITE_ALIKE, /* as to write; and what all ranks have alike, since client 0's rank, which writes it, was lost */
};

enum { LAC_KEEP_MOST_NAME = 64 }; /* bytes of the folder's name */

/* One KEPT answers each; the header's round is that of the checkpoint. */
struct lac_keep {
    enum lac_keep_task task;
    /* To check and to load, of the manifest; to write, the run's identity (store/keeper.h); else zeros. */
    unsigned char digest[LAC_DIGEST_BYTES];
    char folder[LAC_KEEP_MOST_NAME + 1]; /* its name in --checkpoint */
};

/* Of LAC_KEEP_TRY, the name of rank r's file. */
#define LAC_KEEP_TRIED "seen-by-rank-%u"

/* status: LAC_OK, or of a file that could not be written, or does not hold; then sentence is not empty. */
struct lac_kept {
    bool done;     /* false: it is being written */
    bool has_file; /* written now; false: this rank has no state */
    bool has_rank; /* and it has what all ranks have alike */
    lac_status status;
    uint64_t bytes;
    unsigned char digest[LAC_DIGEST_BYTES];
    const char *sentence; /* (length), borrowed from the frame */
    size_t length;
};

enum { LAC_KEEP_FRAME = LAC_FRAME_HEADER + 8 + LAC_DIGEST_BYTES + 4 + LAC_KEEP_MOST_NAME };

void lac_put_keep(struct lac_writer *w, const struct lac_keep *k);
lac_status lac_take_keep(const struct lac_frame *f, struct lac_keep *k) LAC_MUST_CHECK;
void lac_put_kept(struct lac_writer *w, const struct lac_kept *k);
lac_status lac_take_kept(const struct lac_frame *f, struct lac_kept *k) LAC_MUST_CHECK;

#endif
