#include "transport/link.h"

#include <stdio.h>
#include <string.h>

#include "seal/secret.h"

uint32_t lac_link_rank_of(const struct lac_link *l, uint32_t client)
{
    uint32_t low = 1, high = l->ranks;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (l->terms.first[middle] <= client) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

static uint32_t own_clients(const struct lac_link *l)
{
    return l->terms.first[l->rank + 1] - l->terms.first[l->rank];
}

lac_status lac_link_prepare(struct lac_link *l, const struct lac_link_rounds *rounds)
{
    uint32_t others = l->post ? rounds->most : 0;
    if (l->post) {
        lac_post_part_ways(l->post);
    }
    l->rounds = *rounds;
    l->stride = (rounds->block_bytes + LAC_SEAL_TAG + 63) / 64 * 64;
    LAC_TRY(LAC_NEW(l->arena, own_clients(l) * l->stride + 1, &l->own));
    LAC_TRY(LAC_NEW(l->arena, own_clients(l) * l->stride + 1, &l->own_plain));
    LAC_TRY(LAC_NEW(l->arena, own_clients(l) + 1, &l->own_bytes));
    LAC_TRY(LAC_NEW(l->arena, others * l->stride + 1, &l->slots));
    LAC_TRY(LAC_NEW(l->arena, l->stride, &l->plain)); /* for whatever a slot can hold */
    LAC_TRY(LAC_NEW(l->arena, others + 1, &l->origin));
    LAC_TRY(LAC_NEW(l->arena, others + 1, &l->client));
    LAC_TRY(LAC_NEW(l->arena, others + 1, &l->given));
    if (!l->post) {
        return LAC_OK;
    }
    return lac_post_room(l->post, rounds->most, own_clients(l), l->stride, l->arena);
}

void lac_link_close(struct lac_link *l)
{
    lac_session_close(&l->blocks);
    lac_session_close(&l->letters);
    lac_secret_free(l->group);
    l->group = NULL;
    for (size_t i = 0; i < LAC_LETTERS_ON_THEIR_WAY && (!l->post || lac_post_idle(l->post)); i++) {
        lac_incoming_free(&l->letter[i]);
    }
}

/*
 * Blocks
 */

static void name_block(void *link, size_t i, char *text, size_t size)
{
    const struct lac_link *l = link;
    snprintf(text, size, "client %u's block of round %llu", l->client[i],
             (unsigned long long)l->round);
}

lac_status lac_link_begin_round(struct lac_link *l, uint64_t round, const uint32_t *clients,
                                size_t count)
{
    l->round = round;
    l->expected = l->next = 0;
    if (!l->post) {
        return LAC_OK;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t rank = lac_link_rank_of(l, clients[i]);
        if (rank != l->rank) {
            l->origin[l->expected] = rank;
            l->given[l->expected] = false;
            l->client[l->expected++] = clients[i];
        }
    }
    const struct lac_blocks blocks = {.origin = l->origin,
                                      .slots = l->slots,
                                      .count = l->expected,
                                      .slot_bytes = l->stride,
                                      .awaited = name_block,
                                      .context = l};
    return lac_post_expect(l->post, &blocks);
}

static unsigned char *own_block(const struct lac_link *l, uint32_t client)
{
    return l->own + (size_t)(client - l->terms.first[l->rank]) * l->stride;
}

static unsigned char *own_update(const struct lac_link *l, uint32_t client)
{
    return l->own_plain + (size_t)(client - l->terms.first[l->rank]) * l->stride;
}

lac_status lac_link_give(struct lac_link *l, const struct lac_frame *update)
{
    uint32_t first = l->terms.first[l->rank];
    LAC_ASSERT(update->round == l->round && update->client - first < own_clients(l) &&
               update->length + LAC_FRAME_HEADER <= l->rounds.block_bytes);
    unsigned char *block = own_block(l, update->client);
    size_t *bytes = &l->own_bytes[update->client - first];
    LAC_TRY(lac_block_seal(l->block_session, update, l->rounds.codec, block, bytes));
    if (l->post) {
        memcpy(own_update(l, update->client), update->body, (size_t)update->length);
    }
    return l->post ? lac_post_block(l->post, block, *bytes) : LAC_OK;
}

static lac_status open_block(struct lac_link *l, uint32_t client, const unsigned char *block,
                             size_t bytes, struct lac_frame *update)
{
    const struct lac_block who = {.round = l->round, .sender = client, .codec = l->rounds.codec};
    lac_status status = lac_block_open(l->block_session, &who, block, bytes, l->plain, update);
    if (status == LAC_E_PROTOCOL) {
        return LAC_FAIL(LAC_E_SECURITY, "client %u's block of round %llu: %s", client,
                        (unsigned long long)l->round, lac_failure());
    }
    return status;
}

/* Blocks that are here before their turn, where somebody wants them. */
static lac_status give_early(struct lac_link *l)
{
    for (size_t i = 0; l->early && i < l->expected; i++) {
        size_t bytes = l->given[i] ? 0 : lac_post_here(l->post, i);
        struct lac_frame update;
        if (bytes > 0) {
            l->given[i] = true;
            LAC_TRY(open_block(l, l->client[i], l->slots + i * l->stride, bytes, &update));
            LAC_TRY(l->early(l->early_context, &update));
        }
    }
    return LAC_OK;
}

/* Another rank's block of this round. */
static lac_status take_expected(struct lac_link *l, uint32_t client, uint32_t watched,
                                struct lac_frame *update, enum lac_taken *taken)
{
    size_t bytes = 0;
    while (l->next < l->expected && l->client[l->next] != client) {
        l->next++;
    }
    LAC_ASSERT(l->next < l->expected); /* they are taken in the order of clients */
    for (;;) {
        bool letter = false;
        LAC_TRY(give_early(l));
        if (l->early && l->given[l->next]) {
            *taken = LAC_TAKEN_EARLY;
            return LAC_OK;
        }
        LAC_TRY(lac_post_take(l->post, l->next, watched, l->early != NULL, &bytes, &letter));
        if (letter) {
            *taken = LAC_TAKEN_LETTER;
            return LAC_OK;
        }
        if (bytes > 0 && !l->early) {
            *taken = LAC_TAKEN_BLOCK;
            return open_block(l, client, l->slots + l->next * l->stride, bytes, update);
        }
    }
}

/* What this rank made itself; in one process, where nobody else opens it, from its seal. */
static lac_status take_own(struct lac_link *l, uint32_t client, struct lac_frame *update)
{
    size_t bytes = l->own_bytes[client - l->terms.first[l->rank]];
    if (!l->post) {
        return open_block(l, client, own_block(l, client), bytes, update);
    }
    *update =
        (struct lac_frame){.message = LAC_MESSAGE_UPDATE,
                           .client = client,
                           .round = l->round,
                           .body = own_update(l, client),
                           .length = bytes - LAC_FRAME_HEADER - lac_seal_bytes(l->block_session)};
    return LAC_OK;
}

lac_status lac_link_take(struct lac_link *l, uint32_t client, uint32_t watched,
                         struct lac_frame *update, enum lac_taken *taken)
{
    uint32_t own = client - l->terms.first[l->rank];
    if (own < own_clients(l)) {
        *taken = LAC_TAKEN_BLOCK;
        return take_own(l, client, update);
    }
    return take_expected(l, client, watched, update, taken);
}

enum { FORESEEN_AT_ONCE = 64 }; /* features, between two looks at what has come */

lac_status lac_link_foresee(struct lac_link *l, const struct lac_peer *peer,
                            const struct lac_foreseen *f)
{
    const struct lac_entries *all = f->only;
    for (size_t at = 0; at < all->count; at += FORESEEN_AT_ONCE) {
        size_t left = all->count - at;
        const struct lac_entries some = {.index = all->index ? all->index + at : NULL,
                                         .first = all->first + at,
                                         .count = left < FORESEEN_AT_ONCE ? left : FORESEEN_AT_ONCE,
                                         .d = all->d};
        const struct lac_foreseen part = {f->round, f->client, f->x, &some};
        peer->foresee(peer->self, &part);
        if (l->post) {
            LAC_TRY(lac_post_look(l->post));
        }
    }
    return LAC_OK;
}

/*
 * Letters
 */

/* Each pair has a stream of its own each way. */
static uint32_t stream_of(const struct lac_link *l, uint32_t from, uint32_t to)
{
    return from == LAC_LEADER ? l->ranks + to : from;
}

static lac_status letter_room(struct lac_link *l, size_t bytes, unsigned char **room)
{
    struct lac_incoming *letter = &l->letter[l->next_letter];
    if (l->next_letter == 0) {
        LAC_TRY(lac_post_settle(l->post)); /* those before may be written over */
    }
    l->next_letter = (l->next_letter + 1) % LAC_LETTERS_ON_THEIR_WAY;
    LAC_TRY(lac_incoming_grow(letter, bytes));
    *room = letter->bytes;
    return LAC_OK;
}

lac_status lac_link_write(struct lac_link *l, uint32_t to, const unsigned char *frame, size_t count)
{
    unsigned char *room;
    size_t bytes;
    LAC_TRY(letter_room(l, count + LAC_LETTER_MORE, &room));
    LAC_TRY(lac_letter_seal(l->letter_session, stream_of(l, l->rank, to), ++l->written[to], frame,
                            count, room, &bytes));
    return lac_post_letter(l->post, to, room, bytes);
}

lac_status lac_link_read(struct lac_link *l, const struct lac_peer *peer, uint32_t from,
                         unsigned char **frame, size_t *count)
{
    size_t longest = l->rounds.longest > 0 ? l->rounds.longest : peer->set_up(peer->self);
    unsigned char *bytes;
    size_t have;
    uint64_t number = ++l->taken[from];
    lac_status status = lac_post_read(l->post, from, longest + LAC_LETTER_MORE, &bytes, &have);
    if (status == LAC_OK) {
        status = lac_letter_open(l->letter_session, stream_of(l, from, l->rank), number, bytes,
                                 have, frame, count);
    }
    if (status == LAC_E_PROTOCOL || status == LAC_E_SECURITY) {
        return LAC_FAIL(LAC_E_SECURITY, "letter %llu of rank %u: %s", (unsigned long long)number,
                        from, lac_failure());
    }
    return status;
}
