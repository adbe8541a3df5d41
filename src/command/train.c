#include "command/train.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/vec.h"
#include "command/train_parts.h"
#include "transport/mpi.h"
#include "worker/worker.h"

/* The run file and the terminal listen to the rows. */
struct listener {
    struct lac_run_writer *writer; /* NULL: no --out */
    struct lac_progress progress;
    double next_publish;
    struct lac_pair configuration[LAC_CONFIG_COUNT];
    struct lac_run_info info;
};

static lac_status publish(struct listener *l, const struct lac_server *s, const char *status)
{
    char *summary;
    if (!l->writer) {
        return LAC_OK;
    }
    LAC_TRY(lac_train_summary(s, status, &summary));
    lac_status published =
        lac_run_publish(l->writer, summary, s->has_row ? lac_server_model(s) : NULL, s->d);
    free(summary);
    return published;
}

static lac_status on_row(void *listener, const struct lac_server *s)
{
    struct listener *l = listener;
    return l->writer ? lac_run_append(l->writer, &s->row) : LAC_OK;
}

static lac_status on_round(void *listener, const struct lac_server *s)
{
    struct listener *l = listener;
    double now = lac_seconds();
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

static lac_status create_run_file(struct listener *l, const struct lac_server *s)
{
    const struct lac_config *c = s->config;
    if (!c->out) {
        return LAC_OK;
    }
    size_t count = 0;
    for (size_t i = 0; i < LAC_CONFIG_COUNT; i++) {
        if (c->setting[i].value) {
            l->configuration[count++] =
                (struct lac_pair){lac_train_options.table[i].name, c->setting[i].value};
        }
    }
    l->info.configuration = l->configuration;
    l->info.configuration_count = count;
    l->info.tracked = c->tracked;
    l->info.build = lac_build_info(&l->info.build_count);
    LAC_TRY(lac_run_create(&l->writer, c->out, c->force, &l->info, s->arena));
    l->next_publish = lac_seconds() + 0.5;
    return LAC_OK;
}

static lac_status serve_rounds(struct lac_server *s, struct listener *l)
{
    if (s->config->out) { /* before the data are read */
        LAC_TRY(lac_run_check(s->config->out, s->config->force, s->arena));
    }
    LAC_TRY(lac_server_set_up(s));
    if (!l->progress.quiet) {
        lac_print_plan(s);
    }
    if (s->config->dry_run) {
        s->end = LAC_END_DRY;
        return LAC_OK;
    }
    LAC_TRY(create_run_file(l, s));
    return lac_server_run(s);
}

/* A run whose numbers left the range of doubles is a result too. */
static const char *how_it_ended(lac_status status)
{
    return status == LAC_OK ? "finished" : status == LAC_E_NUMERIC ? "diverged" : "failed";
}

/* Rank 0, or the one process of a solo run. before: what went wrong already. */
static lac_status run_server(const struct lac_config *config, struct lac_transport *transport,
                             double began, lac_status before, struct lac_arena *a)
{
    struct listener l = {.progress = {.quiet = config->quiet, .terminal = lac_on_terminal()}};
    struct lac_server s = {.config = config,
                           .transport = transport,
                           .arena = a,
                           .began = began,
                           .on_row = on_row,
                           .on_round = on_round,
                           .listener = &l};
    LAC_TRY(LAC_NEW(a, transport->ranks + 1, &s.reports));
    lac_status status = before == LAC_OK ? serve_rounds(&s, &l) : before;
    char sentence[1024] = "";
    /* stopping the ranks may fail too: the first sentence is the one to tell */
    if (status != LAC_OK) {
        snprintf(sentence, sizeof sentence, "%s", lac_failure());
    }
    lac_status stopped = lac_server_stop(&s);
    if (status == LAC_OK) {
        status = stopped;
    }
    if (l.writer) {
        lac_status published = publish(&l, &s, how_it_ended(status));
        status = status == LAC_OK ? published : status;
    }
    lac_run_close(l.writer);
    lac_transport_close(transport);
    if (status == LAC_OK) {
        lac_print_end(&l.progress, &s);
    } else if (*sentence) {
        return LAC_FAIL(status, "%s", sentence);
    }
    return status;
}

lac_status lac_train_solo(const struct lac_config *config, double began, struct lac_arena *a)
{
    struct lac_arena worker_arena = {0};
    struct lac_place place = {.rank = 1, .ranks = 1, .host = "solo"};
    struct lac_peer peer;
    struct lac_transport *transport;
    lac_status status = lac_worker_open(&peer, config, &place, LAC_OK, &worker_arena);
    if (status == LAC_OK) {
        status = lac_solo_open(&transport, &peer, a);
    }
    if (status == LAC_OK) {
        status = run_server(config, transport, began, LAC_OK, a);
    }
    lac_arena_free(&worker_arena);
    return status;
}

/* Ranks whose options could not be read still stop in order. */
static uint64_t chunk_of(const struct lac_config *config)
{
    return config->chunk ? config->chunk : (uint64_t)1 << 30;
}

static lac_status serve(const struct lac_config *config, const struct lac_mpi *mpi,
                        lac_status before, struct lac_arena *a)
{
    struct lac_place place = {.rank = mpi->rank, .ranks = mpi->size - 1, .host = mpi->host};
    struct lac_peer peer;
    LAC_TRY(lac_worker_open(&peer, config, &place, before, a));
    return lac_mpi_serve(&peer, chunk_of(config));
}

lac_status lac_train_start(struct lac_mpi *mpi)
{
    char **no_arguments = NULL;
    int none = 0;
    LAC_TRY(lac_mpi_start(mpi, &none, &no_arguments));
    if (mpi->size < 2) {
        return LAC_FAIL(LAC_E_USAGE, "one rank is only the server; start at least two, or none by "
                                     "leaving the launcher out");
    }
    return LAC_OK;
}

lac_status lac_train_on_rank(const struct lac_config *config, const struct lac_mpi *mpi,
                             double began, lac_status before, struct lac_arena *a)
{
    struct lac_transport *transport;
    if (mpi->rank > 0) {
        lac_status served = serve(config, mpi, before, a);
        if (served != LAC_OK) { /* the link to rank 0 is gone: nobody else can tell */
            fprintf(stderr, "laconic: [rank %u/%s] %s\n", mpi->rank, mpi->host, lac_failure());
            lac_mpi_abort(lac_exit_code(served));
        }
        return LAC_OK;
    }
    lac_status status = lac_mpi_open(&transport, chunk_of(config), a);
    if (status == LAC_OK) {
        status = run_server(config, transport, began, before, a);
    }
    if (status == LAC_E_MPI) {
        fprintf(stderr, "laconic: [rank 0/%s] %s\n", mpi->host, lac_failure());
        lac_mpi_abort(1);
    }
    return status;
}

static lac_status train_mpi(const struct lac_config *config, double began, lac_status before,
                            struct lac_arena *a)
{
    struct lac_mpi mpi = {0};
    lac_status started = lac_train_start(&mpi);
    if (started != LAC_OK) { /* the same on every rank: rank 0 tells */
        lac_mpi_finish();
        return mpi.rank == 0 ? started : LAC_OK;
    }
    lac_status status = lac_train_on_rank(config, &mpi, began, before, a);
    lac_mpi_finish();
    return status;
}

bool lac_train_first_of_job(void)
{
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    rank = rank ? rank : getenv("PMIX_RANK");
    return !rank || strcmp(rank, "0") == 0;
}

static lac_status train(int argc, char *const *argv, struct lac_arena *a)
{
    struct lac_config config;
    enum lac_launch launch;
    bool help;
    double began = lac_seconds();
    LAC_TRY(lac_launch_kind(&launch));
    lac_status status = lac_config_read(&config, argc, argv, a, &help);
    if (status == LAC_OK && help) {
        if (lac_train_first_of_job()) {
            lac_options_help(&lac_train_options, stdout);
        }
        return LAC_OK;
    }
    if (status == LAC_OK) {
        status = lac_train_resolve(&config, a);
    }
    if (status == LAC_OK) {
        status = lac_kernels_select(config.kernels);
    }
    if (launch == LAC_LAUNCH_SOLO) {
        LAC_TRY(status);
        return lac_train_solo(&config, began, a);
    }
    return train_mpi(&config, began, status, a);
}

lac_status lac_command_train(int argc, char *const *argv)
{
    struct lac_arena arena = {0};
    lac_status status = train(argc, argv, &arena);
    lac_arena_free(&arena);
    return status;
}
