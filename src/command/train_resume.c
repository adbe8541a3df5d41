/* The run file of a run that goes on: its rows up to the checkpoint, and no others. */
#include <string.h>
#include <unistd.h>

#include "command/train_parts.h"
#include "store/columns.h"

static lac_status refuse(const char *path, const char *why)
{
    return LAC_FAIL(LAC_E_INPUT,
                    "--resume: '%s' %s; put the run file of this run there, or leave the option "
                    "out to go on without one",
                    path, why);
}

static uint64_t check_of(const struct lac_run *run, uint64_t rows)
{
    uint64_t check = 0;
    for (uint64_t i = 0; i < rows; i++) {
        check = lac_row_check(check, &run->rows[i]);
    }
    return check;
}

/* The rows of the file at path that the checkpoint knows, into info. */
static lac_status keep_rows(struct lac_run_info *info, const struct lac_server *s, const char *path)
{
    struct lac_run run;
    uint64_t rows = s->survival.from->rows;
    if (access(path, F_OK) != 0) {
        return rows > 0 ? refuse(path, "is not there any more") : LAC_OK;
    }
    LAC_TRY(lac_run_read_with(&run, path, info->key, s->arena));
    if (run.columns != lac_columns_kept(info->tracked, info->public)) {
        return refuse(path, "has other columns (--track)");
    }
    if (run.row_count < rows) {
        return refuse(path, "has fewer rows than the checkpoint counts");
    }
    info->rows = run.rows;
    info->row_count = rows;
    info->rows_check = check_of(&run, rows);
    return LAC_OK;
}

/* None differs that both have. */
static bool has_same_options(const struct lac_run *run, const struct lac_run_info *info)
{
    bool same = true;
    for (size_t i = 0; same && i < info->configuration_count; i++) {
        const char *then = lac_run_option(run, info->configuration[i].key);
        same = !then || strcmp(then, info->configuration[i].value) == 0;
    }
    return same;
}

/* An earlier start that came to no checkpoint left its run file: the same options, and no end. */
static bool is_left_over(const struct lac_run_info *info, const char *path, struct lac_arena *a)
{
    struct lac_run run;
    return lac_run_read_with(&run, path, info->key, a) == LAC_OK && !run.finished &&
           run.configuration_count == info->configuration_count && has_same_options(&run, info);
}

lac_status lac_train_continue(struct lac_run_info *info, const struct lac_server *s,
                              const char *path, bool *force)
{
    *force = s->config->force;
    if (!s->config->resume) {
        return LAC_OK;
    }
    if (s->survival.from) {
        *force = true;
        return keep_rows(info, s, path);
    }
    *force = *force || is_left_over(info, path, s->arena);
    return LAC_OK;
}

lac_status lac_train_continue_public(struct lac_run_info *info, const char *path, uint64_t round,
                                     bool *force, struct lac_arena *a)
{
    struct lac_run run;
    if (access(path, F_OK) != 0) {
        return LAC_OK;
    }
    LAC_TRY(lac_run_read(&run, path, a));
    if (!run.public || !has_same_options(&run, info)) {
        return refuse(path, "is of a run with other options");
    }
    *force = true;
    info->rows = run.rows;
    while (info->row_count < run.row_count && run.rows[info->row_count].round < round) {
        info->row_count++;
    }
    return LAC_OK;
}
