#include "command/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "command/check_parts.h"
#include "command/launch.h"
#include "command/train_parts.h"

enum lac_check_option { JSON, LARGE, OWN_OPTIONS };

#define LAC_OUT_ARGUMENT "FILE"
#define LAC_OUT_HELP     "the run file that the run would write"
#define LAC_OPTION(section, name, argument, fallback, mark, help) \
    {section, name, argument, fallback, mark, help},
static const struct lac_option table[] = {
#include "command/check.def"
#include "config/config.def"
};
#undef LAC_OPTION

_Static_assert(sizeof table / sizeof table[0] == OWN_OPTIONS + LAC_CONFIG_COUNT,
               "OWN_OPTIONS counts all of check.def");

const size_t lac_check_own_options = OWN_OPTIONS;
const struct lac_options lac_check_options = {
    .command = "check",
    .usage = "laconic check [OPTIONS OF TRAIN]\n"
             "       mpirun -n RANKS laconic check [OPTIONS OF TRAIN]",
    .table = table,
    .count = sizeof table / sizeof table[0],
    .layered = true,
    .not_from_environment = "data",
};

void lac_check_say(struct lac_check *k, const char *name, enum lac_verdict verdict,
                   const char *format, ...)
{
    struct lac_findings *f = &k->mine;
    va_list arguments;
    LAC_ASSERT(f->count < LAC_CHECK_LINES);
    struct lac_check_line *line = &f->line[f->count++];
    line->verdict = verdict;
    snprintf(line->name, sizeof line->name, "%s", name);
    va_start(arguments, format);
    vsnprintf(line->text, sizeof line->text, format, arguments);
    va_end(arguments);
}

void lac_check_say_failure(struct lac_check *k, const char *name)
{
    lac_check_say(k, name, LAC_CHECK_FAIL, "%s", lac_failure());
}

lac_status lac_check_broadcast(const struct lac_check *k, void *bytes, size_t count)
{
    return k->is_mpi ? lac_mpi_broadcast(bytes, count) : LAC_OK;
}

lac_status lac_check_gather(const struct lac_check *k, const void *mine, size_t count, void *all)
{
    if (k->is_mpi) {
        return lac_mpi_gather(mine, count, all);
    }
    memcpy(all, mine, count);
    return LAC_OK;
}

static void read_options(struct lac_check *k, int argc, char *const *argv, bool *help)
{
    struct lac_setting setting[OWN_OPTIONS + LAC_CONFIG_COUNT];
    struct lac_config *c = &k->config;
    lac_status status =
        lac_options_read(&lac_check_options, argc, argv, k->arena, setting, NULL, help);
    if (status == LAC_OK && !*help) {
        k->json = setting[JSON].value != NULL;
        k->large = setting[LARGE].value != NULL;
        memcpy(c->setting, setting + OWN_OPTIONS, sizeof c->setting);
        status = lac_train_resolve_replay(c, k->arena);
    }
    if (status == LAC_OK && !*help) {
        status = lac_config_fill(c, k->arena);
    }
    if (status == LAC_OK && !*help) {
        status = lac_train_resolve(c, k->arena);
    }
    if (status == LAC_OK && !*help) {
        status = lac_kernels_select(c->kernels);
    }
    if (status != LAC_OK) {
        lac_check_say_failure(k, "options");
    }
}

lac_status lac_check_agree(struct lac_check *k, const char *name, bool *fails)
{
    *fails = false;
    LAC_TRY(lac_check_gather(k, &k->mine, sizeof k->mine, k->all));
    for (uint32_t rank = 0; rank < k->mpi.size && k->mpi.rank == 0; rank++) {
        *fails = *fails || lac_check_worst(&k->all[rank], name) == LAC_CHECK_FAIL;
    }
    return lac_check_broadcast(k, fails, sizeof *fails);
}

/* What failed already would fail the plan too, and was said. */
static lac_status check_files(struct lac_check *k)
{
    bool run_file, private_file;
    lac_check_files(k);
    LAC_TRY(lac_check_agree(k, "run file", &run_file));
    LAC_TRY(lac_check_agree(k, "private file", &private_file));
    k->no_files = run_file || private_file;
    return LAC_OK;
}

static lac_status check_together(struct lac_check *k)
{
    bool fails;
    LAC_TRY(LAC_NEW(k->arena, k->mpi.size, &k->all));
    LAC_TRY(lac_check_agree(k, NULL, &fails));
    LAC_TRY(check_files(k));
    if (fails) {
        lac_check_say(k, "plan", LAC_CHECK_WARN, "not made, because of what failed");
        return lac_check_gather(k, &k->mine, sizeof k->mine, k->all);
    }
    LAC_TRY(lac_check_folder(k));
    if (k->large) { /* that may take as long as it needs */
        lac_check_end_deadline();
    }
    LAC_TRY(lac_check_messages(k));
    lac_check_end_deadline();
    LAC_TRY(lac_check_plan(k));
    LAC_TRY(lac_check_gather(k, &k->mine, sizeof k->mine, k->all));
    for (uint32_t rank = 0; rank < k->mpi.size && k->mpi.rank == 0; rank++) {
        if (k->all[rank].plan.is_known) {
            lac_check_fit(k, &k->all[rank].plan);
        }
    }
    return LAC_OK;
}

/* One of several processes that no launcher joined speaks for all. */
static bool speaks_alone(void)
{
    static const char *const ranks[] = {"SLURM_PROCID", "PMI_RANK", "MPI_LOCALRANKID"};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        const char *rank = getenv(ranks[i]);
        if (rank) {
            return strcmp(rank, "0") == 0;
        }
    }
    return true;
}

static lac_status check_all(struct lac_check *k)
{
    bool together = lac_check_launcher(k);
    lac_check_rank(k);
    if (together) {
        lac_status status = check_together(k);
        if (status != LAC_OK && k->is_mpi) { /* others may wait for ever */
            fprintf(stderr, "laconic: [rank %u/%s] %s\n", k->mpi.rank, k->mpi.host, lac_failure());
            lac_mpi_abort(lac_exit_code(status));
        }
        LAC_TRY(status);
    } else {
        lac_check_files(k);
        k->all = &k->mine;
        k->mpi.rank = k->mpi.rank == 0 && speaks_alone() ? 0 : 1;
        k->mpi.size = 1;
    }
    k->all[0] = k->mpi.rank == 0 ? k->mine : k->all[0];
    return k->mpi.rank == 0 ? lac_check_report(k) : LAC_OK;
}

static lac_status check(int argc, char *const *argv, struct lac_arena *a)
{
    struct lac_check *k;
    bool help = false;
    LAC_TRY(LAC_NEW(a, 1, &k));
    k->arena = a;
    for (int i = 0; i < argc; i++) { /* also where the other words are wrong */
        k->json = k->json || strcmp(argv[i], "--json") == 0;
    }
    read_options(k, argc, argv, &help);
    if (help) {
        if (lac_first_of_job()) {
            lac_options_help(&lac_check_options, stdout);
        }
        return LAC_OK;
    }
    lac_status status = check_all(k);
    lac_mpi_finish();
    return status;
}

lac_status lac_command_check(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    lac_status status = check(argc, argv, &arena);
    lac_arena_free(&arena);
    return status;
}
