/* What result.json says of a run, in the words of its server. */
#include "base/clock.h"
#include "base/leave.h"
#include "command/train_parts.h"

/* Beside the run files. */
static lac_status add_files(struct lac_result *r, const struct lac_server *s)
{
    const struct lac_config *c = s->config;
    bool here = !s->link || !s->link->post; /* else rank 0 writes it, as the file */
    LAC_TRY(c->out && here ? lac_result_beside(r, c->out, s->arena) : LAC_OK);
    return c->out_private && s->forwards ? lac_result_beside(r, c->out_private, s->arena) : LAC_OK;
}

lac_status lac_train_result_open(struct lac_result *r, const struct lac_server *s)
{
    const struct lac_config *c = s->config;
    bool solo = s->transport->kind->in_process;
    *r = (struct lac_result){.run_file = s->forwards && c->out_private ? c->out_private : c->out,
                             .launcher = solo ? "solo" : "mpi",
                             .ranks = s->transport->ranks + !solo,
                             .rounds = c->rounds,
                             .started = time(NULL) - (time_t)(lac_seconds() - s->began)};
    return c->dry_run ? LAC_OK : add_files(r, s);
}

lac_status lac_train_result_look(const struct lac_server *s)
{
    struct lac_result r = {0};
    LAC_TRY(add_files(&r, s));
    LAC_TRY(s->config->checkpoint ? lac_result_in_folder(&r, s->config->checkpoint, s->arena)
                                  : LAC_OK);
    return lac_result_check(&r);
}

lac_status lac_train_result_begin(struct lac_result *r, const struct lac_server *s)
{
    uint64_t done = s->survival.from ? s->survival.from->round : 0;
    const struct lac_result_end running = {
        .status = "running", .round = done, .checkpointed_round = done};
    if (s->config->checkpoint) {
        LAC_TRY(lac_result_in_folder(r, s->config->checkpoint, s->arena));
    }
    return lac_result_write(r, &running);
}

const char *lac_train_ended(lac_status status, enum lac_end end)
{
    switch (status) {
    case LAC_OK:
        return end == LAC_END_ASKED ? "left" : "finished";
    case LAC_E_FAILED:
    case LAC_E_IO: /* it left, and could not write all of it */
        return end == LAC_END_ASKED ? "left" : "failed";
    case LAC_E_NUMERIC:
        return "diverged";
    case LAC_E_LOST:
        return "lost";
    case LAC_E_LEFT:
    case LAC_E_ENDED:
        return "left";
    default:
        return "failed";
    }
}

static const char *reason_of(const struct lac_server *s, const struct lac_limits *l,
                             lac_status status)
{
    static const char *const of_end[] = {[LAC_END_ROUNDS] = "rounds",
                                         [LAC_END_TARGET] = "target",
                                         [LAC_END_TIME] = "time",
                                         [LAC_END_DRY] = NULL,
                                         [LAC_END_ASKED] = NULL};
    if (status == LAC_E_ENDED) {
        return lac_leave_name(lac_leave_ended());
    }
    return s->end == LAC_END_ASKED ? l->reason : status == LAC_OK ? of_end[s->end] : NULL;
}

/* The rank that the run was lost with; false: none was. */
static bool find_lost(const struct lac_server *s, struct lac_result_lost *lost)
{
    uint32_t rank = s->transport->lost.rank, ranks = s->transport->ranks;
    if (rank == 0) {
        return false;
    }
    lost->rank = rank;
    lost->host = s->machine ? s->machine[rank].host : NULL;
    lost->first = lac_first_client(s->config->clients, ranks, rank);
    lost->clients = lac_first_client(s->config->clients, ranks, rank + 1) - lost->first;
    lost->round = s->env.round;
    lost->silent = s->transport->lost.silent;
    return true;
}

lac_status lac_train_result_end(const struct lac_result *r, const struct lac_server *s,
                                const struct lac_limits *l, lac_status status)
{
    struct lac_result_lost lost;
    char sentence[2100];
    json_t *absent = lac_train_absent(s);
    snprintf(sentence, sizeof sentence, "%s", lac_failure()); /* what follows may fail too */
    const struct lac_result_end end = {.dropped = json_array_size(absent) > 0 ? absent : NULL,
                                       .lost = find_lost(s, &lost) ? &lost : NULL,
                                       .status = lac_train_ended(status, s->end),
                                       .reason = reason_of(s, l, status),
                                       .sentence = status == LAC_OK ? NULL : sentence,
                                       .exit_status = lac_exit_code(status),
                                       .hurries = status == LAC_E_ENDED,
                                       .round = s->rounds_done,
                                       .checkpointed_round = s->survival.newest};
    struct lac_result own = *r;
    if (s->survival.folder && lac_checkpoints_check(s->survival.folder) == LAC_E_FAILED) {
        own.places--; /* the last one is in the folder, which another run may have */
    }
    lac_status written = lac_result_write(&own, &end);
    json_decref(absent);
    return written;
}
