#include "server/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/digest.h"
#include "base/leave.h"
#include "base/tick.h"
#include "seal/cipher.h"
#include "server/checkpoint_refresh.h"
#include "server/keep_ranks.h"
#include "server/server_state.h"

#define WORDS(x) (sizeof(x) / sizeof(uint64_t))
_Static_assert(sizeof(struct lac_progress_kept) % 8 == 0 && sizeof(struct lac_ledger) % 8 == 0 &&
                   sizeof(struct lac_row) % 8 == 0 && sizeof(struct lac_before_end) % 8 == 0 &&
                   sizeof(struct lac_track_kept) % 8 == 0,
               "they are kept as numbers of 8 bytes");

static const double ask_every = 0.02; /* seconds between two looks at the ranks that write */
static const double retry_after = 30.0;

lac_status lac_server_keep_open(struct lac_server *s)
{
    struct lac_survival *v = &s->survival;
    struct lac_keeper *k = &v->keeper;
    if (!v->folder && !v->from) {
        return LAC_OK;
    }
    LAC_TRY(LAC_NEW(s->arena, s->transport->ranks + 1, &v->manifest.file));
    LAC_TRY(s->absent_on ? LAC_NEW(s->arena, s->n, &v->manifest.absence) : LAC_OK);
    lac_keeper_state(k, "server", 0, 1, &s->method->server, s->state, 0, &s->env);
    lac_keeper_state(k, "run", 0, 1, NULL, NULL, 0, &s->env);
    lac_keeper_numbers(k, "progress", LAC_PART_COUNTERS, &v->progress, WORDS(v->progress));
    lac_keeper_numbers(k, "ledger", LAC_PART_COUNTERS, &v->ledger, WORDS(v->ledger));
    lac_keeper_numbers(k, "row", LAC_PART_COUNTERS, &v->row, WORDS(v->row));
    lac_keeper_numbers(k, "first_row", LAC_PART_COUNTERS, &v->first_row, WORDS(v->first_row));
    lac_keeper_numbers(k, "pending_row", LAC_PART_COUNTERS, &v->pending, WORDS(v->pending));
    lac_keeper_numbers(k, "before_end", LAC_PART_COUNTERS, &v->before, WORDS(v->before));
    lac_keeper_numbers(k, "row_before_end", LAC_PART_COUNTERS, &v->before_row,
                       WORDS(v->before_row));
    if (!lac_state_has_model(&s->method->server)) {
        lac_keeper_numbers(k, "mean", LAC_PART_DOUBLES, s->mean, s->d);
    }
    lac_keeper_numbers(k, "track", LAC_PART_COUNTERS, &s->track.kept, WORDS(s->track.kept));
    if (s->track.rows.now) {
        lac_keeper_numbers(k, "gradients of rows", LAC_PART_COUNTERS, s->track.rows.now,
                           2 * (size_t)s->n);
    }
    if (s->track.full.now) {
        lac_keeper_numbers(k, "full gradients", LAC_PART_COUNTERS, s->track.full.now,
                           2 * (size_t)s->n);
    }
    if (s->track.models) {
        lac_keeper_numbers(k, "sum of models", LAC_PART_DOUBLES, s->track.models, s->d);
    }
    if (s->track.drawn) {
        lac_keeper_numbers(k, "drawn model", LAC_PART_DOUBLES, s->track.drawn, s->d);
    }
    return lac_keeper_open(k, lac_server_key(s), s->arena);
}

/* Of the run as it is. */
static void note(struct lac_server *s)
{
    struct lac_survival *v = &s->survival;
    struct lac_row now = lac_server_snapshot(s);
    v->progress = (struct lac_progress_kept){.round = s->rounds_done,
                                             .rows = s->rows_emitted,
                                             .rows_check = s->rows_check,
                                             .has_row = s->has_row,
                                             .is_pending = s->is_pending,
                                             .tracked = s->config->tracked,
                                             .by = s->track.by,
                                             .asked_from = s->asked_from,
                                             .mpi_server = now.mpi_server,
                                             .mpi_workers = now.mpi_workers,
                                             .seconds = now.seconds,
                                             .personal_loss = s->personal_loss,
                                             .gamma = s->env.first_gamma,
                                             .p = s->env.p,
                                             .eta = s->env.first_eta,
                                             .theta = s->env.first_theta};
    v->ledger = s->ledger;
    v->row = s->row;
    v->first_row = s->first_row;
    v->pending = s->pending;
    lac_server_track_note(s);
}

/* The same, back. */
static void recall(struct lac_server *s)
{
    const struct lac_survival *v = &s->survival;
    const struct lac_progress_kept *p = &v->progress;
    s->rounds_done = p->round;
    s->rows_emitted = p->rows;
    s->rows_check = p->rows_check;
    s->has_row = p->has_row;
    s->is_pending = p->is_pending;
    s->mpi_server_before = p->mpi_server;
    s->mpi_workers_before = p->mpi_workers;
    s->rounds_began -= p->seconds;
    s->personal_loss = p->personal_loss;
    s->ledger = v->ledger;
    s->bits_up_before = lac_bits_total(&s->ledger.up);
    s->row = v->row;
    s->first_row = v->first_row;
    s->pending = v->pending;
    lac_server_track_recall(s);
}

static void schedule(struct lac_server *s, double now)
{
    struct lac_survival *v = &s->survival;
    uint64_t n = s->config->checkpoint_rounds;
    v->next_time = now + s->config->checkpoint_seconds;
    v->next_round = n > 0 ? s->rounds_done - s->rounds_done % n + n : 0;
}

static bool is_due(const struct lac_server *s, double now)
{
    const struct lac_survival *v = &s->survival;
    if (v->troubled) {
        return now >= v->next_time;
    }
    return s->config->checkpoint_rounds > 0 ? s->rounds_done >= v->next_round : now >= v->next_time;
}

/* The checkpoint at work is given up; where the folder is another run's, this run ends. */
static lac_status give_up(struct lac_server *s, const char *sentence)
{
    struct lac_survival *v = &s->survival;
    lac_status held = lac_checkpoints_check(v->folder);
    if (held == LAC_E_FAILED) {
        (void)lac_keeper_ended(&v->keeper, true);
        return held;
    }
    double now = lac_seconds();
    char which[64] = "there is none";
    if (v->newest > 0) {
        snprintf(which, sizeof which, "the newest is that after round %llu",
                 (unsigned long long)v->newest);
    }
    lac_server_tell(s, "no checkpoint after round %llu: %s; %s%s",
                    (unsigned long long)v->manifest.round, sentence,
                    v->is_last ? "" : "the run goes on, ", which);
    (void)lac_keeper_ended(&v->keeper, true);
    lac_checkpoints_drop(v->folder);
    v->going = NULL;
    v->troubled = true;
    schedule(s, now);
    v->next_time = fmin(v->next_time, now + retry_after);
    return LAC_OK;
}

/* Of a rank's part: a file for the manifest, or a failure, of which the first is told. */
static lac_status take_part(struct lac_server *s, uint32_t rank, const struct lac_kept *k)
{
    struct lac_survival *v = &s->survival;
    struct lac_saved_file *file = &v->manifest.file[v->manifest.files];
    v->waiting = v->waiting || !k->done;
    if (k->status != LAC_OK && !v->failed) {
        v->failed = true;
        snprintf(v->sentence, sizeof v->sentence, "[rank %u] %.*s", rank, (int)k->length,
                 k->sentence);
    }
    if (!k->has_file) {
        return LAC_OK;
    }
    *file = (struct lac_saved_file){.bytes = k->bytes, .has_rank = k->has_rank};
    snprintf(file->name, sizeof file->name, "rank-%04u.h5", rank);
    memcpy(file->digest, k->digest, sizeof file->digest);
    file->first = lac_first_client(s->n, s->transport->ranks, rank);
    file->items = lac_first_client(s->n, s->transport->ranks, rank + 1) - file->first;
    v->manifest.files++;
    return LAC_OK;
}

static lac_status own_part(struct lac_server *s)
{
    struct lac_survival *v = &s->survival;
    struct lac_saved_file *file = &v->manifest.file[v->manifest.files];
    LAC_TRY(lac_keeper_result(&v->keeper, file));
    file->has_server = true;
    v->manifest.files++;
    return LAC_OK;
}

static lac_status commit(struct lac_server *s)
{
    struct lac_survival *v = &s->survival;
    LAC_TRY(own_part(s));
    LAC_TRY(lac_checkpoints_commit(v->folder, &v->manifest, s->config->keep));
    v->newest = v->manifest.round;
    v->going = NULL;
    v->longest = fmax(v->longest, lac_seconds() - v->began);
    if (v->troubled) {
        lac_server_tell(s, "checkpoints work again: there is one after round %llu",
                        (unsigned long long)v->newest);
    }
    v->troubled = false;
    return LAC_OK;
}

/* Once all have written, the checkpoint appears. */
static lac_status collect(struct lac_server *s, bool wait)
{
    struct lac_survival *v = &s->survival;
    v->manifest.files = 0;
    while (wait && !lac_keeper_ended(&v->keeper, false)) {
        const struct timespec moment = {.tv_nsec = 1000000};
        LAC_TRY(lac_leave_check());
        nanosleep(&moment, NULL);
        lac_tick_now();
    }
    v->waiting = !lac_keeper_ended(&v->keeper, wait);
    LAC_TRY(lac_server_keep_ranks(s, wait ? LAC_KEEP_WAIT : LAC_KEEP_ASK, v->going, NULL,
                                  s->env.round, take_part));
    if (v->waiting) {
        v->next_ask = lac_seconds() + ask_every;
        return LAC_OK;
    }
    if (v->gone != s->transport->gone_count) {
        LAC_TRY(give_up(s, "a rank was lost while it was written"));
        v->troubled = false; /* the disk is not to blame: the next one at once */
        v->next_time = 0.0;
        v->next_round = 0;
        return LAC_OK;
    }
    if (v->failed) {
        return give_up(s, v->sentence);
    }
    if (commit(s) != LAC_OK) {
        snprintf(v->sentence, sizeof v->sentence, "%s", lac_failure());
        return give_up(s, v->sentence);
    }
    return LAC_OK;
}

/* Who sees the folder of a sealed run could try guesses of the data with a digest that needs no key. */
static const char *name_problem(struct lac_server *s)
{
    const unsigned char *key = lac_server_key(s);
    struct lac_digest g;
    if (!key || !*s->problem) {
        return s->problem;
    }
    lac_digest_begin_keyed(&g, LAC_DIGEST_BYTES, key, LAC_SEAL_KEY);
    lac_digest_add_text(&g, "laconic-problem-1");
    lac_digest_add_text(&g, s->problem);
    lac_digest_end_text(&g, s->survival.problem);
    return s->survival.problem;
}

static void describe(struct lac_server *s)
{
    struct lac_manifest *m = &s->survival.manifest;
    m->round = s->rounds_done;
    m->version = LAC_VERSION;
    m->method = s->method->name;
    m->trajectory = s->config->trajectory;
    m->problem = name_problem(s);
    m->run = s->survival.run;
    m->clients = s->n;
    m->ranks = s->transport->ranks;
    m->dim = s->d;
    m->rows = s->rows_emitted;
    m->sealed = lac_server_key(s) != NULL;
    m->files = 0;
    m->absences = 0;
    uint32_t client = 0; /* those that --participation says to be lost are no news */
    while (s->absent_on && lac_server_next_absence(s, &client, &m->absence[m->absences])) {
        m->absences++;
    }
}

static lac_status begin(struct lac_server *s)
{
    struct lac_survival *v = &s->survival;
    LAC_TRY(lac_server_drop_between(s)); /* who is lost already has no file in it */
    v->began = lac_seconds();
    v->failed = false;
    v->gone = s->transport->gone_count;
    describe(s);
    note(s);
    schedule(s, v->began);
    unsigned char identity[LAC_RUN_IDENTITY];
    lac_run_identity(&v->manifest, identity);
    lac_status status = lac_checkpoints_begin(v->folder, s->rounds_done, &v->going);
    if (status == LAC_OK) {
        status = lac_keeper_write(&v->keeper, v->going, "server.h5", s->rounds_done, identity);
    }
    if (status != LAC_OK) {
        snprintf(v->sentence, sizeof v->sentence, "%s", lac_failure());
        return give_up(s, v->sentence);
    }
    v->next_ask = lac_seconds() + ask_every;
    return lac_server_keep_ranks(s, LAC_KEEP_WRITE, v->going, identity, s->env.round, take_part);
}

lac_status lac_server_keep(struct lac_server *s)
{
    struct lac_survival *v = &s->survival;
    if (!v->folder) {
        return LAC_OK;
    }
    double now = lac_seconds();
    if (v->going && now >= v->next_ask) {
        LAC_TRY(collect(s, false));
    }
    return !v->going && is_due(s, now) ? begin(s) : LAC_OK;
}

lac_status lac_server_keep_last(struct lac_server *s)
{
    struct lac_survival *v = &s->survival;
    if (!v->folder) {
        return LAC_OK;
    }
    LAC_TRY(v->going ? collect(s, true) : LAC_OK);
    v->is_last = true;
    if (v->newest == s->rounds_done) {
        return LAC_OK;
    }
    uint32_t gone;
    do { /* anew, where a rank was lost over it */
        gone = s->transport->gone_count;
        LAC_TRY(begin(s));
        LAC_TRY(v->going ? collect(s, true) : LAC_OK);
    } while (v->newest != s->rounds_done && gone != s->transport->gone_count);
    return LAC_OK;
}

void lac_server_keep_close(struct lac_server *s, bool waits)
{
    struct lac_survival *v = &s->survival;
    if (!waits && !lac_keeper_ended(&v->keeper, false)) {
        return;
    }
    lac_keeper_close(&v->keeper);
    lac_refresh_end(v);
    if (v->folder && v->going) {
        lac_checkpoints_drop(v->folder);
    }
    lac_checkpoints_close(v->folder);
    v->folder = NULL;
    v->going = NULL;
}

/*
 * The start of a run that goes on
 */

static lac_status loaded(struct lac_server *s, uint32_t rank, const struct lac_kept *k)
{
    (void)s;
    return k->status == LAC_OK
               ? LAC_OK
               : LAC_FAIL(k->status, "[rank %u] %.*s", rank, (int)k->length, k->sentence);
}

lac_status lac_server_check_problem(struct lac_server *s, bool opened)
{
    const struct lac_manifest *m = s->survival.from;
    bool tells = opened || !lac_server_key(s);
    if (!m || (m->dim == s->d && m->clients == s->n && m->problem &&
               (!tells || strcmp(m->problem, name_problem(s)) == 0))) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_INPUT, "--resume: the data are not those of the checkpoint '%s'",
                    s->survival.from_folder);
}

/* Of data that were exchanged in between, where the digest of the problem does not tell. */
static lac_status check_constants(const struct lac_server *s)
{
    const struct lac_progress_kept *p = &s->survival.progress;
    const double now[] = {s->env.first_gamma, s->env.p, s->env.first_eta, s->env.first_theta};
    const double then[] = {p->gamma, p->p, p->eta, p->theta};
    static const char *const name[] = {"step", "p", "server-step", "meta-step"};
    for (size_t i = 0; i < sizeof now / sizeof *now; i++) {
        bool same = now[i] == then[i] || (isnan(now[i]) && isnan(then[i]));
        if (!same) {
            return LAC_FAIL(LAC_E_INPUT,
                            "--resume: --%s comes to %.17g, and to %.17g where the checkpoint "
                            "'%s' was made: the data are not the same",
                            name[i], now[i], then[i], s->survival.from_folder);
        }
    }
    return LAC_OK;
}

lac_status lac_server_check_rows(const struct lac_server *s, uint64_t rows_check)
{
    if (!s->survival.from || rows_check == s->survival.progress.rows_check) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_INPUT,
                    "--resume: the rows of the run file are not those that the checkpoint '%s' "
                    "counts: it is the file of another run",
                    s->survival.from_folder);
}

lac_status lac_server_load(struct lac_server *s)
{
    struct lac_survival *v = &s->survival;
    const unsigned char *key = lac_server_key(s);
    if (!v->from) {
        schedule(s, lac_seconds());
        return LAC_OK;
    }
    LAC_TRY(lac_server_keep_ranks(s, LAC_KEEP_LOAD, v->from_folder, v->from_digest, v->from->round,
                                  loaded));
    LAC_TRY(lac_keeper_read(&v->keeper, "server", v->from_folder, v->from, key));
    LAC_TRY(lac_server_check_problem(s, true));
    LAC_TRY(check_constants(s));
    recall(s);
    lac_server_enter(s, s->rounds_done);
    LAC_TRY(lac_server_drop_row(s));
    v->newest = s->rounds_done;
    schedule(s, lac_seconds());
    return LAC_OK;
}
