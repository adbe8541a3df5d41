/* f and |grad f|^2 at the server's model: a service of the round, with its own account. */
#include <math.h>

#include "base/vec.h"
#include "server/server_state.h"

void lac_server_begin_sum(struct lac_server *s)
{
    vec_zero(s->sum, s->d);
    s->loss_sum = 0.0;
    s->track.squares_sum = 0.0;
}

void lac_server_add_answer(void *server, uint32_t client, double loss, const double *gradient)
{
    struct lac_server *s = server;
    s->loss_sum += loss;
    vec_axpy(s->sum, 1.0, gradient, s->d);
    if (s->track.losses) {
        s->track.losses[client] = loss;
    }
    if (s->track.columns & LAC_TRACK(grad_client_mean_sq)) {
        s->track.squares_sum += vec_norm_sq(gradient, s->d);
    }
}

/* Of the rows of --test client i has those from floor(i m/n) on. */
uint64_t lac_server_test_rows(const struct lac_server *s, uint64_t i)
{
    uint64_t m = s->track.test_rows;
    return (i + 1) * m / s->n - i * m / s->n;
}

static lac_status take_answer(const struct lac_server *s, const struct lac_frame *f,
                              enum lac_query kind, double *number, const double **vector)
{
    LAC_TRY(lac_take_answer(f, kind, s->d, number, vector));
    if (kind == LAC_QUERY_TEST_CORRECT && *number > (double)lac_server_test_rows(s, f->client)) {
        return LAC_FAIL(LAC_E_PROTOCOL, "ANSWER: client %u has fewer rows of --test than %g",
                        f->client, *number);
    }
    return LAC_OK;
}

/* Those who are asked, before the start all: the frames of their answers into s->expected. */
static uint32_t find_asked(struct lac_server *s)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t rank = lac_rank_of(s->n, s->transport->ranks, i);
        if (!s->started || !lac_is_uncounted(&s->env.sampling.absence, i, s->env.round)) {
            s->expected[count++] = (struct lac_expected){rank, LAC_MESSAGE_ANSWER, i, s->env.round};
        }
    }
    return count;
}

/* An asker and where the answers go. */
struct asking {
    enum lac_query kind;
    lac_sink sink;
    void *context;
    struct lac_service *account;
};

static lac_status take_one(struct lac_server *s, const struct asking *a,
                           const struct lac_expected *what)
{
    struct lac_frame f;
    double number;
    const double *vector;
    LAC_TRY(lac_server_take_of_client(s, what->client, LAC_MESSAGE_ANSWER, &f));
    LAC_TRY(lac_blame(what->rank, take_answer(s, &f, a->kind, &number, &vector)));
    a->account->up += 8 * (LAC_FRAME_HEADER + f.length + s->transport->more);
    a->sink(a->context, what->client, number, vector);
    return LAC_OK;
}

lac_status lac_server_ask(struct lac_server *s, enum lac_query kind, const double *v, lac_sink sink,
                          void *context)
{
    struct lac_writer w;
    bool set_up = lac_question(kind)->set_up, lost = false;
    struct lac_service *account = set_up ? &s->ledger.set_up : &s->ledger.evaluation;
    const struct asking asking = {kind, sink, context, account};
    uint32_t count = find_asked(s);
    LAC_TRY(lac_expect(s->transport, s->expected, count));
    lac_frame_begin(&w, s->down, s->down_bytes);
    lac_put_query(&w, kind, v, s->d);
    lac_frame_end(&w, LAC_MESSAGE_QUERY, 0, LAC_NO_CLIENT, s->env.round);
    LAC_TRY(lac_server_broadcast(s, s->down, w.bytes));
    account->down += 8 * ((uint64_t)w.bytes + s->transport->more) * count;
    for (uint32_t i = 0; i < count; i++) { /* all of them, since all were asked */
        uint32_t client = s->expected[i].client;
        lac_status status = take_one(s, &asking, &s->expected[i]);
        if (status == LAC_E_LOST && lac_server_is_dropped(s, client)) {
            LAC_TRY(lac_server_drop(s, client, s->env.round + 1, s->env.round));
            lost = true;
            continue;
        }
        LAC_TRY(status);
    }
    return lost ? LAC_FAIL(LAC_E_LOST, "a client was lost before it answered") : LAC_OK;
}

struct lac_row lac_server_snapshot(const struct lac_server *s)
{
    const struct lac_ledger *l = &s->ledger;
    struct lac_row row = {.round = s->env.round,
                          .bits_up = lac_bits_total(&l->up),
                          .bits_down = lac_bits_total(&l->down),
                          .bits_up_paper = l->up.paper - l->start.paper,
                          .seconds = lac_seconds() - s->rounds_began,
                          .mpi_server = s->mpi_server_before,
                          .mpi_workers = s->mpi_workers_before};
    for (uint32_t rank = 0; rank <= s->transport->ranks; rank++) {
        row.mpi_server += s->transport->sent[rank].bytes;
        row.mpi_workers += s->transport->received[rank].bytes;
    }
    return row;
}

/* What rank 0 may know, where it only forwards. */
static lac_status give_account(struct lac_server *s, const struct lac_row *row)
{
    const struct lac_ledger *l = &s->ledger;
    enum lac_topology topology;
    LAC_TRY(lac_topology_find(s->config->topology, &topology));
    const struct lac_account a = {.clients = s->n,
                                  .topology = (uint32_t)topology,
                                  .round = row->round,
                                  .bits_up = row->bits_up,
                                  .bits_down = row->bits_down,
                                  .bits_up_paper = row->bits_up_paper,
                                  .evaluation_up = l->evaluation.up,
                                  .evaluation_down = l->evaluation.down,
                                  .set_up_up = l->set_up.up,
                                  .set_up_down = l->set_up.down,
                                  .bits_up_before = s->bits_up_before,
                                  .rows_before = s->survival.rows};
    unsigned char frame[LAC_ACCOUNT_FRAME];
    struct lac_writer w;
    lac_frame_begin(&w, frame, sizeof frame);
    lac_put_account(&w, &a);
    lac_frame_end(&w, LAC_MESSAGE_ACCOUNT, 0, LAC_NO_CLIENT, row->round);
    return lac_tell(s->transport, frame, w.bytes);
}

/* Gradients at x^r may be those of round r + 1, which then is done too. */
static lac_status not_finite(const struct lac_server *s, uint64_t round)
{
    char found[64] = "";
    if (s->rounds_done > round) {
        snprintf(found, sizeof found, ", as round %llu found", (unsigned long long)s->rounds_done);
    }
    return LAC_FAIL(LAC_E_NUMERIC,
                    "round %llu: the loss after it is not finite any more%s; try a smaller --step",
                    (unsigned long long)round, found);
}

lac_status lac_server_emit_row(struct lac_server *s, const struct lac_row *at)
{
    double n = lac_counted(&s->env.sampling.absence, s->n, at->round);
    struct lac_row row = *at;
    row.loss = s->loss_sum / n;
    row.grad_norm_sq = vec_norm_sq(s->sum, s->d) / (n * n);
    lac_server_track_loss(s, &row);
    if (!isfinite(row.loss) || !isfinite(row.grad_norm_sq)) {
        return not_finite(s, at->round);
    }
    s->first_row = s->has_row ? s->first_row : row;
    s->has_row = true;
    s->row = row;
    s->rows_emitted++;
    s->rows_check = lac_row_check(s->rows_check, &row, lac_columns_kept(s->config->tracked, false));
    LAC_TRY(give_account(s, &row));
    return lac_server_give_row(s);
}

static void add_model(void *server, uint32_t client, double loss, const double *x)
{
    struct lac_server *s = server;
    s->loss_sum += loss;
    vec_axpy(s->sum, 1.0, x, s->d);
    lac_server_track_model(s, client, x);
}

/* Models live on the clients: their losses there, then the loss at their mean. */
static lac_status mean_model(struct lac_server *s)
{
    lac_server_begin_sum(s);
    LAC_TRY(lac_server_ask(s, LAC_QUERY_MODEL, NULL, add_model, s));
    s->personal_loss = s->loss_sum / (double)s->n;
    vec_scale(s->mean, 1.0 / (double)s->n, s->sum, s->d);
    return LAC_OK;
}

static lac_status ask_row(struct lac_server *s, struct lac_row *at)
{
    if (!lac_state_has_model(&s->method->server)) {
        LAC_TRY(mean_model(s));
    }
    LAC_TRY(lac_server_track(s, at));
    lac_server_begin_sum(s);
    return lac_server_ask(s, LAC_QUERY_EVALUATE, lac_server_model(s), lac_server_add_answer, s);
}

/* All numbers of a row are of the same clients: where some are lost over it, it is begun anew without them. */
lac_status lac_server_evaluate(struct lac_server *s)
{
    double before = lac_server_seconds(s);
    struct lac_row at = lac_server_snapshot(s);
    const struct lac_service account = s->ledger.evaluation;
    lac_status status = ask_row(s, &at);
    while (status == LAC_E_LOST && s->transport->lost.rank == 0) {
        s->ledger.evaluation = account;
        status = ask_row(s, &at);
    }
    LAC_TRY(status);
    s->seconds.evaluate += lac_server_seconds(s) - before;
    return lac_server_emit_row(s, &at);
}
