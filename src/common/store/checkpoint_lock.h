/*
 * DIR/lock: who writes here. It is made with all that it says, by link(2), and replaced by rename(2): there is no moment
 * at which it is half written. Lines "name value":
 *
 *   laconic-lock 1
 *   host NAME
 *   place BOOT-ID PID-NAMESPACE     within which a process number means something
 *   process NUMBER START            START: field 22 of /proc/NUMBER/stat
 *   job NUMBER RESTARTS             of Slurm; absent outside
 *   run HEXADECIMAL
 *   refreshed SECONDS               since 1970, 20 digits, for people: what counts is the file's time, of the clock that the folder's
 *                                   file system has
 *
 * It is stale where its process is gone (same host and place), where it is of an earlier start of the same job of Slurm, or,
 * elsewhere, where it was not refreshed for ten minutes. Who replaces a stale one holds flock(2) on it meanwhile.
 */
#ifndef LAC_STORE_CHECKPOINT_LOCK_H
#define LAC_STORE_CHECKPOINT_LOCK_H

#include <sys/types.h>

#include "base/arena.h"
#include "store/checkpoint_io.h"

#define LAC_LOCK_TEMPORARY ".lock-" /* how names of locks in the making begin */

enum { LAC_LOCK_STALE_SECONDS = 600, LAC_LOCK_TEXT = 1024 };

struct lac_lock {
    char path[LAC_PATH];
    dev_t device; /* of the file that is ours */
    ino_t inode;
    char text[LAC_LOCK_TEXT]; /* what it says, but for the last line, which changes */
    size_t length;
    bool held;
};

/* Of a folder that is there; LAC_E_USAGE: somebody else's lives. *warning: NULL, or in the arena that one was taken over. */
lac_status lac_lock_take(struct lac_lock *l, const char *dir, const char *run,
                         struct lac_arena *arena, const char **warning) LAC_MUST_CHECK;
/* Whether DIR/lock is still the one that was taken. LAC_E_FAILED: somebody took it over or removed it, and another run may write
   here now. LAC_E_IO: nobody can tell at the moment. */
lac_status lac_lock_check(const struct lac_lock *l) LAC_MUST_CHECK;
void lac_lock_refresh(const struct lac_lock *l);
void lac_lock_release(struct lac_lock *l);

#endif
