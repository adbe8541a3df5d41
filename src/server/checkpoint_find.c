/* The checkpoint that a run goes on from: the newest in the folder whose manifest and files hold, of the same configuration. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/checkpoint_refresh.h"
#include "server/keep_ranks.h"
#include "server/server_state.h"

static lac_status check_same(const struct lac_server *s, const struct lac_manifest *m,
                             const char *folder)
{
    char difference[500];
    bool sealed = lac_server_key(s) != NULL;
    if (strcmp(m->trajectory, s->config->trajectory) != 0) {
        const char *now = s->config->trajectory;
        const struct lac_two_texts both = {
            {m->trajectory, now}, {strlen(m->trajectory), strlen(now)}, {"then", "now"}};
        lac_server_name_difference(&both, difference, sizeof difference);
        const char *file = s->config->setting[LAC_CONFIG_PLUGIN].value;
        bool is_file = file && strncmp(difference, "'plugin = ", 10) == 0;
        return LAC_FAIL(LAC_E_USAGE,
                        "--resume: '%s' is of a run with other options: %s%s%s%s; give those, or "
                        "another folder",
                        folder, difference, is_file ? " (--plugin " : "", is_file ? file : "",
                        is_file ? ")" : "");
    }
    if (m->sealed != sealed) {
        return LAC_FAIL(LAC_E_USAGE, "--resume: '%s' is of a run that was %s, and this one is %s",
                        folder, m->sealed ? "sealed" : "not sealed", sealed ? "sealed" : "not");
    }
    if (m->round > s->config->rounds) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--resume: '%s' is of round %llu, and --rounds ends before it; give "
                        "--rounds %llu or more",
                        folder, (unsigned long long)m->round, (unsigned long long)m->round);
    }
    return LAC_OK;
}

/* Of a rank that checked its files. */
static lac_status checked(struct lac_server *s, uint32_t rank, const struct lac_kept *k)
{
    struct lac_survival *v = &s->survival;
    if (k->status != LAC_OK &&
        k->status != LAC_E_INPUT) { /* it may be whole: this rank cannot tell */
        return LAC_FAIL(k->status, "--resume: [rank %u] %.*s", rank, (int)k->length, k->sentence);
    }
    if (k->status != LAC_OK && !v->failed) {
        v->failed = true;
        snprintf(v->sentence, sizeof v->sentence, "%.*s", (int)k->length, k->sentence);
    }
    return LAC_OK;
}

/* LAC_E_INPUT: it is damaged, and v->sentence says how. */
static lac_status read_manifest(struct lac_server *s, uint64_t round, struct lac_manifest **out)
{
    struct lac_survival *v = &s->survival;
    LAC_TRY(LAC_NEW(s->arena, 1, out));
    LAC_TRY(lac_checkpoint_folder(s->config->checkpoint, round, &v->from_folder, s->arena));
    lac_status status = lac_manifest_read(*out, v->from_folder, v->from_digest, s->arena);
    if (status == LAC_OK && (*out)->round != round) {
        status = LAC_FAIL(LAC_E_INPUT, "its manifest is of round %llu",
                          (unsigned long long)(*out)->round);
    }
    if (status != LAC_OK) {
        snprintf(v->sentence, sizeof v->sentence, "%s", lac_failure());
    }
    return status;
}

/* The same of all its files. */
static lac_status try_one(struct lac_server *s, uint64_t round)
{
    struct lac_survival *v = &s->survival;
    struct lac_manifest *m;
    LAC_TRY(read_manifest(s, round, &m));
    LAC_TRY(check_same(s, m, v->from_folder));
    v->failed = false;
    LAC_TRY(
        lac_server_keep_ranks(s, LAC_KEEP_CHECK, v->from_folder, v->from_digest, round, checked));
    if (v->failed) {
        return LAC_FAIL(LAC_E_INPUT, "%s", v->sentence);
    }
    snprintf(v->run, sizeof v->run, "%s", m->run);
    v->from = m;
    v->newest = m->round;
    return LAC_OK;
}

/* Under the first name that is free: a round may be damaged again. */
static bool move_aside(const char *dir, uint64_t round, const char *folder)
{
    char aside[4096], number[16] = "";
    for (unsigned k = 2; k < 1000; k++) {
        struct stat facts;
        snprintf(aside, sizeof aside, "%s/damaged-round-%09llu%s", dir, (unsigned long long)round,
                 number);
        if (lstat(aside, &facts) != 0) {
            return rename(folder, aside) == 0;
        }
        snprintf(number, sizeof number, "-%u", k);
    }
    return false;
}

/* Damaged ones would count as kept. */
static lac_status put_aside(struct lac_server *s, const uint64_t *rounds, size_t damaged)
{
    for (size_t i = 0; i < damaged; i++) {
        const char *folder;
        LAC_TRY(lac_checkpoint_folder(s->config->checkpoint, rounds[i], &folder, s->arena));
        if (!move_aside(s->config->checkpoint, rounds[i], folder)) {
            lac_server_tell(s, "the damaged checkpoint '%s' cannot be renamed, and counts as kept",
                            folder);
        }
    }
    return LAC_OK;
}

static lac_status none_is_whole(const struct lac_server *s, size_t count)
{
    return LAC_FAIL(LAC_E_INPUT,
                    "--resume: none of the %zu checkpoints in '%s' is whole; the run can only "
                    "start afresh, in another folder",
                    count, s->config->checkpoint);
}

static lac_status find_newest(struct lac_server *s, const uint64_t *rounds, size_t count)
{
    struct lac_survival *v = &s->survival;
    for (size_t i = 0; i < count; i++) {
        lac_status status = try_one(s, rounds[i]);
        if (status == LAC_OK) {
            return s->config->dry_run ? LAC_OK : put_aside(s, rounds, i);
        }
        if (status != LAC_E_INPUT) {
            return status;
        }
        lac_server_tell(s, "the checkpoint '%s' is damaged and left out: %s", v->from_folder,
                        v->sentence);
    }
    return none_is_whole(s, count);
}

/* DIR/round-... in the place of DIR. */
static lac_status check_folder(const struct lac_server *s)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/MANIFEST.json", s->config->checkpoint);
    return access(path, F_OK) != 0
               ? LAC_OK
               : LAC_FAIL(LAC_E_USAGE,
                          "--%s: '%s' is one checkpoint; give the folder that has it, as DIR of "
                          "DIR/round-...",
                          s->config->resume ? "resume" : "checkpoint", s->config->checkpoint);
}

static void name_run(struct lac_server *s)
{
    unsigned char bytes[LAC_RUN_IDENTITY / 2];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(s->survival.run, sizeof s->survival.run, bytes, sizeof bytes);
}

/* Of a rank that tried the folder: what it wrote must be there for rank 0 too. */
static lac_status tried(struct lac_server *s, uint32_t rank, const struct lac_kept *k)
{
    const char *folder = s->survival.going;
    char path[4096];
    if (k->status != LAC_OK) {
        return LAC_FAIL(k->status,
                        "--checkpoint: [rank %u] %.*s; the folder must be one that all ranks see "
                        "and may write",
                        rank, (int)k->length, k->sentence);
    }
    snprintf(path, sizeof path, "%s/" LAC_KEEP_TRIED, folder, rank);
    if (access(path, F_OK) != 0) {
        return LAC_FAIL(LAC_E_IO,
                        "--checkpoint: what rank %u writes to '%s' is not there for rank 0; the "
                        "folder must be one that all ranks see",
                        rank, s->config->checkpoint);
    }
    return LAC_OK;
}

/* Before the first round, not when the first checkpoint is due. */
static lac_status try_folder(struct lac_server *s)
{
    struct lac_survival *v = &s->survival;
    LAC_TRY(lac_checkpoints_begin(v->folder, 0, &v->going));
    LAC_TRY(lac_server_keep_ranks(s, LAC_KEEP_TRY, v->going, NULL, 0, tried));
    lac_checkpoints_drop(v->folder);
    v->going = NULL;
    return LAC_OK;
}

static lac_status refuse_old(const struct lac_server *s, const uint64_t *rounds, size_t count)
{
    if (count == 0 || s->config->resume) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "--checkpoint: '%s' has checkpoints of a run, up to round %llu; --resume "
                    "goes on with it, another folder keeps them apart",
                    s->config->checkpoint, (unsigned long long)rounds[0]);
}

/* From here on it is this run's. */
static lac_status hold_folder(struct lac_server *s)
{
    const char *dir = s->config->checkpoint, *warning = NULL;
    struct lac_survival *v = &s->survival;
    name_run(s);
    LAC_TRY(lac_of_option(s->config->resume ? "--resume" : "--checkpoint",
                          lac_checkpoints_open(&v->folder, dir, v->run, s->arena, &warning)));
    LAC_TRY(lac_server_key(s) ? lac_checkpoints_hide(v->folder) : LAC_OK);
    lac_refresh_begin(v);
    if (warning) {
        lac_server_tell(s, "%s", warning);
    }
    return try_folder(s);
}

/* A dry run looks for the same, and leaves no trace in the folder. */
lac_status lac_server_find_checkpoint(struct lac_server *s)
{
    const char *dir = s->config->checkpoint;
    uint64_t *rounds;
    size_t count;
    if (!dir) {
        return LAC_OK;
    }
    LAC_TRY(check_folder(s));
    LAC_TRY(s->config->dry_run ? LAC_OK : hold_folder(s));
    LAC_TRY(lac_checkpoints_list(dir, &rounds, &count, s->arena));
    LAC_TRY(refuse_old(s, rounds, count));
    return count > 0 ? find_newest(s, rounds, count) : LAC_OK;
}
