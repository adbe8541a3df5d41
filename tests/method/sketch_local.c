/*
 * Federated averaging with its local loop laid over several rounds: in the first round of a cycle the
 * model goes down, in every round a participant makes one local step, in the last one its model goes up.
 *
 *   x          s->x      server     model
 *   y_i        c->y      client i   local model: y_i -= gamma grad f_i(y_i)
 *   S          set of `set` clients, the same through a cycle of `steps` rounds
 *
 * With late=1 it is the set of the cycle before that makes the last step and sends its models.
 *
 * Tried here: every combination of messages a round can have (down alone, none, up alone, both), with
 * ranks that have no participant, and ranks that must send without having been asked.
 */
#include "base/vec.h"
#include "sketches.h"

enum { STEPS, SET, LATE };

struct local_server {
    double *x, *sum;
};

struct local_worker {
    double *grad;
};

struct local_client {
    double *y;
};

static const struct lac_vector local_server_vectors[] = {
    LAC_VECTOR(local_server, x, LAC_MODEL),
    LAC_VECTOR(local_server, sum, LAC_WORK),
    {0},
};

static const struct lac_vector local_worker_vectors[] = {
    LAC_VECTOR(local_worker, grad, LAC_WORK),
    {0},
};

static const struct lac_vector local_client_vectors[] = {
    LAC_VECTOR(local_client, y, LAC_WORK),
    {0},
};

static const struct lac_parameter local_parameters[] = {
    {"steps", 3.0, 1.0, 1e6, true, "local steps, and rounds of a cycle"},
    {"set", 1e9, 1.0, 1e9, true, "clients that take part in a cycle"},
    {"late", 0.0, 0.0, 1.0, true, "1: models go up a cycle late"},
    {0},
};

static uint64_t step_of(const struct lac_env *e)
{
    return (e->round - 1) % (uint64_t)e->parameter[STEPS];
}

static unsigned local_messages(const struct lac_env *e)
{
    bool first = step_of(e) == 0, last = step_of(e) + 1 == (uint64_t)e->parameter[STEPS];
    return (first ? (unsigned)LAC_DOWN : 0) | (last ? (unsigned)LAC_UP : 0);
}

static uint32_t local_participants(const struct lac_env *e, struct lac_participant *who)
{
    struct lac_env cycle = *e;
    uint32_t set = e->parameter[SET] < (double)e->n ? (uint32_t)e->parameter[SET] : e->n;
    if (e->round > 0) {
        cycle.round -= step_of(e);
    }
    bool late = e->parameter[LATE] > 0.0 && (local_messages(e) & LAC_UP);
    if (late && cycle.round > (uint64_t)e->parameter[STEPS]) {
        cycle.round -= (uint64_t)e->parameter[STEPS];
    }
    cycle.sampling = (struct lac_sampling){
        .kind = LAC_SAMPLING_NICE,
        .law = {.kind = LAC_LAW_NICE, .n = e->n, .tau = (double)set, .copies = e->n}};
    lac_nobody(e, who);
    lac_draw_cohort(&cycle, 0, 0, who);
    return lac_present(e, who);
}

static lac_status local_server_begin(void *state, const struct lac_env *e, struct lac_message *down)
{
    struct local_server *s = state;
    vec_zero(s->sum, e->d);
    return step_of(e) == 0 ? lac_put(e, down, s->x) : LAC_OK;
}

static lac_status local_client_step(void *worker, void *client, struct lac_env *e,
                                    struct lac_message *down, struct lac_message *up)
{
    struct local_worker *w = worker;
    struct local_client *c = client;
    if (step_of(e) == 0) {
        const double *x;
        LAC_TRY(lac_get(e, down, &x));
        vec_copy(c->y, x, e->d);
    }
    LAC_TRY(lac_gradient(e, c->y, w->grad));
    vec_axpy(c->y, -e->gamma, w->grad, e->d);
    return local_messages(e) & LAC_UP ? lac_put(e, up, c->y) : LAC_OK;
}

static lac_status local_server_add(void *state, const struct lac_env *e, struct lac_message *up)
{
    struct local_server *s = state;
    const double *y;
    LAC_TRY(lac_get(e, up, &y));
    vec_axpy(s->sum, 1.0 / (double)e->cohort, y, e->d);
    return LAC_OK;
}

static lac_status local_server_end(void *state, const struct lac_env *e, struct lac_message *reply)
{
    struct local_server *s = state;
    (void)reply;
    if (local_messages(e) & LAC_UP) {
        vec_copy(s->x, s->sum, e->d);
    }
    return LAC_OK;
}

const struct lac_method sketch_local = {
    .name = "local-rounds",
    .summary = "sketch",
    .paper = "McMahan et al., arXiv:1602.05629",
    .parameters = local_parameters,
    .server = LAC_HOLDS(local_server),
    .worker = LAC_HOLDS(local_worker),
    .client = LAC_HOLDS(local_client),
    .participants = local_participants,
    .messages = local_messages,
    .server_begin = local_server_begin,
    .client_step = local_client_step,
    .server_add = local_server_add,
    .server_end = local_server_end,
};
