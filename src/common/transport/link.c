#include "transport/link.h"

#include <stdio.h>
#include <stdlib.h>
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
    l->rounds = *rounds;
    l->stride = (rounds->block_bytes + LAC_SEAL_TAG + 63) / 64 * 64;
    LAC_TRY(LAC_NEW(l->arena, own_clients(l) * l->stride + 1, &l->own));
    LAC_TRY(LAC_NEW(l->arena, own_clients(l) * l->stride + 1, &l->given_bodies));
    LAC_TRY(LAC_NEW(l->arena, own_clients(l) + 1, &l->given));
    LAC_TRY(LAC_NEW(l->arena, others * l->stride + 1, &l->slots));
    LAC_TRY(LAC_NEW(l->arena, rounds->block_bytes, &l->plain));
    LAC_TRY(LAC_NEW(l->arena, others + 1, &l->origin));
    LAC_TRY(LAC_NEW(l->arena, others + 1, &l->client));
    return l->post ? lac_post_room(l->post, rounds->most, own_clients(l), l->arena) : LAC_OK;
}

void lac_link_close(struct lac_link *l)
{
    lac_session_close(&l->blocks);
    lac_session_close(&l->letters);
    lac_secret_free(l->group);
    l->group = NULL;
    for (size_t i = 0; i < LAC_LETTERS_ON_THEIR_WAY; i++) {
        free(l->letter[i].bytes);
        l->letter[i].bytes = NULL;
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

lac_status lac_link_give(struct lac_link *l, const struct lac_frame *update)
{
    uint32_t own = update->client - l->terms.first[l->rank];
    LAC_ASSERT(update->round == l->round && own < own_clients(l) &&
               update->length + LAC_FRAME_HEADER <= l->rounds.block_bytes);
    unsigned char *block = l->own + own * l->stride, *body = l->given_bodies + own * l->stride;
    size_t bytes;
    memcpy(body, update->body, (size_t)update->length);
    l->given[own] = *update;
    l->given[own].body = body;
    LAC_TRY(lac_block_seal(l->block_session, update, l->rounds.codec, block, &bytes));
    return l->post ? lac_post_block(l->post, block, bytes) : LAC_OK;
}

/* Where the block of another rank's client stands; bytes 0: a letter is there first. */
static lac_status find_block(struct lac_link *l, uint32_t client, uint32_t watched,
                             const unsigned char **block, size_t *bytes)
{
    while (l->next < l->expected && l->client[l->next] != client) {
        l->next++;
    }
    LAC_ASSERT(l->next < l->expected); /* they are taken in the order of clients */
    *block = l->slots + l->next * l->stride;
    return lac_post_take(l->post, l->next, watched, bytes);
}

lac_status lac_link_take(struct lac_link *l, uint32_t client, uint32_t watched,
                         struct lac_frame *update, bool *came)
{
    const struct lac_block who = {.round = l->round, .sender = client, .codec = l->rounds.codec};
    const unsigned char *block;
    size_t bytes;
    uint32_t own = client - l->terms.first[l->rank];
    if (own < own_clients(l)) {
        LAC_ASSERT(l->given[own].round == l->round);
        *update = l->given[own];
        *came = true;
        return LAC_OK;
    }
    LAC_TRY(find_block(l, client, watched, &block, &bytes));
    *came = bytes > 0;
    return *came ? lac_block_open(l->block_session, &who, block, bytes, l->plain, update) : LAC_OK;
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
    struct lac_incoming_letter *letter = &l->letter[l->next_letter];
    if (l->next_letter == 0) {
        LAC_TRY(lac_post_settle(l->post)); /* those before may be written over */
    }
    l->next_letter = (l->next_letter + 1) % LAC_LETTERS_ON_THEIR_WAY;
    if (bytes > letter->capacity) {
        free(letter->bytes);
        letter->capacity = 0;
        letter->bytes = malloc(bytes);
        if (!letter->bytes) {
            return LAC_FAIL(LAC_E_MEMORY, "a letter of %zu bytes: out of memory", bytes);
        }
        letter->capacity = bytes;
    }
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

lac_status lac_link_read(struct lac_link *l, uint32_t from, unsigned char **frame, size_t *count)
{
    unsigned char *bytes;
    size_t have;
    LAC_TRY(lac_post_read(l->post, from, &bytes, &have));
    return lac_letter_open(l->letter_session, stream_of(l, from, l->rank), ++l->taken[from], bytes,
                           have, frame, count);
}
