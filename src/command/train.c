#include "command/train.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/leave.h"
#include "base/vec.h"
#include "command/inputs.h"
#include "command/launch.h"
#include "command/sweep_parts.h"
#include "command/train_parts.h"

/* The run file and the terminal listen to the rows. */
struct listener {
    struct lac_run_writer *writer; /* NULL: none is asked for */
    struct lac_run_writer
        *public; /* of a sealed run in one process: bits and times; NULL: no --out */
    struct lac_progress progress;
    bool warns; /* of several runs of one trace, one */
    bool alone; /* one run, of `train`: it heeds signals, and writes result.json */
    struct lac_limits limits;
    struct lac_result result;
    double next_publish;
    struct lac_run_files files;
    struct lac_inputs inputs;
};

lac_status lac_train_publish(struct lac_run_writer *writer, char *summary, const double *model,
                             size_t d)
{
    lac_status published = lac_run_publish(writer, summary, model, d);
    free(summary);
    return published;
}

static bool has_model(const struct lac_server *s)
{
    return s->has_row && lac_server_model_is_whole(s);
}

static lac_status publish(struct listener *l, const struct lac_server *s, const char *status)
{
    char *summary;
    if (!l->writer) {
        return LAC_OK;
    }
    LAC_TRY(lac_train_summary(s, status, &summary));
    return lac_train_publish(l->writer, summary, has_model(s) ? lac_server_model(s) : NULL, s->d);
}

static lac_status publish_public(struct listener *l, const struct lac_server *s, const char *status)
{
    char *summary;
    if (!l->public) {
        return LAC_OK;
    }
    LAC_TRY(lac_train_public_summary(s, status, &summary));
    return lac_train_publish(l->public, summary, NULL, 0);
}

static lac_status on_row(void *listener, const struct lac_server *s)
{
    struct listener *l = listener;
    LAC_TRY(l->public ? lac_run_append(l->public, &s->row) : LAC_OK);
    return l->writer ? lac_run_append(l->writer, &s->row) : LAC_OK;
}

static lac_status on_round(void *listener, const struct lac_server *s)
{
    struct listener *l = listener;
    double now = lac_seconds();
    LAC_TRY(lac_leave_check());
    if (now >= l->progress.next) {
        lac_print_progress(&l->progress, s, now);
    }
    if (now < l->next_publish) {
        return LAC_OK;
    }
    LAC_TRY(publish(l, s, "running"));
    double took = lac_seconds() - now; /* at most a twentieth of the time goes into publishing */
    l->next_publish = now + (20.0 * took > 5.0 ? 20.0 * took : 5.0);
    return LAC_OK;
}

static bool leaves(void *listener, const struct lac_server *s)
{
    struct listener *l = listener;
    return lac_limits_reached(&l->limits, s);
}

/* What a replay needs is in the file as soon as a loss is. */
static void on_drop(void *listener, const struct lac_server *s)
{
    struct listener *l = listener;
    (void)s;
    l->next_publish = 0.0;
}

static void on_trouble(void *listener, const char *sentence)
{
    struct listener *l = listener;
    fprintf(stderr, "%slaconic: %s\n", l->progress.line_open ? "\n" : "", sentence);
    l->progress.line_open = false;
}

static lac_status create_run_files(struct listener *l, const struct lac_server *s)
{
    const struct lac_run_files *f = &l->files;
    if (f->public_path) {
        LAC_TRY(lac_run_create(&l->public, f->public_path, f->forces_public, &f->public_info,
                               s->arena));
    }
    if (!f->path) {
        return LAC_OK;
    }
    LAC_TRY(lac_run_create(&l->writer, f->path, f->forces, &f->info, s->arena));
    l->next_publish = lac_seconds() + 0.5;
    return LAC_OK;
}

/* A start that is refused leaves alone what result.json says of another one. */
static bool is_refusal(lac_status status)
{
    return status == LAC_E_USAGE || status == LAC_E_INPUT || status == LAC_E_IO ||
           status == LAC_E_SECURITY;
}

/* Who may not write the run file leaves result.json to the run that does. */
static lac_status keep_result(struct listener *l, lac_status status)
{
    l->result.places = status == LAC_E_USAGE ? 0 : l->result.places;
    return status;
}

static lac_status set_up(struct listener *l, struct lac_server *s)
{
    bool later = s->config->checkpoint && l->alone;
    if (l->alone && !later) {
        LAC_TRY(lac_train_result_open(&l->result, s));
    }
    lac_status status = lac_server_set_up(s);
    if (later && status != LAC_OK && !is_refusal(status)) {
        lac_status opened = lac_train_result_open(&l->result, s);
        (void)opened; /* the first sentence is the one to tell */
    }
    return status;
}

/* Reading the files once more is a part of the set-up. */
static lac_status tell_inputs(const struct listener *l, struct lac_server *s)
{
    LAC_TRY(lac_inputs_tell(&l->inputs, s->config, s->transport->ranks, &s->inputs, s->arena));
    s->seconds.setup = lac_seconds() - s->began;
    return LAC_OK;
}

static lac_status serve_rounds(struct lac_server *s, struct listener *l)
{
    s->forwards = lac_config_forwards(s->config);
    LAC_TRY(lac_run_files_begin(&l->files, s)); /* before the data are read */
    if (l->alone) {
        lac_limits_open(&l->limits, s->config);
    }
    LAC_TRY(set_up(l, s));
    LAC_TRY(keep_result(l, lac_run_files_look(&l->files, s)));
    LAC_TRY(l->alone ? lac_train_result_look(s) : LAC_OK);
    if (!l->progress.quiet) {
        lac_print_plan(s);
    }
    if (l->warns) {
        lac_print_warnings(s);
    }
    if (s->config->dry_run) {
        s->end = LAC_END_DRY;
        return LAC_OK;
    }
    LAC_TRY(l->files.path ? tell_inputs(l, s) : LAC_OK);
    LAC_TRY(keep_result(l, create_run_files(l, s)));
    if (l->alone && s->config->checkpoint) {
        LAC_TRY(lac_train_result_open(&l->result, s));
    }
    LAC_TRY(l->alone ? lac_train_result_begin(&l->result, s) : LAC_OK);
    return lac_server_run(s);
}

/* Between the opening and the stop of a run. */
static lac_status serve_run(void *listener, struct lac_server *s)
{
    const struct listener *l = listener;
    s->on_row = on_row;
    s->on_round = on_round;
    s->leaves = l->alone ? leaves : NULL;
    s->on_drop = on_drop;
    s->on_trouble = on_trouble;
    s->listener = listener;
    return serve_rounds(s, listener);
}

static lac_status publish_last(struct listener *l, const struct lac_server *s, lac_status status)
{
    lac_status published = publish(l, s, lac_train_ended(status, s->end));
    lac_status also = publish_public(l, s, lac_train_ended(status, s->end));
    lac_run_close(l->writer);
    lac_run_close(l->public);
    return published == LAC_OK ? also : published;
}

/* How the run ended, and what of it could not be told: then it is told again, where it can be. */
static lac_status tell_end(struct listener *l, const struct lac_server *s, lac_status status)
{
    char how[1024] = "", sentence[2100];
    if (status != LAC_OK) {
        snprintf(how, sizeof how, "%s", lac_failure());
    }
    lac_status told = lac_train_result_end(&l->result, s, &l->limits, status);
    if (told == LAC_OK) {
        return status == LAC_OK ? LAC_OK : LAC_FAIL(status, "%s", how);
    }
    snprintf(sentence, sizeof sentence, "%s%s%s", how, *how ? "; " : "", lac_failure());
    status = LAC_FAIL(status == LAC_E_LEFT ? status : told, "%s", sentence);
    lac_status again = lac_train_result_end(&l->result, s, &l->limits, status);
    (void)again;
    return LAC_FAIL(status, "%s", sentence);
}

/* The result is told before the file is published where time may be short, else once the file is whole. */
static lac_status close_run(void *listener, struct lac_server *s, lac_status status)
{
    struct listener *l = listener;
    if (status != LAC_OK) {
        lac_status told = lac_train_result_end(&l->result, s, &l->limits, status);
        lac_status published = publish_last(l, s, status);
        return told == LAC_OK ? published : told;
    }
    status = publish_last(l, s, status);
    if (status == LAC_OK) {
        lac_print_end(&l->progress, s);
        status = s->end == LAC_END_ASKED ? lac_limits_leave(&l->limits, s) : LAC_OK;
    }
    return tell_end(l, s, status);
}

static lac_status forward(void *listener, struct lac_forward *f, uint32_t ranks,
                          struct lac_arena *a)
{
    (void)listener;
    return lac_train_forward(f->config, f, ranks, a);
}

static struct lac_job job_of(const struct lac_config *config, double began, lac_status before,
                             bool warns, bool leads, struct listener *l, struct lac_arena *a)
{
    /* who starts all ranks in one command has the key, and may see the plan that rank 1 makes */
    bool plans = config->dry_run && config->role == LAC_ROLE_BY_RANK;
    bool told = before != LAC_OK || !lac_config_forwards(config) || lac_first_of_job() || plans;
    *l = (struct listener){
        .warns = warns, /* rank 1 of a sealed run says nothing: others may read */
        .progress = {.quiet = config->quiet || !told, .terminal = lac_on_terminal()}};
    if (before == LAC_OK && leads) {
        before = lac_inputs_note(&l->inputs, config, a);
    }
    return (struct lac_job){.config = config,
                            .began = began,
                            .before = before,
                            .serve = serve_run,
                            .close = close_run,
                            .forward = forward,
                            .context = l};
}

lac_status lac_train_solo(const struct lac_config *config, bool warns, struct lac_arena *a)
{
    struct listener l;
    struct lac_job job = job_of(config, lac_seconds(), LAC_OK, warns, true, &l, a);
    return lac_launch_solo(&job, a);
}

lac_status lac_train_alone(const struct lac_config *config, struct lac_arena *a)
{
    struct listener l;
    LAC_TRY(lac_kernels_select(config->kernels));
    struct lac_job job = job_of(config, lac_seconds(), LAC_OK, true, true, &l, a);
    l.alone = true;
    lac_launch_heed_signals(config);
    return lac_launch_solo(&job, a);
}

lac_status lac_train_on_rank(const struct lac_config *config, bool warns, const struct lac_mpi *mpi,
                             struct lac_arena *a)
{
    struct listener l;
    bool leads = mpi->rank == (lac_config_forwards(config) ? 1 : 0);
    struct lac_job job = job_of(config, lac_seconds(), LAC_OK, warns, leads, &l, a);
    return lac_launch_on_rank(&job, mpi, a);
}

static lac_status read_config(struct lac_config *c, int argc, char *const *argv,
                              struct lac_arena *a, bool *help)
{
    *c = (struct lac_config){0};
    LAC_TRY(lac_options_read(&lac_train_options, argc, argv, a, c->setting, NULL, help));
    if (*help) {
        return LAC_OK;
    }
    bool repeats =
        c->setting[LAC_CONFIG_SEEDS].value; /* each run is asked whether it is a replay */
    LAC_TRY(repeats ? LAC_OK : lac_train_resolve_replay(c, a));
    return lac_config_fill(c, a);
}

static lac_status train(int argc, char *const *argv, struct lac_arena *a)
{
    struct lac_config config;
    struct listener l;
    bool help;
    double began = lac_seconds();
    lac_status status = read_config(&config, argc, argv, a, &help);
    if (status == LAC_OK && help) {
        if (lac_first_of_job()) {
            lac_options_help(&lac_train_options, stdout);
        }
        return LAC_OK;
    }
    if (status == LAC_OK && config.setting[LAC_CONFIG_SEEDS].value) {
        status = lac_train_seeds(&config, a);
        if (status == LAC_OK) {
            return LAC_OK;
        }
    }
    if (status == LAC_OK) {
        status = lac_train_resolve(&config, a);
    }
    if (status == LAC_OK) {
        status = lac_kernels_select(config.kernels);
    }
    bool leads = status == LAC_OK && lac_launch_leads(&config);
    struct lac_job job = job_of(&config, began, status, true, leads, &l, a);
    l.alone = true;
    if (status == LAC_OK) {
        lac_launch_heed_signals(&config);
    }
    return lac_launch(&job, a);
}

lac_status lac_command_train(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    lac_status status = train(argc, argv, &arena);
    lac_arena_free(&arena);
    return status;
}
