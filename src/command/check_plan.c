/* The set-up of the run, as --dry-run makes it: what it would send and take. */
#include "base/clock.h"
#include "command/check_parts.h"
#include "command/launch.h"
#include "command/train_parts.h"
#include "method/round_bits.h"

/* Everything that a checkpoint has. */
static double checkpoint_bytes(const struct lac_server *s)
{
    const struct lac_method *m = s->method;
    return lac_state_bytes(&m->server, &s->env) + lac_state_bytes(&m->worker, &s->env) +
           s->n * lac_state_bytes(&m->client, &s->env);
}

static void take_bits(struct lac_check_plan *p, const struct lac_server *s)
{
    struct lac_round_bits bits;
    double seals = 8.0 * LAC_SEAL_TAG * lac_sampling_clients(&s->env.sampling);
    lac_method_round_bits(s->method, &s->env, &bits);
    p->is_sealed = s->forwards;
    p->up = s->forwards ? (bits.up + seals) * (double)s->copies_up : bits.up;
    p->down = s->forwards ? (bits.up + seals) * (double)s->copies_down : bits.down;
}

/* What the run would say as it starts. */
static void hear(void *listener, const char *sentence)
{
    struct lac_check *k = listener;
    if (!*k->trouble) {
        snprintf(k->trouble, sizeof k->trouble, "%.400s; ", sentence);
    }
}

static void say_start(struct lac_check *k, const struct lac_server *s)
{
    if (s->survival.from) {
        lac_check_say(k, "resume", *k->trouble ? LAC_CHECK_WARN : LAC_CHECK_OK,
                      "%sthe run goes on after round %llu", k->trouble,
                      (unsigned long long)s->survival.from->round);
    }
}

static void look_at_files(struct lac_check *k, struct lac_run_files *files, struct lac_server *s)
{
    if (lac_run_files_look(files, s) != LAC_OK) {
        lac_check_say_failure(k, s->forwards ? "private file" : "run file");
    }
    if (lac_train_result_look(s) != LAC_OK) {
        lac_check_say_failure(k, "result");
    }
}

static lac_status serve(void *context, struct lac_server *s)
{
    struct lac_check *k = context;
    struct lac_check_plan *p = &k->mine.plan;
    struct lac_run_files files = {0};
    s->on_trouble = hear;
    s->listener = k;
    s->forwards = lac_config_forwards(s->config);
    LAC_TRY(lac_run_files_begin(&files, s));
    LAC_TRY(lac_server_set_up(s));
    s->end = LAC_END_DRY;
    say_start(k, s);
    look_at_files(k, &files, s);
    take_bits(p, s);
    p->server = s->memory.server;
    p->worker = s->memory.worker;
    p->machine = s->memory.machine;
    p->state = checkpoint_bytes(s);
    snprintf(p->what, sizeof p->what, "%s on %.100s: d = %u, %u clients", s->config->method,
             s->data_name, s->d, s->n);
    p->is_known = true;
    return LAC_OK;
}

static lac_status forward(void *context, struct lac_forward *f, uint32_t ranks, struct lac_arena *a)
{
    (void)context;
    return lac_train_forward(f->config, f, ranks, a);
}

lac_status lac_check_plan(struct lac_check *k)
{
    struct lac_arena arena = {0};
    struct lac_config config = k->config;
    struct lac_job job = {.config = &config,
                          .began = lac_seconds(),
                          .serve = serve,
                          .forward = forward,
                          .context = k};
    config.dry_run = config.quiet = true;
    if (k->no_files) {
        config.out = config.out_private = NULL;
    }
    if (k->no_folder) {
        config.checkpoint = NULL;
        config.resume = false;
    }
    LAC_TRY(k->is_mpi ? lac_mpi_next_run() : LAC_OK);
    lac_status status =
        k->is_mpi ? lac_launch_on_rank(&job, &k->mpi, &arena) : lac_launch_solo(&job, &arena);
    if (status != LAC_OK) {
        lac_check_say_failure(k, "plan");
    }
    lac_arena_free(&arena);
    return LAC_OK;
}
