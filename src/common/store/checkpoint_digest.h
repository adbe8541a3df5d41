/*
 * The digest of a checkpoint's file: BLAKE2b-256 over the BLAKE2b-256 of each of its pieces of 4 MiB (the last one shorter) in
 * order, and then its size, 8 bytes little-endian. Two threads share the pieces, and one of them makes the file
 * durable first where it is asked to: a gigabyte is digested while its disk writes it.
 */
#ifndef LAC_STORE_CHECKPOINT_DIGEST_H
#define LAC_STORE_CHECKPOINT_DIGEST_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/status.h"

enum { LAC_DIGEST_PIECE = 4 << 20 };

struct lac_file_digest {
    int fd;
    bool durable; /* fsync first */
    uint64_t bytes;
    size_t pieces;
    unsigned char (*digest)[LAC_DIGEST_BYTES]; /* (pieces) */
    atomic_size_t next;                        /* the piece that nobody has yet */
    atomic_int reason; /* errno of what failed, -1: the file became shorter */
    pthread_t helper;
    bool helped;
};

/* The helper begins with a file of bytes; fd stays the caller's. Nothing else may write to the file. */
lac_status lac_file_digest_begin(struct lac_file_digest *g, int fd, uint64_t bytes,
                                 bool durable) LAC_MUST_CHECK;
/* Takes part, waits, and releases; path is for messages. To be called after a begin that succeeded. */
lac_status lac_file_digest_end(struct lac_file_digest *g, const char *path,
                               unsigned char out[LAC_DIGEST_BYTES]) LAC_MUST_CHECK;

#endif
