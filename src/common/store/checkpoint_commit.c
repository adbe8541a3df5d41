/* Checkpoints of one folder: begun beside, and put in their place by one rename. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/checkpoint.h"
#include "store/checkpoint_folder.h"
#include "store/checkpoint_index.h"
#include "store/checkpoint_lock.h"
#include "store/checkpoint_manifest.h"

#define TEMPORARY ".tmp-"

struct lac_checkpoints {
    struct lac_lock lock;
    char dir[LAC_PATH];
    char begun[LAC_PATH]; /* empty: nothing is */
    char place[LAC_PATH]; /* where it will be */
    uint64_t round;
    bool made; /* DIR, by this process */
    mode_t mode;
    uint32_t
        mark; /* of our folders in the making: no other writer's have it, should it take us for dead */
};

static lac_status make_folder(const char *path, bool *made)
{
    struct stat facts;
    *made = mkdir(path, 0777) == 0;
    if (*made) {
        return LAC_OK;
    }
    int reason = errno;
    if (reason == EEXIST && stat(path, &facts) == 0) {
        return S_ISDIR(facts.st_mode) ? LAC_OK : lac_cannot("write", path, ENOTDIR);
    }
    return lac_cannot("write", path, reason);
}

lac_status lac_checkpoints_open(struct lac_checkpoints **out, const char *dir, const char *run,
                                struct lac_arena *arena, const char **warning)
{
    struct lac_checkpoints *c;
    LAC_TRY(LAC_NEW(arena, 1, &c));
    if (snprintf(c->dir, sizeof c->dir, "%s", dir) >= (int)sizeof c->dir) {
        return LAC_FAIL(LAC_E_USAGE, "the name '%.200s...' is too long for a folder", dir);
    }
    LAC_TRY(make_folder(dir, &c->made));
    c->mode = 0777;
    LAC_TRY(lac_lock_take(&c->lock, dir, run, arena, warning));
    lac_folder_sweep(dir, TEMPORARY);
    lac_folder_sweep(dir, LAC_LOCK_TEMPORARY);
    c->mark = randombytes_random();
    *out = c;
    return LAC_OK;
}

lac_status lac_checkpoints_hide(struct lac_checkpoints *c)
{
    c->mode = 0700;
    return !c->made || chmod(c->dir, c->mode) == 0 ? LAC_OK : lac_cannot("write", c->dir, errno);
}

void lac_checkpoints_close(struct lac_checkpoints *c)
{
    if (c) {
        lac_checkpoints_drop(c);
        lac_lock_release(&c->lock);
    }
}

lac_status lac_checkpoints_check(const struct lac_checkpoints *c)
{
    return lac_lock_check(&c->lock);
}

void lac_checkpoints_refresh(struct lac_checkpoints *c)
{
    lac_lock_refresh(&c->lock);
}

static lac_status remove_rounds(const char *dir, struct lac_arena *arena)
{
    uint64_t *rounds;
    size_t count;
    LAC_TRY(lac_checkpoints_list(dir, &rounds, &count, arena));
    for (size_t i = 0; i < count; i++) {
        const char *folder;
        LAC_TRY(lac_checkpoint_folder(dir, rounds[i], &folder, arena));
        if (!lac_folder_remove(folder)) {
            return lac_cannot("remove", folder, errno);
        }
    }
    return LAC_OK;
}

lac_status lac_checkpoints_remove(const char *dir, struct lac_arena *arena)
{
    struct lac_checkpoints *c;
    const char *warning;
    LAC_TRY(lac_checkpoints_open(&c, dir, "0", arena, &warning));
    lac_status status = remove_rounds(dir, arena);
    lac_checkpoints_close(c);
    return status;
}

lac_status lac_checkpoints_begin(struct lac_checkpoints *c, uint64_t round, const char **folder)
{
    char name[LAC_ROUND_NAME], temporary[2 * LAC_ROUND_NAME];
    char begun[LAC_PATH];
    lac_checkpoints_drop(c);
    LAC_TRY(lac_lock_check(&c->lock));
    lac_round_name(name, round);
    snprintf(temporary, sizeof temporary, TEMPORARY "%s-%08x", name, c->mark);
    LAC_TRY(lac_path_join(c->place, c->dir, name));
    LAC_TRY(lac_path_join(begun, c->dir, temporary));
    if (!lac_folder_remove(begun) || mkdir(begun, c->mode) != 0) {
        return lac_cannot("write", begun, errno);
    }
    memcpy(c->begun, begun, sizeof begun);
    c->round = round;
    *folder = c->begun;
    return LAC_OK;
}

void lac_checkpoints_drop(struct lac_checkpoints *c)
{
    if (c->begun[0] != '\0') {
        (void)lac_folder_remove(c->begun);
    }
    c->begun[0] = '\0';
}

/* Two folders change places, where the file system can do that; else the one that is there gives way first. */
static bool exchange(const struct lac_checkpoints *c)
{
    char away[LAC_PATH];
    if (renameat2(AT_FDCWD, c->begun, AT_FDCWD, c->place, RENAME_EXCHANGE) == 0) {
        return true;
    }
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) {
        return false;
    }
    if (lac_path_join(away, c->dir, TEMPORARY "away") != LAC_OK || !lac_folder_remove(away) ||
        rename(c->place, away) != 0) {
        return false;
    }
    if (rename(c->begun, c->place) != 0) {
        int reason = errno;
        (void)rename(away, c->place);
        errno = reason;
        return false;
    }
    (void)rename(away, c->begun);
    return true;
}

/* *replaced: a checkpoint of this round was there, and now is where this one was. */
static lac_status publish(const struct lac_checkpoints *c, bool *replaced)
{
    struct stat facts;
    *replaced = lstat(c->place, &facts) == 0;
    bool ok = *replaced ? exchange(c) : rename(c->begun, c->place) == 0;
    if (!ok) {
        return lac_cannot("write", c->place, errno);
    }
    lac_status status = lac_folder_fsync(c->dir);
    if (status != LAC_OK) { /* as it was */
        ok = *replaced ? exchange(c) : rename(c->place, c->begun) == 0;
    }
    return ok ? status : lac_cannot("take back", c->place, errno);
}

/* First out of sight, so that half of a checkpoint is never seen. */
static void discard(const struct lac_checkpoints *c, uint64_t round)
{
    char name[LAC_ROUND_NAME], from[LAC_PATH], to[LAC_PATH];
    lac_round_name(name, round);
    if (lac_path_join(from, c->dir, name) == LAC_OK &&
        lac_path_join(to, c->dir, TEMPORARY "old") == LAC_OK && lac_folder_remove(to) &&
        rename(from, to) == 0) {
        (void)lac_folder_remove(to);
    }
}

/* Rounds after this one are not counted: whoever left them, this run has not come so far. What cannot go now is tried again
   the next time. */
static void keep_newest(const struct lac_checkpoints *c, uint64_t keep)
{
    struct lac_arena arena = {0};
    uint64_t *rounds = NULL, kept = 0;
    size_t count = 0;
    if (keep > 0 && lac_checkpoints_list(c->dir, &rounds, &count, &arena) == LAC_OK) {
        for (size_t i = 0; i < count; i++) {
            kept += rounds[i] <= c->round;
            if (rounds[i] <= c->round && kept > keep) {
                discard(c, rounds[i]);
            }
        }
    }
    lac_arena_free(&arena);
}

static lac_status finish(struct lac_checkpoints *c, const struct lac_manifest *m, bool *replaced)
{
    LAC_TRY(lac_lock_check(&c->lock));
    LAC_TRY(lac_checkpoint_index_write(m, c->begun));
    LAC_TRY(lac_manifest_write(m, c->begun));
    LAC_TRY(lac_folder_fsync(c->begun));
    LAC_TRY(lac_lock_check(&c->lock));
    return publish(c, replaced);
}

lac_status lac_checkpoints_commit(struct lac_checkpoints *c, const struct lac_manifest *m,
                                  uint64_t keep)
{
    bool replaced = false;
    LAC_ASSERT(c->begun[0] != '\0' && m->round == c->round);
    lac_status status = finish(c, m, &replaced);
    if (status != LAC_OK || replaced) {
        (void)lac_folder_remove(c->begun);
    }
    c->begun[0] = '\0';
    if (status == LAC_OK) {
        keep_newest(c, keep);
    }
    return status;
}
