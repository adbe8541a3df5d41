/* A run file that cannot be written any more ends the run, after the round at hand: what was done is kept in a checkpoint, which has the row
   that the file has not. */
#include <stdio.h>

#include "server/server_state.h"

lac_status lac_server_put_off(struct lac_server *s, lac_status status, unsigned rows)
{
    struct lac_unsaved *u = &s->unsaved;
    if (status != LAC_E_IO || !s->survival.folder) {
        return status;
    }
    snprintf(u->sentence, sizeof u->sentence, "%s", lac_failure());
    u->status = status;
    u->rows += rows;
    return LAC_OK;
}

lac_status lac_server_give_row(struct lac_server *s)
{
    if (!s->on_row) {
        return LAC_OK;
    }
    if (s->unsaved.status != LAC_OK) {
        s->unsaved.rows++;
        return LAC_OK;
    }
    return lac_server_put_off(s, s->on_row(s->listener, s), 1);
}

lac_status lac_server_end_unsaved(struct lac_server *s)
{
    const struct lac_unsaved *u = &s->unsaved;
    const struct lac_survival *v = &s->survival;
    unsigned long long done = s->rounds_done;
    LAC_TRY(u->rows <= 1 ? lac_server_keep_last(s) : LAC_OK);
    if (done > 0 && v->newest == done) {
        return LAC_FAIL(u->status,
                        "%s; the run ended after round %llu, with a checkpoint: the same command "
                        "goes on with --resume once the file can be written",
                        u->sentence, done);
    }
    return LAC_FAIL(u->status, "%s; the run ended after round %llu, without a checkpoint of it",
                    u->sentence, done);
}
