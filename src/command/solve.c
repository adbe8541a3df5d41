#include "command/solve.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/vec.h"
#include "command/launch.h"
#include "command/solve_parts.h"
#include "command/train_parts.h"

static lac_status on_iteration(void *context, const struct lac_server *s)
{
    struct lac_solve *v = context;
    double now = lac_seconds();
    if (!s->config->quiet && now >= v->next) {
        lac_print_iteration(v, s, now);
    }
    return LAC_OK;
}

/* What is stored is taken where it is good enough, or rounding let the solver come no further. */
static lac_status find_stored(struct lac_solve *v, struct lac_server *s, bool *found)
{
    struct lac_optimum stored;
    *found = false;
    if (s->config->force) {
        return LAC_OK;
    }
    LAC_TRY(lac_optimum_find(v->folder, s->problem, &stored, s->arena));
    if (!stored.x) {
        return LAC_OK;
    }
    v->path = stored.path;
    v->solution.loss = stored.value;
    v->solution.gradient_norm = stored.gradient_norm;
    *found = stored.gradient_norm <= v->tolerance || lac_solve_at_floor(stored.summary);
    return LAC_OK;
}

static lac_status store(struct lac_solve *v, struct lac_server *s)
{
    struct lac_pair configuration[LAC_CONFIG_COUNT];
    struct lac_run_info info = {.configuration = configuration, .problem = s->problem};
    const struct lac_setting *setting = s->config->setting;
    struct lac_optimum stored;
    char *summary;
    for (size_t id = 0; id < LAC_CONFIG_COUNT; id++) {
        if (setting[id].value && lac_config_is_of_problem(id)) {
            configuration[info.configuration_count++] =
                (struct lac_pair){lac_train_options.table[id].name, setting[id].value};
        }
    }
    info.build = lac_build_info(&info.build_count);
    LAC_TRY(lac_solve_summary(v, s, &summary));
    lac_status status =
        lac_optimum_store(v->folder, &info, &s->row, summary, v->solution.x, s->d, s->arena);
    free(summary);
    LAC_TRY(status);
    LAC_TRY(lac_optimum_find(v->folder, s->problem, &stored, s->arena));
    v->path = stored.path;
    return LAC_OK;
}

static lac_status serve(void *context, struct lac_server *s)
{
    struct lac_solve *v = context;
    s->on_round = on_iteration;
    s->listener = v;
    LAC_TRY(lac_optimum_folder(s->config->optima, s->arena, &v->folder));
    LAC_TRY(lac_optimum_prepare(v->folder, s->arena)); /* before the work */
    LAC_TRY(lac_server_set_up(s));
    LAC_TRY(lac_server_problem(s));
    if (!s->config->quiet) {
        lac_print_problem(s);
    }
    LAC_TRY(find_stored(v, s, &v->was_stored));
    if (v->was_stored) {
        return LAC_OK;
    }
    LAC_TRY(lac_server_solve(s, v->tolerance, v->most_iterations, &v->solution));
    return store(v, s);
}

static lac_status close_solve(void *context, struct lac_server *s, lac_status status)
{
    if (status == LAC_OK && !s->config->quiet) {
        lac_print_solution(context, s);
    }
    return LAC_OK;
}

static lac_status solve(int argc, char *const *argv, struct lac_arena *a)
{
    struct lac_config config;
    struct lac_solve v = {.terminal = lac_on_terminal()};
    struct lac_job job = {.config = &config,
                          .began = lac_seconds(),
                          .serve = serve,
                          .close = close_solve,
                          .context = &v};
    bool help;
    job.before = lac_solve_read(&v, &config, argc, argv, a, &help);
    if (job.before == LAC_OK && help) {
        if (lac_first_of_job()) {
            lac_options_help(lac_solve_options(), stdout);
        }
        return LAC_OK;
    }
    if (job.before == LAC_OK) {
        job.before = lac_train_resolve(&config, a);
    }
    if (job.before == LAC_OK && config.couples && !config.convex) {
        job.before = LAC_FAIL(LAC_E_USAGE,
                              "--method: F* is found for convex losses alone; "
                              "--objective %s with --regularizer %s is not",
                              config.objective, config.regularizer.text);
    }
    if (job.before == LAC_OK) {
        job.before = lac_kernels_select(config.kernels);
    }
    return lac_launch(&job, a);
}

lac_status lac_command_solve(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    lac_status status = solve(argc, argv, &arena);
    lac_arena_free(&arena);
    return status;
}
