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

static uint64_t check_of(const struct lac_run *run)
{
    uint64_t check = 0;
    for (uint64_t i = 0; i < run->row_count; i++) {
        check = lac_row_check(check, &run->rows[i], run->columns);
    }
    return check;
}

/* A file that could not be written any more lacks the row at which that was found, and the checkpoint has it. */
static lac_status add_last(struct lac_run *run, const struct lac_server *s)
{
    struct lac_row *rows;
    LAC_TRY(LAC_NEW(s->arena, run->row_count + 1, &rows));
    if (run->row_count > 0) {
        memcpy(rows, run->rows, run->row_count * sizeof *rows);
    }
    rows[run->row_count++] = *lac_server_last_row(s);
    run->rows = rows;
    return LAC_OK;
}

/* The rows of the file at path that the checkpoint knows, into info. */
static lac_status keep_rows(struct lac_run_info *info, const struct lac_server *s, const char *path)
{
    struct lac_run run;
    uint64_t rows = s->survival.rows;
    if (access(path, F_OK) != 0) {
        return rows > 0 ? refuse(path, "is not there any more") : LAC_OK;
    }
    LAC_TRY(lac_run_read_with(&run, path, info->key, s->arena));
    if (run.columns != lac_columns_kept(info->tracked, info->public)) {
        return refuse(path, "has other columns (--track)");
    }
    if (run.row_count + 1 < rows) {
        return refuse(path, "has fewer rows than the checkpoint counts");
    }
    LAC_TRY(run.row_count + 1 == rows ? add_last(&run, s) : LAC_OK);
    run.row_count = rows;
    info->rows = run.rows;
    info->row_count = rows;
    info->rows_check = check_of(&run);
    return LAC_OK;
}

/* An earlier start that came to no checkpoint left its run file: the same options make the same rows. */
static bool is_left_over(const struct lac_run_info *info, const char *path, struct lac_arena *a)
{
    struct lac_run run;
    bool same = lac_run_read_with(&run, path, info->key, a) == LAC_OK &&
                run.configuration_count == info->configuration_count;
    for (size_t i = 0; same && i < info->configuration_count; i++) {
        const char *then = lac_run_option(&run, info->configuration[i].key);
        same = then && strcmp(then, info->configuration[i].value) == 0;
    }
    return same;
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

lac_status lac_train_continue_public(struct lac_run_info *info, const char *path, uint64_t rows,
                                     bool *force, struct lac_arena *a)
{
    struct lac_run run;
    if (access(path, F_OK) != 0) {
        return rows > 0 ? refuse(path, "is not there any more") : LAC_OK;
    }
    LAC_TRY(lac_run_read(&run, path, a));
    const char *name = lac_train_options.table[LAC_CONFIG_CLIENTS].name;
    const char *then = lac_run_option(&run, name), *now = NULL;
    for (size_t i = 0; i < info->configuration_count; i++) {
        now = strcmp(info->configuration[i].key, name) == 0 ? info->configuration[i].value : now;
    }
    if (!run.public || (then && now && strcmp(then, now) != 0)) {
        return refuse(path, "is the file of another run");
    }
    if (run.row_count < rows) {
        return refuse(path, "has fewer rows than the clients' checkpoint counts");
    }
    *force = true;
    info->rows = run.rows;
    info->row_count = rows;
    return LAC_OK;
}
