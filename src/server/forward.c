#include "server/forward.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "transport/post.h"

static bool is_star(const struct lac_forward *f)
{
    return strcmp(f->config->topology, lac_topology_name(LAC_STAR)) == 0;
}

static void begin_clock(struct lac_forward *f)
{
    f->rounds_began = f->rounds_began > 0.0 ? f->rounds_began : lac_seconds();
}

static lac_status check_block(const struct lac_forward *f, const struct lac_passing *p,
                              const struct lac_frame *block)
{
    uint32_t n = f->config->clients, ranks = f->relay.ranks;
    if (!is_star(f)) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "rank %u sends its blocks through rank 0, which was started with --topology "
            "%s: give all ranks the same",
            p->from, f->config->topology);
    }
    if (block->client >= n || lac_rank_of(n, ranks, block->client) != p->from) {
        return LAC_FAIL(
            LAC_E_USAGE,
            "rank %u sent a block of client %u, which with --clients %u is not its own: "
            "give all ranks the same --clients",
            p->from, block->client, n);
    }
    return LAC_OK;
}

static lac_status check_topology(const struct lac_forward *f, uint32_t rank, uint32_t topology)
{
    enum lac_topology own;
    LAC_TRY(lac_topology_find(f->config->topology, &own));
    if (topology == (uint32_t)own) {
        return LAC_OK;
    }
    return LAC_FAIL(LAC_E_USAGE,
                    "--topology: rank %u was started with %s, rank 0 with %s: give all ranks the "
                    "same",
                    rank,
                    topology < LAC_TOPOLOGIES ? lac_topology_name((enum lac_topology)topology)
                                              : "another",
                    f->config->topology);
}

static lac_status check_said(struct lac_forward *f, uint32_t rank, struct lac_reader *r)
{
    static const enum lac_option_id id[LAC_SAID_OPTIONS] = {
        [LAC_SAID_ROUNDS] = LAC_CONFIG_ROUNDS,
        [LAC_SAID_EVAL_EVERY] = LAC_CONFIG_EVAL_EVERY,
        [LAC_SAID_REKEY_EVERY] = LAC_CONFIG_REKEY_EVERY};
    const uint64_t own[LAC_SAID_OPTIONS] = {f->config->rounds, f->config->eval_every,
                                            f->config->rekey_every};
    for (size_t i = 0; i < LAC_SAID_OPTIONS; i++) {
        f->said[i] = lac_read_u64(r, LAC_BITS_HEADER);
        if (f->config->setting[id[i]].given && f->said[i] != own[i]) {
            return LAC_FAIL(LAC_E_USAGE,
                            "--%s: rank %u was started with %" PRIu64 ", rank 0 with %" PRIu64
                            ": give all ranks the same, or leave it out on rank 0",
                            lac_train_options.table[id[i]].name, rank, f->said[i], own[i]);
        }
    }
    return LAC_OK;
}

/* What the ranks of clients were told other than rank 0, before anything of the run exists. */
static lac_status check_join(struct lac_forward *f, const struct lac_passing *p)
{
    enum { SAID = LAC_FRAME_HEADER + 44 };
    uint32_t n = f->config->clients, ranks = f->relay.ranks;
    uint32_t clients =
        lac_first_client(n, ranks, p->from + 1) - lac_first_client(n, ranks, p->from);
    if (p->count < SAID) { /* a client will say so */
        return LAC_OK;
    }
    struct lac_reader r;
    lac_reader_init(&r, p->bytes + LAC_FRAME_HEADER, SAID - LAC_FRAME_HEADER);
    (void)lac_read_u64(&r, LAC_BITS_HEADER); /* ciphers */
    uint32_t their_clients = lac_read_u32(&r, LAC_BITS_HEADER);
    uint32_t topology = lac_read_u32(&r, LAC_BITS_HEADER);
    (void)lac_read_u32(&r, LAC_BITS_HEADER); /* a private file */
    if (their_clients != clients) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--clients: rank %u was started with %u client%s of its own, which with "
                        "--clients %u on rank 0 are %u: give all ranks the same",
                        p->from, their_clients, lac_plural(their_clients), n, clients);
    }
    LAC_TRY(check_topology(f, p->from, topology));
    return check_said(f, p->from, &r);
}

static lac_status pass(void *forward, const struct lac_passing *p)
{
    struct lac_forward *f = forward;
    struct lac_frame frame;
    LAC_TRY(lac_frame_peek(p->bytes, p->count, &frame));
    if (frame.message == LAC_MESSAGE_BLOCK) {
        LAC_TRY(check_block(f, p, &frame));
        begin_clock(f);
        f->blocks++;
        f->block_bytes += LAC_FRAME_HEADER + frame.length;
        return LAC_OK;
    }
    LAC_TRY(frame.message == LAC_MESSAGE_JOIN ? check_join(f, p) : LAC_OK);
    if (frame.message != LAC_MESSAGE_JOIN && frame.message != LAC_MESSAGE_GRANT &&
        frame.message != LAC_MESSAGE_CONFIRM && frame.message != LAC_MESSAGE_LETTER) {
        return LAC_FAIL(LAC_E_PROTOCOL, "%s is not for other ranks",
                        lac_message_name(frame.message));
    }
    f->letters++;
    return LAC_OK;
}

static void make_row(struct lac_forward *f)
{
    const struct lac_account *a = &f->account;
    begin_clock(f);
    f->row = (struct lac_row){.round = a->round,
                              .bits_up = a->bits_up,
                              .bits_down = a->bits_down,
                              .bits_up_paper = a->bits_up_paper,
                              .seconds = lac_seconds() - f->rounds_began};
    for (uint32_t rank = 1; rank <= f->relay.ranks; rank++) {
        f->row.mpi_server += f->relay.sent[rank].bytes;
        f->row.mpi_workers += f->relay.received[rank].bytes;
    }
}

/* What of the clients' options rank 0 has too. */
static lac_status check_account(const struct lac_forward *f)
{
    const struct lac_account *a = &f->account;
    if (a->clients != f->config->clients) {
        return LAC_FAIL(LAC_E_USAGE,
                        "--clients: rank 1 was started with %" PRIu32 ", rank 0 with %" PRIu32
                        ": give all ranks the same",
                        a->clients, f->config->clients);
    }
    return check_topology(f, 1, a->topology);
}

static lac_status take_account(struct lac_forward *f, const struct lac_frame *frame)
{
    LAC_TRY(lac_take_account(frame, &f->account));
    LAC_TRY(check_account(f));
    make_row(f);
    f->has_row = true;
    return f->on_row ? f->on_row(f->listener, f) : LAC_OK;
}

/* Rank 1 says how it ended; what it counted must be what went through here. */
static lac_status take_close(struct lac_forward *f, uint32_t from, const struct lac_frame *frame)
{
    lac_status status;
    uint32_t ranks = f->relay.ranks;
    struct lac_traffic *sent = f->between ? &f->between[(from - 1) * (1 + (size_t)ranks)] : NULL;
    LAC_TRY(lac_take_close(frame, &status, sent, ranks));
    if (status == LAC_E_ENDED) {
        return LAC_FAIL(status, "rank %u of the clients was ended from outside", from);
    }
    f->forsaken = status == LAC_E_LOST || status == LAC_E_SECURITY || status == LAC_E_MPI;
    if (f->forsaken) {
        return LAC_FAIL(status, "the clients stopped (%s): they say why", lac_status_text(status));
    }
    if (from != 1) {
        return LAC_OK;
    }
    if (status != LAC_OK) {
        return LAC_FAIL(status, "the clients stopped (%s): rank 1 says why",
                        lac_status_text(status));
    }
    uint64_t counted = f->account.bits_up - f->account.bits_up_before;
    if (f->has_row && is_star(f) && counted != 8 * f->block_bytes) {
        return LAC_FAIL(LAC_E_PROTOCOL,
                        "rank 1 counted %" PRIu64 " bits of blocks, and %" PRIu64 " went through "
                        "rank 0",
                        counted, 8 * f->block_bytes);
    }
    return LAC_OK;
}

struct ending {
    struct lac_forward *f;
    lac_status status; /* of the clients */
    char sentence[512];
};

/* Where each rank has options of its own, one that is bad is not everybody's. */
static lac_status name_rank(const struct lac_forward *f, uint32_t from, lac_status status)
{
    bool own = f->config->role == LAC_ROLE_SERVER && status == LAC_E_USAGE;
    return own ? LAC_FAIL(status, "rank %u: %s", from, lac_failure()) : status;
}

static lac_status take(void *context, uint32_t from, const unsigned char *bytes, size_t count)
{
    struct ending *e = context;
    struct lac_frame frame;
    LAC_TRY(lac_frame_parse(bytes, count, &frame));
    if (frame.message == LAC_MESSAGE_ACCOUNT && from == 1) {
        return take_account(e->f, &frame);
    }
    if (frame.message == LAC_MESSAGE_ERROR) { /* of a rank that could not begin */
        return name_rank(e->f, from, lac_take_error(&frame, from));
    }
    if (frame.message != LAC_MESSAGE_CLOSE) {
        return LAC_FAIL(LAC_E_PROTOCOL, "%s is not for rank 0 of a sealed run",
                        lac_message_name(frame.message));
    }
    lac_status status = take_close(e->f, from, &frame);
    if (e->f->forsaken || status == LAC_E_ENDED) {
        return status;
    }
    if (status != LAC_OK && e->status == LAC_OK) { /* told once all have left */
        e->status = status;
        snprintf(e->sentence, sizeof e->sentence, "%s", lac_failure());
    }
    return LAC_OK;
}

static lac_status pass_on(void *context, const struct lac_passing *p)
{
    const struct ending *e = context;
    return pass(e->f, p);
}

lac_status lac_forward_run(struct lac_forward *f, uint32_t ranks, struct lac_arena *a)
{
    struct ending e = {.f = f};
    f->relay.ranks = ranks;
    f->relay.pass = pass_on;
    f->relay.take = take;
    f->relay.context = &e;
    LAC_TRY(LAC_NEW(a, ranks + 1, &f->relay.sent));
    LAC_TRY(LAC_NEW(a, ranks + 1, &f->relay.received));
    LAC_TRY(is_star(f) ? LAC_OK : LAC_NEW(a, ranks * (1 + (size_t)ranks), &f->between));
    LAC_TRY(lac_mpi_relay(&f->relay, a));
    return e.status == LAC_OK ? LAC_OK : LAC_FAIL(e.status, "%s", e.sentence);
}
