/*
 * Sealed runs. Rank 0 forwards; each other rank reads its keys and meets the others before anything else is said; then
 * rank 1, which has client 0, runs the server's code beside its worker, and the others follow it.
 */
#include <stdio.h>
#include <time.h>

#include "base/digest.h"
#include "command/keys.h"
#include "command/launch_parts.h"
#include "server/forward.h"
#include "server/mirror.h"
#include "transport/forwarded.h"
#include "worker/worker.h"

struct session {
    const struct lac_job *job;
    struct lac_place place;
    bool alone; /* in one process, without MPI */
    struct lac_arena *arena, *worker_arena;
    struct lac_keys keys;
    struct lac_post *post; /* NULL: solo */
    struct lac_link link;
    struct lac_peer peer;
    unsigned char farewell[LAC_FRAME_HEADER + 64];
    unsigned char *last; /* its last frame */
};

/* What all clients must share, whether the server would or not. */
static void digest_options(const struct lac_config *c, unsigned char digest[LAC_DIGEST_BYTES])
{
    struct lac_digest g;
    lac_digest_begin(&g, LAC_DIGEST_BYTES);
    lac_digest_add_text(&g, LAC_VERSION);
    lac_digest_add_text(&g, c->shared);
    lac_digest_end(&g, digest);
}

static lac_status open_post(struct session *s)
{
    const struct lac_config *c = s->job->config;
    const struct lac_worker_report nothing = {0};
    struct lac_writer w;
    struct lac_post_terms terms = {
        .chunk = lac_launch_chunk(c), .timeout = c->client_timeout, .farewell = s->farewell};
    lac_frame_begin(&w, s->farewell, sizeof s->farewell);
    lac_put_report(&w, &nothing);
    lac_frame_end(&w, LAC_MESSAGE_REPORT, 0, LAC_NO_CLIENT, 0);
    terms.farewell_bytes = w.bytes;
    LAC_TRY(LAC_NEW(s->arena, lac_close_bytes(s->place.ranks), &s->last));
    LAC_TRY(lac_topology_find(c->topology, &terms.topology));
    return lac_post_open(&s->post, &terms, s->arena);
}

/* Meets the other ranks. */
static lac_status open_link(struct session *s)
{
    const struct lac_config *c = s->job->config;
    unsigned char digest[LAC_DIGEST_BYTES];
    uint32_t ranks = s->place.ranks, *first;
    enum lac_topology topology;
    LAC_TRY(lac_topology_find(c->topology, &topology));
    LAC_TRY(LAC_NEW(s->arena, ranks + 2, &first));
    for (uint32_t rank = 1; rank <= ranks + 1; rank++) {
        first[rank] = lac_first_client(c->clients, ranks, rank);
    }
    digest_options(c, digest);
    const struct lac_link_terms terms = {.n = c->clients,
                                         .first = first,
                                         .configuration = digest,
                                         .group = s->keys.group,
                                         .identity = s->keys.identity,
                                         .roster = s->keys.identity ? &s->keys.roster : NULL,
                                         .cipher = s->keys.cipher,
                                         .rekey_every = c->rekey_every,
                                         .rounds = c->rounds,
                                         .eval_every = c->eval_every,
                                         .topology = topology,
                                         .keeps = c->out_private != NULL,
                                         .bare = c->bare};
    return lac_link_open(&s->link, s->post, &terms, s->arena);
}

static lac_status meet(struct session *s)
{
    LAC_TRY(lac_keys_open(&s->keys, s->job->config, s->place.rank, s->place.ranks, s->arena));
    if (!s->alone) {
        LAC_TRY(open_post(s));
    }
    lac_status status = open_link(s);
    lac_keys_close(&s->keys); /* the session has what it needs */
    LAC_TRY(status);
    LAC_TRY(lac_worker_open(&s->peer, s->job->config, &s->place, LAC_OK, s->worker_arena));
    lac_worker_seal(&s->peer, s->job->config->bare ? NULL : s->link.group);
    return LAC_OK;
}

static lac_status lead(struct session *s)
{
    struct lac_seat seat = {.host = s->place.host, .link = &s->link};
    LAC_TRY(lac_forwarded_open(&seat.transport, &s->link, &s->peer, s->arena));
    return lac_launch_serve(s->job, &seat, s->arena);
}

static lac_status close_post(struct session *s, lac_status status)
{
    struct lac_writer w;
    struct lac_traffic *sent, *received;
    LAC_TRY(lac_post_finish(s->post)); /* what it hands to MPI is known then */
    lac_post_traffic(s->post, &sent, &received);
    lac_frame_begin(&w, s->last, lac_close_bytes(s->place.ranks));
    lac_put_close(&w, status, sent, s->place.ranks);
    lac_frame_end(&w, LAC_MESSAGE_CLOSE, 0, LAC_NO_CLIENT, 0);
    return lac_post_close(s->post, s->last, w.bytes);
}

static void close_session(struct session *s)
{
    lac_keys_close(&s->keys);
    if (s->peer.self) {
        lac_worker_close(&s->peer);
    }
    lac_link_close(&s->link); /* whose keys the others had */
}

static lac_status run_client(struct session *s)
{
    lac_status status = LAC_OK;
    LAC_TRY(meet(s));
    if (s->place.rank == LAC_LEADER) {
        status = lead(s);
        if (status != LAC_OK && lac_launch_is_orderly(status)) {
            fprintf(stderr, "laconic: [rank %u/%s] %s\n", s->place.rank, s->place.host,
                    lac_failure());
            return close_post(s, status);
        }
    } else {
        status = lac_mirror_run(s->job->config, &s->link, &s->peer, s->arena);
    }
    LAC_TRY(status);
    return close_post(s, LAC_OK);
}

enum { MOST_BEFORE = 5 };

void lac_launch_let_others_speak(uint32_t rank)
{
    uint32_t before = rank - 1 < MOST_BEFORE ? rank - 1 : MOST_BEFORE;
    struct timespec moment = {.tv_sec = before}; /* Open MPI takes up to half of it to end a job */
    nanosleep(&moment, NULL);
}

/* Which cannot know otherwise how the run ended, and writes it into files. */
static void tell_server(struct session *s, lac_status status)
{
    struct lac_writer w;
    if (s->post && !lac_launch_is_orderly(status)) {
        lac_frame_begin(&w, s->last, lac_close_bytes(s->place.ranks));
        lac_put_close(&w, status, NULL, 0);
        lac_frame_end(&w, LAC_MESSAGE_CLOSE, 0, LAC_NO_CLIENT, 0);
        lac_post_last_word(s->post, s->last, w.bytes);
    }
}

static lac_status start_client(const struct lac_job *job, const struct lac_mpi *mpi,
                               struct lac_arena *a)
{
    struct lac_arena worker_arena = {0};
    struct session s = {.job = job,
                        .place = {.rank = mpi->rank, .ranks = mpi->size - 1, .host = mpi->host},
                        .arena = a,
                        .worker_arena = &worker_arena};
    lac_status status = run_client(&s);
    if (s.post && lac_post_withdrawn(s.post)) {
        /* else who reads this reads what rank 0 says */
        if (job->config->role == LAC_ROLE_CLIENT && mpi->rank == LAC_LEADER) {
            fprintf(stderr, "laconic: [rank %u/%s] %s\n", mpi->rank, mpi->host, lac_failure());
        }
        status = LAC_OK;
    }
    if (status != LAC_OK) {
        char sentence[1024];
        snprintf(sentence, sizeof sentence, "%s", lac_failure());
        tell_server(&s, status);
        close_session(&s);
        lac_launch_let_others_speak(mpi->rank);
        if (status == LAC_E_ENDED) { /* as rank 0 was, or has been told */
            lac_mpi_leave(lac_exit_code(status));
        }
        status = LAC_FAIL(status, "%s", sentence);
        fprintf(stderr, "laconic: [rank %u/%s] %s\n", mpi->rank, mpi->host, lac_failure());
        lac_mpi_abort(lac_exit_code(status));
    }
    close_session(&s);
    lac_arena_free(&worker_arena);
    return LAC_OK;
}

/* Rank 0 has nothing to tell the others after a failure: they end with it. */
static lac_status start_server(const struct lac_job *job, const struct lac_mpi *mpi,
                               struct lac_arena *a)
{
    struct lac_forward f = {.config = job->config, .began = job->began};
    lac_status status = job->forward(job->context, &f, mpi->size - 1, a);
    if (f.forsaken) { /* the clients say why, and end the job */
        lac_mpi_leave(lac_exit_code(status));
    }
    if (status == LAC_E_ENDED) { /* where another rank aborted the job it is that rank's to say */
        lac_launch_let_others_speak(3);
    }
    bool told = status == LAC_OK || f.relay.ended;
    if (!told) {
        fprintf(stderr, "laconic: [rank 0/%s] %s\n", mpi->host, lac_failure());
        lac_mpi_abort(lac_exit_code(status));
    }
    return status;
}

static lac_status check_role(const struct lac_config *c, uint32_t rank)
{
    if ((c->role == LAC_ROLE_SERVER && rank != 0) || (c->role == LAC_ROLE_CLIENT && rank == 0)) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--role: this is rank %u, and rank 0 is the server: start it first, as in "
                        "mpirun -n 1 laconic train --role server ... : -n 4 laconic train --role "
                        "client ...",
                        rank);
    }
    return LAC_OK;
}

lac_status lac_launch_forwarded(const struct lac_job *job, const struct lac_mpi *mpi,
                                struct lac_arena *a)
{
    lac_status status = check_role(job->config, mpi->rank);
    if (status != LAC_OK) {
        fprintf(stderr, "laconic: [rank %u/%s] %s\n", mpi->rank, mpi->host, lac_failure());
        lac_mpi_abort(lac_exit_code(status));
    }
    return mpi->rank == 0 ? start_server(job, mpi, a) : start_client(job, mpi, a);
}

lac_status lac_launch_forwarded_solo(const struct lac_job *job, struct lac_arena *a)
{
    struct lac_arena worker_arena = {0};
    struct session s = {.job = job,
                        .place = {.rank = 1, .ranks = 1, .host = "solo"},
                        .alone = true,
                        .arena = a,
                        .worker_arena = &worker_arena};
    lac_status status = LAC_OK;
    if (job->config->role != LAC_ROLE_BY_RANK) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--role: there is one process alone; start several with mpirun");
    }
    status = meet(&s);
    if (status == LAC_OK) {
        status = lead(&s);
    }
    close_session(&s);
    lac_arena_free(&worker_arena);
    return status;
}
