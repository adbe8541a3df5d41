/*
 * What one process keeps of a run: the state of its half of the method and a few numbers besides, copied after a round and
 * written by a thread while the next rounds run.
 *
 *   lac_keeper_state, lac_keeper_numbers    what there is, before the rounds
 *   lac_keeper_open                         room for the copy, and the key that files are sealed under
 *   lac_keeper_write ... lac_keeper_ended   a checkpoint; the state may change as soon as write returns
 *   lac_keeper_read                         the state becomes that of a checkpoint
 */
#ifndef LAC_STORE_KEEPER_H
#define LAC_STORE_KEEPER_H

#include "method/method.h"
#include "store/checkpoint.h"

enum { LAC_KEEPER_GROUPS = 4, LAC_KEEPER_PARTS = 24, LAC_RUN_IDENTITY = 32 };

/* Whose and of when an item is; a part of each, so that one of another run or round is not taken for it. */
struct lac_stamp {
    uint64_t round;
    unsigned char identity[LAC_RUN_IDENTITY];
};

/* Items lie `stride` bytes apart; state NULL: of no state. */
struct lac_kept_group {
    const char *name;
    uint32_t first, items;
    const struct lac_state *kind;
    unsigned char *states;
    size_t stride;
    const struct lac_env *env;
    bool only_read;                 /* another process writes it */
    void *number[LAC_KEEPER_PARTS]; /* of a part that is of no state: (items, count); else NULL */
    struct lac_part part[LAC_KEEPER_PARTS];
    size_t parts;
    struct lac_stamp *stamp; /* (items) */
};

struct lac_keeper_writer; /* the thread */

struct lac_keeper {
    struct lac_kept_group group[LAC_KEEPER_GROUPS];
    size_t groups;
    struct lac_keeper_writer *writer;
};

/* Adds a group; items 0: it will be read, but has nothing here. Everything but k is borrowed for the run. */
void lac_keeper_state(struct lac_keeper *k, const char *group, uint32_t first, uint32_t items,
                      const struct lac_state *kind, void *states, size_t stride,
                      const struct lac_env *e);
/* (items, count) numbers more in the group added last. */
void lac_keeper_numbers(struct lac_keeper *k, const char *name, enum lac_part_type type,
                        void *numbers, size_t count);
/* only: from now on the group added last is written by another process. */
void lac_keeper_only_reads(struct lac_keeper *k, bool only);
/* key: as for lac_checkpoint_write_file; copied, since its owner may end before the thread does. */
lac_status lac_keeper_open(struct lac_keeper *k, const unsigned char *key,
                           struct lac_arena *a) LAC_MUST_CHECK;

/* What a run is: 16 bytes of its name in the manifest, 16 of a digest of its options, data and size. */
void lac_run_identity(const struct lac_manifest *m, unsigned char identity[LAC_RUN_IDENTITY]);
/* Copies, and begins to write folder/name. */
lac_status lac_keeper_write(struct lac_keeper *k, const char *folder, const char *name,
                            uint64_t round,
                            const unsigned char identity[LAC_RUN_IDENTITY]) LAC_MUST_CHECK;
/* Whether the file is written, or cannot be; wait: not before. Nothing is being written: true. */
bool lac_keeper_ended(struct lac_keeper *k, bool wait);
/* How it ended: the file as the manifest has it, or the sentence of the failure. */
lac_status lac_keeper_result(struct lac_keeper *k, struct lac_saved_file *file) LAC_MUST_CHECK;

/* The manifest of folder name in dir, which must be the one with this digest: that rank 0 has. The folder's path, in the arena. */
lac_status lac_keeper_manifest(struct lac_manifest *m, const char *dir, const char *name,
                               const unsigned char digest[LAC_DIGEST_BYTES], const char **folder,
                               struct lac_arena *a) LAC_MUST_CHECK;
/* One group, from the files of the manifest that hold it. */
lac_status lac_keeper_read(struct lac_keeper *k, const char *group, const char *folder,
                           const struct lac_manifest *m, const unsigned char *key) LAC_MUST_CHECK;
/* Waits for the thread; NULL writer does no harm. */
void lac_keeper_close(struct lac_keeper *k);

#endif
