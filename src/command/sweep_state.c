/* What is there already of each run, and what became of one that ended. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/run_folder.h"
#include "command/run_key.h"
#include "command/sweep_parts.h"
#include "seal/secret.h"
#include "store/checkpoint.h"

/* The group key of a sealed run; NULL: its file is plain. A key that is not there any more cannot open it. */
static lac_status key_of(const struct lac_config *c, unsigned char **key)
{
    bool sealed = c->seal && !c->private_plain;
    *key = NULL;
    return sealed && access(c->seal, F_OK) == 0 ? lac_run_key_read(c->seal, key) : LAC_OK;
}

static lac_status keep_sentence(const struct lac_sweep *s, struct lac_sweep_run *run,
                                enum lac_sweep_state state, const char *sentence)
{
    run->state = state;
    return lac_arena_text(s->arena, sentence, &run->sentence);
}

/* Of a run file that could not be read. */
static lac_status judge_unreadable(const struct lac_sweep *s, struct lac_sweep_run *run,
                                   lac_status status)
{
    char sentence[1024], why[900];
    struct lac_arena arena = {0};
    snprintf(why, sizeof why, "%s", lac_failure());
    bool replaceable = lac_run_check(run->file, true, &arena) == LAC_OK;
    lac_arena_free(&arena);
    snprintf(sentence, sizeof sentence, "%s; give another --out%s", why,
             replaceable ? ", or --force to replace it" : "");
    if (status == LAC_E_SECURITY) {
        snprintf(sentence, sizeof sentence,
                 "'%s' is sealed under another key, or is not what it was; give another --out, or "
                 "--force to replace it",
                 run->file);
    }
    return status == LAC_E_MEMORY ? status : keep_sentence(s, run, LAC_SWEEP_OTHER, sentence);
}

static lac_status judge_file(const struct lac_sweep *s, struct lac_sweep_run *run,
                             const struct lac_config *c, const struct lac_run *file)
{
    json_t *summary = json_loads(file->summary, 0, NULL);
    size_t difference = lac_run_difference(c, file);
    lac_status status = LAC_OK;
    if (file->public || (c->seal && !c->private_plain) != file->private) {
        char sentence[1024];
        snprintf(sentence, sizeof sentence,
                 "'%s' is a run with another --seal; give another --out, or --force to replace it",
                 run->file);
        status = keep_sentence(s, run, LAC_SWEEP_OTHER, sentence);
    } else if (difference < LAC_CONFIG_COUNT) {
        (void)!lac_run_refuse_other(c, file, difference);
        status = keep_sentence(s, run, LAC_SWEEP_OTHER, lac_failure());
    } else if (lac_run_has_status(summary, "finished")) {
        run->state = LAC_SWEEP_DONE;
    } else {
        run->state = lac_run_has_status(summary, "diverged") ? LAC_SWEEP_DIVERGED : LAC_SWEEP_LEFT;
    }
    json_decref(summary);
    return status;
}

lac_status lac_sweep_open(const struct lac_sweep *s, const struct lac_sweep_run *run,
                          struct lac_config *c, struct lac_run *file, lac_status *read,
                          struct lac_arena *a)
{
    unsigned char *key;
    LAC_TRY(lac_sweep_configure(s, run, c, a));
    LAC_TRY(key_of(c, &key));
    *read = lac_run_read_with(file, run->file, key, a);
    lac_secret_free(key);
    return LAC_OK;
}

/* By the run file itself. */
static lac_status read_state(const struct lac_sweep *s, struct lac_sweep_run *run)
{
    struct lac_arena arena = {0};
    struct lac_config c;
    struct lac_run file;
    lac_status read, status = lac_sweep_open(s, run, &c, &file, &read, &arena);
    if (status == LAC_OK) {
        status = read == LAC_OK ? judge_file(s, run, &c, &file) : judge_unreadable(s, run, read);
    }
    lac_arena_free(&arena);
    return status;
}

bool lac_sweep_is_done(const struct lac_sweep_run *run)
{
    return run->state == LAC_SWEEP_DONE || run->state == LAC_SWEEP_DIVERGED;
}

/* One whose file it reads, and which is not the run that it was; NULL: none. */
static const struct lac_sweep_run *other_needed(const struct lac_sweep *s,
                                                const struct lac_sweep_run *run)
{
    for (size_t i = 0; i < run->need_count; i++) {
        const struct lac_sweep_run *before = &s->run[run->needs[i]];
        if (before->state == LAC_SWEEP_OTHER || before->anew) {
            return before;
        }
    }
    return NULL;
}

/* Where the run's file stands: by its record, which is quick, if that is of it and of this run; else by the file itself. */
static lac_status look_at_file(const struct lac_sweep *s, struct lac_sweep_run *run,
                               const struct lac_sweep_record *record)
{
    char sentence[1024];
    /* under which key, and the files of which ranks, the run file itself must say */
    bool by_file = run->setting[LAC_CONFIG_SEAL].value || run->setting[LAC_CONFIG_DATA_LOCAL].value;
    bool same =
        lac_sweep_record_is_of(record, run->file) && strcmp(record->digest, run->digest) == 0;
    if (same && !by_file && strcmp(record->state, "failed") != 0) {
        run->state = strcmp(record->state, "diverged") == 0 ? LAC_SWEEP_DIVERGED : LAC_SWEEP_DONE;
        return LAC_OK;
    }
    LAC_TRY(read_state(s, run));
    const struct lac_sweep_run *before = same ? NULL : other_needed(s, run);
    if (before && lac_sweep_is_done(run)) {
        snprintf(sentence, sizeof sentence,
                 "'%s' reads the file of a run before it, which is another run now: '%s'; give "
                 "another --out, or --force to replace it",
                 run->file, before->name);
        return keep_sentence(s, run, LAC_SWEEP_OTHER, sentence);
    }
    return LAC_OK;
}

/* Of a run that is not done: how it failed, where it did. */
static lac_status recall_failure(const struct lac_sweep *s, struct lac_sweep_run *run,
                                 const struct lac_sweep_record *record)
{
    bool failed = record->there && strcmp(record->state, "failed") == 0 &&
                  strcmp(record->digest, run->digest) == 0;
    return failed ? keep_sentence(s, run, LAC_SWEEP_FAILED, record->sentence) : LAC_OK;
}

static lac_status look(struct lac_sweep *s, struct lac_sweep_run *run)
{
    struct lac_sweep_record record;
    struct stat facts;
    run->state = LAC_SWEEP_TO_DO;
    run->sentence = NULL;
    run->facts = lac_sweep_facts_of(run->file);
    lac_sweep_record_read(&record, run->file);
    if (lstat(run->file, &facts) == 0) {
        LAC_TRY(look_at_file(s, run, &record));
    } else if (errno != ENOENT && errno != ENOTDIR) {
        return LAC_FAIL(LAC_E_IO, "cannot look at '%s': %s", run->file, strerror(errno));
    }
    if (lac_sweep_is_done(run) && s->renew && strcmp(record.program, lac_sweep_program(s)) != 0) {
        run->state = LAC_SWEEP_OTHER; /* which is made anew */
    }
    return lac_sweep_is_done(run) || run->state == LAC_SWEEP_OTHER
               ? LAC_OK
               : recall_failure(s, run, &record);
}

/* *folder: of the checkpoints that it would go on from; NULL: there are none. */
static lac_status find_checkpoints(const struct lac_sweep *s, const struct lac_sweep_run *run,
                                   const char **folder, struct lac_arena *a)
{
    struct lac_config c;
    uint64_t *rounds;
    size_t count = 0;
    LAC_TRY(lac_sweep_configure(s, run, &c, a));
    if (c.checkpoint) {
        LAC_TRY(lac_checkpoints_list(c.checkpoint, &rounds, &count, a));
    }
    *folder = count > 0 ? c.checkpoint : NULL;
    return LAC_OK;
}

lac_status lac_sweep_kept(const struct lac_sweep *s, const struct lac_sweep_run *run,
                          const char **folder, struct lac_arena *a)
{
    *folder = NULL;
    return run->anew ? find_checkpoints(s, run, folder, a) : LAC_OK;
}

/* Of a run that began, and did not end. */
static lac_status look_at_checkpoints(const struct lac_sweep *s, struct lac_sweep_run *run)
{
    struct lac_arena arena = {0};
    const char *folder;
    lac_status status = find_checkpoints(s, run, &folder, &arena);
    run->goes_on = status == LAC_OK && folder;
    lac_arena_free(&arena);
    return status;
}

static lac_status check_kept(const struct lac_sweep *s, const struct lac_sweep_run *run,
                             struct lac_arena *a)
{
    const char *folder;
    LAC_TRY(lac_sweep_kept(s, run, &folder, a));
    return !folder || lac_sweep_inside(s, folder) /* those among the files of the runs are theirs */
               ? LAC_OK
               : LAC_FAIL(LAC_E_USAGE,
                          "'%s' has checkpoints of the run '%s', which would go on from "
                          "them; remove that folder, to begin anew",
                          folder, run->name);
}

lac_status lac_sweep_before(const struct lac_sweep *s, const struct lac_sweep_run *run)
{
    struct lac_arena arena = {0};
    const char *folder;
    lac_status status = lac_sweep_kept(s, run, &folder, &arena);
    if (status == LAC_OK && folder) {
        status = lac_checkpoints_remove(folder, &arena);
    }
    lac_arena_free(&arena);
    return status;
}

static lac_status replace(const struct lac_sweep *s, struct lac_sweep_run *run)
{
    struct lac_arena arena = {0};
    lac_status status = lac_run_check(run->file, true, &arena);
    run->state = LAC_SWEEP_TO_DO;
    run->anew = true;
    if (status == LAC_OK) {
        status = check_kept(s, run, &arena);
    }
    lac_arena_free(&arena);
    return status;
}

lac_status lac_sweep_look(struct lac_sweep *s)
{
    s->to_do = 0;
    for (size_t r = 0; r < s->count; r++) {
        struct lac_sweep_run *run = &s->run[r];
        bool asked = s->task == 0 || s->task == r + 1;
        LAC_TRY(look(s, run));
        LAC_TRY(run->state == LAC_SWEEP_LEFT ? look_at_checkpoints(s, run) : LAC_OK);
        if (asked && (s->force || (s->renew && run->state == LAC_SWEEP_OTHER))) {
            LAC_TRY(replace(s, run));
        }
        run->chosen = asked && !lac_sweep_is_done(run);
        s->to_do += run->chosen;
    }
    return LAC_OK;
}

lac_status lac_sweep_after(struct lac_sweep *s, struct lac_sweep_run *run, lac_status status,
                           const char *sentence)
{
    struct lac_sweep_record record = {0};
    static const char unfinished[] =
        "--launcher ended with status 0, but no finished run is in the "
        "run file; it has to start the command that follows it";
    struct lac_sweep_facts now = lac_sweep_facts_of(run->file);
    run->state = LAC_SWEEP_TO_DO;
    if (now.bytes > 0 &&
        !lac_sweep_facts_are(&now, &run->facts)) { /* else it is what was there before */
        LAC_TRY(read_state(s, run));
    }
    if (!lac_sweep_is_done(run)) {
        bool left = status == LAC_E_LEFT || s->asked != 0;
        const char *said = status != LAC_OK ? sentence
                           : s->launcher    ? unfinished
                                            : "it ended well, but its run file holds no end";
        LAC_TRY(keep_sentence(s, run, left ? LAC_SWEEP_LEFT : LAC_SWEEP_FAILED, said));
    }
    if (run->state == LAC_SWEEP_LEFT) { /* the next start finds it as it is */
        return look_at_checkpoints(s, run);
    }
    snprintf(record.state, sizeof record.state, "%s",
             run->state == LAC_SWEEP_DONE       ? "done"
             : run->state == LAC_SWEEP_DIVERGED ? "diverged"
                                                : "failed");
    snprintf(record.sentence, sizeof record.sentence, "%s",
             lac_sweep_is_done(run) ? "" : run->sentence);
    memcpy(record.digest, run->digest, sizeof record.digest);
    snprintf(record.program, sizeof record.program, "%s", lac_sweep_program(s));
    return lac_sweep_record_write(&record, run->file);
}
