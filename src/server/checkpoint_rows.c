/* The row after the last round is of that start: a run that goes on for more rounds has none there, unless it is due anyway. */
#include "server/keep_ranks.h"
#include "server/server_state.h"

void lac_server_keep_before(struct lac_server *s)
{
    struct lac_survival *v = &s->survival;
    if (!v->folder || s->env.round != s->config->rounds) {
        return;
    }
    v->before = (struct lac_before_end){.at_end = 1,
                                        .rows = s->rows_emitted,
                                        .rows_check = s->rows_check,
                                        .has_row = s->has_row,
                                        .evaluation_up = s->ledger.evaluation.up,
                                        .evaluation_down = s->ledger.evaluation.down,
                                        .personal_loss = s->personal_loss,
                                        .least = s->track.kept.least};
    v->before_row = s->row;
}

/* Also where there is no run file that would show it. */
static lac_status check_columns(const struct lac_server *s)
{
    const struct lac_survival *v = &s->survival;
    return v->progress.tracked == s->config->tracked
               ? LAC_OK
               : LAC_FAIL(LAC_E_USAGE,
                          "--resume: --track asks for other columns than the run of '%s' has; give "
                          "the same ones, or another folder",
                          v->from_folder);
}

lac_status lac_server_find_rows(struct lac_server *s)
{
    struct lac_survival *v = &s->survival;
    if (!v->from) {
        lac_server_settle_rows(s);
        return LAC_OK;
    }
    LAC_TRY(lac_keeper_read(&v->keeper, "run", v->from_folder, v->from, lac_server_key(s)));
    LAC_TRY(check_columns(s));
    LAC_TRY(lac_server_check_measured_by(s));
    lac_server_settle_rows(s);
    v->rows = v->progress.rows;
    if (!v->before.at_end || s->config->rounds == v->from->round) {
        return LAC_OK;
    }
    lac_server_enter(s, v->from->round);
    v->drops_row = !lac_config_is_due(s->config, v->from->round) || lac_server_row_may_wait(s);
    if (v->drops_row) {
        v->rows = v->before.rows;
        v->progress.rows_check = v->before.rows_check;
    }
    lac_server_enter(s, 0);
    return LAC_OK;
}

const struct lac_row *lac_server_last_row(const struct lac_server *s)
{
    return s->survival.drops_row ? &s->survival.before_row : &s->survival.row;
}

lac_status lac_server_drop_row(struct lac_server *s)
{
    const struct lac_before_end *b = &s->survival.before;
    if (s->survival.drops_row) {
        s->rows_emitted = b->rows;
        s->rows_check = b->rows_check;
        s->has_row = b->has_row;
        s->row = s->survival.before_row;
        s->personal_loss = b->personal_loss;
        s->track.kept.least = b->least;
        s->ledger.evaluation = (struct lac_service){b->evaluation_up, b->evaluation_down};
    }
    bool is_due = s->survival.drops_row && lac_config_is_due(s->config, s->rounds_done);
    if (s->rounds_done < s->config->rounds) {
        s->survival.before = (struct lac_before_end){0};
    }
    return is_due ? lac_server_let_row_wait(s) : LAC_OK;
}
