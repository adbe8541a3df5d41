/*
 * A checkpoint: what a run was after one round, in a folder of its own that appears by one rename.
 *
 *   DIR/round-000000012/rank-0001.h5 ...   one file per rank that has state
 *                       index.h5           virtual datasets over them, for people: never read back
 *                       MANIFEST.json      names every file with its size and digest; only this is believed
 *   DIR/.tmp-...                           one that is being written, or was when its writer died
 *   DIR/lock                               who writes here: host, process, job, run
 *
 * A file has groups of parts: `server` (one item), `rank` (one item: what every rank has alike), `clients` (an item for each
 * of a range of clients). Under a key every item is sealed on its own (seal/stream.h).
 */
#ifndef LAC_STORE_CHECKPOINT_H
#define LAC_STORE_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"

enum {
    LAC_CHECKPOINT_VERSION = 3,   /* raised with any change of the parts that rank 0 keeps, too */
    LAC_CHECKPOINT_WITH_ABSENCES, /* the version of one that lists lost clients, and of no other */
    LAC_CHECKPOINT_NAME = 32
}; /* bytes of a file's name at most, with its zero */

enum lac_part_type { LAC_PART_DOUBLES, LAC_PART_INTEGERS /* u32 */, LAC_PART_COUNTERS /* u64 */ };

struct lac_part {
    const char *name; /* no other of its group has it */
    enum lac_part_type type;
    size_t count; /* numbers of an item */
    void *values; /* (items, count); borrowed */
};

struct lac_part_group {
    const char *name;      /* "server", "rank", "clients" */
    uint32_t first, items; /* clients first .. first + items - 1; of the other groups 0, 1 */
    const struct lac_part *part;
    size_t part_count;
};

struct lac_saved_file { /* as the manifest names it */
    char name[LAC_CHECKPOINT_NAME];
    uint64_t bytes;
    unsigned char digest[LAC_DIGEST_BYTES]; /* of its bytes, see checkpoint_file.c */
    uint32_t first, items;                  /* of the clients that it holds; items 0: of none */
    bool has_server, has_rank;
};

struct lac_saved_absence { /* clients that the run lost */
    uint32_t first, count;
    uint64_t round, row; /* the first ones without them, as in method/absence.h */
    const char *host;    /* where they were; NULL: not known */
};

/* Whether HDF5 may be called by several threads. */
bool lac_store_has_threads(void);
/* Bytes that a number of this type has. */
size_t lac_part_bytes(enum lac_part_type type);

/* Writes folder/file->name, closes, reads it back, fsyncs; file->bytes and file->digest on return. What is there is replaced.
   key: (LAC_STREAM_KEY) in memory of lac_secret_new, or NULL: plain. May be called by a thread
   that is not the main one. Leaves no file behind where it fails. */
lac_status lac_checkpoint_write_file(const char *folder, struct lac_saved_file *file,
                                     const struct lac_part_group *group, size_t groups,
                                     const unsigned char *key) LAC_MUST_CHECK;
/* Whether size and digest are those of the manifest; LAC_E_INPUT: they are not, or it is not there. */
lac_status lac_checkpoint_check_file(const char *folder,
                                     const struct lac_saved_file *file) LAC_MUST_CHECK;
/* Fills the parts' values: of `clients` a range that the file has, parts in any order; every part of the group must be there
   with its type and count, and no other. LAC_E_SECURITY: does not open with this key, or is sealed and there is none. */
lac_status lac_checkpoint_read_file(const char *folder, const struct lac_saved_file *file,
                                    const struct lac_part_group *group,
                                    const unsigned char *key) LAC_MUST_CHECK;

/* What MANIFEST.json says; texts borrowed on writing, in the arena on reading. */
struct lac_manifest {
    uint64_t round;
    const char *version;    /* of laconic */
    const char *method;     /* its name */
    const char *trajectory; /* the options that the trajectory depends on, "name = value" lines */
    const char *problem;    /* the digest of what f is, in hexadecimal */
    const char *run; /* an identity that the run keeps when it is resumed, in hexadecimal; random */
    uint32_t clients, ranks;
    uint64_t dim;
    uint64_t rows; /* of the run file, when this was made */
    bool sealed;
    struct lac_saved_file *file; /* (files) */
    size_t files;
    struct lac_saved_absence *
        absence; /* (absences) ascending; their states are known to nobody, whatever a file has of them */
    size_t absences;
};

/* Whether the client's state is none of the run any more. */
bool lac_manifest_is_absent(const struct lac_manifest *m, uint32_t client);

struct lac_checkpoints; /* a folder that this process has locked */

/* Makes DIR if it is not there (not its parents), locks it, removes what dead writers left (.tmp-*). A live lock is refused
   (LAC_E_USAGE: it says whose); one of a process that is gone here, or that was not refreshed for 10 minutes elsewhere, is
   taken over, and *warning says so (in the arena; else NULL). */
lac_status lac_checkpoints_open(struct lac_checkpoints **out, const char *dir, const char *run,
                                struct lac_arena *arena, const char **warning) LAC_MUST_CHECK;
/* From here on folders are made for their owner alone, DIR too where this process made it. */
lac_status lac_checkpoints_hide(struct lac_checkpoints *c) LAC_MUST_CHECK;
/* Unlocks; NULL does no harm. */
void lac_checkpoints_close(struct lac_checkpoints *c);
/* Whether the lock is still this process's; as lac_lock_check. */
lac_status lac_checkpoints_check(const struct lac_checkpoints *c) LAC_MUST_CHECK;
/* Says that the writer lives; to be called every minute or so. */
void lac_checkpoints_refresh(struct lac_checkpoints *c);

/* Removes DIR's checkpoints, which nobody may be writing; DIR stays. */
lac_status lac_checkpoints_remove(const char *dir, struct lac_arena *arena) LAC_MUST_CHECK;

/* The folder for round r's files, made empty: DIR/.tmp-round-..., borrowed until the next call. */
lac_status lac_checkpoints_begin(struct lac_checkpoints *c, uint64_t round,
                                 const char **folder) LAC_MUST_CHECK;
/* Writes index.h5 and the manifest into it, fsyncs, renames, fsyncs DIR; then all but the newest `keep` go (0: all stay).
   What fails leaves the checkpoints as they were. */
lac_status lac_checkpoints_commit(struct lac_checkpoints *c, const struct lac_manifest *m,
                                  uint64_t keep) LAC_MUST_CHECK;
/* Gives up what was begun. */
void lac_checkpoints_drop(struct lac_checkpoints *c);

/* The rounds of DIR's checkpoints, newest first, by their folders' names; no folder: none. In the arena. */
lac_status lac_checkpoints_list(const char *dir, uint64_t **rounds, size_t *count,
                                struct lac_arena *arena) LAC_MUST_CHECK;
/* DIR/round-..., in the arena. */
lac_status lac_checkpoint_folder(const char *dir, uint64_t round, const char **folder,
                                 struct lac_arena *arena) LAC_MUST_CHECK;
/* Reads and checks every field; digest: of the manifest's bytes. LAC_E_INPUT: damaged; LAC_E_USAGE: of another version. */
lac_status lac_manifest_read(struct lac_manifest *m, const char *folder,
                             unsigned char digest[LAC_DIGEST_BYTES],
                             struct lac_arena *arena) LAC_MUST_CHECK;

#endif
