#include "command/tune.h"

#include "base/clock.h"
#include "command/launch.h"
#include "command/tune_parts.h"

static lac_status tune_solo(struct lac_tune *t)
{
    if (t->ranks_per_run > 0) {
        return LAC_FAIL(LAC_E_USAGE, "--ranks-per-run is for runs under a launcher; --jobs says "
                                     "how many go on at a time without one");
    }
    LAC_TRY(lac_tune_prepare(t));
    lac_tune_print_plan(t);
    if (t->dry_run) {
        return LAC_OK;
    }
    lac_status status = lac_tune_solo(t);
    if (status != LAC_OK) {
        lac_tune_abandon(t);
        return status;
    }
    LAC_TRY(lac_tune_judge(t));
    return lac_tune_report(t);
}

static lac_status tune(int argc, char *const *argv, struct lac_arena *a)
{
    enum lac_launch launch;
    struct lac_tune *t;
    bool help;
    LAC_TRY(lac_launch_kind(&launch));
    LAC_TRY(LAC_NEW(a, 1, &t));
    t->arena = a;
    t->began = lac_seconds();
    lac_status status = lac_tune_read(t, argc, argv, &help);
    if (status == LAC_OK && help) {
        if (lac_first_of_job()) {
            lac_options_help(&lac_tune_options, stdout);
        }
        return LAC_OK;
    }
    if (launch == LAC_LAUNCH_MPI) {
        return lac_tune_mpi(t, status);
    }
    LAC_TRY(status);
    return tune_solo(t);
}

lac_status lac_command_tune(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    lac_status status = tune(argc, argv, &arena);
    lac_arena_free(&arena);
    return status;
}
