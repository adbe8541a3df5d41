/* This rank's part of a checkpoint: written, checked or loaded as rank 0 asks. */
#include <stdio.h>
#include <string.h>

#include "base/atomic_file.h"
#include "protocol/keep.h"
#include "worker/worker_state.h"

/* Client 0 is of this rank, which writes what all ranks have alike. */
static bool has_first(const struct lac_worker *w)
{
    return w->first == 0 && w->count > 0;
}

lac_status lac_worker_keep_open(struct lac_worker *w)
{
    struct lac_keeper *k = &w->keeper;
    const struct lac_method *m = w->method;
    if (!w->config->checkpoint) {
        return LAC_OK;
    }
    lac_keeper_state(k, "clients", w->first, w->count, &m->client, w->client_states,
                     w->client_stride, &w->env);
    lac_keeper_numbers(k, "oracle_rows", LAC_PART_COUNTERS, w->track.oracle_rows, 1);
    lac_keeper_numbers(k, "oracle_full", LAC_PART_COUNTERS, w->track.oracle_full, 1);
    if (w->track.lost) {
        lac_keeper_numbers(k, "lost", LAC_PART_DOUBLES, w->track.lost,
                           sizeof *w->track.lost / sizeof(double));
    }
    lac_keeper_state(k, "rank", 0, 1, &m->worker, w->worker_state, 0, &w->env);
    return lac_keeper_open(k, w->key, w->arena);
}

static void path_of(const struct lac_worker *w, const char *folder, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", w->config->checkpoint, folder);
}

/* Every rank checks some of the files. */
static lac_status check_files(struct lac_worker *w, const struct lac_keep *k, struct lac_arena *a)
{
    const char *folder;
    struct lac_manifest m;
    LAC_TRY(lac_keeper_manifest(&m, w->config->checkpoint, k->folder, k->digest, &folder, a));
    for (size_t i = w->place.rank - 1; i < m.files; i += w->place.ranks) {
        LAC_TRY(lac_checkpoint_check_file(folder, &m.file[i]));
    }
    return LAC_OK;
}

/* Clients that the run lost before stay lost, though their rows are here again. */
static void lose_absent(struct lac_worker *w, const struct lac_manifest *m)
{
    struct lac_absence *b = &w->env.sampling.absence;
    for (uint32_t i = 0; i < w->env.n && m->absences > 0; i++) {
        b->round[i] = b->row[i] = UINT64_MAX;
    }
    for (size_t k = 0; k < m->absences; k++) {
        for (uint32_t i = m->absence[k].first; i < m->absence[k].first + m->absence[k].count; i++) {
            b->round[i] = m->absence[k].round;
            b->row[i] = m->absence[k].row;
        }
    }
}

static lac_status load(struct lac_worker *w, const struct lac_keep *k, struct lac_arena *a)
{
    const char *folder;
    struct lac_manifest m;
    LAC_TRY(lac_keeper_manifest(&m, w->config->checkpoint, k->folder, k->digest, &folder, a));
    lose_absent(w, &m);
    LAC_TRY(lac_keeper_read(&w->keeper, "clients", folder, &m, w->key));
    return lac_keeper_read(&w->keeper, "rank", folder, &m, w->key);
}

/* What a checkpoint will need of the folder. */
static lac_status try_folder(struct lac_worker *w, const struct lac_keep *k, struct lac_arena *a)
{
    char folder[4096], path[sizeof folder + 32];
    (void)a;
    path_of(w, k->folder, folder, sizeof folder);
    snprintf(path, sizeof path, "%s/" LAC_KEEP_TRIED, folder, w->place.rank);
    return lac_file_replace(path, "");
}

static lac_status with_scratch(lac_status (*does)(struct lac_worker *w, const struct lac_keep *k,
                                                  struct lac_arena *a),
                               struct lac_worker *w, const struct lac_keep *k)
{
    struct lac_arena scratch = {0};
    lac_status status = does(w, k, &scratch);
    lac_arena_free(&scratch);
    return status;
}

static lac_status begin_file(struct lac_worker *w, const struct lac_keep *k, uint64_t round)
{
    char folder[4096], name[LAC_CHECKPOINT_NAME];
    path_of(w, k->folder, folder, sizeof folder);
    snprintf(name, sizeof name, "rank-%04u.h5", w->place.rank);
    w->writes_alike = has_first(w) || k->task == LAC_KEEP_WRITE_ALIKE;
    lac_keeper_only_reads(&w->keeper, !w->writes_alike);
    return lac_keeper_write(&w->keeper, folder, name, round, k->digest);
}

/* What this rank answers, where its part of the task went so. */
static void outcome(struct lac_worker *w, bool done, lac_status status)
{
    w->kept = (struct lac_kept){.done = done, .status = status, .sentence = w->kept_sentence};
    w->kept_sentence[0] = '\0';
    if (status != LAC_OK) {
        snprintf(w->kept_sentence, sizeof w->kept_sentence, "%s", lac_failure());
    }
    w->kept.length = strlen(w->kept_sentence);
    w->task = LAC_TASK_KEPT;
}

static void file_outcome(struct lac_worker *w, bool wait)
{
    struct lac_saved_file file;
    if (w->count == 0 || !lac_keeper_ended(&w->keeper, wait)) {
        outcome(w, w->count == 0, LAC_OK);
        return;
    }
    lac_status status = lac_keeper_result(&w->keeper, &file);
    outcome(w, true, status);
    w->kept.has_file = status == LAC_OK;
    w->kept.has_rank = w->kept.has_file && w->writes_alike;
    w->kept.bytes = file.bytes;
    memcpy(w->kept.digest, file.digest, sizeof file.digest);
}

static lac_status write_now(struct lac_worker *w, const struct lac_keep *k, uint64_t round)
{
    if (!lac_keeper_ended(&w->keeper, false)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "KEEP: the checkpoint before it is being written");
    }
    LAC_TRY(lac_worker_go_on(w, round));
    if (w->env.round != round) {
        return LAC_FAIL(LAC_E_PROTOCOL, "KEEP: it is of round %llu and came in round %llu",
                        (unsigned long long)round, (unsigned long long)w->env.round);
    }
    lac_status status = w->count > 0 ? begin_file(w, k, round) : LAC_OK;
    if (status == LAC_OK) {
        file_outcome(w, false);
    } else {
        outcome(w, true, status);
    }
    return LAC_OK;
}

/* A failed load is the run's; a failed check or file is told, and the run goes on without. */
lac_status lac_worker_keep(struct lac_worker *w, const struct lac_frame *f)
{
    struct lac_keep k;
    LAC_TRY(lac_take_keep(f, &k));
    bool rounds = k.task != LAC_KEEP_CHECK && k.task != LAC_KEEP_TRY;
    if (!w->config->checkpoint || w->started != rounds || w->reply_due) {
        return LAC_FAIL(LAC_E_PROTOCOL, "KEEP: nothing is to be kept or checked here and now");
    }
    switch (k.task) {
    case LAC_KEEP_CHECK:
        outcome(w, true, with_scratch(check_files, w, &k));
        return LAC_OK;
    case LAC_KEEP_TRY:
        outcome(w, true, with_scratch(try_folder, w, &k));
        return LAC_OK;
    case LAC_KEEP_LOAD:
        if (f->round != w->env.round || !w->config->resume) {
            return LAC_FAIL(LAC_E_PROTOCOL, "KEEP: no state of round %llu is to be loaded",
                            (unsigned long long)f->round);
        }
        LAC_TRY(with_scratch(load, w, &k));
        outcome(w, true, LAC_OK);
        return LAC_OK;
    case LAC_KEEP_WRITE:
    case LAC_KEEP_WRITE_ALIKE:
        return write_now(w, &k, f->round);
    default:
        file_outcome(w, k.task == LAC_KEEP_WAIT);
        return LAC_OK;
    }
}

void lac_worker_kept(struct lac_worker *w, const unsigned char **frame, size_t *count)
{
    struct lac_writer out;
    lac_frame_begin(&out, w->small, LAC_SMALL_FRAME);
    lac_put_kept(&out, &w->kept);
    lac_frame_end(&out, LAC_MESSAGE_KEPT, 0, LAC_NO_CLIENT, w->env.round);
    w->task = LAC_TASK_IDLE;
    *frame = w->small;
    *count = out.bytes;
}
