#include "server/keep_ranks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/server_state.h"

lac_status lac_server_keep_ranks(struct lac_server *s, enum lac_keep_task task, const char *folder,
                                 const unsigned char *digest, uint64_t round, lac_kept_sink sink)
{
    unsigned char frame[LAC_KEEP_FRAME];
    struct lac_writer w;
    struct lac_keep k = {.task = task};
    const char *name = strrchr(folder, '/');
    snprintf(k.folder, sizeof k.folder, "%s", name ? name + 1 : folder);
    if (digest) {
        memcpy(k.digest, digest, sizeof k.digest);
    }
    lac_frame_begin(&w, frame, sizeof frame);
    lac_put_keep(&w, &k);
    lac_frame_end(&w, LAC_MESSAGE_KEEP, 0, LAC_NO_CLIENT, round);
    LAC_TRY(lac_server_broadcast(s, frame, w.bytes));
    for (uint32_t rank = 1; rank <= s->transport->ranks; rank++) {
        struct lac_frame f;
        struct lac_kept kept;
        LAC_TRY(lac_server_take(s, rank, LAC_MESSAGE_KEPT, &f));
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
