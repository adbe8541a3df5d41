/* The frames of rounds: sent down, and counted in both directions. */
#include "seal/cipher.h"
#include "server/server_state.h"

/* On the network of --network, where there is one. */
static void imagine_down(struct lac_server *s, uint64_t bits, bool to_all)
{
    struct lac_network *w = &s->track.network;
    for (uint32_t i = 0; w->access && !to_all && i < s->who_count; i++) {
        lac_network_down(w, s->who[i].client, bits);
    }
    if (w->access && to_all) {
        lac_network_down_all(w, bits);
    }
}

static void imagine_up(struct lac_server *s, uint64_t bits)
{
    struct lac_network *w = &s->track.network;
    if (w->access) {
        lac_network_up(w, s->env.who.client, bits);
        lac_network_down_all(w, s->forwards ? bits : 0);
    }
}

lac_status lac_server_send_down(struct lac_server *s, const struct lac_message *m, uint16_t flags,
                                uint16_t message, struct lac_bits *bits)
{
    bool to_all = s->method->traits & LAC_DOWN_TO_ALL;
    struct lac_writer w = m->out;
    uint32_t ranks = s->transport->ranks, last = 0;
    uint32_t addressed = to_all ? s->n : s->who_count;
    double before = lac_server_seconds(s);
    lac_frame_end(&w, message, flags, LAC_NO_CLIENT, s->env.round);
    for (uint32_t i = 0; i < addressed; i++) {
        uint32_t rank = lac_rank_of(s->n, ranks, to_all ? i : s->who[i].client);
        if (rank != last) {
            LAC_TRY(lac_send(s->transport, rank, s->down, w.bytes));
        }
        last = rank;
    }
    *bits = w.bits;
    s->seconds.send += lac_server_seconds(s) - before;
    return LAC_OK;
}

void lac_server_count_down(struct lac_server *s, const struct lac_bits *bits)
{
    uint32_t addressed = s->method->traits & LAC_DOWN_TO_ALL ? s->n : s->who_count;
    if (!s->forwards) { /* else each rank makes it for itself */
        imagine_down(s, lac_bits_total(bits), s->method->traits & LAC_DOWN_TO_ALL);
        lac_bits_add_times(&s->ledger.down, bits, addressed);
        s->ledger.frames_down += addressed;
    }
}

void lac_server_count_update(struct lac_server *s, struct lac_bits *bits)
{
    struct lac_ledger *l = &s->ledger;
    if (s->forwards && !s->config->bare) {
        bits->of[LAC_BITS_SEAL] += 8 * (uint64_t)LAC_SEAL_TAG;
    }
    imagine_up(s, lac_bits_total(bits));
    lac_bits_add_times(&l->up, bits, s->copies_up);
    l->up.paper -= bits->paper *
                   (s->copies_up - 1); /* what a paper counts goes out once, however it travels */
    lac_bits_add_times(&l->down, bits, s->copies_down);
    l->frames_up += s->copies_up;
    l->frames_down += s->copies_down;
    if (s->env.round == 0) {
        lac_bits_add(&l->start, bits);
    }
}
