#include "server/keep_ranks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/server_state.h"

static size_t make(unsigned char frame[LAC_KEEP_FRAME], const struct lac_keep *k, uint64_t round)
{
    struct lac_writer w;
    lac_frame_begin(&w, frame, LAC_KEEP_FRAME);
    lac_put_keep(&w, k);
    lac_frame_end(&w, LAC_MESSAGE_KEEP, 0, LAC_NO_CLIENT, round);
    return w.bytes;
}

/* The rank that writes what all ranks have alike, in the place of client 0's, which is gone; 0: that is there. */
static uint32_t stand_in(const struct lac_server *s)
{
    uint32_t ranks = s->transport->ranks, rank = lac_rank_of(s->n, ranks, 0);
    if (!lac_is_gone(s->transport, rank)) {
        return 0;
    }
    while (rank < ranks &&
           (lac_is_gone(s->transport, rank) ||
            lac_first_client(s->n, ranks, rank) == lac_first_client(s->n, ranks, rank + 1))) {
        rank++;
    }
    return rank;
}

static lac_status send(struct lac_server *s, struct lac_keep *k, uint64_t round)
{
    unsigned char usual[LAC_KEEP_FRAME], alike[LAC_KEEP_FRAME];
    uint32_t other = k->task == LAC_KEEP_WRITE ? stand_in(s) : 0;
    size_t bytes = make(usual, k, round), also = 0;
    if (other > 0) {
        k->task = LAC_KEEP_WRITE_ALIKE;
        also = make(alike, k, round);
    }
    for (uint32_t rank = 1; rank <= s->transport->ranks; rank++) {
        bool usually = rank != other;
        LAC_TRY(lac_send(s->transport, rank, usually ? usual : alike, usually ? bytes : also));
    }
    return lac_flush(s->transport);
}

lac_status lac_server_keep_ranks(struct lac_server *s, enum lac_keep_task task, const char *folder,
                                 const unsigned char *digest, uint64_t round, lac_kept_sink sink)
{
    struct lac_keep k = {.task = task};
    const char *name = strrchr(folder, '/');
    snprintf(k.folder, sizeof k.folder, "%s", name ? name + 1 : folder);
    if (digest) {
        memcpy(k.digest, digest, sizeof k.digest);
    }
    LAC_TRY(send(s, &k, round));
    for (uint32_t rank = 1; rank <= s->transport->ranks; rank++) {
        struct lac_frame f;
        struct lac_kept kept;
        lac_status status = lac_server_take(s, rank, LAC_MESSAGE_KEPT, &f);
        if (status == LAC_E_LOST && lac_is_gone(s->transport, rank)) {
            continue;
        }
        LAC_TRY(status);
        LAC_TRY(lac_blame(rank, lac_take_kept(&f, &kept)));
        LAC_TRY(sink(s, rank, &kept));
    }
    return LAC_OK;
}

void lac_server_tell(const struct lac_server *s, const char *format, ...)
{
    char sentence[1400];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (s->on_trouble) {
        s->on_trouble(s->listener, sentence);
    }
}

const unsigned char *lac_server_key(const struct lac_server *s)
{
    return s->forwards && s->link && !s->config->bare ? s->link->group : NULL;
}
