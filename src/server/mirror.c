#include "server/mirror.h"

#include <string.h>

#include "base/vec.h"
#include "method/first_model.h"
#include "protocol/keep.h"
#include "protocol/open_method.h"
#include "protocol/protocol.h"
#include "server/ahead.h"
#include "store/keeper.h"

struct mirror {
    const struct lac_config *config;
    struct lac_link *link;
    struct lac_peer peer;
    struct lac_arena *arena;
    const struct lac_method *method;
    struct lac_env env;
    struct lac_constants constants;
    void *state; /* of the server's half */
    struct lac_keeper keeper;
    unsigned char *down;
    size_t down_bytes;
    struct lac_participant *who;  /* (n) */
    uint32_t who_count, *clients; /* (n) */
    bool started;
    bool failed;         /* rank 1 was told; only its STOP is waited for */
    unsigned char *held; /* a letter that came in the middle of a round; NULL: none */
    size_t held_bytes;
};

/*
 * The start
 */

static lac_status copy_start(struct mirror *m, const struct lac_frame *f)
{
    struct lac_start_values v;
    struct lac_env *e = &m->env;
    struct lac_first_model first;
    double *x0, *L_i;
    LAC_TRY(lac_take_start(f, e->n, e->d, &v));
    LAC_TRY(LAC_NEW(m->arena, e->d, &x0));
    LAC_TRY(lac_first_model_open(&first, m->config->x0));
    lac_first_model_fill(&first, m->config->seed, e->d, x0);
    if (v.x0) {
        vec_copy(x0, v.x0, e->d);
    }
    m->constants = v.constants;
    if (v.constants.L_i) {
        LAC_TRY(LAC_NEW(m->arena, e->n, &L_i));
        memcpy(L_i, v.constants.L_i, e->n * sizeof *L_i);
        m->constants.L_i = L_i;
    }
    e->x0 = x0;
    e->first_gamma = v.gamma;
    e->p = v.p;
    e->start = v.start;
    e->constants = &m->constants;
    return LAC_OK;
}

static lac_status open_keeper(struct mirror *m)
{
    lac_keeper_state(&m->keeper, "server", 0, 1, &m->method->server, m->state, 0, &m->env);
    lac_keeper_only_reads(&m->keeper, true);            /* rank 1 writes it */
    return lac_keeper_open(&m->keeper, NULL, m->arena); /* writes nothing */
}

static lac_status start(struct mirror *m, const struct lac_frame *f)
{
    struct lac_env *e = &m->env;
    e->d = m->peer.dimension(m->peer.self);
    e->n = m->config->clients;
    e->seed = m->config->seed;
    LAC_TRY(copy_start(m, f));
    LAC_TRY(lac_method_find(m->config->method, &m->method));
    LAC_TRY(lac_open_method(m->method, e, m->config, m->arena));
    if (lac_sampling_is_weighted(&e->sampling)) {
        LAC_TRY(lac_sampling_weigh(&e->sampling, m->constants.L_i, m->arena));
    }
    m->down_bytes = lac_round_frame(m->method, e);
    LAC_TRY(LAC_NEW(m->arena, m->down_bytes, &m->down));
    LAC_TRY(LAC_NEW(m->arena, e->n, &m->who));
    LAC_TRY(LAC_NEW(m->arena, e->n, &m->clients));
    LAC_TRY(lac_arena_array(m->arena, 1, m->method->server.size + 1, &m->state));
    LAC_TRY(lac_state_setup(&m->method->server, m->state, e, m->arena));
    const struct lac_room room = lac_round_room(m->method, e);
    const struct lac_link_rounds rounds = {room.longest, room.block_bytes, room.codec,
                                           room.clients};
    LAC_TRY(lac_link_prepare(m->link, &rounds));
    LAC_TRY(m->config->checkpoint ? open_keeper(m) : LAC_OK);
    lac_arena_seal(m->arena);
    m->started = true;
    return LAC_OK;
}

/* The server's half of the state; the worker here loads its own. */
static lac_status load(struct mirror *m, const struct lac_keep *k)
{
    struct lac_arena scratch = {0};
    struct lac_manifest manifest;
    const char *folder;
    lac_status status = lac_keeper_manifest(&manifest, m->config->checkpoint, k->folder, k->digest,
                                            &folder, &scratch);
    if (status == LAC_OK) {
        const unsigned char *key = m->config->bare ? NULL : m->link->group;
        status = lac_keeper_read(&m->keeper, "server", folder, &manifest, key);
    }
    lac_arena_free(&scratch);
    return status;
}

/*
 * This rank's clients
 */

/* What the worker makes: UPDATEs for all, the rest for rank 1. */
static lac_status hand_on(struct mirror *m, const unsigned char *frame, size_t count)
{
    struct lac_frame f;
    LAC_TRY(lac_frame_parse(frame, count, &f));
    return f.message == LAC_MESSAGE_UPDATE ? lac_link_give(m->link, &f)
                                           : lac_link_write(m->link, LAC_LEADER, frame, count);
}

/* A failure of the worker's own, which rank 1 gets to know of as it would of any. */
static lac_status tell(struct mirror *m, lac_status status)
{
    const unsigned char *frame;
    size_t count;
    m->failed = true;
    LAC_TRY(m->peer.failure(m->peer.self, status, &frame, &count));
    return lac_link_write(m->link, LAC_LEADER, frame, count);
}

/* All frames that the worker can make now. */
static lac_status make_all(struct mirror *m)
{
    for (;;) {
        const unsigned char *frame;
        size_t count = 0;
        lac_status status = m->peer.next(m->peer.self, &frame, &count);
        if (status != LAC_OK) {
            return tell(m, status);
        }
        if (count == 0) {
            return LAC_OK;
        }
        LAC_TRY(hand_on(m, frame, count));
    }
}

static lac_status accept(struct mirror *m, const unsigned char *frame, size_t count)
{
    lac_status status = m->peer.accept(m->peer.self, frame, count);
    return status == LAC_OK ? LAC_OK : tell(m, status);
}

/*
 * Rounds
 */

static bool hosts_participant(const struct mirror *m)
{
    uint32_t first = m->link->terms.first[m->link->rank];
    uint32_t behind = m->link->terms.first[m->link->rank + 1];
    for (uint32_t i = 0; i < m->who_count; i++) {
        if (m->who[i].client >= first && m->who[i].client < behind) {
            return true;
        }
    }
    return false;
}

/* The message that a server would send down, for the worker here. */
static lac_status go_down(struct mirror *m, bool evaluate)
{
    struct lac_message down;
    lac_message_begin(&down, LAC_SHARED, m->down, m->down_bytes);
    LAC_TRY(m->method->server_begin(m->state, &m->env, &down));
    if (!hosts_participant(m) && !(m->method->traits & LAC_DOWN_TO_ALL)) {
        return LAC_OK;
    }
    lac_frame_end(&down.out, LAC_MESSAGE_ROUND, evaluate ? LAC_FLAG_EVALUATE : 0, LAC_NO_CLIENT,
                  m->env.round);
    return accept(m, m->down, down.out.bytes);
}

/* Rank 1 wrote in the middle of a round: that it ends the run, or what is next, which can wait. */
static lac_status interrupted(struct mirror *m, bool *stop)
{
    struct lac_frame f;
    LAC_TRY(lac_link_read(m->link, &m->peer, LAC_LEADER, &m->held, &m->held_bytes));
    LAC_TRY(lac_frame_parse(m->held, m->held_bytes, &f));
    *stop = f.message == LAC_MESSAGE_STOP;
    return LAC_OK;
}

static lac_status add(struct mirror *m, const struct lac_frame *update)
{
    struct lac_message up;
    lac_message_read(&up, update->client, update->body, (size_t)update->length);
    LAC_TRY(m->method->server_add(m->state, &m->env, &up));
    if (lac_bits_total(&up.bits) != 8 * update->length) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "client %u's block has %llu bytes, of which %s read %llu bits",
                        update->client, (unsigned long long)update->length, m->method->name,
                        (unsigned long long)lac_bits_total(&up.bits));
    }
    return LAC_OK;
}

/* Where the rounds overlap, the clients here hear of coordinates that are final. */
static lac_status foresee(struct mirror *m)
{
    struct lac_entries block;
    if (!m->env.overlaps) {
        return LAC_OK;
    }
    lac_step_ahead(m->method, m->state, &m->env, &block);
    const struct lac_foreseen f = {m->env.round, m->env.who.client,
                                   lac_state_model(&m->method->server, m->state), &block};
    return lac_link_foresee(m->link, &m->peer, &f);
}

static lac_status add_at(struct mirror *m, uint32_t position, const struct lac_frame *update)
{
    m->env.who = m->who[position];
    m->env.position = position;
    LAC_TRY(add(m, update));
    return foresee(m);
}

/* Before its turn, where the rounds overlap: all clients take part then, each at its own position. */
static lac_status add_early(void *mirror, const struct lac_frame *update)
{
    return add_at(mirror, update->client, update);
}

static lac_status add_all(struct mirror *m, bool *stop)
{
    for (uint32_t i = 0; i < m->who_count && !*stop;) {
        struct lac_frame update;
        enum lac_taken taken;
        uint32_t watched = m->held ? 0 : LAC_LEADER;
        LAC_TRY(lac_link_take(m->link, m->who[i].client, watched, &update, &taken));
        if (taken == LAC_TAKEN_LETTER) {
            LAC_TRY(interrupted(m, stop));
            continue;
        }
        LAC_TRY(taken == LAC_TAKEN_BLOCK ? add_at(m, i, &update) : LAC_OK);
        i++;
    }
    return LAC_OK;
}

static lac_status play_round(struct mirror *m, uint64_t r, bool evaluate, bool *stop)
{
    struct lac_env *e = &m->env;
    struct lac_message reply;
    lac_method_enter(m->method, e, r);
    m->who_count = lac_method_participants(m->method, e, m->who);
    for (uint32_t i = 0; i < m->who_count; i++) {
        m->clients[i] = m->who[i].client;
    }
    m->link->early = e->overlaps ? add_early : NULL;
    m->link->early_context = m;
    LAC_TRY(lac_link_begin_round(m->link, r, m->clients, m->who_count));
    LAC_TRY(go_down(m, evaluate));
    LAC_TRY(m->failed ? LAC_OK : make_all(m));
    *stop = m->failed;
    LAC_TRY(add_all(m, stop));
    if (*stop || !m->method->server_end) {
        return LAC_OK;
    }
    lac_message_begin(&reply, LAC_SHARED, m->down, m->down_bytes);
    return m->method->server_end(m->state, e, &reply);
}

/* From the round that rank 1 named to the next one after which it must be asked. */
static lac_status play(struct mirror *m, const struct lac_frame *go)
{
    bool stop = false;
    for (uint64_t r = go->round; !stop; r++) {
        bool evaluate = r == go->round && (go->flags & LAC_FLAG_EVALUATE);
        LAC_TRY(play_round(m, r, evaluate, &stop));
        if (lac_config_waits_after(m->config, r)) {
            return LAC_OK;
        }
    }
    return LAC_OK;
}

static lac_status next_letter(struct mirror *m, unsigned char **frame, size_t *count)
{
    if (m->held) {
        *frame = m->held;
        *count = m->held_bytes;
        m->held = NULL;
        return LAC_OK;
    }
    return lac_link_read(m->link, &m->peer, LAC_LEADER, frame, count);
}

static lac_status obey(struct mirror *m, unsigned char *frame, size_t count)
{
    struct lac_frame f;
    LAC_TRY(lac_frame_parse(frame, count, &f));
    bool goes = f.message == LAC_MESSAGE_GO && m->started && !m->failed;
    LAC_TRY(accept(m, frame, count));
    if (f.message == LAC_MESSAGE_START && !m->failed) {
        lac_status status = start(m, &f);
        LAC_TRY(status == LAC_OK ? LAC_OK : tell(m, status));
    }
    if (f.message == LAC_MESSAGE_KEEP && m->started && !m->failed) {
        struct lac_keep k;
        LAC_TRY(lac_take_keep(&f, &k));
        lac_status status = k.task == LAC_KEEP_LOAD ? load(m, &k) : LAC_OK;
        LAC_TRY(status == LAC_OK ? LAC_OK : tell(m, status));
    }
    if (goes && !m->failed) {
        struct lac_frame go = f; /* the letter may be gone when it ends */
        LAC_TRY(play(m, &go));
    }
    return LAC_OK;
}

lac_status lac_mirror_run(const struct lac_config *config, struct lac_link *link,
                          const struct lac_peer *peer, struct lac_arena *a)
{
    struct mirror m = {.config = config, .link = link, .peer = *peer, .arena = a};
    LAC_TRY(make_all(&m));
    while (!peer->done(peer->self)) {
        unsigned char *frame;
        size_t count;
        LAC_TRY(next_letter(&m, &frame, &count));
        LAC_TRY(obey(&m, frame, count));
        LAC_TRY(make_all(&m));
    }
    return LAC_OK;
}
