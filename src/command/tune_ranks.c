/*
 * Under a launcher: groups of ranks, each with one run at a time. Rank 0 of the job looks at the files and decides;
 * what went wrong anywhere is told to it before the first run and after the last.
 */
#include <stdlib.h>
#include <string.h>

#include "command/launch.h"
#include "command/tune_parts.h"

struct note {
    lac_status status;
    char sentence[1000];
    uint32_t digest[LAC_TUNE_COUNT];  /* of the options, to compare */
    bool refused[LAC_TUNE_MOST_RUNS]; /* those of this rank's runs that were */
};

/* FNV-1a: options that differ by mistake, not by malice. */
static uint32_t digest_of(const char *text)
{
    uint32_t h = 2166136261u;
    for (; text && *text; text++) {
        h = (h ^ (unsigned char)*text) * 16777619u;
    }
    return text ? h : 0;
}

static void write_note(const struct lac_tune *t, lac_status status, struct note *note)
{
    memset(note, 0, sizeof *note);
    note->status = status;
    if (status != LAC_OK) {
        snprintf(note->sentence, sizeof note->sentence, "%s", lac_failure());
    }
    for (size_t r = 0; r < t->count; r++) {
        note->refused[r] = t->run[r].refused;
    }
    for (size_t i = 0; i < LAC_TUNE_COUNT; i++) {
        bool local = lac_tune_options.table[i].mark == LAC_LOCAL;
        note->digest[i] = local ? 0 : digest_of(t->setting[i].value);
    }
}

/* The first failure of the ranks. */
static lac_status first_failure(const struct note *notes, uint32_t ranks)
{
    for (uint32_t rank = 0; rank < ranks; rank++) {
        if (notes[rank].status != LAC_OK) {
            return LAC_FAIL(notes[rank].status, "%s", notes[rank].sentence);
        }
    }
    return LAC_OK;
}

static lac_status compare(const struct note *notes, uint32_t ranks)
{
    for (uint32_t rank = 1; rank < ranks; rank++) {
        for (size_t i = 0; i < LAC_TUNE_COUNT; i++) {
            if (notes[rank].digest[i] != notes[0].digest[i]) {
                return LAC_FAIL(LAC_E_USAGE, "rank %u was started with another --%s than rank 0",
                                rank, lac_tune_options.table[i].name);
            }
        }
    }
    return LAC_OK;
}

/* Rank 0's alone: what all ranks said, and what it finds itself. */
static lac_status decide(struct lac_tune *t, const struct note *notes, uint32_t ranks)
{
    LAC_TRY(first_failure(notes, ranks));
    LAC_TRY(compare(notes, ranks));
    if (t->setting[LAC_TUNE_JOBS].given) {
        return LAC_FAIL(LAC_E_USAGE, "--jobs is for runs without a launcher; --ranks-per-run "
                                     "divides the ranks");
    }
    if (t->ranks_per_run > ranks || (t->ranks_per_run > 0 && ranks % t->ranks_per_run != 0)) {
        return LAC_FAIL(LAC_E_USAGE, "--ranks-per-run: %u ranks do not divide into groups of %llu",
                        ranks, (unsigned long long)t->ranks_per_run);
    }
    LAC_TRY(lac_tune_prepare(t));
    lac_tune_print_plan(t);
    return LAC_OK;
}

/* From rank 0: whether to go on, and with which runs. */
static lac_status spread(struct lac_tune *t, lac_status decided, bool *go_on)
{
    *go_on = decided == LAC_OK && !t->dry_run;
    LAC_TRY(lac_mpi_broadcast(go_on, sizeof *go_on));
    for (size_t r = 0; r < t->count && *go_on; r++) {
        LAC_TRY(lac_mpi_broadcast(&t->run[r].kept, sizeof t->run[r].kept));
    }
    return decided;
}

/* A failure of the group's first rank ends the group's work. */
static lac_status run_group(struct lac_tune *t, const struct lac_mpi *mpi, uint32_t group,
                            uint32_t groups)
{
    size_t place = 0;
    t->to_do = (t->to_do + groups - 1) / groups;
    for (size_t r = 0; r < t->count; r++) {
        struct lac_tune_run *run = &t->run[r];
        if (run->kept || place++ % groups != group) {
            continue;
        }
        struct lac_arena arena = {0};
        LAC_TRY(lac_mpi_next_run());
        lac_status status = lac_train_on_rank(&run->config, r == 0, mpi, &arena);
        lac_arena_free(&arena);
        status = lac_tune_after(run, status);
        bool failed = status != LAC_OK;
        LAC_TRY(lac_mpi_broadcast(&failed, sizeof failed));
        if (failed) {
            return status;
        }
        if (mpi->rank == 0 && group == 0) {
            lac_tune_print_progress(t, run);
        }
    }
    return LAC_OK;
}

static void take_refusals(struct lac_tune *t, const struct note *notes, uint32_t ranks)
{
    for (size_t r = 0; r < t->count; r++) {
        for (uint32_t rank = 0; rank < ranks; rank++) {
            t->run[r].refused = t->run[r].refused || notes[rank].refused[r];
        }
    }
}

static lac_status run_all(struct lac_tune *t, const struct lac_mpi *all, struct note *mine,
                          struct note *notes)
{
    struct lac_mpi mpi = *all;
    uint32_t size = t->ranks_per_run ? (uint32_t)t->ranks_per_run : all->size;
    LAC_TRY(lac_mpi_group(&mpi, size));
    write_note(t, run_group(t, &mpi, all->rank / size, all->size / size), mine);
    LAC_TRY(lac_mpi_gather(mine, sizeof *mine, notes));
    if (all->rank > 0) {
        return LAC_OK;
    }
    lac_status status = first_failure(notes, all->size);
    if (status != LAC_OK) {
        lac_tune_abandon(t);
        return status;
    }
    take_refusals(t, notes, all->size);
    LAC_TRY(lac_tune_judge(t));
    return lac_tune_report(t);
}

static lac_status tune_on_rank(struct lac_tune *t, const struct lac_mpi *mpi, lac_status before)
{
    struct note *mine, *notes;
    bool go_on;
    LAC_TRY(LAC_NEW(t->arena, 1, &mine));
    LAC_TRY(LAC_NEW(t->arena, mpi->size, &notes));
    write_note(t, before, mine);
    LAC_TRY(lac_mpi_gather(mine, sizeof *mine, notes));
    lac_status decided = mpi->rank == 0 ? decide(t, notes, mpi->size) : LAC_OK;
    LAC_TRY(spread(t, decided, &go_on));
    return go_on ? run_all(t, mpi, mine, notes) : LAC_OK;
}

lac_status lac_tune_mpi(struct lac_tune *t, lac_status before)
{
    struct lac_mpi mpi = {0};
    lac_status status = lac_launch_start(&mpi);
    if (status == LAC_OK) {
        status = tune_on_rank(t, &mpi, before);
        if (status == LAC_E_MPI) { /* others may wait for ever */
            fprintf(stderr, "laconic: [rank %u/%s] %s\n", mpi.rank, mpi.host, lac_failure());
            lac_mpi_abort(1);
        }
    }
    lac_mpi_finish();
    return mpi.rank == 0 ? status : LAC_OK;
}
