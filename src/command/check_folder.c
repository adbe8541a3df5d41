/* The folder of checkpoints: one for all ranks, where files are made safe by fsync and appear by one rename. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "command/check_parts.h"
#include "seal/cipher.h"
#include "store/checkpoint.h"
#include "store/checkpoint_lock.h"

enum { NONCE = 32, PATH = 1024, LONGEST = PATH + 32 };

/* What rank 0 tells the others. */
struct trial {
    bool goes_on;
    char folder[PATH + 8]; /* DIR/.tmp-check-..., and its new name */
    unsigned char nonce[NONCE];
};

static lac_status fail(const char *what, const char *path)
{
    return LAC_FAIL(LAC_E_IO, "%.300s: %s failed: %s", path, what, strerror(errno));
}

static lac_status sync_folder(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return fail("open", path);
    }
    lac_status status = fsync(folder) == 0 ? LAC_OK : fail("fsync", path);
    (void)close(folder);
    return status;
}

static void name_file(char out[LONGEST], const char *folder, uint32_t rank)
{
    snprintf(out, LONGEST, "%s/rank-%04u", folder, rank);
}

static lac_status write_file(const struct trial *t, uint32_t rank)
{
    char path[LONGEST];
    name_file(path, t->folder, rank);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return fail("making a file", path);
    }
    lac_status status = write(file, t->nonce, NONCE) == NONCE ? LAC_OK : fail("writing", path);
    if (status == LAC_OK && fsync(file) != 0) {
        status = fail("fsync", path);
    }
    if (close(file) != 0 && status == LAC_OK) {
        status = fail("closing", path);
    }
    return status;
}

/* Whether the rank's file is there, with what rank 0 had written. */
static bool reads_back(const struct trial *t, uint32_t rank)
{
    char path[LONGEST];
    unsigned char found[NONCE];
    name_file(path, t->folder, rank);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    bool same = read(file, found, NONCE) == NONCE && memcmp(found, t->nonce, NONCE) == 0;
    (void)close(file);
    return same;
}

/* A run that is at work there is refused; a lock that a dead one left is done away with. */
static lac_status try_lock(const struct lac_check *k)
{
    struct lac_lock lock;
    const char *warning = NULL;
    LAC_TRY(lac_lock_take(&lock, k->config.checkpoint, "check", k->arena, &warning));
    lac_lock_release(&lock);
    return LAC_OK;
}

static lac_status begin(const struct lac_check *k, struct trial *t, bool *made)
{
    const struct lac_config *c = &k->config;
    unsigned char random[8];
    char name[2 * sizeof random + 1];
    *made = mkdir(c->checkpoint, 0777) == 0;
    if (!*made && errno != EEXIST) {
        return fail("making the folder", c->checkpoint);
    }
    LAC_TRY(try_lock(k));
    randombytes_buf(random, sizeof random);
    randombytes_buf(t->nonce, sizeof t->nonce);
    sodium_bin2hex(name, sizeof name, random, sizeof random);
    int length = snprintf(t->folder, PATH, "%s/.tmp-check-%s", c->checkpoint, name);
    if (length >= PATH) {
        return LAC_FAIL(LAC_E_USAGE, "--checkpoint: the name has more than %d bytes", PATH);
    }
    if (mkdir(t->folder, 0700) != 0) {
        return fail("making a folder", t->folder);
    }
    LAC_TRY(write_file(t, 0));
    return reads_back(t, 0) ? LAC_OK : fail("reading back", t->folder);
}

/* Rank 0, once all have written: what they wrote is there, and the folder can be renamed. */
static lac_status finish(const struct lac_config *c, struct trial *t, const bool *wrote,
                         uint32_t ranks)
{
    char done[PATH + 16];
    for (uint32_t rank = 1; rank < ranks; rank++) {
        if (wrote[rank] && !reads_back(t, rank)) {
            return LAC_FAIL(
                LAC_E_IO,
                "%.300s: rank 0 does not see what rank %u wrote there: give a folder on "
                "a file system that all hosts share",
                c->checkpoint, rank);
        }
    }
    LAC_TRY(sync_folder(t->folder));
    snprintf(done, sizeof done, "%s-done", t->folder);
    if (rename(t->folder, done) != 0) {
        return fail("rename", t->folder);
    }
    memcpy(t->folder, done, sizeof t->folder); /* begun with fewer than PATH bytes */
    return sync_folder(c->checkpoint);
}

static void clean_up(const struct lac_config *c, const struct trial *t, uint32_t ranks, bool made)
{
    char path[LONGEST];
    for (uint32_t rank = 0; rank < ranks && *t->folder; rank++) {
        name_file(path, t->folder, rank);
        (void)unlink(path);
    }
    if (*t->folder) {
        (void)rmdir(t->folder);
    }
    if (made) {
        (void)rmdir(c->checkpoint);
    }
}

/* The magic number of tmpfs, as linux/magic.h has it. */
static bool is_in_memory(const char *path)
{
    struct statfs s;
    return statfs(path, &s) == 0 && s.f_type == 0x01021994;
}

static lac_status look_from_here(struct lac_check *k, const struct trial *t, bool *wrote)
{
    *wrote = false;
    if (!t->goes_on || k->mpi.rank == 0) {
        return LAC_OK;
    }
    if (!reads_back(t, 0)) {
        lac_check_say(k, "checkpoint", LAC_CHECK_FAIL,
                      "%.300s: this rank does not see what rank 0 wrote there: give a folder on a "
                      "file system that all hosts share",
                      k->config.checkpoint);
        return LAC_OK;
    }
    lac_status status = write_file(t, k->mpi.rank);
    *wrote = status == LAC_OK;
    return status;
}

static lac_status try_folder(struct lac_check *k, struct trial *t, bool *made, bool *wrote)
{
    bool mine;
    lac_status begun = k->mpi.rank == 0 ? begin(k, t, made) : LAC_OK;
    if (begun != LAC_OK) {
        lac_check_say_failure(k, "checkpoint");
    }
    t->goes_on = begun == LAC_OK;
    LAC_TRY(lac_check_broadcast(k, t, sizeof *t));
    if (look_from_here(k, t, &mine) != LAC_OK) {
        lac_check_say_failure(k, "checkpoint");
    }
    return lac_check_gather(k, &mine, sizeof mine, wrote);
}

static void say_folder(struct lac_check *k, double seconds)
{
    const char *folder = k->config.checkpoint;
    if (is_in_memory(folder)) {
        lac_check_say(k, "checkpoint", LAC_CHECK_WARN,
                      "%.300s is in this machine's memory (tmpfs): it is lost with the machine",
                      folder);
    } else {
        lac_check_say(k, "checkpoint", LAC_CHECK_OK,
                      "%.300s: written, synced and renamed by %s in %.0f ms", folder,
                      k->mpi.size > 1 ? "all ranks" : "this process", 1e3 * seconds);
    }
}

/* Rank 0, whose word it is. */
static void judge(struct lac_check *k, struct trial *t, const bool *wrote, double began)
{
    if (t->goes_on && finish(&k->config, t, wrote, k->mpi.size) != LAC_OK) {
        lac_check_say_failure(k, "checkpoint");
    } else if (t->goes_on) {
        say_folder(k, lac_seconds() - began);
    }
}

lac_status lac_check_folder(struct lac_check *k)
{
    struct trial t = {0};
    bool made = false, *wrote;
    double began = lac_seconds();
    if (!k->config.checkpoint) {
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(k->arena, k->mpi.size, &wrote));
    LAC_TRY(try_folder(k, &t, &made, wrote));
    if (k->mpi.rank == 0) {
        judge(k, &t, wrote, began);
        clean_up(&k->config, &t, k->mpi.size, made);
    }
    return lac_check_agree(k, "checkpoint", &k->no_folder);
}
