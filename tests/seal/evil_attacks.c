#include <stdlib.h>
#include <string.h>

#include "evil.h"
#include "transport/mpi_calls.h"
#include "transport/mpi_tags.h"
#include "wire/bytes.h"

const struct kept *evil_find(const struct kept *list, uint32_t from, uint32_t to, uint16_t message,
                             unsigned number)
{
    while (list && (list->from != from || list->to != to || list->message != message ||
                    list->number != number)) {
        list = list->next;
    }
    return list;
}

bool evil_means(const struct evil *e, const struct kept *k)
{
    bool pair = e->from == 0 || (k->from == e->from && k->to == e->to);
    return pair && (e->message == 0 || k->message == e->message) &&
           (e->which == 0 || k->number == e->which);
}

void evil_deliver(const struct kept *as, uint32_t to, uint32_t ranks, const unsigned char *bytes,
                  size_t count)
{
    bool block = as->to == 0;
    for (uint32_t rank = 1; rank <= ranks; rank++) {
        if (to == 0 ? rank != as->from : rank == to) {
            MPI_Request request;
            unsigned char *copy = malloc(count + 1); /* as long as the job */
            memcpy(copy, bytes, count);
            MPI_Isend(copy, (int)count, MPI_BYTE, (int)rank,
                      lac_tag_of(as->from, block ? LAC_PIECE_BLOCK : LAC_PIECE_LETTER),
                      lac_mpi_comm(), &request);
            MPI_Request_free(&request);
        }
    }
}

void evil_tell(struct evil *e, uint16_t message, int tag)
{
    unsigned char frame[LAC_FRAME_HEADER];
    struct lac_writer w;
    lac_frame_begin(&w, frame, sizeof frame);
    lac_frame_end(&w, message, 0, LAC_NO_CLIENT, 0);
    for (uint32_t rank = 1; rank <= e->ranks; rank++) {
        MPI_Send(frame, (int)w.bytes, MPI_BYTE, (int)rank, tag, lac_mpi_comm());
    }
}

void evil_disguise(unsigned char *bytes, size_t count, const struct kept *as)
{
    struct lac_writer w = {.start = bytes, .bytes = count, .capacity = count};
    lac_frame_end(&w, as->message, 0, lac_load32(as->bytes + 8), lac_load64(as->bytes + 16));
}

/* In the place of one that was awaited. */
static void put_in_place(const struct evil *e, const struct kept *as, uint32_t to,
                         const struct kept *other)
{
    unsigned char *copy = malloc(other->count);
    memcpy(copy, other->bytes, other->count);
    if (e->told) {
        evil_disguise(copy, other->count, as);
    }
    evil_deliver(as, to, e->ranks, copy, other->count);
    free(copy);
}

static unsigned forward_it(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    (void)e, (void)p, (void)k;
    return 1;
}

static unsigned flip(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    if (evil_means(e, k)) {
        p->bytes[e->at < 0 ? (long)p->count + e->at : e->at] ^= 1;
        if (e->told) {
            evil_disguise(p->bytes, p->count, k);
        }
    }
    return 1;
}

static unsigned cut(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    if (evil_means(e, k)) {
        p->count -= (size_t)e->at;
        if (e->told) {
            evil_disguise(p->bytes, p->count, k);
        }
    }
    return 1;
}

static unsigned extend(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    size_t longer = p->count + (size_t)e->at;
    if (!evil_means(e, k)) {
        return 1;
    }
    unsigned char *copy = calloc(1, longer);
    memcpy(copy, p->bytes, p->count);
    if (e->told) {
        evil_disguise(copy, longer, k);
    }
    evil_deliver(k, k->to, e->ranks, copy, longer);
    free(copy);
    return 0;
}

/* Its header tells of 2^at bytes. */
static unsigned announce(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    if (evil_means(e, k)) {
        lac_store64(p->bytes + LAC_FRAME_HEADER - 8, (uint64_t)1 << e->at);
    }
    return 1;
}

static unsigned drop(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    (void)p;
    return evil_means(e, k) ? 0 : 1;
}

static unsigned repeat(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    (void)p;
    return evil_means(e, k) ? 2 : 1;
}

/* The one before it of the same sender. */
static unsigned replay(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    const struct kept *before = evil_find(e->first, k->from, k->to, k->message, k->number - 1);
    (void)p;
    if (!evil_means(e, k) || !before) {
        return 1;
    }
    put_in_place(e, k, k->to, before);
    return 0;
}

/* The same one of an earlier session. */
static unsigned old_session(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    const struct kept *old = evil_find(e->played, k->from, k->to, k->message, k->number);
    (void)p;
    if (!evil_means(e, k) || !old) {
        return 1;
    }
    put_in_place(e, k, k->to, old);
    return 0;
}

/* That of an earlier session whose header says the same: a block's round and client, a letter's number. */
static unsigned earlier(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    const struct kept *old = e->played;
    (void)p;
    while (old && (old->from != k->from || old->to != k->to || old->message != k->message ||
                   lac_load32(old->bytes + 8) != lac_load32(k->bytes + 8) ||
                   lac_load64(old->bytes + 16) != lac_load64(k->bytes + 16))) {
        old = old->next;
    }
    if (!evil_means(e, k) || !old) {
        return 1;
    }
    put_in_place(e, k, k->to, old);
    return 0;
}

/* The which-th of rank `from` and of the next one, once both are here, each in the other's place. */
static unsigned swap(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    uint32_t neighbour = e->from % e->ranks + 1;
    const struct kept *one = evil_find(e->first, e->from, e->to, e->message, e->which);
    const struct kept *other = evil_find(e->first, neighbour, e->to, e->message, e->which);
    (void)p;
    if (k != one && k != other) {
        return 1;
    }
    if (one && other) {
        put_in_place(e, one, one->to, other);
        put_in_place(e, other, other->to, one);
    }
    return 0;
}

/* The which-th and the one behind it of the same sender, in the other order. */
static unsigned reorder(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    const struct kept *one = evil_find(e->first, e->from, e->to, e->message, e->which);
    (void)p;
    if (k == one) {
        return 0;
    }
    if (one && one->number + 1 == k->number && k->from == one->from && k->to == one->to &&
        k->message == one->message) {
        put_in_place(e, one, one->to, k);
        put_in_place(e, k, k->to, one);
        return 0;
    }
    return 1;
}

/* What the rank that the frame is for sent itself: its block of that round; its last letter to the same rank. */
static const struct kept *sent_itself(const struct evil *e, uint32_t rank)
{
    const struct kept *own = evil_find(e->first, rank, e->to ? e->from : 0, e->message, e->which);
    for (unsigned number = e->which; e->to && !own && number > 0; number--) {
        own = evil_find(e->first, rank, e->from, e->message, number);
    }
    return own;
}

/* A rank gets what it sent itself, as another's: of blocks the next one, of letters who reads them. */
static unsigned reflect(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    uint32_t victim = e->to ? e->to : e->from % e->ranks + 1;
    const struct kept *meant = evil_find(e->first, e->from, e->to, e->message, e->which);
    const struct kept *own = sent_itself(e, victim);
    (void)p;
    if (!meant || !own || (k != meant && (k != own || e->to))) {
        return k == meant ? 0 : 1; /* held until both are here */
    }
    put_in_place(e, meant, victim, own);
    for (uint32_t rank = 1; rank <= e->ranks && meant->to == 0; rank++) {
        if (rank != victim && rank != meant->from) {
            put_in_place(e, meant, rank, meant);
        }
    }
    return k == own;
}

/* The last rank is shown another one than the others. */
static unsigned fork_it(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    if (!evil_means(e, k)) {
        return 1;
    }
    for (uint32_t rank = 1; rank < e->ranks; rank++) {
        if (rank != k->from) {
            evil_deliver(k, rank, e->ranks, k->bytes, k->count);
        }
    }
    p->bytes[e->at] ^= 1;
    evil_disguise(p->bytes, p->count, k);
    evil_deliver(k, e->ranks, e->ranks, p->bytes, p->count);
    return 0;
}

static unsigned say_stop(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    (void)p;
    if (evil_means(e, k)) {
        evil_tell(e, LAC_MESSAGE_STOP, LAC_TAG_FRAME);
        return 0;
    }
    return 1;
}

static unsigned say_closed(struct evil *e, struct lac_passing *p, const struct kept *k)
{
    (void)p;
    if (evil_means(e, k)) {
        evil_tell(e, LAC_MESSAGE_CLOSE, LAC_TAG_CLOSED);
    }
    return 1;
}

static const struct {
    const char *name;
    unsigned (*act)(struct evil *e, struct lac_passing *p, const struct kept *k);
} attacks[] = {
    {"none", forward_it},     {"reorder", reorder},
    {"flip", flip},           {"cut", cut},
    {"extend", extend},       {"announce", announce},
    {"drop", drop},           {"repeat", repeat},
    {"replay", replay},       {"session", old_session},
    {"swap", swap},           {"reflect", reflect},
    {"fork", fork_it},        {"stop", say_stop},
    {"closed", say_closed},   {"earlier", earlier},
    {"join", evil_sign_join}, {"grant", evil_make_grant},
};

bool evil_choose(struct evil *e, const char *name)
{
    const char *ending = strstr(name, "-told");
    size_t length = ending ? (size_t)(ending - name) : strlen(name);
    e->told = ending != NULL;
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        if (strlen(attacks[i].name) == length && strncmp(attacks[i].name, name, length) == 0) {
            e->act = attacks[i].act;
        }
    }
    return e->act != NULL;
}
